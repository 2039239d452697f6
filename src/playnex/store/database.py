"""One SQLite file, used well: one writer with group commit, readers that never wait, migrations that only append.

Many callers submit writes at the same time; all that are waiting become one transaction, so they share one fsync, and each caller
goes on when its group is durable. On a slow disk a thread commits, and what comes meanwhile waits for the next group; on a quick one
the event loop does, which has gathered all that came in one of its rounds. WAL with synchronous=FULL: NORMAL loses acknowledged work
in a power cut (https://sqlite.org/pragma.html#pragma_synchronous).
"""

import asyncio
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import apsw

from playnex.store.file import SAFE, Migration, Opening, carry_over, close, compact, open_reader
from playnex.store.writer import Submission, Writer

T = TypeVar("T")

GROUP = 512
"""Writes after which a transaction takes no more in."""


class Database:
    """An open SQLite file. `write` is durable when it returns; `note` is not awaited but keeps its place in the order."""

    def __init__(self, path: Path, migrations: Sequence[Migration], opening: Opening = SAFE) -> None:
        self.path = path
        self._opening = opening
        self._writer = Writer(path, migrations, opening)
        self._turn = threading.Lock()
        self._under_way = 0
        self._waiting: queue.SimpleQueue[list[Submission[Any]] | None] = queue.SimpleQueue()
        self._gathered: dict[asyncio.AbstractEventLoop, list[Submission[Any]]] = {}
        self._listeners: list[Callable[[], None]] = []
        self._local = threading.local()
        self._readers: list[apsw.Connection] = []
        self._thread = threading.Thread(target=self._run, name="playnex-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[apsw.Connection], T]) -> T:
        """Run `work` in a transaction; its result, once it is durable. What `work` raises is raised here, and only its own
        changes are undone; it is called a second time where another write of its group raised. Raises StoreFull, StoreError."""
        return await self._submitted(work)

    async def write_last(self, work: Callable[[apsw.Connection], T]) -> T:
        """As `write`, for what a run has to say when it stops: on a full disk it gets the space that was held back for it."""
        return await self._submitted(work, is_last=True)

    def note(self, work: Callable[[apsw.Connection], object]) -> None:
        """Run `work` in a transaction soon, before any write submitted later; nobody waits, and a failure is dropped."""
        self._gather(asyncio.get_running_loop(), Submission(work, None))

    def _gather(self, loop: asyncio.AbstractEventLoop, submission: Submission[Any]) -> None:
        """Hand the write over together with all that come in this round of the loop: the writer, woken by the first of them,
        would sync it alone."""
        if (gathered := self._gathered.get(loop)) is not None:
            gathered.append(submission)
        else:
            self._gathered[loop] = [submission]
            loop.call_soon(self._commit_or_hand_over, loop)

    def _commit_or_hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """Commit what was gathered right here, where that is quick and nothing is on its way before it; else have the thread do it."""
        if (gathered := self._gathered.pop(loop, None)) is None:
            return
        with self._turn:
            is_done = self._under_way == 0 and self._writer.pace <= self._opening.quick and self._writer.carry_out_at_once(gathered)
            if not is_done:
                self._under_way += 1
                self._waiting.put(gathered)
        if is_done:
            _wake(gathered)
            self._tell()

    async def carry_over(self) -> None:
        """Bring what is in the write-ahead log into the file, and make the log empty, as far as no reader holds it."""
        await asyncio.to_thread(carry_over, self.path, self._opening)

    async def compact(self) -> None:
        """Write the file anew, without what was freed in it, and make the log empty, as far as no reader holds it."""
        await asyncio.to_thread(compact, self.path, self._opening)

    @property
    def read(self) -> apsw.Connection:
        """This thread's read-only connection."""
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = open_reader(self.path, self._opening)
            self._local.connection = connection
            self._readers.append(connection)
        return connection

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener`, in whatever thread, after each commit of this process; returns the call that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def close(self) -> None:
        """Commit what waits, then close. Safe to call twice."""
        if self._thread.is_alive():
            for gathered in self._gathered.values():
                self._waiting.put(gathered)
            self._gathered.clear()
            self._waiting.put(None)
            self._thread.join()
        for connection in self._readers:
            close(connection)
        self._readers.clear()
        self._local = threading.local()

    async def _submitted(self, work: Callable[[apsw.Connection], T], *, is_last: bool = False) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._gather(loop, Submission(work, future, is_last=is_last))
        return await future

    def _run(self) -> None:
        """The thread: commits what is handed over to it."""
        with_more = True
        while with_more:
            batches, with_more = self._next_batches()
            if group := [submission for batch in batches for submission in batch]:
                self._writer.carry_out(group)
                with self._turn:
                    self._under_way -= len(batches)
                _settle(group)
                self._tell()
        self._writer.close()

    def _next_batches(self) -> tuple[list[list[Submission[object]]], bool]:
        batches: list[list[Submission[object]]] = []
        size = 0
        while (batch := self._waiting.get()) is not None:
            batches.append(batch)
            size += len(batch)
            if size >= GROUP or self._waiting.empty():
                return batches, True
        return batches, False

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def _settle(group: Sequence[Submission[object]]) -> None:
    """Wake the callers, one call per event loop."""
    loops: dict[asyncio.AbstractEventLoop, list[Submission[object]]] = {}
    for submission in group:
        if submission.future is not None:
            loops.setdefault(submission.future.get_loop(), []).append(submission)
    for loop, settled in loops.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_wake, settled)


def _wake(settled: Sequence[Submission[object]]) -> None:
    for submission in settled:
        future = submission.future
        if future is None or future.done():
            continue
        if submission.fault is not None:
            future.set_exception(submission.fault)
        else:
            future.set_result(submission.outcome)


def sqlite_version() -> str:
    """The version of SQLite in use, for `doctor` and reports."""
    return f"SQLite {apsw.sqlite_lib_version()} on Python {sys.version_info.major}.{sys.version_info.minor}"
