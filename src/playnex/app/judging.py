"""The judge of a comparison: blind, and asked twice about each pair, the second time in the other order.

Judges like what they read first (or last) better than it is. So which answer is called A is drawn from the case's content, and only a judge
that prefers the same answer in both orders has preferred it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from playnex.agents.quoting import DATA_RULE, quoted
from playnex.app.arms import as_text
from playnex.app.pinning import Pinned
from playnex.canonical import Json, digest, encode_sorted
from playnex.spec.agent import AgentSpec
from playnex.spec.flow import FlowSpec, InputSpec, StepSpec

Letter = Literal["A", "B", "same"]
Preferred = Literal["flow", "baseline", "same"]

ASKED, AGAIN = "asked", "again"

SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "properties": {"better": {"type": "string", "enum": ["A", "B", "same"]}, "reason": {"type": "string"}},
    "required": ["better", "reason"],
    "additionalProperties": False,
}

QUESTION = (
    "Below stand a task and two answers to it, A and B. Which answer does the task better? Neither their order nor their length counts. "
    "Answer A or B, or same where neither is clearly better, and give the reason in one sentence."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What both arms have answered to a task."""

    task: str
    flow: Json
    baseline: Json

    @property
    def is_flow_first(self) -> bool:
        """Whether the flow's answer is called A when the judge is first asked: a coin that falls the same way for the same pair."""
        return int(digest(encode_sorted([self.task, self.flow, self.baseline]))[:2], 16) % 2 == 0

    @property
    def is_alike(self) -> bool:
        """Whether there is nothing to judge."""
        return as_text(self.flow) == as_text(self.baseline)

    def inputs(self) -> dict[str, Json]:
        """What the judge is asked, in either order."""
        first, second = (self.flow, self.baseline) if self.is_flow_first else (self.baseline, self.flow)
        return {ASKED: _question(self.task, first, second), AGAIN: _question(self.task, second, first)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the judge's two answers come to. `is_flipped` says that it preferred whatever stood in the same place."""

    preferred: Preferred
    is_flipped: bool = False


def bench(judge: AgentSpec) -> Pinned:
    """The judge's flow: both questions, each without knowledge of the other."""
    steps = tuple(
        StepSpec(id=name, kind="agent", target=judge.name, prompt=f"${{{{ inputs.{name} }}}}", output=SCHEMA, declares_needs=True)
        for name in (ASKED, AGAIN)
    )
    output = {name: f"${{{{ steps.{name}.output }}}}" for name in (ASKED, AGAIN)}
    inputs = tuple(InputSpec(name=name, required=True) for name in (ASKED, AGAIN))
    return Pinned(flow=FlowSpec(name=judge.name, inputs=inputs, steps=steps, output=output), agents={judge.name: judge})


def ruling(asked: Letter, again: Letter, *, is_flow_first: bool) -> Ruling:
    """Who is preferred: whoever is in both orders."""
    if asked == "same" or again == "same":
        return Ruling(preferred="same")
    if asked == again:
        return Ruling(preferred="same", is_flipped=True)
    return Ruling(preferred="flow" if (asked == "A") == is_flow_first else "baseline")


def _question(task: str, first: Json, second: Json) -> str:
    blocks = (quoted("the task", task), quoted("answer A", as_text(first)), quoted("answer B", as_text(second)))
    return "\n\n".join((QUESTION, DATA_RULE, *blocks))
