"""The interpreter of flow files: an ordinary durable body that carries out a flow's steps through the step context."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from playnex.canonical import Json
from playnex.engine import failure
from playnex.engine.actions import Actions
from playnex.engine.doing import Doer, Doing
from playnex.engine.order import Order
from playnex.engine.scope import Scope, texts
from playnex.errors import ExpressionError, StepFailed
from playnex.spec import expression
from playnex.spec.context import Attempt, StepContext, StepPlan
from playnex.spec.envelope import Envelope
from playnex.spec.flow import FlowSpec, StepSpec

MODELS = "run.models"
"""The scope of what is journaled about models; a step's id has no dot, so none can be taken for it."""


@dataclass(slots=True, kw_only=True)
class Interpreter:
    """One run of one flow. `folders` are the inputs of type file or folder, resolved."""

    flow: FlowSpec
    inputs: Mapping[str, Json]
    actions: Actions
    folders: tuple[str, ...] = ()
    scope: Scope = field(init=False)
    order: Order = field(init=False)

    async def run(self, context: StepContext) -> Json:
        """Carry out every step in order; what the flow returns. Raises StepFailed for the step that ends it."""
        self.scope = Scope(run=context.run_id, inputs=dict(self.inputs))
        self.order = Order(self.flow.steps)
        await self._look_up_models(context.scope(MODELS))
        await self._from(context, self.order.first())
        if failures := [step.id for step in self.flow.steps if self._has_ended_the_run(step)]:
            raise self._failure(failures)
        if self.flow.output is not None:
            return self.scope.value(self.flow.output)
        return self.scope.records[self.flow.steps[-1].id].output

    async def _look_up_models(self, context: StepContext) -> None:
        """Which model each agent of the flow uses in this run."""
        for agent in dict.fromkeys(agent for step in self.flow.steps for agent in step.workers()):
            self.scope.models[agent] = {"model": await self.actions.model_of(context, agent)}

    async def _from(self, context: StepContext, steps: tuple[StepSpec, ...]) -> None:
        """Carry out these steps, and whatever can begin when they have ended: one after another as long as there is one, at the same
        time where there are more."""
        while len(steps) == 1:
            steps = await self._ended(context, steps[0])
        if steps:
            await context.together([partial(self._onwards, context, step) for step in steps])

    async def _onwards(self, context: StepContext, step: StepSpec) -> None:
        await self._from(context, (step,))

    async def _ended(self, context: StepContext, step: StepSpec) -> tuple[StepSpec, ...]:
        """What can begin once this step has ended; nothing where its failure ends the run."""
        doing = self._doing(step)
        self.scope.add(step.id, await context.perform(step.id, doing.do, doing.plan))
        return () if self._has_ended_the_run(step) else self.order.after(step)

    def _doing(self, step: StepSpec) -> Doing:
        """What the step does now; where that cannot be said, it fails and says why."""
        try:
            if why := self._skipped(step):
                return Doing(do=partial(self._skip, step, why), plan=_plain(step))
            return Doer(actions=self.actions, folders=self.folders).prepare(step, self.scope)
        except (ExpressionError, StepFailed) as error:
            return Doing(do=partial(_fail, error), plan=_plain(step))

    def _skipped(self, step: StepSpec) -> str:
        """Why the step is skipped, or nothing: all needs that it declares were, or its condition does not hold."""
        needs = [self.scope.records[need] for need in step.needs]
        if step.declares_needs and needs and all(need.status == "skipped" for need in needs):
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

    def _has_ended_the_run(self, step: StepSpec) -> bool:
        record = self.scope.records.get(step.id)
        goes_on = step.goes_on or (step.approve is not None and step.approve.goes_on)
        return record is not None and record.status == "failed" and not goes_on

    def _failure(self, steps: list[str]) -> StepFailed:
        """The failure of the first of these steps, which knows of the others."""
        first = self.scope.records[steps[0]]
        failed = StepFailed(f"step {steps[0]!r} failed: {failure.message_of(first)}", step=steps[0], reason=first.reason)
        failed.also = tuple(steps[1:])
        return failed


def _plain(step: StepSpec) -> StepPlan:
    return StepPlan(kind=step.kind, actor=step.target, announce=True)


async def _fail(error: Exception, attempt: Attempt) -> Envelope:
    raise error
