"""How a run stands after a fact: a pure function, so that every store keeps the same line."""

from dataclasses import dataclass, replace

from playnex.journal.events import (
    Fact,
    OutcomeDecided,
    ResumeRequested,
    RetryRequested,
    RunFinished,
    RunParked,
    RunPaused,
    RunResumed,
    RunState,
    RunWaiting,
    SignalReceived,
    StopRequested,
)

ENDED = ("succeeded", "cancelled")
"""States that nothing from outside changes; a failed run can be let go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A run's state, why, and when a worker should look at it (None for never)."""

    state: RunState
    reason: str = ""
    due: float | None = None


def after(standing: Standing, fact: Fact, now: float) -> Standing:  # noqa: PLR0911 - one line a fact
    """The standing once the fact is recorded."""
    match fact:
        case RunResumed():
            return Standing(state="running")
        case RunFinished():
            return Standing(state=fact.status, reason=fact.reason)
        case RunPaused():
            return Standing(state="paused", reason=fact.reason)
        case RunParked():
            return Standing(state="parked", reason=fact.reason)
        case RunWaiting():
            return Standing(state="waiting", reason=fact.reason, due=fact.until)
        case SignalReceived() if standing.state == "waiting":
            return replace(standing, due=now)
        case StopRequested() if standing.state in ("pending", "waiting", "parked", "paused"):
            return replace(standing, due=now)
        case OutcomeDecided() if standing.state in ("parked", "waiting"):
            return Standing(state="pending", due=now)
        case ResumeRequested() | RetryRequested() if standing.state != "running" and standing.state not in ENDED:
            return Standing(state="pending", due=now)
        case _:
            return standing
