"""The facts that a journal holds, in the past tense; their JSON is fixed for ever (tests/golden)."""

from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

from playnex.canonical import Json
from playnex.errors import JournalMismatch

RunState = Literal["pending", "running", "waiting", "paused", "parked", "succeeded", "failed", "cancelled"]
EndState = Literal["succeeded", "failed", "cancelled"]
END_STATES: tuple[RunState, ...] = ("succeeded", "failed", "cancelled")
Decision = Literal["done", "again", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run came to be. `definition` is all that it was started with: it stays with it whatever happens to the files.
    `seed` is where its chance and its ids come from, empty for the run's own id; `forked` says where it began with a part of another run's
    journal, and what that had spent (see engine/inheritance.py). The runs of one `concurrency` group go one at a time, empty for none; one
    that `cancels` does not wait for those before it but cancels them."""

    flow: str
    inputs: Json
    definition: Json
    version: str
    seed: str = ""
    forked: Json = None
    concurrency: str = ""
    cancels: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResumed:
    """A worker took the run over, at this epoch; `reopened` is the key of the failed step that is tried anew, if any."""

    epoch: int
    worker: str
    reopened: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A step that people watch began; `input` is what it was given. Before each try of a model request against a budget it is durable, and
    `reserved` is what the try may spend, `{tokens, usd}`: all of it counts as spent until a fact after it says what was."""

    kind: str
    actor: str = ""
    input: Json = None
    reserved: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepIntended:
    """The durable note before a `once` effect starts; without a StepFinished after it, the outcome is unknown."""

    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed:
    """One try of a step failed, and another follows after `delay` seconds. `usage` is what it is known to have spent; where it is `lost`,
    nobody knows, and what was reserved for it counts."""

    number: int
    reason: str
    message: str
    delay: float = 0.0
    usage: Json = None
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished:
    """A step's result, for ever: its envelope as JSON, what kind of step it was, and the seconds it took. `beside` says that
    other steps of its scope went on at the same time; `signal` is the position of the signal that it consumed, 0 for none; `lost` says
    of a model request that nobody knows what it spent."""

    envelope: Json
    kind: str = "step"
    seconds: float = 0.0
    beside: bool = False
    signal: int = 0
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitStarted:
    """A step waits: for `signal` (empty for a timer), until the time `until` at most (seconds since 1970, None for ever).
    `ask` is what a person is shown and asked, where the wait is an approval."""

    signal: str = ""
    until: float | None = None
    ask: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalReceived:
    """A message came into the run from outside; kept until a step waits for it. `by` says who sent it."""

    signal: str
    payload: Json = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeDecided:
    """A person said what became of a `once` effect whose outcome was unknown: it is `done` with this value, is to be done
    `again`, or counts as `failed`."""

    decision: Decision
    value: Json = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested:
    """Somebody wants the run to stop: to `cancel` it for good, or to `pause` it until somebody lets it go on."""

    stop: Literal["cancel", "pause"]
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRequested:
    """A person lets a paused, parked, failed or dead run go on; deaths of workers before this no longer count. `budget` are limits, by
    name, that hold from here on in the place of those before."""

    by: str = ""
    budget: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRequested:
    """A person wants the run to do a step again, and all that came after it: their results no longer count."""

    step: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaused:
    """A person stopped the run for now. `seen`, here and below, is the position of the last message from outside that the worker
    knew of: what came later, it has not acted upon."""

    reason: str
    seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWaiting:
    """The run cannot go on before the time `until`, or without one of these signals."""

    reason: str
    until: float | None = None
    signals: tuple[str, ...] = field(default=())
    seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParked:
    """The run is set aside until a person decides: the outcome of `step` is unknown, or it killed its worker too often."""

    reason: str
    step: str = ""
    seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The end: a state, why, and what the flow returns. `step` is the key of the step whose failure ended it, `also` are those of
    others that failed beside it. `tokens` is what the model requests of a run that succeeded took."""

    status: EndState
    reason: str = ""
    message: str = ""
    step: str = ""
    output: Json = None
    also: tuple[str, ...] = field(default=())
    tokens: int = 0


Posted: TypeAlias = SignalReceived | OutcomeDecided | StopRequested | ResumeRequested | RetryRequested
"""What comes into a run from outside, whoever advances it: no lease is needed to say it."""

Fact: TypeAlias = (
    RunStarted
    | RunResumed
    | StepStarted
    | StepIntended
    | AttemptFailed
    | StepFinished
    | WaitStarted
    | Posted
    | RunPaused
    | RunWaiting
    | RunParked
    | RunFinished
)

POSTED: tuple[type[Any], ...] = (SignalReceived, OutcomeDecided, StopRequested, ResumeRequested, RetryRequested)
STOPS = (RunFinished, RunParked, RunPaused, RunWaiting)
"""After one of these nobody advances the run."""

KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        RunStarted,
        RunResumed,
        StepStarted,
        StepIntended,
        AttemptFailed,
        StepFinished,
        WaitStarted,
        *POSTED,
        *STOPS,
    )
}
FIELDS = {kind: tuple((field.name, field.default) for field in fields(kind)) for kind in KINDS.values()}

TUPLES = {"RunWaiting": ("signals",), "RunFinished": ("also",)}
"""Fields that are lists in JSON."""

ENVELOPE_KEYS = ("status", "output", "reason", "fallback_from", "labels", "sources", "capsule", "usage", "attempts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact in its place: `position` counts over the whole store, `at` is seconds since 1970, `key` names the step
    (empty for facts about the whole run)."""

    run: str
    position: int
    at: float
    key: str
    fact: Fact


def to_json(fact: Fact) -> dict[str, Json]:
    """The fact's fields, those at their default left out; a result's envelope lies flat among them, for most events are results."""
    parts = {name: value for name, default in FIELDS[type(fact)] if (value := getattr(fact, name)) != default}
    if isinstance(fact, StepFinished):
        envelope = parts.pop("envelope")
        parts = envelope | parts
        if parts.get("status") == "succeeded":
            del parts["status"]
    return parts


def from_json(kind: str, parts: dict[str, Json]) -> Fact:
    """The fact that `to_json` wrote. Raises JournalMismatch for a kind this version does not know."""
    try:
        if kind == "StepFinished" and "envelope" not in parts:
            parts = _folded(parts)
        parts = parts | {name: tuple(parts[name]) for name in TUPLES.get(kind, ()) if name in parts}
        fact: Fact = KINDS[kind](**parts)
    except (KeyError, TypeError):
        raise JournalMismatch(f"the journal holds a fact {kind!r} that this Playnex does not know", hint="upgrade Playnex") from None
    return fact


def _folded(parts: dict[str, Json]) -> dict[str, Json]:
    """A result with its envelope in one piece again."""
    envelope = {"status": "succeeded"} | {name: parts[name] for name in ENVELOPE_KEYS if name in parts}
    return {"envelope": envelope} | {name: value for name, value in parts.items() if name not in ENVELOPE_KEYS}
