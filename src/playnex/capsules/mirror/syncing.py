"""Brings what was written to the disk for good, many files at the price of one where the system can."""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path


def sync_together(folder: Path, files: Iterable[Path]) -> None:
    """Have these files below the folder on the disk: by one call for its whole file system where there is one (Linux), else one by
    one. Raises OSError."""
    if (call := _syncfs()) is None:
        for file in files:
            _sync(file, os.O_RDWR)
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        if number := call(opened):
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(opened)


def sync_folder(folder: int | None) -> None:
    """Have the names in an opened folder on the disk, where the system can."""
    if folder is not None:
        with suppress(OSError):
            os.fsync(folder)


def sync_folders(folders: Iterable[Path]) -> None:
    """Have the names in these folders on the disk, where the system can."""
    if sys.platform != "win32":
        for folder in folders:
            with suppress(OSError):
                _sync(folder, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    opened = os.open(path, flags)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@cache
def _syncfs() -> Callable[[int], int] | None:
    """The system's call, which gives the number of what went wrong; 0 where nothing did."""
    import ctypes  # late: hardly any command writes many files

    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None) if sys.platform == "linux" else None
    return None if call is None else lambda opened: 0 if call(opened) == 0 else ctypes.get_errno()
