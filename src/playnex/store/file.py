"""The store's file: made, opened and brought up to date; refused where it is not ours to touch, or damaged."""

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import apsw

from playnex.errors import StoreError, StoreTooNew
from playnex.store import checksums, write_ahead
from playnex.store.faults import OF_THE_FILE, RESTORE, fault_of, store_error

Migration: TypeAlias = Callable[[apsw.Connection], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a store's file is opened. The defaults are what Playnex promises; all else is for trials of these promises.

    `synchronous` is SQLite's: FULL alone keeps acknowledged facts in a power cut. `layer` is the SQLite VFS to go through,
    `log_pages` how many pages the write-ahead log may hold before it is carried over, `patience` the milliseconds for which a
    write waits for other processes. A commit of less than `quick` seconds, as on a disk of flash, is made by the event loop itself: to
    the writer's thread and back again takes a tenth of that, and many times as much on a busy machine."""

    synchronous: Literal["FULL", "NORMAL", "OFF"] = "FULL"
    checksums: bool = True
    layer: str = ""
    log_pages: int = 1000
    patience: int = 30_000
    quick: float = 0.001


SAFE = Opening()
"""What everybody uses."""


class Reading(apsw.Cursor):
    """A reader's cursor: a damaged or lost file is told as a StoreError, wherever it comes to light."""

    def execute(self, *given: Any, **named: Any) -> apsw.Cursor:
        try:
            return super().execute(*given, **named)
        except OF_THE_FILE as fault:
            raise store_error(fault, self.connection) from fault

    def fetchall(self) -> Any:
        return list(self)

    def fetchone(self) -> Any:
        return next(self, None)

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except OF_THE_FILE as fault:
            raise store_error(fault, self.connection) from fault


def open_reader(path: Path, opening: Opening = SAFE) -> apsw.Connection:
    """A read-only connection to a store that is open. Raises StoreError."""
    try:
        connection = _configure(_connect(path, opening, apsw.SQLITE_OPEN_READWRITE), opening)
    except OF_THE_FILE as fault:
        raise fault_of(fault, path) from fault
    connection.cursor_factory = Reading
    connection.pragma("query_only", True)
    return connection


def open_writer(path: Path, migrations: Sequence[Migration], opening: Opening = SAFE) -> apsw.Connection:
    """The writer's connection to the file, which is made where there is none and brought up to date. Raises StoreError,
    StoreFull, StoreReadOnly, StoreTooNew."""
    try:
        _make(path)
        connection = _connect(path, opening, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
    except (OSError, *OF_THE_FILE) as fault:
        raise fault_of(fault, path, getattr(fault, "errno", 0) or 0) from fault
    try:
        _configure(connection, opening)
        _refuse_strange(connection, len(migrations), path)
        _refuse_damaged(connection, path)
        signs = opening.checksums and checksums.is_available() and connection.pragma("application_id") != checksums.SIGN
        if signs:
            checksums.prepare(connection)
        connection.pragma("journal_mode", "wal")
        if signs:
            connection = _signed(connection, opening)
        _migrate(connection, migrations)
    except StoreError:
        close(connection)
        raise
    except OF_THE_FILE as fault:
        error = store_error(fault, connection)
        close(connection)
        raise error from fault
    return connection


def close(connection: apsw.Connection) -> None:
    """Close it, whatever its disk says: what cannot be carried over now stays in the log."""
    with contextlib.suppress(*OF_THE_FILE):
        connection.close()


def _make(path: Path) -> None:
    """An empty file in a folder for its owner alone; both are on the disk before anything is written into them."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        return
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    for folder in (path.parent, path.parent.parent):
        _sync(folder)


def _sync(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _connect(path: Path, opening: Opening, flags: int) -> apsw.Connection:
    layer = opening.layer or (checksums.LAYER if opening.checksums and checksums.is_available() else None)
    return apsw.Connection(str(path), flags=flags, vfs=layer)


def _configure(connection: apsw.Connection, opening: Opening) -> apsw.Connection:
    connection.set_busy_timeout(opening.patience)
    connection.pragma("synchronous", opening.synchronous)
    connection.pragma("foreign_keys", True)
    connection.wal_autocheckpoint(opening.log_pages)
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


def _refuse_damaged(connection: apsw.Connection, path: Path) -> None:
    """Raise where checksums are lost: the layer would then not say so of any page."""
    if connection.pragma("application_id") == checksums.SIGN:
        if connection.reserve_bytes() != checksums.RESERVED:
            raise StoreError(f"{path} is damaged: its checksums are switched off", hint=RESTORE)
        if connection.pragma("checksum_verification") is None:
            message = f"{path} has checksums, and this installation of apsw cannot keep them"
            raise StoreError(message, hint="install it as its makers build it: pip install --force-reinstall apsw")
    if write_ahead.is_broken(connection):
        raise StoreError(f"{path}-wal is damaged: it holds facts that cannot be reached any more", hint=RESTORE)


def _signed(connection: apsw.Connection, opening: Opening) -> apsw.Connection:
    """A connection to the file with checksums in it; without them where another process or a lack of space stands in the way,
    and whoever opens it next tries again."""
    if checksums.are_on(connection):
        connection.pragma("application_id", checksums.SIGN)
        return connection
    with contextlib.suppress(apsw.BusyError, apsw.FullError):
        checksums.convert(connection)
    path = Path(connection.filename)
    close(connection)
    return _configure(_connect(path, opening, apsw.SQLITE_OPEN_READWRITE), opening)


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


def carry_over(path: Path, opening: Opening = SAFE) -> None:
    """Bring what is in the write-ahead log into the file, and make the log empty, as far as no reader holds it."""
    _carried_out(path, opening, ("PRAGMA wal_checkpoint(TRUNCATE)",))


def compact(path: Path, opening: Opening = SAFE) -> None:
    """Write the file anew without what was freed in it, and make the log empty, as far as no reader holds it."""
    _carried_out(path, opening, ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"))


def _carried_out(path: Path, opening: Opening, statements: Sequence[str]) -> None:
    connection = _configure(_connect(path, opening, apsw.SQLITE_OPEN_READWRITE), opening)
    try:
        for statement in statements:
            connection.execute(statement).fetchall()
    except OF_THE_FILE as fault:
        raise store_error(fault, connection) from fault
    finally:
        close(connection)


def accept_pages(path: Path) -> None:
    """Make the checksums of a closed store anew, from its pages as they are. Raises StoreError where they make no sense to SQLite
    either."""
    connection = _connect(path, SAFE, apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.pragma("checksum_verification", "off")  # before anything else: the schema lies in pages too
        _configure(connection, SAFE)
        if (found := connection.pragma("integrity_check")) != "ok":
            raise StoreError(f"{path} is damaged: {found}", hint=RESTORE)
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except OF_THE_FILE as fault:
        raise store_error(fault, connection) from fault
    finally:
        close(connection)


def copy_store(source: Path, target: Path) -> None:
    """A copy of a store as it is at one moment, into a new file, whoever reads or writes it meanwhile. Raises StoreError."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    reader = open_reader(source)
    writer = _connect(target, SAFE, apsw.SQLITE_OPEN_READWRITE)
    try:
        if checksums.are_on(reader):
            checksums.begin(writer)
        with writer.backup("main", reader, "main") as copying:
            copying.step()
        if (found := writer.pragma("integrity_check")) != "ok":
            raise StoreError(f"{source} is damaged: {found}", hint=RESTORE)
    except OF_THE_FILE as fault:
        raise store_error(fault, reader) from fault
    finally:
        close(writer)
        close(reader)


def is_in_use(path: Path) -> bool:
    """Whether another connection has the store open, as far as its file can be read."""
    try:
        connection = _connect(path, SAFE, apsw.SQLITE_OPEN_READWRITE)
    except OF_THE_FILE:
        return False
    try:
        connection.pragma("journal_mode", "delete")  # refused as long as anybody else is there
    except (apsw.BusyError, apsw.LockedError):
        return True
    except OF_THE_FILE:
        return False
    finally:
        close(connection)
    return False
