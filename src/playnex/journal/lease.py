"""The right to advance a run on this machine: an operating-system lock on the run's file, gone the moment its holder dies."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from playnex.errors import RunBusy

TRIES = 20
PAUSE = 0.005
"""How often, and after how many seconds, a lock is tried again before its run counts as held: whoever asks `is_held` has the
lock for an instant too. A tenth of a second in all."""

SIGNATURE = 20
"""Characters of a holder's number."""


class FileLeases:
    """Leases as locked files in a folder; nothing expires, and a resume after kill -9 starts at once. `pause` waits so many
    seconds between two tries."""

    def __init__(self, folder: Path, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._folder = folder
        self._pause = pause

    @asynccontextmanager
    async def hold(self, run: str) -> AsyncIterator[None]:
        """Hold the run while the block runs. Raises RunBusy, naming the process that has it."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{run}.lock"
        descriptor = await self._take(path, run)
        try:
            _sign(descriptor)
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(descriptor)

    def is_held(self, run: str) -> bool:
        """Whether a living process holds the run."""
        try:
            descriptor = os.open(self._folder / f"{run}.lock", os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            return not _is_free(descriptor)
        finally:
            os.close(descriptor)

    async def _take(self, path: Path, run: str) -> int:
        """A locked descriptor of the file that lies at `path` now: one whose holder removed it meanwhile locks nothing."""
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            if not await self._lock_soon(descriptor):
                holder = os.read(descriptor, SIGNATURE)
                os.close(descriptor)
                raise _busy(run, holder)
            if _lies_at(path, descriptor):
                return descriptor
            os.close(descriptor)

    async def _lock_soon(self, descriptor: int) -> bool:
        """Lock the file, at once or as soon as one who only asks has let go of it."""
        for _ in range(TRIES):
            if _lock(descriptor):
                return True
            await self._pause(PAUSE)
        return _lock(descriptor)


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


def _busy(run: str, holder: bytes) -> RunBusy:
    by = f" by process {holder.decode(errors='replace').strip()}" if holder else ""
    return RunBusy(f"run {run[-6:]} is being carried out{by}", hint=f"wait for it, or watch it with: playnex run watch {run[-6:]}")


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
