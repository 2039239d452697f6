"""A checksum on every page of the store, checked each time a page is read: SQLite's own `cksumvfs`, which apsw brings along.

It stands as a file layer between SQLite and the system, and keeps 8 bytes at the end of each page
(https://sqlite.org/cksumvfs.html). Pages in the write-ahead log have the log's own checksums instead, checked when a log is
taken over from a process that died: see `write_ahead.py`.
"""

import functools
import sys
from pathlib import Path

import apsw

LAYER = "cksmvfs"
"""The name under which the extension registers itself."""

RESERVED = 8
"""Bytes at the end of each page; the layer does nothing where it is any other number."""

SIGN = 0x504C4E58
"""`application_id` of a store with checksums, so that a turned bit in the number of reserved bytes cannot switch them off."""

ENDING = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")


@functools.cache
def is_available() -> bool:
    """Whether this apsw has the layer; loads it, once for the process, and leaves the default of others as it is."""
    # apsw.sqlite_extra would find the file too, for 80 ms of CPU
    library = Path(apsw.__file__).with_name("sqlite_extra_binaries") / f"cksumvfs{ENDING}"
    if not library.is_file():
        return False
    default = apsw.vfs_names()[0]
    connection = apsw.Connection(":memory:")
    try:
        connection.enable_load_extension(True)
        connection.load_extension(str(library))
    except apsw.Error:
        return False
    finally:
        connection.close()
    apsw.set_default_vfs(default)
    return True


def are_on(connection: apsw.Connection) -> bool:
    """Whether pages read from the file are checked."""
    return str(connection.pragma("checksum_verification")) == "1"


def prepare(connection: apsw.Connection) -> None:
    """Ask for checksums in a file that is about to be made, or in one that is about to be rewritten by VACUUM."""
    connection.reserve_bytes("main", RESERVED)


def convert(connection: apsw.Connection) -> None:
    """Give an older store its checksums: rewrite it whole, then carry the log over, its first page first, which is where the
    layer learns that it has work to do. Raises BusyError while somebody else, who may know nothing of checksums, has the store
    open; the connection is good for nothing else afterwards."""
    connection.set_busy_timeout(0)
    connection.pragma("locking_mode", "exclusive")
    prepare(connection)
    connection.execute("VACUUM")
    connection.pragma("application_id", SIGN)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def begin(connection: apsw.Connection) -> None:
    """Have an empty file say that it has checksums, so that they are kept from its first page on whatever is copied into it."""
    prepare(connection)
    connection.execute("CREATE TABLE first (page); DROP TABLE first")


def connect(path: Path) -> apsw.Connection:
    """A bare connection to a store, for whoever looks into it or changes it by hand; it keeps the checksums."""
    return apsw.Connection(str(path), vfs=LAYER if is_available() else None)
