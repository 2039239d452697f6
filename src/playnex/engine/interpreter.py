"""The interpreter of flow files: an ordinary durable body that carries out a flow's steps through the step context."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from playnex.canonical import Json
from playnex.engine import failure
from playnex.engine.actions import Actions, AgentWork, Given, Saving, ToolWork
from playnex.engine.order import Order
from playnex.engine.scope import Scope
from playnex.errors import StepFailed
from playnex.spec.check_value import problems
from playnex.spec.context import Approval, Attempt, StepContext, StepPlan, Verdict
from playnex.spec.envelope import CapsuleRef, Envelope, capsule_json
from playnex.spec.flow import NO_RETRY, ApproveSpec, FallbackSpec, FlowSpec, StepSpec, VerifySpec, WaitSpec

MODELS = "run.models"
"""The scope of what is journaled about models; a step's id has no dot, so none can be taken for it."""

VERDICT_SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "properties": {"pass": {"type": "boolean"}, "reason": {"type": "string"}},
    "required": ["pass", "reason"],
    "additionalProperties": False,
}


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
        for agent in dict.fromkeys(step.target for step in self.flow.steps if step.kind == "agent"):
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
        why = self._skipped(step)
        do, plan = partial(self._attempt, step), self._plan(step)
        if why:
            do, plan = partial(self._skip, step, why), replace(plan, retry=NO_RETRY, verify=None, fallback=None, timeout=None)
        self.scope.add(step.id, await context.perform(step.id, do, plan))
        return () if self._has_ended_the_run(step) else self.order.after(step)

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
        return Envelope(status="skipped", reason=why, output=self.scope.value(step.otherwise.value))

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

    def _plan(self, step: StepSpec) -> StepPlan:
        return StepPlan(
            kind=step.kind,
            actor=step.target,
            timeout=step.timeout,
            retry=step.retry,
            verify=partial(self._verify, step) if step.verify else None,
            fallback=partial(self._fall_back, step, step.fallback) if step.fallback is not None else None,
            complete=partial(self._complete, step),
            announce=True,
        )

    async def _attempt(self, step: StepSpec, attempt: Attempt) -> Envelope:
        match step.kind:
            case "agent":
                return await self._ask(step, step.target, attempt)
            case "tool":
                arguments = self.scope.value(dict(step.arguments))
                work = ToolWork(step=step.id, tool=step.target, arguments=arguments, folders=self.folders)
                return await self.actions.call_tool(attempt, work)
            case "save":
                return Envelope(output=self.scope.text(step.content or ""))
            case "flow":
                return Envelope(output=await attempt.context.flow(step.target, self.scope.value(dict(step.arguments))))
            case "approve":
                return await self._approve(step.approve, attempt)
            case "wait":
                return await self._wait(step.wait, attempt)

    async def _approve(self, asked: ApproveSpec | None, attempt: Attempt) -> Envelope:
        assert asked is not None
        message, show = self.scope.text(asked.message), self.scope.value(asked.show)
        approval = Approval(message=message, show=show, editable=asked.editable, timeout=asked.timeout)
        return Envelope(output=await attempt.context.approve("answer", approval))

    async def _wait(self, wait: WaitSpec | None, attempt: Attempt) -> Envelope:
        assert wait is not None
        if wait.signal:
            return Envelope(output=await attempt.context.wait_for(self.scope.text(wait.signal), timeout=wait.seconds))
        await attempt.context.sleep(wait.seconds or 0.0)
        return Envelope()

    async def _ask(self, step: StepSpec, agent: str, attempt: Attempt) -> Envelope:
        given = await self._given(step, attempt)
        work = AgentWork(
            step=step.id,
            agent=agent,
            prompt=self.scope.text(step.prompt or ""),
            schema=step.output,
            given=given,
            folders=self.folders,
        )
        record = await self.actions.ask_agent(attempt, work)
        labels = (*record.labels, *(label for piece in given for label in piece.labels))
        return replace(record, labels=tuple(dict.fromkeys(labels)))

    async def _given(self, step: StepSpec, attempt: Attempt) -> tuple[Given, ...]:
        """The step's capsules, and where its prompt refers to no earlier step, the outputs that it waits for; nothing twice."""
        capsules = await self._capsules(step, attempt)
        if self.scope.referred_steps(step.prompt or ""):
            return capsules
        names = {given.name for given in capsules}
        waited_for = ((need, self.scope.records[need]) for need in step.needs)
        return capsules + tuple(
            Given(kind="step", name=need, text=as_text(record.output), labels=record.labels)
            for need, record in waited_for
            if record.has_output and (record.capsule is None or record.capsule.name not in names)
        )

    async def _capsules(self, step: StepSpec, attempt: Attempt) -> tuple[Given, ...]:
        """The capsules that the step names, at the versions that its first try saw."""

        async def find() -> Json:
            return [capsule_json(await self.actions.find_capsule(self.scope.text(name))) for name in step.capsules]

        if not step.capsules:
            return ()
        found = await attempt.context.step("capsules", find)
        return tuple([await self.actions.read_capsule(CapsuleRef(**parts)) for parts in found])

    async def _verify(self, step: StepSpec, record: Envelope, attempt: Attempt) -> Verdict:
        for number, check in enumerate(step.verify, 1):
            verdict = await self._judge(check, record, Attempt(key=attempt.key, number=number, context=attempt.context))
            if not verdict.passed:
                return verdict
        return Verdict(passed=True)

    async def _judge(self, check: VerifySpec, record: Envelope, attempt: Attempt) -> Verdict:
        """One check: an expression, or a judge agent that answers `{pass, reason}`."""
        if check.that is not None:
            holds = bool(self.scope.with_output(record.output).expression(check.that))
            return Verdict(passed=holds, reason=f"the result does not keep to: {check.that}", on_fail=check.on_fail)
        judged = Given(kind="step", name="output", text=as_text(record.output), labels=record.labels)
        work = AgentWork(
            step=f"verify-{attempt.number}",
            agent=check.agent or "",
            prompt="Check this result. Answer whether it passes, and why.",
            schema=VERDICT_SCHEMA,
            given=(judged,),
        )
        context = attempt.context.scope(work.step)
        answer = await self.actions.ask_agent(replace_context(attempt, context), work)
        if answer.status == "failed":
            return Verdict(passed=False, reason=failure.message_of(answer), on_fail=check.on_fail)
        return Verdict(passed=answer.output["pass"], reason=answer.output["reason"], on_fail=check.on_fail)

    async def _fall_back(self, step: StepSpec, spec: FallbackSpec, record: Envelope, attempt: Attempt) -> Envelope:
        """What stands in for the step's result: an agent's answer, or a value in which `output` is what was refused."""
        if spec.agent is not None:
            return await self._ask(step, spec.agent, replace_context(attempt, attempt.context.scope("fallback")))
        refused = record.output.get("partial") if isinstance(record.output, dict) else None
        value = self.scope.with_output(refused).value(spec.value)
        broken = problems(step.output, value, root="output") if step.output is not None else ()
        if broken:
            return failure.failed("invalid-fallback", f"the fallback does not fit the step's output: {'; '.join(broken)}")
        return Envelope(output=value, labels=record.labels, sources=record.sources)

    async def _complete(self, step: StepSpec, record: Envelope, attempt: Attempt) -> Envelope:
        """The record with what it inherits from the steps it was made from, and its capsule ready to be written."""
        record = self.scope.inherited(step, record)
        if not record.has_output:
            return record
        name = step.save if step.save is not None else step.target if step.kind == "save" else None
        if name is None:
            return record
        scope = self.scope.with_record(step.id, record)
        saving = Saving(
            name=scope.text(name),
            body=as_text(record.output) if step.content is None else scope.text(step.content),
            step=step.id,
            agent=step.target if step.kind == "agent" else "",
            model=self.scope.models[step.target]["model"] if step.kind == "agent" else "",
            envelope=record,
        )
        ref, write = await self.actions.prepare(self.scope.run, saving)
        attempt.writes.append(write)
        return replace(record, capsule=ref)


def as_text(value: Json) -> str:
    """A result as a document: text as it is, anything else as a JSON block (rulings: `save`)."""
    if isinstance(value, str):
        return value
    return f"```json\n{json.dumps(value, ensure_ascii=False, indent=2)}\n```\n"


def replace_context(attempt: Attempt, context: StepContext) -> Attempt:
    """The same try in another scope of keys."""
    return replace(attempt, context=context, writes=attempt.writes)
