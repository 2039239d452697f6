"""A clock that moves only when told to, or when somebody sleeps on it."""

import asyncio


class FakeClock:
    """A `Clock`: sleeping takes no real time and moves the clock on by what was asked."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.time = now
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.time += seconds
