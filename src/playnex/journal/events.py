"""The facts that a journal holds, in the past tense; their JSON is fixed for ever (tests/golden)."""

from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias

from playnex.canonical import Json
from playnex.errors import JournalMismatch

RunState = Literal["pending", "running", "waiting", "paused", "parked", "succeeded", "failed", "cancelled"]
EndState = Literal["succeeded", "failed", "cancelled"]
END_STATES: tuple[RunState, ...] = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run came to be. `definition` is all that it was started with: it stays with it whatever happens to the files."""

    flow: str
    inputs: Json
    definition: Json
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResumed:
    """A worker took the run over, at this epoch; `reopened` is the key of the failed step that is tried anew, if any."""

    epoch: int
    worker: str
    reopened: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A step that people watch began; `input` is what it was given."""

    kind: str
    actor: str = ""
    input: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepIntended:
    """The durable note before a `once` effect starts; without a StepFinished after it, the outcome is unknown."""

    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed:
    """One try of a step failed, and another follows after `delay` seconds."""

    number: int
    reason: str
    message: str
    delay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished:
    """A step's result, for ever: its envelope as JSON, what kind of step it was, and the seconds it took."""

    envelope: Json
    kind: str = "step"
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaused:
    """A person stopped the run for now."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWaiting:
    """The run cannot go on without a person, a timer or a signal."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParked:
    """The run is set aside until a person decides: the outcome of `step` is unknown, or it killed its worker too often."""

    reason: str
    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The end: a state, why, and what the flow returns. `step` is the key of the step whose failure ended it."""

    status: EndState
    reason: str = ""
    message: str = ""
    step: str = ""
    output: Json = None


Fact: TypeAlias = (
    RunStarted | RunResumed | StepStarted | StepIntended | AttemptFailed | StepFinished | RunPaused | RunWaiting | RunParked | RunFinished
)

KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        RunStarted,
        RunResumed,
        StepStarted,
        StepIntended,
        AttemptFailed,
        StepFinished,
        RunPaused,
        RunWaiting,
        RunParked,
        RunFinished,
    )
}


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
    """The fact's fields, those at their default left out."""
    return {field.name: value for field in fields(fact) if (value := getattr(fact, field.name)) != field.default}


def from_json(kind: str, parts: dict[str, Json]) -> Fact:
    """The fact that `to_json` wrote. Raises JournalMismatch for a kind this version does not know."""
    try:
        fact: Fact = KINDS[kind](**parts)
    except (KeyError, TypeError):
        raise JournalMismatch(f"the journal holds a fact {kind!r} that this Playnex does not know", hint="upgrade Playnex") from None
    return fact
