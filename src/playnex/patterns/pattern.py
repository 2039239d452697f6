"""What all patterns share: a task, whoever works on it, and the one way to carry a pattern out.

A pattern is written against the step context alone. Its steps lie in a scope that carries its version, so that a run that began with an
older one says so instead of mixing both. Participants are agents or patterns, so patterns can be put into each other.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, TypeAlias

from playnex.canonical import Json
from playnex.spec.agent import AgentSpec
from playnex.spec.agent_result import AgentResult, DataBlock, record_of, result_of
from playnex.spec.context import PLAIN, Attempt, CodeTool, OutputForm, StepContext, StepPlan
from playnex.spec.envelope import Envelope

REFUSAL = "why an earlier answer was refused"
"""The name under which a pattern's agents see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be done: the words, the material, and the form of the answer (None for text)."""

    prompt: str
    data: tuple[DataBlock, ...] = ()
    output: OutputForm = None

    def with_data(self, *more: DataBlock) -> "Task":
        """The same with more material."""
        return replace(self, data=(*self.data, *more))


class Pattern(ABC):
    """A way for agents to work together, ready to be carried out. `kind` and `version` are the name of its scope in a run's keys."""

    __slots__ = ()
    kind: ClassVar[str]
    version: ClassVar[int] = 1

    async def run(self, ctx: StepContext, prompt: str, *, output: OutputForm = None, data: Sequence[DataBlock] = ()) -> AgentResult:
        """What the agents have come to together. Raises StepFailed where they have not."""
        return (await self.try_run(ctx, prompt, output=output, data=data)).checked()

    async def try_run(self, ctx: StepContext, prompt: str, *, output: OutputForm = None, data: Sequence[DataBlock] = ()) -> AgentResult:
        """The same, a failure too: with its reason, a message, and what there is of a result."""
        task, name = Task(prompt=prompt, output=output, data=tuple(data)), f"{self.kind}-v{self.version}"
        key = ctx.key(name)
        result = await self.carry_out(ctx.scope(name), task)
        return result if result.step else replace(result, step=key)

    async def attempt(self, attempt: Attempt, task: Task) -> AgentResult:
        """The same as one try of a step; why the try before was refused goes with the task."""
        told = task.with_data(DataBlock(name=REFUSAL, text=attempt.feedback)) if attempt.feedback else task
        return await self.try_run(attempt.context, told.prompt, output=told.output, data=told.data)

    @abstractmethod
    async def carry_out(self, ctx: StepContext, task: Task) -> AgentResult:
        """Do the task in this scope, which is the pattern's own."""


Participant: TypeAlias = str | AgentSpec | Pattern | object
"""An agent by its name, one that is at hand, a Pydantic AI `Agent`, or a pattern that works like an agent."""


def name_of(participant: Participant) -> str:
    """What a participant is called, in keys and in what others are told."""
    if isinstance(participant, Pattern):
        return participant.kind
    return participant if isinstance(participant, str) else str(getattr(participant, "name", None) or "agent")


async def ask(
    ctx: StepContext, participant: Participant, task: Task, *, step: str = "", tools: Sequence[CodeTool] = (), plan: StepPlan = PLAIN
) -> AgentResult:
    """What a participant gives; never raises for its failure. `plan` holds for a pattern as for an agent, whose step it then is; a
    pattern has no use for `tools`."""
    name = step or name_of(participant)
    if isinstance(participant, Pattern):
        return await _ask_pattern(ctx, participant, task, step=name, plan=plan)
    agent = ctx.agent(participant)
    return await agent.try_run(task.prompt, output=task.output, data=task.data, tools=tools, plan=plan, step=name)


async def _ask_pattern(ctx: StepContext, pattern: Pattern, task: Task, *, step: str, plan: StepPlan) -> AgentResult:
    """The pattern as a step, so that it can be checked, tried again and bounded like an agent."""

    async def do(attempt: Attempt) -> Envelope:
        return record_of(await pattern.attempt(attempt, task))

    asked: Json = {"prompt": task.prompt, "data": [block.name for block in task.data]}
    how = replace(plan, kind="pattern", actor=pattern.kind, announce=True, input=asked)
    key = ctx.key(step)
    return result_of(pattern.kind, key, await ctx.perform(step, do, how))
