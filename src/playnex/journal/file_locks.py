"""Locks as files, one for each run: where the system has no better ones."""

import os
import sys
from contextlib import suppress
from pathlib import Path

SIGNATURE = 20
"""Characters of a holder's number."""


class FileLocks:
    """Implements `Locks` with a file for each run that is held."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, run: str) -> int | None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            descriptor = os.open(self._path(run), os.O_RDWR | os.O_CREAT, 0o600)
            if not _lock(descriptor):
                os.close(descriptor)
                return None
            if _lies_at(self._path(run), descriptor):
                _sign(descriptor)
                return descriptor
            os.close(descriptor)  # its holder removed the file meanwhile: it locks nothing

    def let_go(self, run: str, descriptor: int) -> None:
        self._path(run).unlink(missing_ok=True)
        os.close(descriptor)

    def is_held(self, run: str) -> bool:
        try:
            descriptor = os.open(self._path(run), os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            return not _is_free(descriptor)
        finally:
            os.close(descriptor)

    def any_is_held(self) -> bool:
        return any(self.is_held(path.stem) for path in self._folder.glob("*.lock"))

    def left_behind(self) -> tuple[Path, ...]:
        return tuple(path for path in self._folder.glob("*.lock") if not self.is_held(path.stem))

    def holder(self, run: str) -> str:
        try:
            return self._path(run).read_text(errors="replace").strip()
        except OSError:
            return ""

    def _path(self, run: str) -> Path:
        return self._folder / f"{run}.lock"


def _lies_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _sign(descriptor: int) -> None:
    """Write the holder's number into the locked file, for whoever is refused; a full disk may leave it out. It is as long as any
    number before it, for ext4 writes a file that was truncated to the disk when it is closed, and lets us wait."""
    with suppress(OSError):
        os.write(descriptor, f"{os.getpid():<{SIGNATURE}}".encode())


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    _is_free = _lock

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _is_free(descriptor: int) -> bool:
        """Asked with a shared lock, so that two who ask at once do not take each other for a holder."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
