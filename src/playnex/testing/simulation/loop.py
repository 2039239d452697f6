"""An event loop whose time is made up: it jumps to the next thing to do, and chance, from a seed, decides whose turn it is."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

DAWDLING = 0.15
"""How often a task that could go on lets others go first."""

DAWDLE = 0.002
"""Seconds that it then loses at most."""


class Standstill(Exception):
    """Everybody waits for somebody: nothing is left to do, and no timer will ring."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """A loop without files, threads and a real clock. What wakes tasks comes in an order drawn from `chance`."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self._chance = chance
        self._seconds = 0.0
        self._selector = self
        self._clock_resolution = 1e-6
        self.set_exception_handler(lambda loop, context: None)

    def time(self) -> float:
        return self._seconds

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:  # type: ignore[override]
        wakes_a_task = isinstance(getattr(callback, "__self__", None), asyncio.Task)
        if wakes_a_task and self._chance.random() < DAWDLING:
            return self.call_later(self._chance.random() * DAWDLE, callback, *args, context=context)
        return super().call_soon(callback, *args, context=context)

    def select(self, timeout: float | None) -> list[Any]:
        """Let the time pass in which nothing happens."""
        if timeout is None:
            raise Standstill
        self._seconds += timeout
        return []

    def _process_events(self, event_list: list[Any]) -> None:
        """There are no files, so nothing ever happens to one."""

    def _write_to_self(self) -> None:
        """There are no threads, so nobody ever has to be woken."""


def simulate(main: Coroutine[Any, Any, T], chance: Random) -> T:
    """Run `main` to its end in a loop of its own, then end what it left behind."""
    loop = SimulatedLoop(chance)
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(_end(asyncio.all_tasks(loop)))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _end(left: set["asyncio.Task[Any]"]) -> None:
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
