"""Workers of a simulated world: each touches the world through its own thread of life, which may stand still or end at any touch."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from playnex.canonical import Json
from playnex.clock import Clock
from playnex.errors import ToolFailed
from playnex.journal.events import Event, SignalReceived, StepFinished
from playnex.journal.journal import Draft, Takeover
from playnex.journal.time_leases import LeaseTable
from playnex.testing.crashes import Crash
from playnex.testing.memory_journal import MemoryJournal
from playnex.testing.passing_journal import PassingJournal
from playnex.testing.simulation.programs import Act

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """How hard the world is, for the first `seconds`: the chance of each trouble at each touch of the world. A stall lasts up to
    `stall` seconds, a clock jumps by up to `jump` seconds, an answer takes up to `delay` seconds."""

    seconds: float = 120.0
    kill: float = 0.012
    stall: float = 0.012
    jump: float = 0.005
    longest_stall: float = 30.0
    longest_jump: float = 30.0
    delay: float = 0.4


CALM = Troubles(seconds=0.0, delay=0.0)


@dataclass(slots=True, eq=False, kw_only=True)
class Life:
    """One worker's. When it ends, nothing that it waits for ever comes, and nothing that it says is heard: as after kill -9."""

    chance: Random
    troubles: Troubles
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    world_ended: asyncio.Event
    stalled_until: float = 0.0
    ahead: float = 0.0
    epochs: dict[str, int] = field(default_factory=dict)

    async def touch(self) -> None:
        """The way to the world and back: it takes a while, and a trouble may befall on it."""
        loop, chance, troubles = asyncio.get_running_loop(), self.chance, self.troubles
        if troubles.delay:
            await asyncio.sleep(chance.random() ** 3 * troubles.delay)
        if loop.time() < troubles.seconds:
            self._befall(chance.random(), loop.time())
        while (left := self.stalled_until - loop.time()) > 0:  # noqa: ASYNC110 - another stall may have begun meanwhile
            await asyncio.sleep(left)
        if self.ended.is_set():
            await self.world_ended.wait()
            raise Crash

    def _befall(self, lot: float, now: float) -> None:
        troubles = self.troubles
        if lot < troubles.kill:
            self.ended.set()
        elif lot < troubles.kill + troubles.stall:
            self.stalled_until = max(self.stalled_until, now + self.chance.random() * troubles.longest_stall)
        elif lot < troubles.kill + troubles.stall + troubles.jump:
            self.ahead += (2 * self.chance.random() - 1) * troubles.longest_jump


@dataclass(slots=True, eq=False)
class LoopClock:
    """A `Clock` that shows the loop's time; a worker's own may be ahead of it or behind, and stands still with its life."""

    life: Life | None = None

    def now(self) -> float:
        return 1_800_000_000.0 + self.monotonic() + (self.life.ahead if self.life else 0.0)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self.life:
            await self.life.touch()


@dataclass(slots=True, eq=False)
class LivingJournal(PassingJournal):
    """The journal as one worker reaches it."""

    life: Life

    async def passed(self, call: Callable[[], Awaitable[T]]) -> T:
        await self.life.touch()
        try:
            return await call()
        finally:
            await self.life.touch()

    async def claim(self, run: str, worker: str, reopened: str = "") -> Takeover:
        async def call() -> Takeover:
            takeover = await self.journal.claim(run, worker, reopened)
            self.life.epochs[run] = takeover.epoch
            return takeover

        return await self.passed(call)

    def note(self, run: str, epoch: int, drafts: Sequence[Draft]) -> None:
        if not self.life.ended.is_set():
            self.journal.note(run, epoch, drafts)

    async def posts(self, after: int) -> AsyncIterator[Event]:
        async for event in self.journal.posts(after):
            await self.life.touch()
            yield event


@dataclass(slots=True, eq=False)
class MemoryLeases:
    """A `LeaseTable` in memory."""

    clock: Clock
    held: dict[str, tuple[str, float]] = field(default_factory=dict)

    async def take(self, run: str, holder: str, ttl: float) -> bool:
        if self.is_held(run) and self.held[run][0] != holder:
            return False
        self.held[run] = holder, self.clock.now() + ttl
        return True

    async def give_up(self, run: str, holder: str) -> None:
        if self.held.get(run, ("", 0.0))[0] == holder:
            del self.held[run]

    def is_held(self, run: str) -> bool:
        return run in self.held and self.held[run][1] > self.clock.now()


@dataclass(slots=True, eq=False)
class LivingLeases:
    """The lease table as one worker reaches it."""

    table: LeaseTable
    life: Life

    async def take(self, run: str, holder: str, ttl: float) -> bool:
        await self.life.touch()
        taken = await self.table.take(run, holder, ttl)
        await self.life.touch()
        return taken

    async def give_up(self, run: str, holder: str) -> None:
        await self.life.touch()
        await self.table.give_up(run, holder)

    def is_held(self, run: str) -> bool:
        return self.table.is_held(run)


@dataclass(slots=True, eq=False, kw_only=True)
class Outside:
    """What really happened: effects that worked and that failed, by run and key, and what broke a law."""

    journal: MemoryJournal
    done: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def finished(self, run: str, key: str) -> bool:
        """Whether the journal has a result of that step."""
        return any((row.run, row.key, row.kind) == (run, key, StepFinished.__name__) for row in self.journal.rows)


@dataclass(slots=True, eq=False, kw_only=True)
class Hands:
    """Implements `World` for one run in one worker's hands."""

    run: str
    life: Life
    outside: Outside

    async def act(self, key: str, act: Act) -> Json:
        await self.life.touch()
        outside, place = self.outside, (self.run, key)
        is_its_holder = self.life.epochs.get(self.run) == outside.journal.lines[self.run].epoch
        if is_its_holder and outside.finished(self.run, key):
            outside.faults.append(f"finished step {key!r} of {self.run} ran again")
        if act.hangs:
            await asyncio.Event().wait()
        if act.fails is None or outside.failed[place] < act.fails:
            outside.failed[place] += 1
            await self.life.touch()
            raise ToolFailed("it did not work")
        outside.done[place] += 1
        await self.life.touch()
        return result_of(key)

    async def send(self, signal: str) -> Json:
        await self.life.touch()
        await self.outside.journal.post(self.run, "", SignalReceived(signal=signal, payload=payload_of(signal)))
        await self.life.touch()
        return None


def result_of(key: str) -> Json:
    """What the effect of that step gives, always."""
    return f"did {key}"


def payload_of(signal: str, number: int = 1) -> Json:
    """What the signal of that name says, the first and each later time, always."""
    return {"says": signal, "number": number}
