"""The right to advance a run on this machine: a lock of the operating system, gone the moment its holder dies."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from playnex.errors import RunBusy
from playnex.journal import file_locks, range_locks

TRIES = 20
PAUSE = 0.005
"""How often, and after how many seconds, a lock is tried again before its run counts as held: with locked files, whoever asks
`is_held` has the lock for an instant too. A tenth of a second in all."""


class Locks(Protocol):
    """Locks by the name of a run, within one folder."""

    def take(self, run: str) -> int | None:
        """A descriptor that holds the lock until it is let go, or until this process dies; None where somebody else has it."""
        ...

    def let_go(self, run: str, descriptor: int) -> None:
        """Free the lock."""
        ...

    def is_held(self, run: str) -> bool:
        """Whether somebody has it."""
        ...

    def any_is_held(self) -> bool:
        """Whether somebody has any of them."""
        ...

    def left_behind(self) -> tuple[Path, ...]:
        """Files of locks that nobody has any more."""
        ...

    def holder(self, run: str) -> str:
        """The number of the process that has it, as far as that is known."""
        ...


class FileLeases:
    """Leases in a folder; nothing expires, and a resume after kill -9 starts at once. `pause` waits so many seconds between two
    tries; `locks` are the best that this system has, unless a test says otherwise."""

    def __init__(
        self, folder: Path, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep, locks: Callable[[Path], Locks] | None = None
    ) -> None:
        self._pause = pause
        self._locks = (locks or (range_locks.RangeLocks if range_locks.ARE_HERE else file_locks.FileLocks))(folder)

    @asynccontextmanager
    async def hold(self, run: str) -> AsyncIterator[None]:
        """Hold the run while the block runs. Raises RunBusy, naming the process that has it."""
        descriptor = await self._taken(run)
        try:
            yield
        finally:
            self._locks.let_go(run, descriptor)

    def is_held(self, run: str) -> bool:
        """Whether a living process holds the run."""
        return self._locks.is_held(run)

    def any_is_held(self) -> bool:
        """Whether a living process holds any run."""
        return self._locks.any_is_held()

    def left_behind(self) -> tuple[Path, ...]:
        """Files that processes left behind when they died; they do no harm, and may be removed."""
        return self._locks.left_behind()

    async def _taken(self, run: str) -> int:
        for _ in range(TRIES):
            if (descriptor := self._locks.take(run)) is not None:
                return descriptor
            await self._pause(PAUSE)
        if (descriptor := self._locks.take(run)) is None:
            raise _busy(run, self._locks.holder(run))
        return descriptor


def _busy(run: str, holder: str) -> RunBusy:
    by = f" by process {holder}" if holder else ""
    return RunBusy(f"run {run[-6:]} is being carried out{by}", hint=f"wait for it, or watch it with: playnex run watch {run[-6:]}")
