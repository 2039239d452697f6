"""The contract of a journal; its implementations pass one suite (playnex.testing)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from playnex.canonical import Json
from playnex.journal.events import Event, Fact, Posted, RunStarted, RunState
from playnex.spec.context import Write


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A fact on its way into the journal: the step's key (empty for the run itself) and the fact."""

    key: str
    fact: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One line of `run list`: a projection of the journal, never a second truth. Times in seconds since 1970; `due` is when
    a worker should look at the run again, None for never; `idempotency_key` is what its starter called it, and `concurrency` the group
    whose runs go one at a time, if any."""

    id: str
    flow: str
    state: RunState
    reason: str
    started: float
    updated: float
    epoch: int
    inputs: Json
    due: float | None = None
    idempotency_key: str = ""
    concurrency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run to be: its id, its first fact, and what its starter calls it: the same flow and key are the same run.
    `inherited` are the positions of another run's events that a fork begins with."""

    id: str
    started: RunStarted
    idempotency_key: str = ""
    inherited: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlined:
    """A long output that was not read along: `Journal.fill` gives it."""

    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """A worker has taken a run over: the run's new epoch, and the position of its newest event before that."""

    epoch: int
    after: int


class Journal(Protocol):
    """Append-only facts of runs. An append says the epoch it believes in, and a stale one is refused."""

    async def create(self, new: NewRun) -> str:
        """A new run with its first facts, state `pending`, epoch 0, and its id; or the id of the run of that flow that has
        this idempotency key already. Durable when it returns."""
        ...

    async def claim(self, run: str, worker: str, reopened: str = "") -> Takeover:
        """Take the run over: raise its epoch by one, record RunResumed, state `running`."""
        ...

    async def append(self, run: str, epoch: int, drafts: Sequence[Draft], writes: Sequence[Write] = ()) -> None:
        """Facts and other writes of the same store in one transaction; durable when it returns. What a write raises is
        raised here and nothing of the call is kept. Raises StaleEpoch, StoreFull, StoreError."""
        ...

    def note(self, run: str, epoch: int, drafts: Sequence[Draft]) -> None:
        """Facts for those who watch, in order before any later append; not awaited, lost in a crash at worst."""
        ...

    async def post(self, run: str, key: str, fact: Posted) -> None:
        """A fact from outside, whoever advances the run; durable when it returns. Raises NotFoundError."""
        ...

    async def events(self, run: str, after: int = 0) -> tuple[Event, ...]:
        """All events of a run behind that position, in order. Raises NotFoundError for an unknown run."""
        ...

    async def skim(self, run: str) -> tuple[Event, ...]:
        """All events of a run, with an Outlined in the place of each output that would take long to read."""
        ...

    async def fill(self, value: Json) -> Json:
        """The value itself, or the output that an Outlined stands for."""
        ...

    def tail(self, run: str, after: int = 0) -> AsyncIterator[Event]:
        """The events behind that position, and then each new one, also those of other processes; ends when the reader stops."""
        ...

    def posts(self, after: int) -> AsyncIterator[Event]:
        """What is posted to any run behind that position, as it comes; ends when the reader stops."""
        ...

    async def position(self) -> int:
        """The position of the newest event of all runs."""
        ...

    async def summary(self, run: str) -> RunSummary:
        """The run's line. Raises NotFoundError."""
        ...

    async def runs(self, *, limit: int = 50, state: RunState | None = None) -> tuple[RunSummary, ...]:
        """Runs, newest first."""
        ...

    async def tokens_of(self, flow: str, *, before: str, limit: int) -> tuple[int, ...]:
        """What the newest runs of a flow took, of those that succeeded, asked models and were started before that run; the newest first,
        out of the last `limit` that succeeded."""
        ...

    async def line_of(self, group: str) -> tuple[RunSummary, ...]:
        """The runs of a concurrency group that have not ended, the one that was started first before the others."""
        ...

    async def due(self, now: float, limit: int = 1000) -> tuple[str, ...]:
        """The runs that nobody advances and that a worker should look at by now, the longest due first."""
        ...

    async def next_due(self) -> float | None:
        """When the next run becomes due; None where none will by itself."""
        ...
