"""The interpreter of flow files: an ordinary durable body that carries out a flow's steps through the step context."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from playnex.canonical import Json
from playnex.engine.actions import Actions
from playnex.engine.course import Course
from playnex.engine.doing import Doer
from playnex.engine.scope import Scope
from playnex.spec.context import StepContext
from playnex.spec.flow import FlowSpec, StepSpec

MODELS = "run.models"
"""The scope of what is journaled about models; a step's id has no dot, so none can be taken for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """One run of one flow. `folders` are the inputs of type file or folder, resolved; `untrusted` are those that are not the user's own
    word, `private` those that must not leave the machine unasked."""

    flow: FlowSpec
    inputs: Mapping[str, Json]
    actions: Actions
    folders: tuple[str, ...] = ()
    untrusted: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()

    async def run(self, context: StepContext) -> Json:
        """Carry out every step in order; what the flow returns. Raises StepFailed for the step that ends it."""
        models = await self._models(context.scope(MODELS))
        scope = Scope(run=context.run_id, inputs=dict(self.inputs), models=models, untrusted=self.untrusted, private=self.private)
        await self._carry_out(self.flow.steps, scope, context)
        if self.flow.output is not None:
            return scope.value(self.flow.output)
        return scope.records[self.flow.steps[-1].id].output

    async def _carry_out(self, steps: Sequence[StepSpec], scope: Scope, context: StepContext) -> None:
        doer = Doer(actions=self.actions, folders=self.folders, carry_out=self._carry_out)
        await Course(steps=steps, scope=scope, doer=doer).run(context)

    async def _models(self, context: StepContext) -> dict[str, Json]:
        """Which model each agent of the flow uses in this run."""
        agents = dict.fromkeys(agent for step in self.flow.steps for agent in step.workers())
        return {agent: {"model": await self.actions.model_of(context, agent)} for agent in agents}
