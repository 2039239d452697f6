"""One agent alone: the pattern that needs no other, with the face that all patterns have."""

from dataclasses import dataclass
from typing import ClassVar

from playnex.patterns.pattern import Participant, Pattern, Task, ask
from playnex.spec.agent_result import AgentResult
from playnex.spec.context import StepContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Single(Pattern):
    """The agent's own loop, and nothing around it."""

    kind: ClassVar[str] = "single"

    agent: Participant

    async def carry_out(self, ctx: StepContext, task: Task) -> AgentResult:
        return await ask(ctx, self.agent, task)
