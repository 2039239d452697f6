"""What goes on beside the runs of a workspace that somebody carries on: edits of files are taken up, and what is due is purged."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from playnex.app.opening import App, watching
from playnex.app.purging import purge_due

DAY = 86_400.0
"""Seconds between two looks for what is due."""

MARK = "purged"
"""The file that says when somebody last looked."""


@asynccontextmanager
async def working(app: App) -> AsyncIterator[None]:
    """For whoever carries runs on, as long as they do."""
    await purge_daily(app)
    async with watching(app):
        going_on = asyncio.create_task(_every_day(app))
        try:
            yield
        finally:
            going_on.cancel()
            await asyncio.wait([going_on])


async def purge_daily(app: App) -> None:
    """Purge what was deleted so long ago that nobody may restore it, unless somebody has looked for that within a day."""
    mark, now = app.workspace.own / MARK, app.clock.now()
    if 0 <= now - _read(mark.read_text() if mark.exists() else "") < DAY:
        return
    await purge_due(app)
    with suppress(OSError):
        mark.write_text(repr(now))


async def _every_day(app: App) -> None:
    while True:
        await app.clock.sleep(DAY)
        await purge_daily(app)


def _read(mark: str) -> float:
    try:
        return float(mark)
    except ValueError:
        return 0.0
