"""Asking a person before a call: the whole action, why it is asked about, and what it may do. Whatever is not a clear yes is a no."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from playnex.canonical import Json
from playnex.errors import BudgetExhausted, StepFailed
from playnex.spec.context import Approval, StepContext
from playnex.spec.envelope import Envelope
from playnex.tools.arguments import misfits
from playnex.tools.ledger import ASKED
from playnex.tools.tool import Tool

ANSWER = "gate.answer"
"""The step below the call's own in which a person's answer is recorded; no step of a flow or a tool has a dot in its name."""

EFFECTS: Mapping[str, str] = {
    "once": "it must not happen twice",
    "idempotent": "again does no harm",
    "pure": "it only computes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A call of which a person is asked, `why`, and how many seconds they have (None: however long)."""

    tool: Tool
    agent: str
    arguments: Mapping[str, Json]
    why: tuple[str, ...]
    timeout: float | None = None

    def approval(self, problem: str) -> Approval:
        """What the person is shown."""
        who = f"Agent {self.agent!r}" if self.agent else "The flow"
        message = f"{who} wants to call {self.tool.name}. May it?{problem}"
        more = {"agent": self.agent, "tool": self.tool.name, "why": "; ".join(self.why), "it may": may_do(self.tool)}
        return Approval(
            message=message,
            show=dict(self.arguments),
            more={name: value for name, value in more.items() if value},
            editable=self.tool.editable,
            timeout=self.timeout,
        )


async def ask(context: StepContext, question: Question) -> Mapping[str, Json] | Envelope:
    """The arguments as a person approved them, or the refusal as the call's result. What they change must fit the tool's schema; what
    does not is asked about again."""
    problem = ""
    while True:
        try:
            said = await context.approve(ANSWER, question.approval(problem))
        except BudgetExhausted:
            raise
        except StepFailed as refused:
            return refusal(f"a person was asked before {question.tool.name} was called: {refused.message}")
        broken = misfits(question.tool.parameters, said)
        if not broken:
            return dict(said)
        problem = f" What you made of its arguments does not fit: {'; '.join(broken)}."
        question = replace(question, arguments=said) if isinstance(said, Mapping) else question


def refusal(message: str) -> Envelope:
    """A call that a person refused, as its result."""
    return Envelope(status="failed", reason="refused", output={"error": message, ASKED: True})


def may_do(tool: Tool) -> str:
    """What is known of a call's consequences, in words."""
    parts = [EFFECTS[tool.effect or "once"]]
    if tool.egress == "remote":
        parts.append("it leaves this machine")
    if tool.sinks:
        parts.append(f"what matters: {', '.join(tool.sinks)}")
    return "; ".join(parts)
