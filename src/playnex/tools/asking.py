"""Asking a person before a call: the whole action, why it is asked about, and what it may do. Whatever is not a clear yes is a no."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from playnex.canonical import Json
from playnex.errors import BudgetExhausted, StepFailed
from playnex.spec.context import Approval, StepContext
from playnex.spec.envelope import Envelope
from playnex.tools.arguments import misfits
from playnex.tools.provenance import texts_of
from playnex.tools.tool import Tool
from playnex.tools.trail import ASKED, REFUSALS, TOGETHER

ANSWER = "gate.answer"
"""The step below the call's own in which a person's answer is recorded; no step of a flow or a tool has a dot in its name."""

EFFECTS: Mapping[str, str] = {
    "once": "it must not happen twice",
    "idempotent": "again does no harm",
    "pure": "it only computes",
}

LATIN = re.compile("[A-Za-z]")
ALPHABETS = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "LISU", "FULLWIDTH", "MATHEMATICAL")
WORD = 80
"""Characters of a word that a remark repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A call that is put before a person: `why`, and how many seconds they have (None: however long). `others` are the arguments of more
    calls of the tool, which the same answer decides."""

    tool: Tool
    agent: str
    arguments: Mapping[str, Json]
    why: tuple[str, ...]
    others: tuple[Mapping[str, Json], ...] = ()
    timeout: float | None = None

    def approval(self, problem: str) -> Approval:
        """What the person is shown."""
        who = f"Agent {self.agent!r}" if self.agent else "The flow"
        times = f" {1 + len(self.others)} times, as shown" if self.others else ""
        shown = [_in_order(arguments, self.tool) for arguments in (self.arguments, *self.others)]
        more = {"agent": self.agent, "tool": self.tool.name, "why": "; ".join(self.why), "it may": may_do(self.tool)}
        more |= {"look closely": "; ".join(look_alikes(shown))}
        return Approval(
            message=f"{who} wants to call {self.tool.name}{times}. May it?{problem}",
            show=shown if self.others else shown[0],
            more={name: value for name, value in more.items() if value},
            editable=self.tool.editable and not self.others,
            timeout=self.timeout,
        )


async def ask(context: StepContext, proposal: Proposal) -> Mapping[str, Json] | Envelope:
    """The arguments as a person approved them, or the refusal as the call's result. What they change must fit the tool's schema; what
    does not is asked about again."""
    problem = ""
    while True:
        try:
            said = await context.approve(ANSWER, proposal.approval(problem))
        except BudgetExhausted:
            raise
        except StepFailed as refused:
            return _refused(proposal, refused)
        if proposal.others:
            return proposal.arguments
        broken = misfits(proposal.tool.parameters, said)
        if not broken:
            return dict(said)
        problem = f" What you made of its arguments does not fit: {'; '.join(broken)}."
        proposal = replace(proposal, arguments=said) if isinstance(said, Mapping) else proposal


def _refused(proposal: Proposal, refused: StepFailed) -> Envelope:
    if not proposal.others:
        return refusal(f"a person was asked before {proposal.tool.name} was called: {refused.message}", asked=ASKED)
    message = f"a person was asked about {1 + len(proposal.others)} calls of {proposal.tool.name} together: {refused.message}"
    return refusal(f"{message}. Whichever you wish again is asked about alone", asked=TOGETHER)


def refusal(message: str, *, asked: str = "", is_new: bool = True) -> Envelope:
    """A call that was refused, as its result; `asked` is the field that says how a person was asked, `is_new` whether about this call."""
    return Envelope(status="failed", reason="refused", output={"error": message} | ({asked: is_new} if asked else {}))


def remembered(answer: Literal["no", "no-together", "tired"], tool: str) -> Envelope:
    """A call that is refused because of what a person has said before."""
    match answer:
        case "no":
            message = f"a person has refused this very call of {tool} before, and is not asked again"
            return refusal(message, asked=ASKED, is_new=False)
        case "no-together":
            return refusal(f"a person has refused this call of {tool} together with others", asked=TOGETHER, is_new=False)
        case "tired":
            return refusal(f"a person has refused {tool} {REFUSALS} times, and is not asked about it any more")


def _in_order(arguments: Mapping[str, Json], tool: Tool) -> dict[str, Json]:
    """The arguments, those that matter first: nobody has to look for them behind a long text."""
    return {name: arguments[name] for name in (*(tool.sinks or ()), *arguments) if name in arguments}


def look_alikes(arguments: Json) -> Iterator[str]:
    """The words that mix plain letters with letters of another alphabet that look like them."""
    words = (word for text in texts_of(arguments) for word in text.split() if not word.isascii() and LATIN.search(word))
    for word in dict.fromkeys(words):
        named = dict.fromkeys(name for sign in word if (name := unicodedata.name(sign, "")).startswith(ALPHABETS))
        if named:
            yield f"{word[:WORD]} has {', '.join(named)}".lower()


def may_do(tool: Tool) -> str:
    """What is known of a call's consequences, in words."""
    parts = [EFFECTS[tool.effect or "once"]]
    if tool.egress == "remote":
        parts.append("it leaves this machine")
    if tool.sinks:
        parts.append(f"what matters: {', '.join(tool.sinks)}")
    return "; ".join(parts)
