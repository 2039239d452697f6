"""The right to advance a run on this machine: an operating-system lock on the run's file, gone the moment its holder dies."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playnex.errors import RunBusy


class FileLeases:
    """Leases as locked files in a folder; nothing expires, and a resume after kill -9 starts at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def hold(self, run: str) -> AsyncIterator[None]:
        """Hold the run while the block runs. Raises RunBusy, naming the process that has it."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{run}.lock"
        descriptor = _take(path, run)
        try:
            os.truncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(descriptor)

    def is_held(self, run: str) -> bool:
        """Whether a living process holds the run."""
        path = self._folder / f"{run}.lock"
        if not path.exists():
            return False
        descriptor = os.open(path, os.O_RDWR)
        try:
            return not _lock(descriptor)
        finally:
            os.close(descriptor)


def _take(path: Path, run: str) -> int:
    """A locked descriptor of the file that lies at `path` now: one whose holder removed it meanwhile locks nothing."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(descriptor):
            holder = os.read(descriptor, 32)
            os.close(descriptor)
            raise _busy(run, holder)
        if path.exists() and path.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
        os.close(descriptor)


def _busy(run: str, holder: bytes) -> RunBusy:
    by = f" by process {holder.decode(errors='replace')}" if holder else ""
    return RunBusy(f"run {run[-6:]} is being carried out{by}", hint="wait for it, or look at it with: playnex run show " + run[-6:])


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
