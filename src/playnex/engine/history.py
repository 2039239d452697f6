"""What a run's events say, folded once: results by key, tries so far, what was spent, and how the run stands."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from playnex.engine.keys import is_related
from playnex.engine.rewinding import before
from playnex.errors import JournalMismatch
from playnex.journal.events import (
    POSTED,
    AttemptFailed,
    Event,
    OutcomeDecided,
    ResumeRequested,
    RetryRequested,
    RunFinished,
    RunParked,
    RunPaused,
    RunResumed,
    RunStarted,
    RunWaiting,
    SignalReceived,
    StepFinished,
    StepIntended,
    StepStarted,
    StopRequested,
    WaitStarted,
)
from playnex.spec.envelope import Usage, from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """The tries of a step that failed so far, and why the last one did."""

    count: int = 0
    feedback: str = ""


NO_TRIES = Tries()


@dataclass(slots=True, kw_only=True)
class History:
    """The folded journal of one run. `signals` are those that no step has consumed, by position; `reopened` are the steps whose
    failure was forgotten, so that they are tried anew; `deaths` counts the workers that died in a row without finishing a step;
    `touched` is the step that was last begun; `active` is the seconds that workers spent on the run in earlier sessions;
    `position` is that of its last event."""

    started: RunStarted
    results: dict[str, StepFinished] = field(default_factory=dict)
    tries: dict[str, Tries] = field(default_factory=dict)
    intents: set[str] = field(default_factory=set)
    waits: dict[str, WaitStarted] = field(default_factory=dict)
    signals: dict[int, Event] = field(default_factory=dict)
    decisions: dict[str, OutcomeDecided] = field(default_factory=dict)
    reopened: set[str] = field(default_factory=set)
    stop: StopRequested | None = None
    stop_position: int = 0
    finished: RunFinished | None = None
    deaths: int = 0
    touched: str = ""
    spent: Usage = field(default_factory=Usage)
    active: float = 0.0
    position: int = 0

    def rewind(self, kept: Iterable[Event]) -> None:
        """Go back to where only these results, tries and waits were known; what was spent stays spent."""
        earlier = History(started=self.started)
        for event in kept:
            _apply(earlier, event)
        self.results, self.tries, self.waits = earlier.results, earlier.tries, earlier.waits
        self.intents, self.decisions = set(), {}
        self.stop, self.finished, self.deaths = None, None, 0

    def reopen(self) -> None:
        """Forget that the run failed, and the failures that ended it, with what lies below them and what they are a part of: they are
        tried anew. What succeeded stays."""
        failures = (self.finished.step, *self.finished.also) if self.finished is not None else ()
        for key in failures:
            for name in [name for name, fact in self.results.items() if is_related(name, key) and fact.envelope["status"] == "failed"]:
                del self.results[name]
                self.reopened.add(name)
            for name in [name for name in self.tries if is_related(name, key)]:
                del self.tries[name]
        self.finished = None


def fold(events: Iterable[Event]) -> History:
    """The history that these events tell. Raises JournalMismatch where they do not begin with RunStarted."""
    history: History | None = None
    since = last = 0.0
    valid: list[Event] = []
    for event in events:
        if history is None:
            history = _begin(event)
            since = event.at
        elif isinstance(event.fact, RunResumed):
            history.active += max(0.0, last - since)
            since = event.at
        last = event.at if not isinstance(event.fact, POSTED) else last
        history.position = event.position
        if isinstance(event.fact, RetryRequested):
            valid = list(before(valid, event.fact.step))
            history.rewind(valid)
        else:
            valid.append(event)
            _apply(history, event)
    if history is None:
        raise JournalMismatch("the journal of this run is empty")
    history.active += max(0.0, last - since)
    return history


def _begin_to_wait(history: History, key: str, fact: WaitStarted) -> None:
    """An answer that came before its question is none."""
    history.waits[key] = fact
    if fact.ask is not None:
        early = [position for position, event in history.signals.items() if getattr(event.fact, "signal", "") == fact.signal]
        for position in early:
            del history.signals[position]


def _begin(event: Event) -> History:
    if not isinstance(event.fact, RunStarted):
        raise JournalMismatch(f"the journal of run {event.run!r} begins with {type(event.fact).__name__}, not with RunStarted")
    return History(started=event.fact)


def _apply(history: History, event: Event) -> None:
    match event.fact:
        case StepFinished():
            _finish(history, event.key, event.fact)
        case AttemptFailed():
            tries = history.tries.get(event.key, NO_TRIES)
            history.tries[event.key] = replace(tries, count=event.fact.number, feedback=event.fact.message)
            history.intents.discard(event.key)
        case StepIntended():
            history.intents.add(event.key)
            history.decisions.pop(event.key, None)
            history.touched = event.key
        case StepStarted():
            history.touched = event.key
        case WaitStarted():
            _begin_to_wait(history, event.key, event.fact)
        case SignalReceived():
            history.signals[event.position] = event
        case OutcomeDecided():
            history.decisions[event.key] = event.fact
        case StopRequested():
            history.stop, history.stop_position = event.fact, event.position
        case ResumeRequested():
            history.stop, history.deaths = None, 0
        case RunResumed():
            history.deaths += 1
            history.reopen()
        case RunFinished() | RunPaused() | RunParked() | RunWaiting():
            _stand(history, event.fact)
        case RunStarted() | RetryRequested():
            pass


def _stand(history: History, fact: RunFinished | RunPaused | RunParked | RunWaiting) -> None:
    """Nobody advances the run any more; a request to stop that came too late for its worker still holds."""
    history.deaths = 0
    history.finished = fact if isinstance(fact, RunFinished) else None
    if isinstance(fact, RunFinished) or history.stop_position <= fact.seen:
        history.stop = None


def _finish(history: History, key: str, fact: StepFinished) -> None:
    history.results[key] = fact
    history.deaths = 0
    history.intents.discard(key)
    history.waits.pop(key, None)
    history.signals.pop(fact.signal, None)
    if fact.kind == "model":
        history.spent += from_json(fact.envelope).usage
