"""kill -9, modelled: every kind of step, dying before and after every append of the real store, loses and repeats nothing."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from playnex.canonical import Json
from playnex.clock import Clock
from playnex.journal.events import Event, OutcomeDecided, RunFinished, StepFinished
from playnex.journal.journal import Journal
from playnex.journal.stores.journal_rows import MIGRATIONS
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.spec.context import Approval, Attempt, Effect, StepContext, StepPlan
from playnex.spec.envelope import Envelope
from playnex.spec.flow import RetrySpec
from playnex.sqlite import Database
from playnex.testing.passing_journal import PassingJournal
from playnex.testing.rehearsal import Rehearsal, Store, crash_everywhere

Flow = Callable[[StepContext, Any], Any]


@dataclass
class World:
    """What really happened, by step key."""

    done: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)

    async def act(self, attempt: Attempt, fails: int = 0) -> Envelope:
        """An effect that fails so often, then works."""
        self.tried[attempt.key] += 1
        if self.tried[attempt.key] <= fails:
            raise OSError("not yet")
        self.done[attempt.key] += 1
        return Envelope(output=f"did {attempt.key}")

    async def step(self, context: StepContext, name: str, *, effect: Effect = "idempotent", fails: int = 0, tries: int = 0) -> Json:
        async def do(attempt: Attempt) -> Envelope:
            return await self.act(attempt, fails)

        async def stand_in(failed: Envelope, attempt: Attempt) -> Envelope:
            return Envelope(output="stand-in")

        plan = StepPlan(effect=effect, retry=RetrySpec(times=tries), fallback=stand_in)
        return (await context.perform(name, do, plan)).output

    def decide(self, key: str) -> OutcomeDecided:
        """A person looks at what really happened, and says it."""
        if self.done[key]:
            return OutcomeDecided(decision="done", value=f"did {key}")
        return OutcomeDecided(decision="again")


def flows(world: World) -> dict[str, Flow]:
    async def sequence(context: StepContext, _: Any) -> Json:
        return [await world.step(context, name) for name in ("a", "b", "a")]

    async def parallel(context: StepContext, _: Any) -> Json:
        return await context.all(*(lambda inner, name=name: world.step(inner, name) for name in ("a", "b", "c")))

    async def mapped(context: StepContext, _: Any) -> Json:
        return await context.map(range(4), lambda inner, item: world.step(inner, f"part-{item}"), at_most=2)

    async def sub_flow(context: StepContext, _: Any) -> Json:
        inner = context.scope("inner")
        first = [await world.step(context, "before"), await world.step(inner, "a")]
        return [*first, await world.step(inner.scope("deeper"), "b"), await world.step(context, "after")]

    async def timer(context: StepContext, _: Any) -> Json:
        await world.step(context, "before")
        await context.sleep(3600)
        return [await world.step(context, "after"), await context.now() > 0]

    async def signal(context: StepContext, _: Any) -> Json:
        return [await world.step(context, "before"), await context.wait_for("paid"), await world.step(context, "after")]

    async def approval(context: StepContext, _: Any) -> Json:
        return [await context.approve("send", Approval(message="Send?", show="this")), await world.step(context, "after")]

    async def retry(context: StepContext, _: Any) -> Json:
        return [await world.step(context, "flaky", fails=2, tries=3), await world.step(context, "after")]

    async def fallback(context: StepContext, _: Any) -> Json:
        return [await world.step(context, "broken", fails=99, tries=1), await world.step(context, "after")]

    async def once(context: StepContext, _: Any) -> Json:
        pay = await world.step(context, "pay", effect="once")
        both = await context.all(*(lambda inner, n=n: world.step(inner, n, effect="once") for n in ("x", "y")))
        return [pay, both, await world.step(context, "after")]

    made = (sequence, parallel, mapped, sub_flow, timer, signal, approval, retry, fallback, once)
    return {flow.__name__: flow for flow in made}


ANSWERS: dict[str, Json] = {"paid": 42, "send": {"approved": True}}
KINDS = tuple(flows(World()))


def store(folder: Path) -> Store:
    @asynccontextmanager
    async def opened(clock: Clock) -> AsyncIterator[Journal]:
        database = Database(folder / "store.db", MIGRATIONS)
        try:
            yield SqliteJournal(database, clock)
        finally:
            database.close()

    return opened


def sweep(kind: str, folder: Path, *, opened: Callable[[Path], Store] = store, flow: Callable[[World], Flow] | None = None) -> list[str]:
    """Dies everywhere; what broke a law, and how many places there were."""
    numbers, worlds = count(), list[World]()

    def make() -> Rehearsal:
        worlds.append(world := World())
        body = flow(world) if flow else flows(world)[kind]
        return Rehearsal(body, answers=ANSWERS, outcomes=world.decide, store=opened(folder / str(next(numbers))))

    calm = make()
    whole, usual = calm.play(), worlds[0]
    faults, places = [], 0
    for rehearsal in crash_everywhere(make):
        places += 1
        faults += [f"{kind}, place {places}: {fault}" for fault in laws_broken(rehearsal, worlds[-1], whole, usual)]
    assert places >= 2 * len(calm.results), "it died around every result"
    return faults


def laws_broken(rehearsal: Rehearsal, world: World, whole: Any, usual: World) -> list[str]:
    faults = []
    if rehearsal.ending != whole:
        faults.append(f"it ended as {rehearsal.ending}")
    results = Counter(event.key for event in rehearsal.events if isinstance(event.fact, StepFinished))
    assert rehearsal.died is not None
    faults += [f"{key} has {results[key]} results" for key in {*results, *rehearsal.died} if results[key] != 1]
    for key, times in world.tried.items():
        if key in rehearsal.died and times != usual.tried[key]:
            faults.append(f"{key} was finished and ran again")
        if times > usual.tried[key] + 1:
            faults.append(f"{key} ran {times} times")
    once = {event.key for event in rehearsal.events if type(event.fact).__name__ == "StepIntended"}
    faults += [f"{key} happened {world.done[key]} times" for key in once if world.done[key] > 1]
    return faults


@pytest.mark.parametrize("kind", KINDS)
def test_dying_around_any_append_repeats_and_loses_nothing_that_was_finished(kind: str, tmp_path: Path) -> None:
    assert sweep(kind, tmp_path) == []


class Forgetful(PassingJournal):
    """Loses the last result that it had acknowledged."""

    async def skim(self, run: str) -> tuple[Event, ...]:
        events = await self.journal.skim(run)
        last = max((event.position for event in events if isinstance(event.fact, StepFinished)), default=0)
        return tuple(event for event in events if event.position != last)


def test_a_store_that_loses_what_it_acknowledged_breaks_the_law(tmp_path: Path) -> None:
    """A known-bad arm."""

    def forgetful(folder: Path) -> Store:
        @asynccontextmanager
        async def opened(clock: Clock) -> AsyncIterator[Journal]:
            async with store(folder)(clock) as journal:
                yield Forgetful(journal)

        return opened

    faults = sweep("sequence", tmp_path, opened=forgetful)
    assert any("ran again" in fault for fault in faults) and any("has 2 results" in fault for fault in faults)


def test_a_payment_that_is_not_declared_once_happens_twice(tmp_path: Path) -> None:
    """A known-bad arm: without the intent, nobody is asked."""
    worlds = []

    def make() -> Rehearsal:
        worlds.append(world := World())

        async def pay(context: StepContext, _: Any) -> Json:
            return await world.step(context, "pay", effect="idempotent")

        return Rehearsal(pay, store=store(tmp_path / str(len(worlds))))

    assert all(isinstance(rehearsal.ending, RunFinished) for rehearsal in crash_everywhere(make))
    assert max(world.done["pay"] for world in worlds) == 2
