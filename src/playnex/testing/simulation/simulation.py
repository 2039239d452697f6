"""One simulated world from a seed, and the laws that hold in it, whatever happens."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from playnex import canonical
from playnex.canonical import Json
from playnex.engine.code import Code
from playnex.engine.engine import Engine
from playnex.engine.worker import Worker
from playnex.journal.events import END_STATES, RunFinished, RunStarted, StepFinished
from playnex.journal.journal import NewRun
from playnex.journal.time_leases import TimeLeases
from playnex.spec.context import StepContext
from playnex.spec.flow import NO_LIMITS
from playnex.testing.memory_journal import MemoryJournal
from playnex.testing.simulation.lives import (
    CALM,
    Hands,
    Life,
    LivingJournal,
    LivingLeases,
    LoopClock,
    MemoryLeases,
    Outside,
    Troubles,
)
from playnex.testing.simulation.loop import simulate
from playnex.testing.simulation.people import People
from playnex.testing.simulation.programs import Program, carry_out, made_up

TTL = 10.0
"""Seconds that a lease lasts in these worlds: shorter than a long stall."""

DEADLINE = 3_000
"""Seconds within which every run has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a simulation came to: the laws it broke, how each run ended, its results, all that was recorded as one hash, how many
    workers died, and how many facts there are of each kind."""

    faults: tuple[str, ...]
    endings: dict[str, Json]
    results: dict[str, Json]
    trace: str
    deaths: int
    facts: Counter[str]


@dataclass(slots=True, eq=False, kw_only=True)
class Simulation:
    """A world with runs, workers and people."""

    seed: str
    troubles: Troubles
    programs: dict[str, tuple[Program, tuple[str, ...]]]
    workers: int
    is_fenced: bool = True
    chance: Random = field(init=False)
    outside: Outside = field(init=False)
    leases: MemoryLeases = field(init=False)
    deaths: int = 0

    def __post_init__(self) -> None:
        self.chance = Random(f"world {self.seed}")
        clock = LoopClock()
        self.outside = Outside(journal=MemoryJournal(clock=clock, is_fenced=self.is_fenced))
        self.leases = MemoryLeases(clock)

    def play(self) -> Outcome:
        """Let it all happen."""
        people = simulate(self._happen(), self.chance)
        journal = self.outside.journal
        results = {f"{row.run}/{row.key}": _result(row.body) for row in journal.rows if row.kind == StepFinished.__name__}
        endings = {run: _ending(journal, run) for run in self.programs}
        told = canonical.encode([[row.run, row.at, row.kind, row.key, row.body.decode()] for row in journal.rows])
        return Outcome(
            faults=(*self.outside.faults, *laws_broken(self.outside, people.said_again)),
            endings=endings,
            results=results,
            trace=canonical.digest(told + canonical.encode(sorted((*place, n) for place, n in self.outside.done.items()))),
            deaths=self.deaths,
            facts=Counter(row.kind for row in journal.rows),
        )

    async def _happen(self) -> People:
        journal, over = self.outside.journal, asyncio.Event()
        planned = []
        for run, (_, signals) in self.programs.items():
            journal.begin(NewRun(id=run, started=RunStarted(flow=run, inputs={}, definition={}, version="0")))
            planned += [(self.chance.random() * self.troubles.seconds, run, signal) for signal in signals]
        people = People(outside=self.outside, chance=self.chance, troubles=self.troubles, signals=planned)
        everybody = [asyncio.ensure_future(self._employ(number, over)) for number in range(self.workers)]
        everybody.append(asyncio.ensure_future(people.look_after()))
        for _ in range(DEADLINE):
            if self._is_over():
                break
            await asyncio.sleep(1.0)
        over.set()
        return people

    def _is_over(self) -> bool:
        return all(line.state in END_STATES for line in self.outside.journal.lines.values())

    async def _employ(self, number: int, over: asyncio.Event) -> None:
        """Have one worker after another: when it dies, the next one comes."""
        lives = 0
        while True:
            lives += 1
            life = Life(chance=self.chance, troubles=self.troubles, world_ended=over)
            working = asyncio.ensure_future(self._work(life, f"worker-{number}.{lives}"))
            await life.ended.wait()
            self.deaths += 1
            await asyncio.sleep(self.chance.random() * 5)
            del working

    async def _work(self, life: Life, name: str) -> None:
        clock = LoopClock(life)
        journal = LivingJournal(self.outside.journal, life)
        leases = TimeLeases(LivingLeases(self.leases, life), clock, name, ttl=TTL)
        engine = Engine(journal=journal, leases=leases, clock=clock, jitter=self.chance.random, worker=name)

        def load(started: RunStarted) -> Code:
            hands = Hands(run=started.flow, life=life, outside=self.outside)

            async def body(context: StepContext) -> Json:
                return await carry_out(self.programs[started.flow][0], context, hands)

            return Code(body=body, budget=NO_LIMITS)

        worker = Worker(engine=engine, journal=journal, held=leases, load=lambda _: load)
        try:
            while True:
                await worker.work_off()
                await clock.sleep(0.2 + self.chance.random() * 3)
        except Exception as error:
            self.outside.faults.append(f"{name} fell over: {error!r}")


def laws_broken(outside: Outside, said_again: Counter[tuple[str, str]]) -> Iterator[str]:
    """What holds at the end of every world: each run has ended, no step has two results, no `once` effect happened more often
    than a person said."""
    journal = outside.journal
    for line in journal.lines.values():
        if line.state not in END_STATES:
            yield f"{line.id} never ended: {line.state} ({line.reason})"
    results = Counter((row.run, row.key) for row in journal.rows if row.kind == StepFinished.__name__)
    yield from (f"step {key!r} of {run} has {count} results" for (run, key), count in results.items() if count > 1)
    intended = {(row.run, row.key) for row in journal.rows if row.kind == "StepIntended"}
    for place in sorted(intended):
        if outside.done[place] > 1 + said_again[place]:
            yield f"the once effect of {place} happened {outside.done[place]} times"


def simulated(seed: int, *, is_fenced: bool = True) -> Outcome:
    """The world of that seed, with its troubles; what came of its runs is compared with what comes of them without any."""
    chance = Random(f"programs {seed}")
    programs = {f"run-{number}": made_up(chance) for number in range(chance.randint(1, 4))}
    workers = chance.randint(1, 3)
    troubled = Simulation(seed=str(seed), troubles=Troubles(), programs=programs, workers=workers, is_fenced=is_fenced).play()
    calm = Simulation(seed=str(seed), troubles=CALM, programs=programs, workers=1).play()
    faults = [*troubled.faults, *(f"without any trouble: {fault}" for fault in calm.faults)]
    for run, ending in calm.endings.items():
        if troubled.endings[run] != ending:
            faults.append(f"{run} ended as {troubled.endings[run]}, and without trouble as {ending}")
    for key, result in calm.results.items():
        if troubled.results.get(key) != result:
            faults.append(f"step {key!r} gave {troubled.results.get(key)}, and without trouble {result}")
    return replace(troubled, faults=tuple(faults))


def _ending(journal: MemoryJournal, run: str) -> Json:
    ends = [event.fact for event in journal.all_of(run) if isinstance(event.fact, RunFinished)]
    return [[end.status, end.output] for end in ends[:1]]


def _result(body: bytes) -> Json:
    envelope = canonical.decode(body)
    return [envelope.get("status", "succeeded"), envelope.get("output")]
