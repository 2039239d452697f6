"""What SQLite raises, in our words: whose fault it is, and what to do next."""

import errno
import os
from pathlib import Path

import apsw

from playnex.errors import StoreError, StoreFull, StoreReadOnly

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)

WRITABLE = "give yourself the right to write in its folder, or copy the workspace to where you have it"
RESTORE = "restore it from a backup (playnex restore FILE), or move it away to start anew"
ACCEPT = f"{RESTORE}; only if another program has written into it, or read it after a crash: playnex doctor --accept"

OF_THE_FILE = (
    *(apsw.FullError, apsw.IOError, apsw.BusyError, apsw.CorruptError, apsw.NotADBError, apsw.CantOpenError),
    *(apsw.ReadOnlyError, apsw.PermissionsError, apsw.NoLFSError, apsw.ProtocolError),
)
"""What SQLite raises when the file or its disk is at fault, and not the statement: it concerns every write of a group."""


def store_error(fault: BaseException, connection: apsw.Connection) -> StoreError:
    """The error for what SQLite raised; the number of the operating system tells a full disk from a broken one."""
    return fault_of(fault, Path(connection.filename), connection.system_errno)


def fault_of(fault: BaseException, path: Path, number: int = 0) -> StoreError:
    """The error for what SQLite or the system raised about the file; `number` is the operating system's."""
    match fault:
        case apsw.FullError():
            number = errno.ENOSPC
        case apsw.ReadOnlyError() | apsw.PermissionsError():
            number = errno.EACCES
        case apsw.NotADBError() | apsw.CorruptError() | apsw.IOError() if is_damage(fault):
            return StoreError(f"{path} is {_damage(fault)}", hint=ACCEPT if isinstance(fault, apsw.IOError) else RESTORE)
        case apsw.BusyError():
            return StoreError(f"{path} is held by another process: {fault}", hint="wait for it, then give the same command again")
    if number in NO_SPACE:
        return no_space(path)
    if number in DENIED:
        return StoreReadOnly(f"{path} cannot be written: {os.strerror(number).lower()}", hint=WRITABLE)
    said = fault.strerror if isinstance(fault, OSError) else fault
    return StoreError(f"{path} cannot be used: {said}", hint="check the disk, and the permissions of the folder")


def is_damage(fault: BaseException) -> bool:
    """Whether what was read is not what was written."""
    return isinstance(fault, (apsw.NotADBError, apsw.CorruptError)) or getattr(fault, "extendedresult", 0) == apsw.SQLITE_IOERR_DATA


def _damage(fault: BaseException) -> str:
    if isinstance(fault, apsw.NotADBError):
        return "not a SQLite database"
    return f"damaged: {fault}" if isinstance(fault, apsw.CorruptError) else "damaged: a page does not fit its checksum"


def no_space(path: Path) -> StoreFull:
    """There is no room for another fact."""
    return StoreFull(f"no space left on the disk for {path}", hint="free some space: nothing recorded is lost")
