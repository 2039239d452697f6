"""What a step of a flow does: its own action, that of the case that its switch leads to, or either for every item of a list."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from playnex.canonical import Json
from playnex.engine import failure
from playnex.engine.actions import Actions
from playnex.engine.scope import Scope
from playnex.engine.step_work import StepWork
from playnex.errors import StepFailed
from playnex.spec.context import Attempt, Do, StepPlan
from playnex.spec.envelope import Envelope
from playnex.spec.flow import StepSpec

ROUTE = "route"
"""The step below a switch's own in which its route is recorded."""


def is_route(output: Json) -> bool:
    """Whether a record's output is a route, and not that of somebody's own step of that name."""
    return isinstance(output, dict) and output.keys() == {"value", "to", "by"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """A step ready for the step context: what to do, and how."""

    do: Do
    plan: StepPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """Prepares steps. `folders` are the run's inputs of type file or folder, resolved."""

    actions: Actions
    folders: tuple[str, ...] = ()

    def prepare(self, step: StepSpec, scope: Scope) -> Doing:
        """The step as it is to be carried out now. Raises ExpressionError, StepFailed where there is no such way."""
        if step.for_each is not None:
            return self._for_each(step, scope)
        if step.switch is not None:
            return self._routed(step, scope)
        work = StepWork(step=step, scope=scope, actions=self.actions, folders=self.folders)
        return Doing(do=work.attempt, plan=work.plan())

    def _routed(self, step: StepSpec, scope: Scope) -> Doing:
        """The case that the value leads to; its route is recorded before anything else."""
        assert step.switch is not None
        value = scope.value(step.switch.on)
        word = value if isinstance(value, str) else json.dumps(value)
        taken = next((case.step for case in step.switch.cases if case.value == word), step.switch.default)
        if taken is None:
            known = ", ".join(case.value for case in step.switch.cases)
            raise StepFailed(f"no case for {word!r} (there are: {known}), and no default", step=step.id, reason="no-route")
        doing = self.prepare(replace(taken, needs=step.needs), scope)
        route: Json = {"value": value, "to": f"{taken.kind} {taken.target}", "by": step.switch.on}
        return replace(doing, do=partial(_by_route, doing.do, route))

    def _for_each(self, step: StepSpec, scope: Scope) -> Doing:
        """The step for every item, each a step of its own below it; their outputs as a list, in the order of the items."""
        plan = StepPlan(kind=step.kind, actor=step.target, announce=True, complete=partial(_inherit, step, scope))
        return Doing(do=partial(self._each, step, scope), plan=plan)

    async def _each(self, step: StepSpec, scope: Scope, attempt: Attempt) -> Envelope:
        assert step.for_each is not None
        items = scope.value(step.for_each.items)
        if not isinstance(items, list):
            raise StepFailed(f"`for-each` needs a list, and got {type(items).__name__}", step=step.id, reason="invalid-items")
        records: dict[int, Envelope] = {}

        async def one(number: int, item: Json) -> None:
            doing = self.prepare(replace(step, for_each=None), scope.with_item(item))
            records[number] = await attempt.context.perform(f"item-{number}", doing.do, doing.plan)

        await attempt.context.together([partial(one, number, item) for number, item in enumerate(items, 1)], at_most=step.for_each.at_most)
        return merged([records[number] for number in sorted(records)])


def merged(records: Sequence[Envelope]) -> Envelope:
    """The records of all items as one: failed where any item is, a fallback where any item's is."""
    failed = [number for number, record in enumerate(records, 1) if record.status == "failed"]
    if failed:
        first = records[failed[0] - 1]
        message = f"{len(failed)} of {len(records)} items failed; the first, item {failed[0]}: {failure.message_of(first)}"
        return failure.failed(first.reason, message)
    replaced = [number for number, record in enumerate(records, 1) if record.status == "fallback"]
    return Envelope(
        output=[record.output for record in records],
        status="fallback" if replaced else "succeeded",
        reason=f"items {', '.join(map(str, replaced))}" if replaced else "",
        labels=tuple(dict.fromkeys(label for record in records for label in record.labels)),
        sources=tuple(dict.fromkeys(source for record in records for source in record.sources)),
    )


async def _by_route(do: Do, route: Json, attempt: Attempt) -> Envelope:
    async def taken() -> Json:
        return route

    await attempt.context.step(ROUTE, taken)
    return await do(attempt)


async def _inherit(step: StepSpec, scope: Scope, record: Envelope, attempt: Attempt) -> Envelope:
    return scope.inherited(step, record)
