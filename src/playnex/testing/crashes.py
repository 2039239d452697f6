"""Crashes on order: a journal that dies at its n-th append, before or after the facts are durable."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal

from playnex.canonical import Json
from playnex.journal.events import Event, Posted, RunState
from playnex.journal.journal import Draft, Journal, NewRun, RunSummary
from playnex.spec.context import Write


class Crash(BaseException):
    """The process died here; nothing that runs afterwards may count on anything but the journal."""


@dataclass(slots=True)
class CrashingJournal:
    """A `Journal` that hands everything on to `journal` and raises Crash around append number `at` (from 1)."""

    journal: Journal
    at: int
    moment: Literal["before", "after"] = "before"
    appends: int = 0

    async def append(self, run: str, epoch: int, drafts: Sequence[Draft], writes: Sequence[Write] = ()) -> None:
        self.appends += 1
        if self.appends > self.at or (self.appends == self.at and self.moment == "before"):
            raise Crash
        await self.journal.append(run, epoch, drafts, writes)
        if self.appends == self.at:
            raise Crash

    async def create(self, new: NewRun) -> str:
        return await self.journal.create(new)

    async def claim(self, run: str, worker: str, reopened: str = "") -> int:
        return await self.journal.claim(run, worker, reopened)

    def note(self, run: str, epoch: int, drafts: Sequence[Draft]) -> None:
        self.journal.note(run, epoch, drafts)

    async def events(self, run: str, after: int = 0) -> tuple[Event, ...]:
        return await self.journal.events(run, after)

    async def post(self, run: str, key: str, fact: Posted) -> None:
        await self.journal.post(run, key, fact)

    async def skim(self, run: str) -> tuple[Event, ...]:
        return await self.journal.skim(run)

    async def fill(self, value: Json) -> Json:
        return await self.journal.fill(value)

    def posts(self, after: int) -> AsyncIterator[Event]:
        return self.journal.posts(after)

    async def position(self) -> int:
        return await self.journal.position()

    async def due(self, now: float, limit: int = 1000) -> tuple[str, ...]:
        return await self.journal.due(now, limit)

    async def next_due(self) -> float | None:
        return await self.journal.next_due()

    def tail(self, run: str, after: int = 0) -> AsyncIterator[Event]:
        return self.journal.tail(run, after)

    async def summary(self, run: str) -> RunSummary:
        return await self.journal.summary(run)

    async def runs(self, *, limit: int = 50, state: RunState | None = None) -> tuple[RunSummary, ...]:
        return await self.journal.runs(limit=limit, state=state)
