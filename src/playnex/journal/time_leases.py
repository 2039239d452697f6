"""The right to advance a run for a while: for workers on several machines, where no operating system frees what the dead held."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

from playnex.clock import Clock
from playnex.errors import RunBusy, StoreError

TTL = 30.0
"""Seconds that a lease lasts after it was taken or renewed."""

RENEWALS = 3
"""How often a lease is renewed in that time: a renewal or two may fail."""


class LeaseTable(Protocol):
    """Who holds what until when, by the table's own clock: the clocks of the workers need not agree."""

    async def take(self, run: str, holder: str, ttl: float) -> bool:
        """Give the run to the holder for `ttl` seconds, unless another has it; whether it has it now."""
        ...

    async def give_up(self, run: str, holder: str) -> None:
        """Free the run, if it is the holder's."""
        ...

    def is_held(self, run: str) -> bool:
        """Whether somebody's time has not run out."""
        ...


@dataclass(slots=True, eq=False)
class TimeLeases:
    """Leases that are renewed while they are held. One that ran out nevertheless, because its holder stalled, stops nobody: the
    epoch refuses what a late holder writes. `worker` names the holder; `ttl` is in seconds."""

    table: LeaseTable
    clock: Clock
    worker: str
    ttl: float = TTL
    _taken: int = field(default=0, init=False)

    @asynccontextmanager
    async def hold(self, run: str) -> AsyncIterator[None]:
        """Hold the run while the block runs. Raises RunBusy."""
        self._taken += 1
        holder = f"{self.worker}#{self._taken}"
        if not await self.table.take(run, holder, self.ttl):
            raise RunBusy(
                f"run {run[-6:]} is being carried out by another worker", hint="wait for it, or look at it with: playnex run show"
            )
        renewing = asyncio.ensure_future(self._renew(run, holder))
        try:
            yield
        finally:
            renewing.cancel()
            try:
                await asyncio.wait([renewing])
            finally:
                await self.table.give_up(run, holder)

    async def _renew(self, run: str, holder: str) -> None:
        while True:
            await self.clock.sleep(self.ttl / RENEWALS)
            with suppress(StoreError):  # the next one may succeed
                await self.table.take(run, holder, self.ttl)

    def is_held(self, run: str) -> bool:
        """Whether a worker holds the run, as far as its time tells."""
        return self.table.is_held(run)
