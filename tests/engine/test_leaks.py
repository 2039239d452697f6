"""A cancelled worker leaves nothing behind: no task, no open file, no lease, no listener, whatever moment it is cancelled at."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest

from playnex.canonical import Json
from playnex.engine.code import Code
from playnex.engine.engine import Engine
from playnex.engine.execution import Execution
from playnex.engine.history import History
from playnex.engine.worker import Worker
from playnex.errors import StoreFull
from playnex.journal.events import RunFinished, RunPaused, RunStarted, SignalReceived
from playnex.journal.journal import Draft, NewRun
from playnex.journal.lease import FileLeases
from playnex.journal.stores.journal_rows import MIGRATIONS
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.spec.context import StepContext, Write
from playnex.spec.flow import NO_LIMITS, RetrySpec
from playnex.store.database import Database
from playnex.testing.clock import FakeClock
from playnex.testing.memory_journal import MemoryJournal
from playnex.testing.passing_journal import PassingJournal
from playnex.tools.workers import Workers

T = TypeVar("T")
FAST, SLOW = 100, 1_000
CALLS_FAST, CALLS_SLOW = 5, 100
TOUCHES = 22
"""About as many as a run of the flows below makes."""

FILES, THREADS = Path("/proc/self/fd"), Path("/proc/self/task")
TOOL = "import time\n\n\ndef work() -> int:\n    time.sleep(0.02)\n    return 1\n"


@dataclass(slots=True, eq=False)
class Cancelling(PassingJournal):
    """Cancels the worker at its n-th touch of the journal, in the midst of it."""

    left: int
    worker: "asyncio.Task[object] | None" = None

    async def passed(self, call: Callable[[], Awaitable[T]]) -> T:
        self.left -= 1
        if self.left == 0 and self.worker is not None:
            self.worker.cancel()
        return await call()


async def busy(context: StepContext) -> Json:
    """A bit of everything, with branches in branches."""
    tries = 0

    async def flaky() -> Json:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError("not yet")
        return "worked"

    async def nested(inner: StepContext, item: int) -> Json:
        await inner.step("a", flaky, retry=RetrySpec(times=2), effect="once" if item else "idempotent")
        return await inner.all(lambda deep: deep.step("b", flaky, retry=1), lambda deep: deep.wait_for(f"go-{item}"))

    await context.sleep(1)
    return await context.map(range(2), nested)


def calling(workers: Workers, tool: Path) -> Callable[[StepContext], Awaitable[Json]]:
    """Tool calls in processes of their own, some at a time."""

    async def call() -> Json:
        return (await workers.ask({"do": "call", "file": str(tool), "function": "work", "arguments": {}}))["answer"]

    async def branch(inner: StepContext, _: int) -> Json:
        return [await inner.step("one", call), await inner.step("two", call)]

    async def body(context: StepContext) -> Json:
        return await context.map(range(3), branch)

    return body


@dataclass(slots=True, eq=False)
class Place:
    """A store, its leases, and what is open."""

    folder: Path
    database: Database
    clock: FakeClock = field(default_factory=FakeClock)

    async def cancelled_at(self, number: int, touch: int, body: Callable[[StepContext], Awaitable[Json]] = busy) -> bool:
        """Start a run, cancel its worker at that touch; whether that was before its end."""
        run, plain = f"R{number}", SqliteJournal(self.database, self.clock)
        await plain.create(NewRun(id=run, started=RunStarted(flow="f", inputs={}, definition={}, version="0")))
        for item in range(2):
            await plain.post(run, "", SignalReceived(signal=f"go-{item}"))
        journal = Cancelling(plain, touch)
        engine = Engine(journal=journal, leases=self.leases, clock=self.clock, jitter=lambda: 0.5, worker="w")
        journal.worker = asyncio.ensure_future(engine.advance(run, lambda started: Code(body=body, budget=NO_LIMITS)))
        await asyncio.wait([journal.worker], timeout=60)
        assert journal.worker.done(), "it ended soon"
        if not journal.worker.cancelled():
            assert isinstance(journal.worker.result(), RunFinished)
            assert journal.left > 0, f"cancelled at touch {touch}, it went on"
        return journal.worker.cancelled()

    @property
    def leases(self) -> FileLeases:
        return FileLeases(self.folder / "leases")

    def left(self) -> dict[str, object]:
        """All that must be as it was."""
        return {
            "tasks": asyncio.all_tasks() - {asyncio.current_task()},
            "files": len(os.listdir(FILES)) if FILES.exists() else 0,
            "leases": os.listdir(self.folder / "leases") if (self.folder / "leases").exists() else [],
            "children": [child for path in THREADS.glob("*/children") for child in path.read_text().split()],
            "listeners": list(self.database._listeners),
        }


def cancel(times: int, folder: Path, cancelled_at: Callable[[Place, int, int], Awaitable[bool]]) -> int:
    """Cancels so many workers at random moments; how many of them were cancelled before they were done."""
    chance, database = Random(times), Database(folder / "store.db", MIGRATIONS)
    place = Place(folder, database)

    async def run() -> int:
        await cancelled_at(place, 0, TOUCHES * 10)
        clean, cancelled = place.left(), 0
        for number in range(1, times + 1):
            cancelled += await cancelled_at(place, number, touch := chance.randint(1, TOUCHES))
            assert place.left() == clean, f"after a cancellation at touch {touch}"
        return cancelled

    try:
        return asyncio.run(run())
    finally:
        database.close()


async def in_a_call(place: Place, number: int, touch: int) -> bool:
    """With tools, whose workers are closed afterwards."""
    (place.folder / "work.py").write_text(TOOL)
    workers = Workers(place.folder)
    try:
        return await place.cancelled_at(number, touch, calling(workers, place.folder / "work.py"))
    finally:
        await workers.close()


def test_workers_cancelled_at_random_moments_leave_nothing_behind(tmp_path: Path) -> None:
    assert cancel(FAST, tmp_path, Place.cancelled_at) > FAST // 2


def test_workers_cancelled_while_tools_run_leave_no_process_behind(tmp_path: Path) -> None:
    assert cancel(CALLS_FAST, tmp_path, in_a_call) > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_very_many_workers_cancelled_at_random_moments_leave_nothing_behind(tmp_path: Path) -> None:
    assert cancel(SLOW - CALLS_SLOW, tmp_path, Place.cancelled_at) > SLOW // 2


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_many_workers_cancelled_while_tools_run_leave_no_process_behind(tmp_path: Path) -> None:
    assert cancel(CALLS_SLOW, tmp_path, in_a_call) > CALLS_SLOW // 4


def test_a_run_that_has_ended_is_out_of_memory_without_a_collection(tmp_path: Path) -> None:
    async def play() -> None:
        place = Place(tmp_path, Database(tmp_path / "store.db", MIGRATIONS))
        await place.cancelled_at(1, TOUCHES * 10, busy)
        await asyncio.sleep(0)
        place.database.close()

    gc.collect()
    gc.disable()
    others = in_memory()  # of tests before this one, whose tasks were killed and are held by what they raised
    try:
        asyncio.run(play())
        left = [type(found).__name__ for found in in_memory() if not any(found is other for other in others)]
    finally:
        gc.enable()
    assert left == []


def in_memory() -> list[object]:
    """What is kept of runs."""
    return [found for found in gc.get_objects() if type(found) in (Execution, History)]


class Full(PassingJournal):
    """Has no room for the note that a run was paused."""

    async def append(self, run: str, epoch: int, drafts: Sequence[Draft], writes: Sequence[Write] = ()) -> None:
        if isinstance(drafts[0].fact, RunPaused):
            raise StoreFull("no space left")
        await self.journal.append(run, epoch, drafts, writes)


def test_a_cancelled_worker_stops_also_where_its_pause_cannot_be_recorded() -> None:
    async def story() -> list[str]:
        begun: list[str] = []
        is_under_way = asyncio.Event()
        journal, clock = MemoryJournal(clock=FakeClock()), FakeClock()
        for number in range(3):
            journal.begin(NewRun(id=f"R{number}", started=RunStarted(flow="f", inputs={}, definition={}, version="0")))

        async def body(context: StepContext) -> Json:
            begun.append(context.run_id)
            is_under_way.set()
            await asyncio.Event().wait()

        engine = Engine(journal=Full(journal), leases=Free(), clock=clock, jitter=lambda: 0.5, worker="w")
        load = lambda run: lambda started: Code(body=body, budget=NO_LIMITS)  # noqa: E731 - one line says it
        worker = Worker(engine=engine, journal=journal, held=Free(), load=load, at_most=1)
        working = asyncio.ensure_future(worker.work_off())
        await is_under_way.wait()
        working.cancel()
        await asyncio.wait([working], timeout=10)
        assert working.cancelled(), f"it went on with {begun}"
        return begun

    assert asyncio.run(story()) == ["R0"]


class Free:
    """Leases where there is one worker only."""

    @asynccontextmanager
    async def hold(self, run: str) -> AsyncIterator[None]:
        yield

    def is_held(self, run: str) -> bool:
        return False


def test_a_task_a_file_or_a_lease_that_is_left_is_seen(tmp_path: Path) -> None:
    """The known-bad arm."""

    async def leave(place: Place) -> list[str]:
        clean = place.left()
        waiting, file = asyncio.ensure_future(asyncio.Event().wait()), os.open(os.devnull, os.O_RDONLY)
        async with place.leases.hold("R"):
            seen = [name for name, what in place.left().items() if what != clean[name]]
        waiting.cancel()
        os.close(file)
        return seen

    database = Database(tmp_path / "store.db", MIGRATIONS)
    try:
        assert asyncio.run(leave(Place(tmp_path, database))) == ["tasks", "files", "leases"]
    finally:
        database.close()
