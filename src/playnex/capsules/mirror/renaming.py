"""Renames that never lose what was in the way: two files change places, or one moves to a name that is free.

Linux does both in one step (renameat2); elsewhere it takes two, and whoever is killed between them leaves the file that was there
aside, never none of both.
"""

import errno
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

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
    if source.folder is None or target.folder is None:
        return False
    number = _renameat2()(source.folder, os.fsencode(source.name), target.folder, os.fsencode(target.name), flags)
    if number == 0:
        return True
    if number in UNKNOWN:
        return False
    raise OSError(number, os.strerror(number), target.name)


@cache
def _renameat2() -> Callable[..., int]:
    """The system's call, which gives the number of what went wrong; 0 where nothing did."""
    import ctypes  # late: hardly any command renames a file

    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if call is None:
        return lambda *_: errno.ENOSYS
    call.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return lambda *given: 0 if call(*given) == 0 else ctypes.get_errno()
