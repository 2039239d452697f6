"""The contract of a journal; its implementations pass one suite (playnex.testing)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from playnex.canonical import Json
from playnex.journal.events import Event, Fact, RunStarted, RunState
from playnex.spec.context import Write


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A fact on its way into the journal: the step's key (empty for the run itself) and the fact."""

    key: str
    fact: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One line of `run list`: a projection of the journal, never a second truth. Times in seconds since 1970."""

    id: str
    flow: str
    state: RunState
    reason: str
    started: float
    updated: float
    epoch: int
    inputs: Json


class Journal(Protocol):
    """Append-only facts of runs. An append says the epoch it believes in, and a stale one is refused."""

    async def create(self, run: str, started: RunStarted) -> None:
        """A new run with its first fact, state `pending`, epoch 0. Durable when it returns."""
        ...

    async def claim(self, run: str, worker: str, reopened: str = "") -> int:
        """Take the run over: raise its epoch by one, record RunResumed, state `running`; the new epoch."""
        ...

    async def append(self, run: str, epoch: int, drafts: Sequence[Draft], writes: Sequence[Write] = ()) -> None:
        """Facts and other writes of the same store in one transaction; durable when it returns. What a write raises is
        raised here and nothing of the call is kept. Raises StaleEpoch, StoreFull, StoreError."""
        ...

    def note(self, run: str, epoch: int, drafts: Sequence[Draft]) -> None:
        """Facts for those who watch, in order before any later append; not awaited, lost in a crash at worst."""
        ...

    async def events(self, run: str, after: int = 0) -> tuple[Event, ...]:
        """All events of a run behind that position, in order. Raises NotFoundError for an unknown run."""
        ...

    def tail(self, run: str, after: int = 0) -> AsyncIterator[Event]:
        """The events behind that position, and then each new one, also those of other processes; ends when the reader stops."""
        ...

    async def summary(self, run: str) -> RunSummary:
        """The run's line. Raises NotFoundError."""
        ...

    async def runs(self, *, limit: int = 50, state: RunState | None = None) -> tuple[RunSummary, ...]:
        """Runs, newest first."""
        ...
