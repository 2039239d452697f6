"""What a step of a flow does: its own action, that of the case that its switch leads to, its rounds, or any of these for every item."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from playnex.canonical import Json
from playnex.engine import failure
from playnex.engine.actions import Actions
from playnex.engine.gone import refuse_gone
from playnex.engine.routes import ROUTE
from playnex.engine.scope import Iteration, Scope, texts
from playnex.engine.step_work import StepWork
from playnex.errors import ExpressionError, StepFailed
from playnex.spec.check_value import problems
from playnex.spec.context import Attempt, Do, Round, StepContext, StepPlan
from playnex.spec.envelope import Envelope
from playnex.spec.flow import RepeatSpec, StepSpec, form_of_output

ROUND = "run.round"
"""The step below a loop's own in which each of its rounds is recorded; a step's id has no dot, so none can be taken for it."""

CarryOut: TypeAlias = Callable[[Sequence[StepSpec], Scope, StepContext], Awaitable[None]]
"""Carries out the steps of a loop in this scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """A step ready for the step context: what to do, and how."""

    do: Do
    plan: StepPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """Prepares steps. `folders` are the run's inputs of type file or folder, resolved."""

    actions: Actions
    carry_out: CarryOut
    folders: tuple[str, ...] = ()

    def prepare(self, step: StepSpec, scope: Scope) -> Doing:
        """The step as it is to be carried out now; where that cannot be said, it fails and says why."""
        try:
            return self._prepared(step, scope)
        except (ExpressionError, StepFailed) as error:
            return failing(step, error)

    def _prepared(self, step: StepSpec, scope: Scope) -> Doing:
        if step.for_each is not None:
            return self._for_each(step, scope)
        if step.switch is not None:
            return self._routed(step, scope)
        work = StepWork(step=step, scope=scope, actions=self.actions, folders=self.folders)
        plan = work.plan()
        if step.fallback is not None and step.fallback.step is not None:
            plan = replace(plan, fallback=partial(self._stand_in, step, scope))
        return Doing(do=work.attempt if step.repeat is None else partial(self._rounds, step.repeat, scope), plan=plan)

    def _routed(self, step: StepSpec, scope: Scope) -> Doing:
        """The case that the value leads to; its route is recorded before anything else."""
        assert step.switch is not None
        value = scope.value(step.switch.on)
        word = value if isinstance(value, str) else json.dumps(value)
        taken = next((case.step for case in step.switch.cases if case.value == word), step.switch.default)
        if taken is None:
            known = ", ".join(case.value for case in step.switch.cases)
            raise StepFailed(f"no case for {word!r} (there are: {known}), and no default", step=step.id, reason="no-route")
        doing = self._prepared(replace(taken, id=step.id, needs=step.needs), scope)
        to = f"{taken.kind} {taken.target}" if taken.id == step.id else f"step {taken.id}"
        route: Json = {"value": value, "to": to, "by": step.switch.on}
        return replace(doing, do=partial(_by_route, doing.do, route))

    async def _rounds(self, loop: RepeatSpec, scope: Scope, attempt: Attempt) -> Envelope:
        """The loop, round by round, each in a scope of its own: the result of its last step in the last round."""
        iteration = Iteration()
        while True:
            await attempt.context.round(ROUND, Round(steps=len(loop.steps)))
            within = scope.within(iteration)
            await self._round(loop, within, attempt.context.scope(f"round-{iteration.number}"))
            own = {step.id: within.records[step.id] for step in loop.steps}
            last = own[loop.steps[-1].id]
            if loop.until is not None and within.with_output(last.output).expression(loop.until):
                return _of_the_loop(last)
            if iteration.number == loop.most:
                return _of_the_loop(last) if loop.until is None else _not_converged(loop, last)
            iteration = Iteration(number=iteration.number + 1, previous=own)

    async def _round(self, loop: RepeatSpec, scope: Scope, context: StepContext) -> None:
        try:
            await self.carry_out(loop.steps, scope, context)
        except StepFailed as error:
            if isinstance(error, failure.ENDS_THE_RUN):
                raise
            raise StepFailed(f"round {scope.iteration.number}: {error.message}", step=error.step, reason=error.reason) from None

    async def _stand_in(self, step: StepSpec, scope: Scope, record: Envelope, attempt: Attempt) -> Envelope:
        """The result of the step that stands in for this one: a step of its own below it."""
        assert step.fallback is not None and step.fallback.step is not None
        other = step.fallback.step
        refused = record.output.get("partial") if isinstance(record.output, dict) else None
        doing = self.prepare(replace(other, needs=step.needs), scope.with_output(refused))
        given = await attempt.context.scope("fallback").perform(other.id, doing.do, doing.plan)
        form = form_of_output(step)
        broken = problems(form, given.output, root="output") if form is not None and given.status != "failed" else ()
        if broken:
            return failure.failed("invalid-fallback", f"what {other.id!r} gave does not fit the step's output: {'; '.join(broken)}")
        return given

    def _for_each(self, step: StepSpec, scope: Scope) -> Doing:
        """The step for every item, each a step of its own below it; their outputs as a list, in the order of the items."""
        plan = StepPlan(kind=step.kind, actor=step.target, announce=True, complete=partial(_inherit, step, scope))
        return Doing(do=partial(self._each, step, scope), plan=plan)

    async def _each(self, step: StepSpec, scope: Scope, attempt: Attempt) -> Envelope:
        assert step.for_each is not None
        await refuse_gone(self.actions, scope, scope.taken(*texts(step.for_each.items)), step=step.id)
        items = scope.value(step.for_each.items)
        if not isinstance(items, list):
            raise StepFailed(f"`for-each` needs a list, and got {type(items).__name__}", step=step.id, reason="invalid-items")
        labels = scope.labels_of(*texts(step.for_each.items))
        records: dict[int, Envelope] = {}

        async def one(number: int, item: Json) -> None:
            doing = self.prepare(replace(step, for_each=None), scope.with_item(item, labels))
            records[number] = await attempt.context.perform(f"item-{number}", doing.do, doing.plan)

        await attempt.context.together([partial(one, number, item) for number, item in enumerate(items, 1)], at_most=step.for_each.at_most)
        return merged([records[number] for number in sorted(records)])


def plain(step: StepSpec) -> StepPlan:
    """How a step is recorded that does nothing of its own."""
    return StepPlan(kind=step.kind, actor=step.target, announce=True)


def failing(step: StepSpec, error: Exception) -> Doing:
    """The step that can do nothing but fail like this."""

    async def fail(attempt: Attempt) -> Envelope:
        raise error

    return Doing(do=fail, plan=plain(step))


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


def _of_the_loop(last: Envelope) -> Envelope:
    """A loop's record, from that of its last step in its last round; a fallback of that step is one of the loop."""
    is_fallback = last.status == "fallback"
    return Envelope(
        output=last.output,
        status="fallback" if is_fallback else "succeeded",
        reason=last.reason if is_fallback else "",
        fallback_from=last.fallback_from,
        labels=last.labels,
        sources=last.sources,
    )


def _not_converged(loop: RepeatSpec, last: Envelope) -> Envelope:
    """The failure of a loop that came to its cap; what its last round gave stays in sight of a fallback."""
    message = f"after {loop.most} rounds this does not hold: {loop.until}"
    return replace(failure.failed("not-converged", message, last.output), labels=last.labels, sources=last.sources)


async def _by_route(do: Do, route: Json, attempt: Attempt) -> Envelope:
    async def taken() -> Json:
        return route

    await attempt.context.step(ROUTE, taken)
    return await do(attempt)


async def _inherit(step: StepSpec, scope: Scope, record: Envelope, attempt: Attempt) -> Envelope:
    return scope.inherited(step, record)
