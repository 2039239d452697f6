"""A journal that hands every call on to another one: what stands in between overrides what it is about."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from playnex.canonical import Json
from playnex.journal.events import Event, Posted, RunState
from playnex.journal.journal import Draft, Journal, NewRun, RunSummary, Takeover
from playnex.spec.context import Write

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class PassingJournal:
    """Implements `Journal` over `journal`. Every call that is awaited goes through `passed`."""

    journal: Journal

    async def passed(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make the call."""
        return await call()

    async def create(self, new: NewRun) -> str:
        return await self.passed(lambda: self.journal.create(new))

    async def claim(self, run: str, worker: str, reopened: str = "") -> Takeover:
        return await self.passed(lambda: self.journal.claim(run, worker, reopened))

    async def append(self, run: str, epoch: int, drafts: Sequence[Draft], writes: Sequence[Write] = ()) -> None:
        await self.passed(lambda: self.journal.append(run, epoch, drafts, writes))

    def note(self, run: str, epoch: int, drafts: Sequence[Draft]) -> None:
        self.journal.note(run, epoch, drafts)

    async def post(self, run: str, key: str, fact: Posted) -> None:
        await self.passed(lambda: self.journal.post(run, key, fact))

    async def events(self, run: str, after: int = 0) -> tuple[Event, ...]:
        return await self.passed(lambda: self.journal.events(run, after))

    async def skim(self, run: str) -> tuple[Event, ...]:
        return await self.passed(lambda: self.journal.skim(run))

    async def fill(self, value: Json) -> Json:
        return await self.passed(lambda: self.journal.fill(value))

    def tail(self, run: str, after: int = 0) -> AsyncIterator[Event]:
        return self.journal.tail(run, after)

    def posts(self, after: int) -> AsyncIterator[Event]:
        return self.journal.posts(after)

    async def position(self) -> int:
        return await self.passed(self.journal.position)

    async def summary(self, run: str) -> RunSummary:
        return await self.passed(lambda: self.journal.summary(run))

    async def runs(self, *, limit: int = 50, state: RunState | None = None) -> tuple[RunSummary, ...]:
        return await self.passed(lambda: self.journal.runs(limit=limit, state=state))

    async def tokens_of(self, flow: str, *, before: str, limit: int) -> tuple[int, ...]:
        return await self.passed(lambda: self.journal.tokens_of(flow, before=before, limit=limit))

    async def line_of(self, group: str) -> tuple[RunSummary, ...]:
        return await self.passed(lambda: self.journal.line_of(group))

    async def due(self, now: float, limit: int = 1000) -> tuple[str, ...]:
        return await self.passed(lambda: self.journal.due(now, limit))

    async def next_due(self) -> float | None:
        return await self.passed(self.journal.next_due)
