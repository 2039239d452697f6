"""Takes runs that can go on, and carries them on: the dispatcher of one process.

A run that waits is set aside and costs nothing. It is taken up again when its time has come, when somebody has answered it,
or, after a crash, when nobody holds it any more.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from playnex.engine.code import Load
from playnex.engine.engine import Ending, Engine
from playnex.errors import PlaynexError
from playnex.journal.events import RunWaiting
from playnex.journal.journal import Journal

GLANCE = 0.2
"""Seconds between two looks for runs that became due: what another process wrote wakes nobody here."""

ORPHANS = 10_000
"""Runs of dead workers that one look finds."""


class Held(Protocol):
    """Whether somebody holds a run, in whatever process."""

    def is_held(self, run: str) -> bool:
        """True where a living worker has the run's lease."""
        ...


@dataclass(slots=True, kw_only=True)
class Worker:
    """Advances runs, `at_most` at a time. `load` gives, for a run, what loads its code."""

    engine: Engine
    journal: Journal
    held: Held
    load: Callable[[str], Load]
    at_most: int = 100

    async def carry(self, run: str) -> Ending:
        """Carry one run on until it ends, or until only a person or a signal can help it; timers are waited for."""
        while True:
            ending = await self.engine.advance(run, self.load(run))
            if not isinstance(ending, RunWaiting):
                return ending
            if ending.signals and not await self._is_due(run):
                return ending
            await self._due(run)

    async def see_through(self, run: str) -> Ending:
        """Carry one run on until it ends or is stopped, however long it has to wait for somebody."""
        while True:
            ending = await self.engine.advance(run, self.load(run))
            if not isinstance(ending, RunWaiting):
                return ending
            await self._due(run)

    async def _due(self, run: str) -> None:
        """Wait until the run is due."""
        while not await self._is_due(run):
            await self.engine.clock.sleep(GLANCE)

    async def _is_due(self, run: str) -> bool:
        due = (await self.journal.summary(run)).due
        return due is not None and due <= self.engine.clock.now()

    async def work_off(self) -> dict[str, Ending]:
        """Carry on every run that can go on now, those of dead workers included, until none is left that can; how each stands.
        A run that cannot be carried on here (held by somebody, or its code cannot be loaded) is left alone."""
        endings: dict[str, Ending] = {}
        left_alone: set[str] = set()

        async def hand(line: Iterator[str]) -> None:
            for run in line:
                try:
                    endings[run] = await self.engine.advance(run, self.load(run))
                except PlaynexError:
                    left_alone.add(run)
                    if (own := asyncio.current_task()) is not None and own.cancelling():
                        raise asyncio.CancelledError from None  # the failure came in its place

        while ready := [run for run in await self._ready() if run not in left_alone]:
            line = iter(ready)
            async with asyncio.TaskGroup() as hands:
                for _ in range(min(self.at_most, len(ready))):
                    hands.create_task(hand(line))
        return endings

    async def _ready(self) -> tuple[str, ...]:
        """The runs that are due, and those that say `running` while nobody holds them."""
        due = await self.journal.due(self.engine.clock.now())
        running = await self.journal.runs(limit=ORPHANS, state="running")
        orphans = (line.id for line in running if not self.held.is_held(line.id))
        return tuple(dict.fromkeys((*due, *orphans)))  # one that was due may be an orphan by now
