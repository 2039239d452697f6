"""Locks as ranges of one file: a byte for each run, far behind the file's end, locked with the descriptor that opened it.

Such locks (Linux, F_OFD_SETLK) need no file of their own, which the disk would have to make and remove for each run: 5 µs
instead of 500 µs on an ext4 that is being synced. They can be asked for without taking them. The byte is the run's hash, so two
runs share one with a chance of one in 2^62. At its beginning the file says, in slots, which process took a lock: for messages only.
"""

import hashlib
import os
import struct
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "linux":
    import fcntl

    ARE_HERE = struct.calcsize("P") == 8
    SET, GET = fcntl.F_OFD_SETLK, fcntl.F_OFD_GETLK
    WRITE, FREE = fcntl.F_WRLCK, fcntl.F_UNLCK
else:
    ARE_HERE = False
    SET = GET = WRITE = FREE = 0

FLOCK = "hhqqi4x"
"""struct flock of 64-bit Linux: type, whence, start, length, process (which must be 0 here)."""

FIRST = 1 << 61
"""Where the bytes of runs begin; to the end of all files it is locked or free as one range."""

SLOTS = 65_536
SLOT = 16
NAME = "locks"


class RangeLocks:
    """Implements `Locks` in one file of the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = str(folder / NAME)

    def take(self, run: str) -> int | None:
        descriptor = self._opened()
        try:
            fcntl.fcntl(descriptor, SET, _lock(run, WRITE))
        except OSError:
            os.close(descriptor)
            return None
        with suppress(OSError):  # a full disk may leave it out
            os.pwrite(descriptor, f"{run[-6:]}{os.getpid():>{SLOT - 6}}".encode(), _slot(run))
        return descriptor

    def let_go(self, run: str, descriptor: int) -> None:
        os.close(descriptor)

    def is_held(self, run: str) -> bool:
        return self._is_locked(_lock(run, WRITE))

    def any_is_held(self) -> bool:
        return self._is_locked(struct.pack(FLOCK, WRITE, os.SEEK_SET, FIRST, 0, 0))

    def left_behind(self) -> tuple[Path, ...]:
        return tuple(self._folder.glob("*.lock"))  # those of a Playnex before this kind of lock

    def _is_locked(self, asked: bytes) -> bool:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            found = struct.unpack(FLOCK, fcntl.fcntl(descriptor, GET, asked))
        finally:
            os.close(descriptor)
        return bool(found[0] != FREE)

    def holder(self, run: str) -> str:
        with open(self._path, "rb") as file:
            file.seek(_slot(run))
            said = file.read(SLOT).decode("ascii", "replace")
        return said[6:].strip() if said.startswith(run[-6:]) else ""

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _hash(run: str) -> int:
    return int.from_bytes(hashlib.sha256(run.encode()).digest()[:8]) >> 2


def _lock(run: str, kind: int) -> bytes:
    return struct.pack(FLOCK, kind, os.SEEK_SET, FIRST | _hash(run), 1, 0)


def _slot(run: str) -> int:
    return _hash(run) % SLOTS * SLOT
