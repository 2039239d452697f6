"""A stage for engine tests: a real store in a folder, an engine over it, and counters of effects."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from playnex.canonical import Json
from playnex.clock import SystemClock
from playnex.engine.code import Code
from playnex.engine.engine import Ending, Engine
from playnex.engine.worker import Worker
from playnex.journal.events import Posted, RunStarted
from playnex.journal.journal import Journal, NewRun
from playnex.journal.lease import FileLeases
from playnex.journal.stores.journal_rows import MIGRATIONS
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.spec.context import StepContext
from playnex.spec.flow import NO_LIMITS, Budget
from playnex.store.database import Database
from playnex.testing.clock import FakeClock

RUN = "01TESTRUN00000000000000001"
Body = Callable[[StepContext], Awaitable[Json]]


@dataclass
class Stage:
    """A folder with a store; `effects` counts what really happened in the world outside; `let_go` are
    the runs that the engine said nobody advances any more."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    effects: Counter[str] = field(default_factory=Counter)
    let_go: list[str] = field(default_factory=list)

    def told(self, run: str, _waits: bool) -> None:
        """That a run is let go."""
        self.let_go.append(run)

    def open(self) -> Database:
        return Database(self.folder / "store.db", MIGRATIONS)

    def play(self, body: Body, *, journal: Callable[[Journal], Journal] = lambda plain: plain, budget: Budget = NO_LIMITS) -> Ending:
        """One worker's life: open the store, start the run if it is new, advance it, close."""
        database = self.open()
        try:
            return asyncio.run(self._life(journal(SqliteJournal(database, self.clock)), body, budget))
        finally:
            database.close()

    def carry(self, body: Body) -> Ending:
        """One worker that carries the run on as long as anything can be done without waiting for somebody."""
        database = self.open()
        try:
            return asyncio.run(self._carried(SqliteJournal(database, self.clock), body))
        finally:
            database.close()

    async def _carried(self, journal: Journal, body: Body) -> Ending:
        await self._create(journal)
        engine, leases = self._engine(journal), FileLeases(self.folder / "leases")
        worker = Worker(engine=engine, journal=journal, held=leases, load=lambda run: lambda started: Code(body=body, budget=NO_LIMITS))
        return await worker.carry(RUN)

    async def _life(self, journal: Journal, body: Body, budget: Budget) -> Ending:
        await self._create(journal)
        return await self._engine(journal).advance(RUN, lambda started: Code(body=body, budget=budget))

    async def _create(self, journal: Journal) -> None:
        if not any(run.id == RUN for run in await journal.runs()):
            await journal.create(NewRun(id=RUN, started=RunStarted(flow="test", inputs={}, definition={}, version="0")))

    def _engine(self, journal: Journal) -> Engine:
        leases = FileLeases(self.folder / "leases")
        return Engine(journal=journal, leases=leases, clock=self.clock, jitter=lambda: 0.5, worker="test", let_go=self.told)

    def post(self, *facts: Posted, key: str = "") -> None:
        """Somebody else says something to the run."""
        database = self.open()
        try:
            for fact in facts:
                asyncio.run(SqliteJournal(database, self.clock).post(RUN, key, fact))
        finally:
            database.close()

    def events(self) -> list[str]:
        """The journal's facts as `Kind key`, for asserts on their order."""
        database = self.open()
        try:
            events = asyncio.run(SqliteJournal(database, SystemClock()).events(RUN))
            return [f"{type(event.fact).__name__} {event.key}".strip() for event in events]
        finally:
            database.close()

    def effect(self, name: str, value: Json = "done") -> Callable[[], Awaitable[Json]]:
        """An effect that is counted."""

        async def do() -> Json:
            self.effects[name] += 1
            return value

        return do
