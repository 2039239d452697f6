"""The checks on a step's output before anybody sees it, and the person who is asked about one that fails."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from playnex.canonical import Json
from playnex.engine import failure
from playnex.engine.actions import Actions, AgentWork, Given, PythonCheck
from playnex.engine.scope import Scope
from playnex.errors import ExpressionError, StepFailed
from playnex.spec.check_value import problems
from playnex.spec.context import Approval, Attempt, Verdict
from playnex.spec.envelope import Envelope
from playnex.spec.flow import StepSpec, VerifySpec, form_of_output
from playnex.spec.result_text import as_text

VERDICT_SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "properties": {"pass": {"type": "boolean"}, "reason": {"type": "string"}},
    "required": ["pass", "reason"],
    "additionalProperties": False,
}
ANSWER = "answer"
"""The step below the verified one in which a person's answer is recorded, as below an `approve`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """The checks of one step, in the order of its file."""

    step: StepSpec
    scope: Scope
    actions: Actions

    async def verify(self, record: Envelope, attempt: Attempt) -> Verdict:
        """The first refusal; else the yes, with the result as a person has approved it where one was asked. What a person has changed
        goes through the checks that are left. First of all comes the step's `output`, but for agents, who are held to it as they answer."""
        if broken := self._misfits(record):
            return Verdict(passed=False, reason="; ".join(broken), on_fail="fallback")
        approved: Envelope | None = None
        for number, check in enumerate(self.step.verify, 1):
            verdict = await self._judge(check, approved or record, Attempt(key=attempt.key, number=number, context=attempt.context))
            if not verdict.passed and check.on_fail == "ask":
                verdict = await self._ask(check, verdict, approved or record, attempt)
                approved = verdict.instead
            if not verdict.passed:
                return verdict
        return Verdict(passed=True, instead=approved)

    def _misfits(self, record: Envelope) -> tuple[str, ...]:
        schema = self.step.output if self.step.kind not in ("agent", "pattern") else None
        return problems(schema, record.output, root="output") if schema is not None else ()

    async def _judge(self, check: VerifySpec, record: Envelope, attempt: Attempt) -> Verdict:
        """One check: an expression, or a judge agent that answers `{pass, reason}`."""
        if check.that is not None:
            return self._hold(check.that, record, check)
        scope = attempt.context.scope(f"verify-{attempt.number}")
        if check.python is not None:
            asked = PythonCheck(function=check.python, output=record.output, inputs=self.scope.inputs)
            return replace(await self.actions.check_python(replace(attempt, context=scope), asked), on_fail=check.on_fail)
        judged = Given(kind="step", name="output", text=as_text(record.output), labels=record.labels)
        work = AgentWork(
            step=f"verify-{attempt.number}",
            agent=check.agent or "",
            prompt="Check this result. Answer whether it passes, and why.",
            schema=VERDICT_SCHEMA,
            given=(judged,),
        )
        answer = await self.actions.ask_agent(replace(attempt, context=scope), work)
        if answer.status == "failed":
            return Verdict(passed=False, reason=failure.message_of(answer), on_fail=check.on_fail)
        return Verdict(passed=answer.output["pass"], reason=answer.output["reason"], on_fail=check.on_fail)

    def _hold(self, that: str, record: Envelope, check: VerifySpec) -> Verdict:
        """Whether the result keeps to an expression; one that cannot be worked out does not hold."""
        try:
            holds, reason = bool(self.scope.with_output(record.output).expression(that)), f"the result does not keep to: {that}"
        except ExpressionError as error:
            holds, reason = False, error.message
        return Verdict(passed=holds, reason=reason, on_fail=check.on_fail)

    async def _ask(self, check: VerifySpec, verdict: Verdict, record: Envelope, attempt: Attempt) -> Verdict:
        """Let a person decide: the result as it is, as they change it, or not at all. A change that does not fit the step's `output`
        is asked about again."""
        shown, problem = record.output, ""
        while True:
            message = f"Step {self.step.id!r} did not pass its check: {verdict.reason}. Use its result all the same?{problem}"
            try:
                shown = await attempt.context.approve(ANSWER, Approval(message=message, show=shown, editable=True, timeout=check.timeout))
            except StepFailed as refused:
                return Verdict(passed=False, reason=f"{refused.message}; the check had said: {verdict.reason}", on_fail="ask")
            form = form_of_output(self.step)
            broken = problems(form, shown) if form is not None else ()
            if not broken:
                return Verdict(passed=True, instead=replace(record, output=shown, reason=f"approved by a person, though: {verdict.reason}"))
            problem = f" What you made of it does not fit the step's output: {'; '.join(broken)}."
