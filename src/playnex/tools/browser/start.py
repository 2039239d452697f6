"""Starts a browser's server with its escort: the doorway's port comes out, the proxy serves it, and both end together."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from playnex.spec.browser import BrowserSpec
from playnex.tools.browser.escort import Escort
from playnex.tools.browser.launch import fitted
from playnex.tools.mcp.child import Child, Way, started
from playnex.tools.mcp.surroundings import Surroundings

DOORWAY_SECONDS = 20.0

Enclose = Callable[[Surroundings], Sequence[str]]


async def start_browser(browser: BrowserSpec, around: Surroundings, log: Path, *, enclose: Enclose, way: Way) -> Child:
    """The server's process, with its escort beside it. `enclose` gives the command as it is started, `way` how the guard starts it.
    Raises ToolFailed, OSError."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        inside = fitted(around, theirs.fileno())
        child = await started(enclose(inside), inside, log, way=way, descriptors=(theirs.fileno(),))
        theirs.close()
        escort = Escort(log=log.with_suffix(".requests"), hosts=browser.hosts)
        child.beside = escort
        try:
            async with asyncio.timeout(DOORWAY_SECONDS):
                await escort.take(ours)
        except BaseException:
            child.kill()
            await child.gone()
            raise
    return child
