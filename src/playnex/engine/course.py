"""The course of a flow's steps, or of a loop's: each as soon as what it waits for has ended, and again where a route leads back.

A refusal that leads to a later step passes over what lies between. One that leads to an earlier step waits until all else has come to
its end, and then that step and all that waits for it are done again; the names number themselves (`draft`, `draft#2`), so that no key
depends on who was faster.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from playnex.engine import failure
from playnex.engine.doing import Doer, Doing, failing, plain
from playnex.engine.order import Order
from playnex.engine.scope import Scope, texts
from playnex.errors import BudgetExhausted, ExpressionError, StepFailed
from playnex.spec import expression
from playnex.spec.context import Attempt, Round, StepContext
from playnex.spec.envelope import Envelope
from playnex.spec.flow import StepSpec
from playnex.spec.step_order import Needs, again, before, behind

WAY_BACK = "run.route"
"""Where a route that leads back is recorded; a step's id has no dot, so none can be taken for it."""


@dataclass(slots=True, kw_only=True)
class Course:
    """Steps being carried out. `passed_over` says of steps that a refusal has led past them why; `led_to` are those it has led to."""

    steps: Sequence[StepSpec]
    scope: Scope
    doer: Doer
    order: Order = field(init=False)
    needs: Needs = field(init=False)
    times: dict[str, int] = field(default_factory=dict)
    passed_over: dict[str, str] = field(default_factory=dict)
    led_to: set[str] = field(default_factory=set)
    is_exhausted: bool = False

    def __post_init__(self) -> None:
        self.order = Order(self.steps)
        self.needs = {step.id: step.needs for step in self.steps}

    async def run(self, context: StepContext) -> None:
        """Carry out every step. Raises StepFailed for those whose failure ends it."""
        number = 1
        while True:
            await self._from(context, self.order.first())
            if failures := [step for step in self.steps if self._has_ended_the_run(step)]:
                raise self._failure(failures)
            if not (refused := self._ways_back()):
                return
            number += 1
            await self._go_back(context, refused, number)

    async def _from(self, context: StepContext, steps: tuple[StepSpec, ...]) -> None:
        """Carry out these steps, and whatever can begin when they have ended: one after another as long as there is one, at the same
        time where there are more."""
        while len(steps) == 1:
            steps = await self._ended(context, steps[0])
        if steps:
            await context.together([partial(self._onwards, context, step) for step in steps])

    async def _onwards(self, context: StepContext, step: StepSpec) -> None:
        try:
            await self._from(context, (step,))
        except BudgetExhausted:
            self.is_exhausted = True
            raise

    async def _ended(self, context: StepContext, step: StepSpec) -> tuple[StepSpec, ...]:
        """What can begin once this step has ended; nothing where its failure ends the run, or leads back, or the budget is exhausted."""
        doing = self._doing(step)
        self.times[step.id] = self.times.get(step.id, 0) + 1
        self.scope.add(step.id, await context.perform(step.id, doing.do, doing.plan))
        if self._has_ended_the_run(step) or self._leads_back(step) or self.is_exhausted:
            return ()
        if target := self._refused_to(step):
            self._pass_over(step, target)
        return self.order.after(step)

    def _doing(self, step: StepSpec) -> Doing:
        """What the step does now; where that cannot be said, it fails and says why."""
        try:
            why = self._skipped(step)
        except ExpressionError as error:
            return failing(step, error)
        return Doing(do=partial(self._skip, step, why), plan=plain(step)) if why else self.doer.prepare(step, self.scope)

    def _skipped(self, step: StepSpec) -> str:
        """Why the step is skipped, or nothing: a refusal led past it, all needs that it declares were, or its condition does not hold."""
        if why := self.passed_over.get(step.id):
            return why
        needs = [self.scope.records[need] for need in step.needs]
        if step.declares_needs and needs and step.id not in self.led_to and all(need.status == "skipped" for need in needs):
            return "all that it needs was skipped"
        if step.condition is not None and not self.scope.expression(step.condition):
            return f"not {step.condition}"
        return ""

    async def _skip(self, step: StepSpec, why: str, attempt: Attempt) -> Envelope:
        if step.otherwise is None:
            return Envelope(status="skipped", reason=why, has_output=False)
        made = Envelope(status="skipped", reason=why, output=self.scope.value(step.otherwise.value))
        because = (expression.within_code(step.condition),) if step.condition else ()
        return self.scope.inherited(step, made, *texts(step.otherwise.value), *because)

    def _refused_to(self, step: StepSpec) -> str:
        """Where the run goes on because a person has refused this step, or nothing."""
        record = self.scope.records.get(step.id)
        is_refused = record is not None and record.status == "failed" and record.reason == "refused"
        return step.approve.refused_to if step.approve and is_refused else ""

    def _leads_back(self, step: StepSpec) -> bool:
        return bool(target := self._refused_to(step)) and target in before(step.id, self.needs)

    def _pass_over(self, step: StepSpec, target: str) -> None:
        """Have what waits for a refused step skipped, but for the step that the refusal leads to and all that waits for that."""
        why = f"{step.id!r} was refused, which led to {target!r}"
        self.passed_over |= dict.fromkeys(behind(step.id, self.needs) - again(target, self.needs), why)
        self.led_to.add(target)

    def _ways_back(self) -> list[StepSpec]:
        return [step for step in self.steps if self._leads_back(step)]

    async def _go_back(self, context: StepContext, refused: list[StepSpec], number: int) -> None:
        """Forget what is to be done again, and have it done: all that waits for a step that a refusal leads back to."""
        targets = {step.id: self._refused_to(step) for step in refused}
        repeated = frozenset(step for target in targets.values() for step in again(target, self.needs))
        await context.round(WAY_BACK, Round(steps=len(repeated), why=targets))
        self.scope.begin_round(number, [step.id for step in self.steps if step.id in repeated])
        self.passed_over = {step: why for step, why in self.passed_over.items() if step not in repeated}
        self.led_to -= repeated
        self.order = Order(self.steps, done=frozenset(self.needs) - repeated)

    def _has_ended_the_run(self, step: StepSpec) -> bool:
        record = self.scope.records.get(step.id)
        goes_on = step.goes_on or (step.approve is not None and step.approve.goes_on) or self._refused_to(step)
        return record is not None and record.status == "failed" and not goes_on

    def _failure(self, steps: list[StepSpec]) -> StepFailed:
        """The failure of the first of these steps, which knows of the others."""
        first = self.scope.records[steps[0].id]
        message = f"step {steps[0].id!r} failed: {failure.message_of(first)}"
        failed = StepFailed(message, step=self._key(steps[0]), reason=first.reason)
        failed.also = tuple(map(self._key, steps[1:]))
        return failed

    def _key(self, step: StepSpec) -> str:
        """The step's key in its scope, where it was last carried out."""
        times = self.times[step.id]
        return step.id if times == 1 else f"{step.id}#{times}"
