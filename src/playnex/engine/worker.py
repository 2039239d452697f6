"""Takes runs that can go on, and carries them on: the dispatcher of one process.

A run that waits is set aside and costs nothing. It is taken up again when its time has come, when somebody has answered it,
or, after a crash, when nobody holds it any more.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from playnex.engine.code import Load
from playnex.engine.engine import DEATHS, Ending, Engine
from playnex.engine.history import fold
from playnex.errors import NotItsTurn, PlaynexError, RunBusy
from playnex.journal.events import END_STATES, RunPaused, RunStarted, RunWaiting, StopRequested
from playnex.journal.journal import Journal

GLANCE = 0.2
"""Seconds between two looks for runs that became due: what another process wrote wakes nobody here."""

ORPHANS = 10_000
"""Runs of dead workers that one look finds."""


Tell: TypeAlias = Callable[[str, Ending], Awaitable[None]]
"""Is told how a run stands that was carried on; until it has heard, its hand takes up no other."""


def told_to_nobody(_error: NotItsTurn) -> None:
    """Where nobody wants to know that a run waits for its turn."""


class Held(Protocol):
    """Whether somebody holds a run, in whatever process."""

    def is_held(self, run: str) -> bool:
        """True where a living worker has the run's lease."""
        ...


class Source(Protocol):
    """Where a shift's runs come from."""

    async def ready(self, room: int) -> Sequence[str]:
        """The runs that can go on by now, those at work among them; `room` says for how many more there is a free hand."""
        ...

    def is_dry(self) -> bool:
        """Whether nothing more is going to come by itself."""
        ...


@dataclass(slots=True, kw_only=True)
class Worker:
    """Advances runs, `at_most` at a time. `load` gives, for a run, what loads its code. As a `Source` it gives all that can go on."""

    engine: Engine
    journal: Journal
    held: Held
    load: Callable[[str], Load]
    at_most: int = 100
    in_line: Callable[[NotItsTurn], None] = told_to_nobody

    async def carry(self, run: str, *, through: bool = False) -> Ending:
        """Carry one run on until it ends, or until only a person or a signal can help it; timers are waited for, and where it is to be
        seen `through`, people and signals too."""
        while True:
            ending = await self._advance_in_turn(run)
            if not isinstance(ending, RunWaiting):
                return ending
            if ending.signals and not through and not await self._is_due(run):
                return ending
            await self._due(run)

    async def _advance_in_turn(self, run: str) -> Ending:
        """Advance the run, as soon as it is its turn in its concurrency group; `in_line` is told where that is not now."""
        try:
            return await self.engine.advance(run, self.load(run))
        except NotItsTurn as error:
            self.in_line(error)
        async with self.engine.turns.in_line(run):
            while not await self.is_its_turn(run):
                await self.engine.clock.sleep(GLANCE)
                if (line := await self.journal.summary(run)).state == "paused":  # by somebody else, while it stood in line
                    return RunPaused(reason=line.reason)
            with suppress(NotItsTurn):  # somebody was faster
                return await self.engine.advance(run, self.load(run))
        return await self._advance_in_turn(run)

    async def is_its_turn(self, run: str) -> bool:
        """Whether no other run of its concurrency group goes on or stands before it. One that cancels makes those before it end."""
        line = await self.journal.summary(run)
        if not line.concurrency or line.state in END_STATES or not await self.engine.turns.ahead(run, line.concurrency):
            return True
        started = (await self.journal.skim(run))[0].fact
        if isinstance(started, RunStarted) and started.cancels:
            for older in await self.engine.turns.older(run, line.concurrency):
                await self._cancel(older.id, f"run {run[-6:]}, which is newer")
        return not await self.engine.turns.ahead(run, line.concurrency)

    async def _cancel(self, run: str, by: str) -> None:
        """Have another run end, by whoever carries it on, or here."""
        if fold(await self.journal.skim(run)).stop is None:
            await self.journal.post(run, "", StopRequested(stop="cancel", by=by))
        if not self.held.is_held(run):
            with suppress(RunBusy):
                await self.engine.advance(run, self.load(run))

    async def _due(self, run: str) -> None:
        """Wait until the run is due."""
        while not await self._is_due(run):
            await self.engine.clock.sleep(GLANCE)

    async def _is_due(self, run: str) -> bool:
        due = (await self.journal.summary(run)).due
        return due is not None and due <= self.engine.clock.now()

    async def work_off(self, tell: Tell | None = None) -> dict[str, Ending]:
        """Carry on every run that can go on, those of dead workers included, until none is left that can; how each stands, which
        `tell` is told at once. A run that cannot be carried on here (held by somebody, or its code cannot be loaded) is left alone."""
        endings: dict[str, Ending] = {}

        async def note(run: str, ending: Ending) -> None:
            endings[run] = ending
            if tell is not None:
                await tell(run, ending)

        await Shift(worker=self, source=self, tell=note).work()
        return endings

    async def ready(self, room: int) -> tuple[str, ...]:
        """The runs that are due, and those that say `running` while nobody holds them, however many there are."""
        due = await self.journal.due(self.engine.clock.now())
        running = await self.journal.runs(limit=ORPHANS, state="running")
        orphans = (line.id for line in running if not self.held.is_held(line.id))
        return tuple(dict.fromkeys((*due, *orphans)))  # one that was due may be an orphan by now

    def is_dry(self) -> bool:
        """True: what becomes due later is another shift's."""
        return True

    async def is_suspect(self, run: str) -> bool:
        """Whether one more worker that dies of this run would be its last."""
        if (await self.journal.summary(run)).epoch < DEATHS - 1:
            return False
        return fold(await self.journal.skim(run)).deaths >= DEATHS - 1


@dataclass(slots=True, kw_only=True)
class Shift:
    """A worker's way through the runs that its source gives, until none is left; it looks for more every `glance` seconds. All runs
    of a worker die with it, whichever of them it died of: so a suspect is carried on alone, until it stands or has finished a step,
    and the others are not parked for its sake."""

    worker: Worker
    source: Source
    tell: Tell
    glance: float = GLANCE
    left_alone: dict[str, PlaynexError] = field(default_factory=dict)
    line: deque[str] = field(default_factory=deque)
    suspects: deque[str] = field(default_factory=deque)
    going: set[str] = field(default_factory=set)
    alone: str = ""
    busy: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self) -> None:
        """Until nothing is left that can go on."""
        async with asyncio.TaskGroup() as hands:
            while await self._look():
                for _ in range(self._room()):
                    self.busy += 1
                    hands.create_task(self._hand())
                await self._moment()

    async def _look(self) -> bool:
        """Line up what is new; whether anything is left to do."""
        known = {*self.line, *self.suspects, *self.going, *self.left_alone}
        for run in await self.source.ready(self.worker.at_most - self.busy - len(self.line)):
            if run not in known and await self.worker.is_its_turn(run):
                (self.suspects if await self.worker.is_suspect(run) else self.line).append(run)
        if self.alone and not (self.alone in self.going and await self.worker.is_suspect(self.alone)):
            self.alone = ""
        if self.suspects and not self.line and not self.busy:
            self.alone = self.suspects.popleft()
            self.line.append(self.alone)
        return bool(self.line or self.busy) or not self.source.is_dry()

    def _room(self) -> int:
        """How many more hands there is work for."""
        if self.alone and self.busy:
            return 0
        return min(self.worker.at_most - self.busy, len(self.line))

    async def _hand(self) -> None:
        """One run after the other."""
        while self.line:
            run = self.line.popleft()
            self.going.add(run)
            await self._carry(run)
            self.going.discard(run)
        self.busy -= 1
        if not self.busy or not self.source.is_dry():
            self.idle.set()

    async def _carry(self, run: str) -> None:
        try:
            ending = await self.worker.engine.advance(run, self.worker.load(run))
        except PlaynexError as error:
            if not isinstance(error, (RunBusy, NotItsTurn)):
                self.left_alone[run] = error
            if (own := asyncio.current_task()) is not None and own.cancelling():
                raise asyncio.CancelledError from None  # the failure came in its place
        else:
            await self.tell(run, ending)

    async def _moment(self) -> None:
        """Until it is time to look again, or a hand is free that the source has more for, or nobody is at work any more."""
        self.idle.clear()
        ends = [asyncio.ensure_future(self.worker.engine.clock.sleep(self.glance)), asyncio.ensure_future(self.idle.wait())]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
