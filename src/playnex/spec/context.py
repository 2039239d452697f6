"""The step context: the one interface that flows, agents and patterns ask for every effect."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from playnex.canonical import Json
from playnex.spec.envelope import Envelope, Usage
from playnex.spec.flow import NO_RETRY, RetrySpec

Effect = Literal["pure", "idempotent", "once"]
Write: TypeAlias = Callable[[Any], object]
"""A piece of work for the store's own transaction (see sqlite.py): called with its connection, by its writer."""

StepKind = Literal["step", "agent", "tool", "save", "model", "verify"]


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One try of a step. `context` has the try's own scope; `feedback` is why a verifier refused the try before;
    what is put in `writes` is committed in the same transaction as the step's result."""

    key: str
    number: int
    context: "StepContext"
    feedback: str = ""
    writes: list[Write] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verifier says; a refused result takes `on_fail`."""

    passed: bool
    reason: str = ""
    on_fail: Literal["retry", "fallback", "fail", "ask"] = "fail"


Do: TypeAlias = Callable[[Attempt], Awaitable[Envelope]]
Verify: TypeAlias = Callable[[Envelope, Attempt], Awaitable[Verdict]]
Fallback: TypeAlias = Callable[[Envelope, Attempt], Awaitable[Envelope]]
Complete: TypeAlias = Callable[[Envelope, Attempt], Awaitable[Envelope]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """How a step is carried out, in this order: attempt (each with its own `timeout`, in seconds) → `retry` → `verify` →
    `fallback` → `complete` (last touches on the result that goes into the journal, such as saving a capsule).

    `announce` puts a StepStarted event with `input` into the journal, for those who watch. `tokens` is what the step may
    spend: reserved from the run's budget before it starts.
    """

    kind: StepKind = "step"
    actor: str = ""
    effect: Effect = "idempotent"
    timeout: float | None = None
    retry: RetrySpec = NO_RETRY
    verify: Verify | None = None
    fallback: Fallback | None = None
    complete: Complete | None = None
    announce: bool = False
    input: Json = None
    tokens: int = 0


PLAIN = StepPlan()


class StepContext(Protocol):
    """A run as its code sees it. Keys are paths; a name used again in one scope numbers itself (`think`, `think#2`)."""

    @property
    def run_id(self) -> str:
        """The run's full id."""
        ...

    def scope(self, name: str) -> "StepContext":
        """A context whose steps have keys under `name/`."""
        ...

    async def step(self, name: str, do: Callable[[], Awaitable[Json]], *, effect: Effect = "idempotent") -> Json:
        """Run `do` once in the life of this run; ever after, answer from the journal. Raises StepFailed."""
        ...

    async def perform(self, name: str, do: Do, plan: StepPlan = PLAIN) -> Envelope:
        """The full form of `step`: the recorded envelope, also when it is a failure."""
        ...

    def spent(self) -> Usage:
        """What this run's model requests have cost so far."""
        ...
