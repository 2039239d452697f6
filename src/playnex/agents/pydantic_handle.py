"""Asking a user's own Pydantic AI agent from a run's code: each question a step, its requests and calls recorded below it.

Loads nothing of Pydantic AI: a question that the journal answers needs neither the library nor a model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from playnex.agents.handle import plan_of
from playnex.agents.pydantic_task import PydanticTask
from playnex.agents.quoting import DATA_RULE, quoted, with_brief
from playnex.agents.task import CallGate
from playnex.clock import Clock
from playnex.spec.agent_result import AgentResult, DataBlock, result_of
from playnex.spec.context import AgentHandle, Attempt, Question, StepContext
from playnex.spec.envelope import Envelope
from playnex.spec.pydantic_agent import PydanticAgent
from playnex.tools.tool import CallScope


@dataclass(frozen=True, slots=True, kw_only=True)
class PydanticSurroundings:
    """What all Pydantic AI agents of a run share. In `local` mode their models must be on this machine."""

    gate: CallGate
    clock: Clock
    scope: CallScope
    brief: str = ""
    local: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PydanticHandle(AgentHandle):
    """Implements `AgentHandle` for an agent of Pydantic AI."""

    context: StepContext
    agent: PydanticAgent
    around: PydanticSurroundings

    @property
    def name(self) -> str:
        return self.agent.name

    async def about(self) -> str:
        return self.agent.description

    async def answer(self, question: Question) -> AgentResult:
        name, data = question.step or self.name, question.data

        async def do(attempt: Attempt) -> Envelope:
            from playnex.agents.pydantic_run import run_pydantic  # late: 0.7 s of CPU, only where the agent really works

            task = PydanticTask(
                agent=self.agent,
                key=attempt.key,
                prompt=_told(with_brief(self.around.brief, question.prompt), attempt.feedback, data),
                instructions=DATA_RULE if data else "",
                output=question.output,
                tools=question.tools,
                labels=tuple(dict.fromkeys(label for block in data for label in block.labels)),
                sources=tuple(dict.fromkeys(source for block in data for source in block.sources)),
                gate=self.around.gate,
                clock=self.around.clock,
                scope=replace(self.around.scope, agent=self.name),
                local=self.around.local,
            )
            return await run_pydantic(attempt.context, task)

        key = self.context.key(name)
        return result_of(self.name, key, await self.context.perform(name, do, plan_of(self.name, question)))


def _told(prompt: str, feedback: str, data: Sequence[DataBlock]) -> str:
    """All that the agent is told: its prompt, why an earlier answer was refused, and its data between marks."""
    again = f"An earlier answer of yours was refused: {feedback}\nAnswer again, so that this is mended." if feedback else ""
    return "\n\n".join([part for part in (prompt, again) if part] + [quoted(block.name, block.text) for block in data])
