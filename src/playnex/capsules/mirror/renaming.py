"""Renames that never lose what was in the way: two files change places, or one moves to a name that is free.

Linux does both in one step (renameat2); elsewhere it takes two, and whoever is killed between them leaves the file that was there
aside, never none of both.
"""

import ctypes
import errno
import os
import sys
from dataclasses import dataclass

NOREPLACE, EXCHANGE = 1, 2
"""Flags of renameat2(2)."""

UNKNOWN = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A name in an open folder; without one (Windows) a whole path."""

    name: str
    folder: int | None = None


def swap(new: Place, old: Place) -> None:
    """Let two files change places. Raises OSError, FileNotFoundError where one of them is not there."""
    if _renamed(new, old, EXCHANGE):
        return
    spare = Place(name=f"{new.name}.old", folder=new.folder)
    _rename(old, spare)
    _rename(new, old)
    _rename(spare, new)


def move_to_free(source: Place, target: Place) -> None:
    """Move a file to a name that nothing has. Raises FileExistsError, OSError."""
    if _renamed(source, target, NOREPLACE):
        return
    if sys.platform == "win32":  # there a rename replaces nothing
        os.rename(source.name, target.name)
        return
    try:
        os.link(source.name, target.name, src_dir_fd=source.folder, dst_dir_fd=target.folder, follow_symlinks=False)
    except PermissionError:  # a file system without links
        if _is_there(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target.name) from None
        _rename(source, target)
    else:
        os.unlink(source.name, dir_fd=source.folder)


def _rename(source: Place, target: Place) -> None:
    os.rename(source.name, target.name, src_dir_fd=source.folder, dst_dir_fd=target.folder)


def _is_there(place: Place) -> bool:
    try:
        os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _renamed(source: Place, target: Place, flags: int) -> bool:
    """Whether the system could do it in one step. Raises OSError where it could, and something is in its way."""
    if _RENAMEAT2 is None or source.folder is None or target.folder is None:
        return False
    if _RENAMEAT2(source.folder, os.fsencode(source.name), target.folder, os.fsencode(target.name), flags) == 0:
        return True
    number = ctypes.get_errno()
    if number in UNKNOWN:
        return False
    raise OSError(number, os.strerror(number), target.name)


def _system_call() -> "ctypes._NamedFuncPointer | None":
    if sys.platform != "linux":
        return None
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is not None:
        call.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return call


_RENAMEAT2 = _system_call()
