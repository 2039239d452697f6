"""What a run's events say, folded once: results by key, tries so far, what was spent, and how the run stands."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from playnex.canonical import Json
from playnex.engine.keys import is_related
from playnex.engine.rewinding import rewound
from playnex.engine.spending import NOTHING, lost_of, reservation, total
from playnex.engine.working_time import WorkingTime
from playnex.errors import JournalMismatch
from playnex.journal.events import (
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
    `touched` is the step that was last begun; `time` is what workers spent on the run in earlier sessions; `position` is that of its last
    event. `known` is what requests have spent, by the step's key, `spent` all of it; `lost` is what counts for those whose outcome
    nobody knows, and `held` what is set aside for those that were in flight at the end; `raised` are limits, by name, that a person has
    set since."""

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
    spent: Usage = NOTHING
    known: dict[str, Usage] = field(default_factory=dict)
    lost: dict[str, Usage] = field(default_factory=dict)
    held: dict[str, Usage] = field(default_factory=dict)
    raised: dict[str, Json] = field(default_factory=dict)
    time: WorkingTime = field(default_factory=WorkingTime)
    position: int = 0

    @property
    def unknown(self) -> dict[str, Usage]:
        """What counts as spent though nobody knows whether it was, by the step's key: with nobody at work, what is held is lost too."""
        return {key: self.lost.get(key, NOTHING) + self.held.get(key, NOTHING) for key in (*self.lost, *self.held)}

    @property
    def doubtful(self) -> Usage:
        """All of that together."""
        return total(self.unknown)

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
    valid: list[Event] = []
    for event in events:
        history = history or _begin(event)
        history.time.pass_over(event)
        history.position = event.position
        if isinstance(event.fact, RetryRequested):
            valid = list(rewound(valid, event.fact.step))
            history.rewind(valid)
        else:
            valid.append(event)
            _apply(history, event)
    if history is None:
        raise JournalMismatch("the journal of this run is empty")
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
    forked = event.fact.forked or {}
    lost = {key: _reserved(amount, requests=amount["requests"]) for key, amount in forked.get("lost", {}).items()}
    raised = dict(forked.get("budget", {}))
    return History(started=event.fact, lost=lost, raised=raised, time=WorkingTime(inherited=forked.get("seconds", {})))


def _apply(history: History, event: Event) -> None:
    match event.fact:
        case StepFinished():
            _finish(history, event.key, event.fact)
        case AttemptFailed():
            tries = history.tries.get(event.key, NO_TRIES)
            history.tries[event.key] = replace(tries, count=event.fact.number, feedback=event.fact.message)
            history.intents.discard(event.key)
            _settle(history, event.key, Usage(**(event.fact.usage or {})), is_lost=event.fact.lost)
        case StepIntended():
            history.intents.add(event.key)
            history.decisions.pop(event.key, None)
            history.touched = event.key
        case StepStarted():
            _begin_step(history, event.key, event.fact)
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
            history.raised |= event.fact.budget or {}
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
        _settle(history, key, from_json(fact.envelope).usage, is_lost=fact.lost)


def _begin_step(history: History, key: str, fact: StepStarted) -> None:
    """The step is under way; one whose last request was never answered asks once more, and that one counts for good."""
    history.touched = key
    if fact.reserved is not None:
        _settle(history, key, NOTHING, is_lost=True)
        history.held[key] = _reserved(fact.reserved)


def _settle(history: History, key: str, usage: Usage, *, is_lost: bool) -> None:
    """A request has ended: what it spent counts, or, where nobody knows it, what was reserved."""
    if (amount := history.held.pop(key, None)) is not None and is_lost:
        history.lost[key] = history.lost.get(key, NOTHING) + lost_of(amount, usage)
    if usage != NOTHING:
        history.spent += usage
        history.known[key] = history.known.get(key, NOTHING) + usage


def reserved_json(amount: Usage) -> dict[str, Json]:
    """What may be spent, as the journal keeps it."""
    return {"tokens": amount.tokens} | ({"usd": amount.usd} if amount.usd else {})


def _reserved(parts: Json, requests: int = 1) -> Usage:
    return replace(reservation(parts.get("tokens", 0), parts.get("usd", 0.0)), requests=requests)
