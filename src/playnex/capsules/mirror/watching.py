"""News of files that change, from the operating system."""

from collections.abc import AsyncIterator
from pathlib import Path

from playnex.clock import Clock

DEBOUNCE = 50
"""Milliseconds for which changes are gathered."""

STEP = 10
"""Milliseconds of silence that end the gathering."""

BEGIN = 500
"""Milliseconds after which the first news comes, of nothing, if nothing changes: the watch has begun by then."""

ABSENT = 0.5
"""Seconds between two looks for a folder that is not there yet."""


async def changes_below(folder: Path, clock: Clock) -> AsyncIterator[frozenset[str]]:
    """The paths below the folder that changed, with `/` between their words; empty ones come too, the first when the watch has begun.
    Ends when the folder goes. Raises OSError, RuntimeError where the system gives no news."""
    from watchfiles import awatch  # late: only who carries runs on watches

    while not _is_there(folder):
        await clock.sleep(ABSENT)
    real = _real(folder)
    watched = awatch(real, watch_filter=None, debounce=DEBOUNCE, step=STEP, rust_timeout=BEGIN, yield_on_timeout=True)
    async for changes in watched:
        yield frozenset(_below(real, Path(path)) for _, path in changes)
        if not _is_there(folder):
            return


def _is_there(folder: Path) -> bool:
    return folder.is_dir()


def _real(folder: Path) -> Path:
    return folder.resolve()


def _below(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else ""
