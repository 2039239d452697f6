"""What a run's events say, folded once: results by key, tries so far, what was spent, and how the run stands."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from playnex.errors import JournalMismatch
from playnex.journal.events import (
    AttemptFailed,
    Event,
    RunFinished,
    RunParked,
    RunPaused,
    RunResumed,
    RunStarted,
    RunWaiting,
    StepFinished,
    StepIntended,
    StepStarted,
)
from playnex.spec.envelope import Envelope, Usage, from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """The tries of a step that failed so far, and why the last one did."""

    count: int = 0
    feedback: str = ""


NO_TRIES = Tries()


@dataclass(slots=True, kw_only=True)
class History:
    """The folded journal of one run. `active` is the seconds that workers spent on it in earlier sessions."""

    started: RunStarted
    results: dict[str, Envelope] = field(default_factory=dict)
    tries: dict[str, Tries] = field(default_factory=dict)
    intents: set[str] = field(default_factory=set)
    finished: RunFinished | None = None
    spent: Usage = field(default_factory=Usage)
    active: float = 0.0

    def reopen(self, key: str) -> None:
        """Forget that the run ended, and that `key` and what lies below it failed: they are tried anew. What succeeded stays."""
        for failed in [name for name, envelope in self.results.items() if is_below(name, key) and envelope.status == "failed"]:
            del self.results[failed]
        for tried in [name for name in self.tries if is_below(name, key)]:
            del self.tries[tried]
        self.finished = None


def is_below(name: str, key: str) -> bool:
    """True for `key` itself and every key in its scope."""
    return name == key or name.startswith(key + "/")


def fold(events: Iterable[Event]) -> History:
    """The history that these events tell. Raises JournalMismatch where they do not begin with RunStarted."""
    history: History | None = None
    since = last = 0.0
    for event in events:
        if history is None:
            history = _begin(event)
            since = event.at
        elif isinstance(event.fact, RunResumed):
            history.active += max(0.0, last - since)
            since = event.at
        last = event.at
        _apply(history, event)
    if history is None:
        raise JournalMismatch("the journal of this run is empty")
    history.active += max(0.0, last - since)
    return history


def _begin(event: Event) -> History:
    if not isinstance(event.fact, RunStarted):
        raise JournalMismatch(f"the journal of run {event.run!r} begins with {type(event.fact).__name__}, not with RunStarted")
    return History(started=event.fact)


def _apply(history: History, event: Event) -> None:
    match event.fact:
        case StepFinished():
            envelope = from_json(event.fact.envelope)
            history.results[event.key] = envelope
            history.intents.discard(event.key)
            if event.fact.kind == "model":
                history.spent += envelope.usage
        case AttemptFailed():
            tries = history.tries.get(event.key, NO_TRIES)
            history.tries[event.key] = replace(tries, count=event.fact.number, feedback=event.fact.message)
            history.intents.discard(event.key)
        case StepIntended():
            history.intents.add(event.key)
        case RunResumed():
            history.reopen(event.fact.reopened)
        case RunFinished():
            history.finished = event.fact
        case RunStarted() | StepStarted() | RunPaused() | RunWaiting() | RunParked():
            pass
