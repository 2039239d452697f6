"""How fast one server may be asked, for all who share it: in turn, so many at once, so many a minute, and not before it wants to be."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playnex.clock import Clock
from playnex.config import ModelSettings
from playnex.errors import ModelUnavailable

MINUTE = 60.0

MANY = 10_000
"""Requests at the same time where nothing is said: no server takes so many, and no process of ours makes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceLimits:
    """`at_once`: requests that the server works on at the same time. `per_minute`: requests that begin in any 60 seconds. None: any
    number."""

    at_once: int | None = None
    per_minute: int | None = None


class Pace:
    """The pace of one server. Whoever asks it takes a turn; turns are given first come, first served. A turn that is cancelled, waiting
    or taken, leaves nothing behind."""

    def __init__(self, clock: Clock, limits: PaceLimits = PaceLimits()) -> None:
        self.limits = limits
        self._clock = clock
        self._door = asyncio.Lock()
        self._seats = asyncio.Semaphore(limits.at_once or MANY)
        self._begun: deque[float] = deque(maxlen=limits.per_minute or 1)
        self._rests_until = 0.0

    def rest(self, seconds: float) -> None:
        """The server wants to be left alone for so long: no turn begins before. Of two such wishes the longer one counts."""
        self._rests_until = max(self._rests_until, self._clock.monotonic() + seconds)

    @asynccontextmanager
    async def turn(self, patience: float) -> AsyncIterator[None]:
        """The time in which a request may be under way. Raises ModelUnavailable, with the seconds to wait, where the server wants to be
        left alone for longer than `patience`."""
        async with self._door:
            await self._seats.acquire()
            try:
                await self._due(patience)
            except BaseException:
                self._seats.release()
                raise
        try:
            yield
        finally:
            self._seats.release()

    async def _due(self, patience: float) -> None:
        """Wait until a request may begin. What is asked for while we wait counts too, so each wait is followed by another look."""
        while (left := self._left()) > 0:
            if (rest := self._rests_until - self._clock.monotonic()) > patience:
                raise ModelUnavailable(f"the server wants to be left alone for another {rest:,.0f} s", retry_after=rest, unspent=True)
            await self._clock.sleep(left)
        if self.limits.per_minute:
            self._begun.append(self._clock.monotonic())

    def _left(self) -> float:
        """Seconds until the next request may begin."""
        is_full = self.limits.per_minute is not None and len(self._begun) == self.limits.per_minute
        free_at = self._begun[0] + MINUTE if is_full else 0.0
        return max(self._rests_until, free_at) - self._clock.monotonic()


class Paces:
    """The pace of every server, by its address: all aliases that name the server share it, and the strictest limits of theirs hold."""

    def __init__(self, clock: Clock, settings: Mapping[str, ModelSettings]) -> None:
        self._clock = clock
        self._settings = settings
        self._paces: dict[str, Pace] = {}

    def of(self, base_url: str) -> Pace:
        """The server's pace."""
        server = address(base_url)
        if server not in self._paces:
            sharing = [one for one in self._settings.values() if one.base_url and address(one.base_url) == server]
            self._paces[server] = Pace(self._clock, strictest(sharing))
        return self._paces[server]

    def alone(self) -> Pace:
        """The pace of a server that is ours alone and answers one request at a time: the embedded model's."""
        return Pace(self._clock, PaceLimits(at_once=1))


def strictest(settings: Iterable[ModelSettings]) -> PaceLimits:
    """The limits that hold for all of them."""
    sharing = tuple(settings)
    return PaceLimits(
        at_once=min((one.at_once for one in sharing if one.at_once), default=None),
        per_minute=min((one.per_minute for one in sharing if one.per_minute), default=None),
    )


def address(base_url: str) -> str:
    """The address of a server, however it is written."""
    return base_url.rstrip("/").lower()
