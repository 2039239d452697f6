"""What the arms of a comparison have answered, case by case: records, and nothing that asks anybody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from playnex.app.judging import Ruling
from playnex.canonical import Json
from playnex.journal.events import RunState
from playnex.spec.cases import Case
from playnex.spec.envelope import Usage

UNANSWERED = ("model-unavailable", "credential")
"""Reasons of a failure that say nothing of the arm: no model has answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a case in one arm: its run, how that stands, and what it gave and took. `seconds` are those in which it was
    worked on. `is_answered` says that there is something to compare: a failure of the arm is an answer, if a bad one."""

    run: str = ""
    state: RunState = "pending"
    reason: str = ""
    message: str = ""
    output: Json = None
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    is_reused: bool = False

    @property
    def is_answered(self) -> bool:
        """Whether the arm has answered, well or badly."""
        return self.state == "succeeded" or (self.state == "failed" and self.reason not in UNANSWERED)

    @property
    def succeeded(self) -> bool:
        """Whether there is an output."""
        return self.state == "succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How good an answer is, from 0 to 1, and why it is no better, where that is known."""

    value: float
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class Met:
    """A case with both answers; `scores` are the check's. `judged` is the judge's run, where it had to be asked, `is_flow_first` whether
    the flow's answer was called A when it was first asked, and `ruling` what both of its answers come to."""

    case: Case
    flow: Answer
    baseline: Answer
    scores: tuple[Score, Score] | None = None
    is_flow_first: bool | None = None
    judged: Answer | None = None
    ruling: Ruling | None = None

    @property
    def is_compared(self) -> bool:
        """Whether both have answered."""
        return self.flow.is_answered and self.baseline.is_answered

    @property
    def difference(self) -> float | None:
        """The quality of the flow's answer less that of the baseline's, from -1 to 1; None where it is not known."""
        if self.scores is not None:
            return self.scores[0].value - self.scores[1].value
        if self.ruling is None:
            return None
        return {"flow": 1.0, "same": 0.0, "baseline": -1.0}[self.ruling.preferred]


def usage_of(answers: Iterable[Answer]) -> Usage:
    """What they took together."""
    total = Usage()
    for answer in answers:
        total += answer.usage
    return total


def reused(met: Sequence[Met]) -> dict[str, int]:
    """How many of the answers were there before, by arm."""
    return {"flow": sum(one.flow.is_reused for one in met), "baseline": sum(one.baseline.is_reused for one in met)}
