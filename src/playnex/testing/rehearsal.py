"""Rehearsals: a flow is played with a clock that nobody waits for, is killed on order, and goes on."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, TypeAlias, get_args

from playnex.canonical import Json
from playnex.clock import Clock
from playnex.engine.code import Agents, Code
from playnex.engine.engine import Ending, Engine
from playnex.journal.events import (
    Event,
    OutcomeDecided,
    Posted,
    RunParked,
    RunStarted,
    RunWaiting,
    SignalReceived,
    StepFinished,
)
from playnex.journal.journal import Journal, NewRun
from playnex.spec.context import StepContext
from playnex.spec.envelope import Envelope, from_json
from playnex.spec.flow import NO_LIMITS, Budget
from playnex.spec.python_flow import FlowFunction
from playnex.testing.clock import FakeClock
from playnex.testing.crashes import Crash, Moment, crash_at
from playnex.testing.memory_journal import MemoryJournal
from playnex.testing.pydantic_agents import PydanticAgents

RUN = "01REHEARSAL000000000000001"

Store: TypeAlias = Callable[[Clock], AbstractAsyncContextManager[Journal]]
"""Opens the journal for one life of a worker; what is in it stays from one to the next."""

Between: TypeAlias = Callable[[Journal], Journal]
"""Puts something between the engine and its journal, as `crash_at` does."""


@dataclass(slots=True, eq=False)
class Rehearsal:
    """One run of `flow`, from its first worker to its last. Timers ring at once; a signal, an approval or an unknown outcome that
    the run waits for is answered from `answers` and `outcomes` (by the signal's name, by the step's key), else the run is left
    waiting. `store` is a journal in memory where none is given; `agents` are those that the flow can ask (see ScriptedAgents; where
    none are given, those of Pydantic AI that it brings itself)."""

    flow: FlowFunction
    inputs: Any = None
    _: KW_ONLY
    answers: Mapping[str, Json] = field(default_factory=dict)
    outcomes: Mapping[str, OutcomeDecided] | Callable[[str], OutcomeDecided] = field(default_factory=dict)
    store: Store | None = None
    budget: Budget = NO_LIMITS
    agents: Agents = field(default_factory=PydanticAgents)
    run: str = RUN
    clock: FakeClock = field(default_factory=FakeClock)
    ending: Ending | None = None
    died: frozenset[str] | None = None
    """The keys of the steps that were finished when the last worker died; None where none has."""

    def __post_init__(self) -> None:
        self.store = self.store or in_memory()

    def play(self, between: Between = lambda journal: journal) -> Ending:
        """One worker's life: carry the run on until it has ended or nobody here can help it; how it stands. Raises Crash where
        `between` is a `crash_at`."""
        try:
            self.ending = asyncio.run(self._played(between))
        except Crash:
            self.died = frozenset(self.results)
            raise
        return self.ending

    def post(self, fact: Posted, key: str = "") -> None:
        """Say something to the run, as somebody outside does."""

        async def post() -> None:
            async with self._open() as journal:
                await journal.post(self.run, key, fact)

        asyncio.run(post())

    @property
    def events(self) -> tuple[Event, ...]:
        """All that is in the run's journal."""

        async def read() -> tuple[Event, ...]:
            async with self._open() as journal:
                return await journal.events(self.run)

        return asyncio.run(read())

    @property
    def results(self) -> dict[str, Envelope]:
        """The recorded results by key, in the order in which they came."""
        return {event.key: from_json(event.fact.envelope) for event in self.events if isinstance(event.fact, StepFinished)}

    async def _played(self, between: Between) -> Ending:
        async with self._open() as plain:
            journal = between(plain)
            engine = Engine(journal=journal, leases=_Alone(), clock=self.clock, jitter=lambda: 0.5, worker="rehearsal")
            while True:
                ending = await engine.advance(self.run, lambda started: Code(body=self._body, budget=self.budget, agents=self.agents))
                if not await self._helped(ending, plain):
                    return ending

    async def _body(self, context: StepContext) -> Json:
        return await self.flow(context, self.inputs)

    async def _helped(self, ending: Ending, journal: Journal) -> bool:
        """Give the run what it waits for; whether it can go on now."""
        match ending:
            case RunWaiting(signals=signals) if given := [name for name in signals if name in self.answers]:
                for name in given:
                    await journal.post(self.run, "", SignalReceived(signal=name, payload=self.answers[name]))
                return True
            case RunWaiting(until=float(until)):
                self.clock.advance(max(0.0, until - self.clock.now()))
                return True
            case RunParked(step=step, reason="outcome unknown") if (decided := self._decided(step)) is not None:
                await journal.post(self.run, step, decided)
                return True
            case _:
                return False

    def _decided(self, step: str) -> OutcomeDecided | None:
        return self.outcomes(step) if callable(self.outcomes) else self.outcomes.get(step)

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Journal]:
        assert self.store is not None
        async with self.store(self.clock) as journal:
            if not any(line.id == self.run for line in await journal.runs()):
                await journal.create(NewRun(id=self.run, started=RunStarted(flow="rehearsal", inputs=None, definition=None, version="0")))
            yield journal


def crash_everywhere(make: Callable[[], Rehearsal]) -> Iterator[Rehearsal]:
    """A rehearsal for each place at which the flow can die: made anew, played until it died there, and then to its end. Look at
    what it has done by then; `died` has the steps that were finished when it died, `ending` says how it stands."""
    for moment in get_args(Moment):
        for append in itertools.count(1):
            rehearsal = make()
            with suppress(Crash):
                rehearsal.play(crash_at(append, moment))
            if rehearsal.died is None:
                break
            rehearsal.play()
            yield rehearsal


class _Alone:
    """Leases where there is one worker only."""

    @asynccontextmanager
    async def hold(self, run: str) -> AsyncIterator[None]:
        yield

    def is_held(self, run: str) -> bool:
        return False


def in_memory() -> Store:
    """A store of its own, in memory."""
    journal: MemoryJournal | None = None

    @asynccontextmanager
    async def opened(clock: Clock) -> AsyncIterator[Journal]:
        nonlocal journal
        journal = journal or MemoryJournal(clock=clock)
        journal.changed = asyncio.Event()  # events belong to the loop that waited for them
        yield journal

    return opened
