"""The same agent for every item of a list: results in the order of the items."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from playnex.canonical import Json, encode
from playnex.patterns.outcome import OnFailure, bounded, failure_of, handed_over, success, told_of
from playnex.patterns.pattern import Participant, Pattern, Task, ask
from playnex.spec.agent_result import AgentResult, DataBlock
from playnex.spec.context import StepContext, Verify
from playnex.spec.flow import MOST_AT_ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOver(Pattern):
    """The `agent` does the task for each of the `items`, `at_most` at the same time. The result is a list in their order, and the form
    of the answer is that of each; an item that is skipped has null."""

    kind: ClassVar[str] = "map"

    agent: Participant
    items: Sequence[Json]
    at_most: int | None = None
    on_failure: OnFailure = "fail"
    check: Verify | None = None

    def __post_init__(self) -> None:
        bounded("items at the same time", self.at_most or 1, least=1, most=MOST_AT_ONCE)

    async def carry_out(self, ctx: StepContext, task: Task) -> AgentResult:
        plan = handed_over(self.check, self.on_failure)

        def one(scope: StepContext, item: Json) -> Awaitable[AgentResult]:
            return ask(scope, self.agent, task.with_data(_as_data(item)), plan=plan)

        results = await ctx.map(self.items, one, at_most=self.at_most)
        failed = {f"item {number}": result for number, result in enumerate(results, 1) if not result.succeeded}
        outputs: Json = [result.output for result in results]
        if failed and (self.on_failure != "skip" or len(failed) == len(results)):
            first = next(iter(failed))
            return failure_of(
                self, failed[first], results, who=f"{first} of {len(results)}", partial=outputs if len(failed) < len(results) else None
            )
        return success(self, outputs, results, reason=told_of(failed))


def _as_data(item: Json) -> DataBlock:
    return DataBlock(name="the item", text=item if isinstance(item, str) else encode(item).decode())
