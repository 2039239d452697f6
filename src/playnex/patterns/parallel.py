"""Several at the same time, each on the same task; then one of them puts it together, or their results go back by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.patterns.outcome import OnFailure, bounded, failure_of, handed_over, success, told_of
from playnex.patterns.pattern import Participant, Pattern, Task, ask, name_of
from playnex.spec.agent_result import AgentResult
from playnex.spec.context import Branch, StepContext, Verify
from playnex.spec.flow import MOST_AT_ONCE

MERGE = "Others have worked on this, each alone; their results are below. Put them together into one answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel(Pattern):
    """All `agents` do the task at the same time, `at_most` of them. `merge` makes one answer from their results, which it sees in the
    order given; without it the result is a map of them by name, and the form of the answer is that of each. A branch whose result
    fails `check` has failed. Where one fails, all others still end."""

    kind: ClassVar[str] = "parallel"

    agents: Mapping[str, Participant] | Sequence[Participant]
    merge: Participant | None = None
    on_failure: OnFailure = "fail"
    check: Verify | None = None
    at_most: int | None = None

    def __post_init__(self) -> None:
        if not self.agents:
            raise UsageError("nobody works in parallel", hint="give at least one agent")
        if (wrong := next((name for name in named(self.agents) if not name or "/" in name or "#" in name), None)) is not None:
            raise UsageError(f"{wrong!r} cannot be the name of a branch", hint="use a word without / and #")
        bounded("branches at the same time", self.at_most or 1, least=1, most=MOST_AT_ONCE)

    async def carry_out(self, ctx: StepContext, task: Task) -> AgentResult:
        results = await self._branches(ctx, task)
        failed = {name: result for name, result in results.items() if not result.succeeded}
        there = {name: result for name, result in results.items() if result.succeeded}
        made_from = list(results.values())
        outputs: Json = {name: result.output for name, result in there.items()}
        if failed and (self.on_failure != "skip" or not there):
            first = next(iter(failed))
            return failure_of(self, failed[first], made_from, who=first, partial=outputs or None)
        if self.merge is None:
            return success(self, outputs, made_from, reason=told_of(failed))
        merged = await ask(ctx, self.merge, _merging(task, there, tuple(failed)), step="merge")
        if not merged.succeeded:
            return failure_of(self, merged, [*made_from, merged], who="the merge", partial=outputs)
        return success(self, merged.output, [*made_from, merged], reason=told_of(failed))

    async def _branches(self, ctx: StepContext, task: Task) -> dict[str, AgentResult]:
        """Every branch's result by its name, in the order given."""
        own = replace(task, output=None if self.merge is not None else task.output)
        plan = handed_over(self.check, self.on_failure)

        def branch(participant: Participant) -> Branch[AgentResult]:
            return lambda scope: ask(scope, participant, own, plan=plan)

        branches = {name: branch(participant) for name, participant in named(self.agents).items()}
        return await ctx.scope("branches").gather(branches, at_most=self.at_most)


def named(agents: Mapping[str, Participant] | Sequence[Participant]) -> dict[str, Participant]:
    """The participants by name; of those in a list, one whose name is taken already is numbered: `writer-2`."""
    if isinstance(agents, Mapping):
        return dict(agents)
    found: dict[str, Participant] = {}
    for participant in agents:
        name, number = name_of(participant), 1
        while (key := name if number == 1 else f"{name}-{number}") in found:
            number += 1
        found[key] = participant
    return found


def _merging(task: Task, there: Mapping[str, AgentResult], missing: tuple[str, ...]) -> Task:
    without = f" There is no result of {', '.join(missing)}: say so where it matters." if missing else ""
    blocks = [result.as_data(f"the result of {name}") for name, result in there.items()]
    return replace(task, prompt=f"{task.prompt}\n\n{MERGE}{without}").with_data(*blocks)
