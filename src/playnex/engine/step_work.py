"""One step of a flow being carried out: what its action does, its checks, its fallback, and the capsule that it saves."""

from dataclasses import dataclass, replace

from playnex.engine import failure
from playnex.engine.actions import Actions, AgentWork, Given, PatternWork, PythonWork, Saving, ToolWork
from playnex.engine.gone import refuse_gone
from playnex.engine.scope import Scope, texts
from playnex.engine.verifying import Verifier
from playnex.errors import StepFailed
from playnex.spec.check_value import problems
from playnex.spec.context import Approval, Attempt, StepPlan, Verify
from playnex.spec.envelope import CapsuleRef, Envelope, Label, capsule_json
from playnex.spec.flow import ApproveSpec, StepSpec, VerifySpec, WaitSpec, form_of_output
from playnex.spec.foreseen import foresees
from playnex.spec.origin import Origin, within
from playnex.spec.result_text import as_text

CAPSULES = "capsules"
"""The step below a step's own in which the versions of its capsules are recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWork:
    """A step, what it can see, and what it can do. `folders` are the run's inputs of type file or folder, resolved."""

    step: StepSpec
    scope: Scope
    actions: Actions
    folders: tuple[str, ...] = ()

    def plan(self) -> StepPlan:
        """How the step is carried out."""
        step = self.step
        return StepPlan(
            kind=step.kind,
            actor=step.target,
            timeout=step.timeout,
            retry=step.retry,
            verify=Verifier(step=step, scope=self.scope, actions=self.actions).verify if step.verify or step.output else None,
            fallback=self._fall_back if step.fallback is not None else None,
            complete=self._complete,
            announce=True,
            says_origin=True,
        )

    async def attempt(self, attempt: Attempt) -> Envelope:
        """One try of the step: all that goes on in it was made from what its templates refer to."""
        await refuse_gone(self.actions, self.scope, self.scope.taken(*self._taking()), step=self.step.id)
        with within(self._origin()):
            return await self._done(attempt)

    def _taking(self) -> list[str]:
        """The templates by which the step takes results of others."""
        step, asked = self.step, self.step.approve
        return texts([step.prompt, dict(step.arguments), step.content, *((asked.message, asked.show) if asked is not None else ())])

    def _origin(self) -> Origin:
        """Where the step's words come from. Those of the flow's file itself are the user's own, filled in or not."""
        own = texts([self.step.prompt, dict(self.step.arguments)])
        return Origin(labels=self.scope.labels_of(*own), trusted=(*own, *self.scope.trusted_inputs()))

    async def _done(self, attempt: Attempt) -> Envelope:  # noqa: PLR0911 - one line a kind
        step = self.step
        match step.kind:
            case "agent":
                return await self._ask(step.target, attempt)
            case "pattern":
                return await self._work_together(attempt)
            case "tool":
                return await self._call_tool(attempt)
            case "python":
                return await self._call(attempt)
            case "save":
                return Envelope(output=self.scope.text(step.content or ""))
            case "flow":
                return Envelope(output=await attempt.context.flow(step.target, self.scope.value(dict(step.arguments))))
            case "approve":
                return await self._approve(step.approve, attempt)
            case "wait":
                return await self._wait(step.wait, attempt)
            case "switch" | "repeat":
                raise AssertionError("a switch is routed and a loop is taken apart before it is carried out")

    async def _call_tool(self, attempt: Attempt) -> Envelope:
        step = self.step
        arguments = self.scope.value(dict(step.arguments))
        own = tuple(name for name, template in step.arguments.items() if "untrusted" not in self.scope.labels_of(*texts(template)))
        work = ToolWork(
            step=step.id,
            tool=step.target,
            arguments=arguments,
            own=own,
            folders=self.folders,
            may_repeat=step.retry.times > 0,
        )
        return await self.actions.call_tool(attempt, work)

    async def _call(self, attempt: Attempt) -> Envelope:
        step = self.step
        arguments = self.scope.value(dict(step.arguments))
        work = PythonWork(step=step.id, function=step.target, arguments=arguments, may_repeat=step.retry.times > 0)
        return await self.actions.call_python(attempt, work)

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

    async def _ask(self, agent: str, attempt: Attempt) -> Envelope:
        step, given = self.step, await self._given(attempt)
        work = AgentWork(
            step=step.id,
            agent=agent,
            prompt=self.scope.text(step.prompt or ""),
            schema=form_of_output(step),
            given=given,
            folders=self.folders,
        )
        record = await self.actions.ask_agent(attempt, work)
        return self._labelled(record, given)

    async def _work_together(self, attempt: Attempt) -> Envelope:
        step, given = self.step, await self._given(attempt)
        work = PatternWork(
            step=step.id,
            pattern=step.target,
            settings=self.scope.value(dict(step.arguments)),
            checks={name: self._boundary(checks) for name, checks in step.checks.items()},
            prompt=self.scope.text(step.prompt or ""),
            schema=step.output,
            given=given,
        )
        return self._labelled(await self.actions.carry_out_pattern(attempt, work), given)

    def _labelled(self, record: Envelope, given: tuple[Given, ...]) -> Envelope:
        """The record with the labels of what was given with the prompt, and in it, and the capsules among its sources."""
        labels = (*record.labels, *(label for piece in given for label in piece.labels), *self.scope.labels_of(self.step.prompt or ""))
        sources = (*record.sources, *(piece.name for piece in given if piece.kind == "capsule"))
        return replace(record, labels=tuple(dict.fromkeys(labels)), sources=tuple(dict.fromkeys(sources)))

    def _boundary(self, checks: tuple[VerifySpec, ...]) -> Verify:
        """The checks on what one agent of a pattern hands over to another."""
        handed = replace(self.step, kind="agent", output=None, verify=checks)
        return Verifier(step=handed, scope=self.scope, actions=self.actions).verify

    async def _given(self, attempt: Attempt) -> tuple[Given, ...]:
        """The step's capsules, and where its prompt refers to no earlier step, the outputs that it waits for; nothing twice."""
        step, capsules = self.step, await self._capsules(attempt)
        if self.scope.referred_steps(step.prompt or ""):
            return capsules
        names = {given.name for given in capsules}
        await refuse_gone(self.actions, self.scope, step.needs, step=step.id)
        waited_for = ((need, self.scope.records[need]) for need in step.needs)
        return capsules + tuple(
            Given(kind="step", name=need, text=as_text(record.output), labels=record.labels)
            for need, record in waited_for
            if record.has_output and (record.capsule is None or record.capsule.name not in names)
        )

    async def _capsules(self, attempt: Attempt) -> tuple[Given, ...]:
        """The capsules that the step names, at the versions that its first try saw."""

        async def find(finding: Attempt) -> Envelope:
            refs = [await self.actions.find_capsule(self.scope.text(name)) for name in self.step.capsules]
            finding.writes.append(self.actions.noting(refs, attempt.key))
            return Envelope(output=[capsule_json(ref) for ref in refs])

        if not self.step.capsules:
            return ()
        key = attempt.context.key(CAPSULES)
        found = await attempt.context.perform(CAPSULES, find)
        if found.status == "failed":
            raise StepFailed(failure.message_of(found), step=key, reason=found.reason)
        return tuple([await self.actions.read_capsule(CapsuleRef(**parts)) for parts in found.output])

    async def _fall_back(self, record: Envelope, attempt: Attempt) -> Envelope:
        """What stands in for the step's result: an agent's answer, or a value in which `output` is what was refused."""
        step, spec = self.step, self.step.fallback
        assert spec is not None
        if spec.agent is not None:
            with within(self._origin()):
                return await self._ask(spec.agent, replace(attempt, context=attempt.context.scope("fallback")))
        refused = record.output.get("partial") if isinstance(record.output, dict) else None
        value = self.scope.with_output(refused).value(spec.value)
        form = form_of_output(step)
        broken = problems(form, value, root="output") if form is not None else ()
        if broken:
            return failure.failed("invalid-fallback", f"the fallback does not fit the step's output: {'; '.join(broken)}")
        return Envelope(output=value, labels=record.labels, sources=record.sources)

    async def _complete(self, record: Envelope, attempt: Attempt) -> Envelope:
        """The record with what it inherits from the steps it was made from, and its capsule ready to be written."""
        step, record = self.step, self.scope.inherited(self.step, record)
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
            envelope=replace(record, labels=self._labels_of_capsule(name, record)),
        )
        ref, write = await self.actions.prepare(self.scope.run, saving)
        attempt.writes.append(write)
        return replace(record, capsule=ref)

    def _labels_of_capsule(self, name: str, record: Envelope) -> tuple[Label, ...]:
        """What is known of the origin of the capsule that the step saves: the labels of the result, and of all else that its name and text
        refer to. A result that its schema has foreseen can carry no instruction, whatever it was made from."""
        others = self.scope.labels_of(name, self.step.content or "")
        form = form_of_output(self.step)
        is_foreseen = form is not None and foresees(form, record.output)
        own = (label for label in record.labels if label != "untrusted" or not is_foreseen)
        return tuple(dict.fromkeys((*own, *others)))
