"""One SQLite file, used well: a writer thread with group commit, readers that never wait, migrations that only append.

Many callers hand over writes at the same time; the writer runs all that are waiting in one transaction, so they share one
fsync, and each caller goes on when its group is durable. WAL with synchronous=FULL: NORMAL loses acknowledged work in a
power cut (https://sqlite.org/pragma.html#pragma_synchronous).
"""

import asyncio
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import apsw

from playnex.errors import StoreFull
from playnex.store.ballast import Ballast
from playnex.store.faults import OF_THE_FILE, no_space, store_error
from playnex.store.file import SAFE, Migration, Opening, carry_over, close, open_reader, open_writer

T = TypeVar("T")

GROUP = 512
"""Writes after which a transaction takes no more in."""


@dataclass(slots=True, eq=False)
class Submission(Generic[T]):
    """A write on its way: the work, and where its result goes."""

    work: Callable[[apsw.Connection], T]
    future: "asyncio.Future[T] | None"
    outcome: T | None = None
    fault: BaseException | None = None
    is_last: bool = False


class Database:
    """An open SQLite file. `write` is durable when it returns; `note` is not awaited but keeps its place in the order."""

    def __init__(self, path: Path, migrations: Sequence[Migration], opening: Opening = SAFE) -> None:
        self.path = path
        self._opening = opening
        self._ballast = Ballast(path.parent)
        self._waiting: queue.SimpleQueue[list[Submission[Any]] | None] = queue.SimpleQueue()
        self._gathered: dict[asyncio.AbstractEventLoop, list[Submission[Any]]] = {}
        self._listeners: list[Callable[[], None]] = []
        self._local = threading.local()
        self._readers: list[apsw.Connection] = []
        try:
            connection = open_writer(path, migrations, opening)
        except StoreFull:
            if not self._ballast.let_go():
                raise
            connection = open_writer(path, migrations, opening)
        self._ballast.is_held()
        self._writer = threading.Thread(target=self._run, args=(connection,), name="playnex-writer", daemon=True)
        self._writer.start()

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
            loop.call_soon(self._hand_over, loop)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        if gathered := self._gathered.pop(loop, None):
            self._waiting.put(gathered)

    async def carry_over(self) -> None:
        """Bring what is in the write-ahead log into the file, and make the log empty, as far as no reader holds it."""
        await asyncio.to_thread(carry_over, self.path, self._opening)

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
        """Call `listener` (in the writer's thread) after each commit of this process; returns the call that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def close(self) -> None:
        """Commit what waits, then close. Safe to call twice."""
        if self._writer.is_alive():
            for loop in tuple(self._gathered):
                self._hand_over(loop)
            self._waiting.put(None)
            self._writer.join()
        for connection in self._readers:
            close(connection)
        self._readers.clear()
        self._local = threading.local()

    async def _submitted(self, work: Callable[[apsw.Connection], T], *, is_last: bool = False) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._gather(loop, Submission(work, future, is_last=is_last))
        return await future

    def _run(self, connection: apsw.Connection) -> None:
        with_more = True
        while with_more:
            group, with_more = self._next_group()
            if group:
                self._carry_out(connection, group)
                _settle(group)
                for listener in tuple(self._listeners):
                    listener()
        close(connection)

    def _carry_out(self, connection: apsw.Connection, group: Sequence[Submission[object]]) -> None:
        """Commit the group; on a full disk what is last in it, and nothing else before there is room again."""
        if self._ballast.is_held():
            _commit(connection, group)
            if not any(isinstance(submission.fault, StoreFull) for submission in group):
                return
            self._ballast.let_go()
        full = no_space(self.path)
        last = [submission for submission in group if submission.is_last]
        for submission in group:
            submission.fault = None if submission.is_last else submission.fault or full
        if last:
            _commit(connection, last)

    def _next_group(self) -> tuple[list[Submission[object]], bool]:
        group: list[Submission[object]] = []
        first = self._waiting.get()
        while first is not None:
            group += first
            if len(group) >= GROUP or self._waiting.empty():
                return group, True
            first = self._waiting.get()
        return group, False


def _commit(connection: apsw.Connection, group: Sequence[Submission[object]]) -> None:
    """One transaction for the whole group; a write that raises takes back its own changes only. That hardly any does is bet on:
    where one did, all are run again, each in a savepoint."""
    try:
        _give_up(connection)
        if not _done_at_once(connection, group):
            connection.execute("BEGIN IMMEDIATE")
            for submission in group:
                _perform(connection, submission)
            connection.execute("COMMIT")
    except Exception as fault:
        error = store_error(fault, connection)
        with suppress(apsw.Error):  # what cannot be given up now is given up before the next group
            _give_up(connection)
        for submission in group:
            submission.fault = error


def _give_up(connection: apsw.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _done_at_once(connection: apsw.Connection, group: Sequence[Submission[object]]) -> bool:
    """Whether no write of the group raised; if one did, none is kept."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for submission in group:
            submission.outcome = submission.work(connection)
    except OF_THE_FILE:
        raise
    except Exception:
        connection.execute("ROLLBACK")
        return False
    connection.execute("COMMIT")
    return True


def _perform(connection: apsw.Connection, submission: Submission[object]) -> None:
    connection.execute("SAVEPOINT piece")
    try:
        submission.outcome = submission.work(connection)
    except OF_THE_FILE:
        raise
    except Exception as fault:
        connection.execute("ROLLBACK TO piece")
        submission.fault = fault
    connection.execute("RELEASE piece")


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
