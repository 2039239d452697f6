"""Begins a process that may be called off at any moment, and then ends with all that it has started.

asyncio alone kills only the process itself where somebody is cancelled while it makes one: what that had started by then would live
on, and asyncio would wait for as long as it holds the process's pipes. So it is made to the end first, and ended whole.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

Made = TypeVar("Made")


async def begun(making: Coroutine[Any, Any, Made], end: Callable[[Made], Awaitable[None]]) -> Made:
    """What is being made. Who is cancelled meanwhile stays so, once it is there and `end` has ended it. Raises as `making`."""
    task = asyncio.ensure_future(making)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with suppress(OSError):
            await end(await task)
        raise
