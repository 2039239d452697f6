"""Starts a browser's server with its escort: the doorway's port comes out, the proxy serves it, and both end together."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from playnex.spec.browser import BrowserSpec
from playnex.tools.browser.escort import Escort
from playnex.tools.browser.launch import DOORWAY, fitted, mounts
from playnex.tools.mcp.child import Child, started
from playnex.tools.mcp.enclosure import WATCHED, Way, with_mounts
from playnex.tools.mcp.surroundings import Surroundings

DOORWAY_SECONDS = 20.0

Enclose = Callable[[Surroundings], Way]


async def start_browser(browser: BrowserSpec, around: Surroundings, log: Path, *, enclose: Enclose) -> Child:
    """The server's process, with its escort beside it. `enclose` says how the guard starts what has these surroundings. Raises
    ToolFailed, OSError."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        inside = fitted(around, theirs.fileno())
        seen = replace(around, command=(*around.command, str(DOORWAY)))  # the server's own files, and the doorway
        way = await asyncio.to_thread(enclose, seen)
        way = way if way == WATCHED else with_mounts(way, tuple(mounts(inside.environment)))
        child = await started(inside, log, way=way, descriptors=(theirs.fileno(),))
        theirs.close()
        escort = Escort(log=log.with_suffix(".requests"), hosts=browser.hosts, end=child.kill)
        child.beside = escort
        try:
            async with asyncio.timeout(DOORWAY_SECONDS):
                await escort.take(ours)
        except BaseException:
            child.kill()
            await child.gone()
            raise
    return child
