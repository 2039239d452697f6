"""One SQLite file, used well: a writer thread with group commit, readers that never wait, migrations that only append.

Many callers hand over writes at the same time; the writer runs all that are waiting in one transaction, so they share one
fsync, and each caller goes on when its group is durable. WAL with synchronous=FULL: NORMAL loses acknowledged work in a
power cut (https://sqlite.org/pragma.html#pragma_synchronous).
"""

import asyncio
import errno
import os
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

import apsw

from playnex.errors import StoreError, StoreFull, StoreReadOnly, StoreTooNew

T = TypeVar("T")
Migration: TypeAlias = Callable[[apsw.Connection], None]

GROUP = 512
"""Writes after which a transaction takes no more in."""

BUSY_MS = 30_000
"""How long a write waits for another process's transaction."""

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)

WRITABLE = "give yourself the right to write in its folder, or copy the workspace to where you have it"

OF_THE_FILE = (
    *(apsw.FullError, apsw.IOError, apsw.BusyError, apsw.CorruptError, apsw.NotADBError, apsw.CantOpenError),
    *(apsw.ReadOnlyError, apsw.PermissionsError, apsw.NoLFSError, apsw.ProtocolError),
)
"""What SQLite raises when the file or its disk is at fault, and not the statement: it concerns every write of a group."""


@dataclass(slots=True, eq=False)
class Submission(Generic[T]):
    """A write on its way: the work, and where its result goes."""

    work: Callable[[apsw.Connection], T]
    future: "asyncio.Future[T] | None"
    outcome: T | None = None
    fault: BaseException | None = None


class Database:
    """An open SQLite file. `write` is durable when it returns; `note` is not awaited but keeps its place in the order."""

    def __init__(self, path: Path, migrations: Sequence[Migration]) -> None:
        self.path = path
        self._waiting: queue.SimpleQueue[list[Submission[Any]] | None] = queue.SimpleQueue()
        self._gathered: dict[asyncio.AbstractEventLoop, list[Submission[Any]]] = {}
        self._listeners: list[Callable[[], None]] = []
        self._local = threading.local()
        self._readers: list[apsw.Connection] = []
        connection = _open(path, migrations)
        self._writer = threading.Thread(target=self._run, args=(connection,), name="playnex-writer", daemon=True)
        self._writer.start()

    async def write(self, work: Callable[[apsw.Connection], T]) -> T:
        """Run `work` in a transaction; its result, once it is durable. What `work` raises is raised here, and only its own
        changes are undone; it is called a second time where another write of its group raised. Raises StoreFull, StoreError."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._gather(loop, Submission(work, future))
        return await future

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

    @property
    def read(self) -> apsw.Connection:
        """This thread's read-only connection."""
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = _reader(self.path)
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
            connection.close()
        self._readers.clear()
        self._local = threading.local()

    def _run(self, connection: apsw.Connection) -> None:
        with_more = True
        while with_more:
            group, with_more = self._next_group()
            if group:
                _commit(connection, group)
                _settle(group)
                for listener in tuple(self._listeners):
                    listener()
        connection.close()

    def _next_group(self) -> tuple[list[Submission[object]], bool]:
        group: list[Submission[object]] = []
        first = self._waiting.get()
        while first is not None:
            group += first
            if len(group) >= GROUP or self._waiting.empty():
                return group, True
            first = self._waiting.get()
        return group, False


class _Reading(apsw.Cursor):
    """A reader's cursor: a damaged or lost file is told as a StoreError, wherever it comes to light."""

    def execute(self, *given: Any, **named: Any) -> apsw.Cursor:
        return self._told(lambda: super(_Reading, self).execute(*given, **named))

    def fetchall(self) -> Any:
        return self._told(super().fetchall)

    def fetchone(self) -> Any:
        return self._told(super().fetchone)

    def __next__(self) -> Any:
        return self._told(super().__next__)

    def _told(self, reading: Callable[[], T]) -> T:
        try:
            return reading()
        except OF_THE_FILE as fault:
            raise _store_error(fault, self.connection) from fault


def _reader(path: Path) -> apsw.Connection:
    try:
        connection = _configure(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE))
    except OF_THE_FILE as fault:
        raise _fault_of(fault, path) from fault
    connection.cursor_factory = _Reading
    connection.pragma("query_only", True)
    return connection


def _open(path: Path, migrations: Sequence[Migration]) -> apsw.Connection:
    """The writer's connection to the file, which is made where there is none and brought up to date."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        connection = apsw.Connection(str(path))
    except (OSError, *OF_THE_FILE) as fault:
        raise _fault_of(fault, path, getattr(fault, "errno", 0) or 0) from fault
    try:
        _refuse_strange(_configure(connection), len(migrations), path)
        connection.pragma("journal_mode", "wal")
        _migrate(connection, migrations)
    except OF_THE_FILE as fault:
        raise _store_error(fault, connection) from fault
    return connection


def _configure(connection: apsw.Connection) -> apsw.Connection:
    connection.set_busy_timeout(BUSY_MS)
    connection.pragma("synchronous", 2)  # FULL
    connection.pragma("foreign_keys", True)
    return connection


def _refuse_strange(connection: apsw.Connection, known: int, path: Path) -> None:
    """Raise where the file is not ours to touch: a newer Playnex wrote it, or, having tables and no version, somebody else."""
    with connection:  # one snapshot: another process may be making the tables right now
        version = connection.pragma("user_version")
        has_tables = connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None
    if version > known:
        raise StoreTooNew(
            f"{path} was written by a newer Playnex (store version {version}, this one knows {known})", hint="upgrade Playnex"
        )
    if has_tables and version == 0:
        raise StoreError(f"{path} belongs to another program: it is no store of Playnex", hint="move it away to start anew")


def _migrate(connection: apsw.Connection, migrations: Sequence[Migration]) -> None:
    for number in range(connection.pragma("user_version"), len(migrations)):
        connection.execute("BEGIN IMMEDIATE")
        try:
            if connection.pragma("user_version") == number:  # another process may have been faster
                migrations[number](connection)
                connection.pragma("user_version", number + 1)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite ends it by itself where the disk is full
                connection.execute("ROLLBACK")
            raise


def _commit(connection: apsw.Connection, group: Sequence[Submission[object]]) -> None:
    """One transaction for the whole group; a write that raises takes back its own changes only. That hardly any does is bet on:
    where one did, all are run again, each in a savepoint."""
    try:
        if not _done_at_once(connection, group):
            connection.execute("BEGIN IMMEDIATE")
            for submission in group:
                _perform(connection, submission)
            connection.execute("COMMIT")
    except Exception as fault:
        error = _store_error(fault, connection)
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        for submission in group:
            submission.fault = error


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


def _store_error(fault: BaseException, connection: apsw.Connection) -> StoreError:
    """The error for what SQLite raised; the number of the operating system tells a full disk from a broken one."""
    return _fault_of(fault, Path(connection.filename), connection.system_errno)


def _fault_of(fault: BaseException, path: Path, number: int = 0) -> StoreError:
    match fault:
        case apsw.FullError():
            number = errno.ENOSPC
        case apsw.ReadOnlyError() | apsw.PermissionsError():
            number = errno.EACCES
        case apsw.NotADBError():
            return StoreError(f"{path} is not a SQLite database", hint="restore it from a backup, or move it away to start anew")
        case apsw.CorruptError():
            return StoreError(f"{path} is damaged: {fault}", hint="restore it from a backup, or move it away to start anew")
    if number in NO_SPACE:
        return StoreFull(f"no space left on the disk for {path}", hint="free some space: nothing recorded is lost")
    if number in DENIED:
        return StoreReadOnly(f"{path} cannot be written: {os.strerror(number).lower()}", hint=WRITABLE)
    said = fault.strerror if isinstance(fault, OSError) else fault
    return StoreError(f"{path} cannot be used: {said}", hint="check the disk, and the permissions of the folder")


def sqlite_version() -> str:
    """The version of SQLite in use, for `doctor` and reports."""
    return f"SQLite {apsw.sqlite_lib_version()} on Python {sys.version_info.major}.{sys.version_info.minor}"
