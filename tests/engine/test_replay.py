"""Replay, rewinding and code that no longer fits: the journal is the only truth."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from engine.stage import RUN, Stage
from playnex.canonical import Json
from playnex.engine.code import Code
from playnex.engine.replay import Replayed, replay
from playnex.errors import JournalMismatch, StepFailed
from playnex.journal.events import RetryRequested, RunFinished, RunWaiting, SignalReceived
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.spec.context import StepContext
from playnex.spec.flow import NO_LIMITS
from playnex.testing.crashes import Crash, CrashingJournal

Body = Callable[[StepContext], Awaitable[Json]]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def replayed(stage: Stage, body: Body) -> Replayed:
    database = stage.open()
    try:
        journal = SqliteJournal(database, stage.clock)
        return asyncio.run(replay(RUN, journal, stage.clock, load=lambda started: Code(body=body, budget=NO_LIMITS)))
    finally:
        database.close()


def steps(stage: Stage, *names: str, output: Json = None) -> Body:
    async def body(context: StepContext) -> Json:
        for name in names:
            await context.step(name, stage.effect(name))
        return output

    return body


def test_a_finished_run_is_replayed_with_no_effect_and_nothing_recorded(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        chance = [context.random(), context.uuid(), await context.now()]
        parts = await context.map(["x", "y", "z"], lambda branch, item: branch.step("part", stage.effect(item)), at_most=2)
        return [chance, parts, await context.wait_for("go")]

    stage.play(body)
    stage.post(SignalReceived(signal="go", payload="gone"))
    stage.clock.advance(1000)
    stage.play(body)
    events, effects = stage.events(), dict(stage.effects)
    assert replayed(stage, body) == Replayed(verdict="same", steps=5)
    assert stage.events() == events and stage.effects == effects


def test_a_replay_tells_where_other_code_parts_from_the_journal(stage: Stage) -> None:
    stage.play(steps(stage, "a", "b", output=1))
    assert replayed(stage, steps(stage, "a", "b", output=2)).verdict == "different"
    assert replayed(stage, steps(stage, "a", "c", output=1)).step == "b"
    assert replayed(stage, steps(stage, "a", "b", "c", output=1)).step == "c"
    assert replayed(stage, steps(stage, "a", output=1)).step == "b"
    assert set(stage.effects.values()) == {1}


def test_a_run_that_has_not_ended_is_replayed_up_to_where_it_stands(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        await context.step("before", stage.effect("before"))
        return await context.wait_for("go")

    assert isinstance(stage.play(body), RunWaiting)
    assert replayed(stage, body) == Replayed(verdict="unfinished", steps=1, step="go", why="the run has not come further")


def crashed(stage: Stage, body: Body, at: int) -> None:
    with pytest.raises(Crash):
        stage.play(body, journal=lambda plain: CrashingJournal(plain, at, "after"))


@pytest.mark.parametrize("changed", [("a", "x", "c"), ("x", "a", "b"), ("b", "c"), ("a",)])
def test_code_that_leaves_out_a_recorded_step_stops_before_any_new_effect_and_names_it(stage: Stage, changed: tuple[str, ...]) -> None:
    crashed(stage, steps(stage, "a", "b", "c"), 2)
    with pytest.raises(JournalMismatch) as stopped:
        stage.play(steps(stage, *changed))
    assert stopped.value.step in ("a", "b") and stopped.value.step in stopped.value.message
    assert stage.effects == {"a": 1, "b": 1}
    assert stage.events()[-1] == "RunParked"


def test_another_kind_of_step_under_the_same_key_is_a_mismatch(stage: Stage) -> None:
    async def waits(context: StepContext) -> Json:
        return await context.wait_for("b")

    crashed(stage, steps(stage, "b", "c"), 1)
    with pytest.raises(JournalMismatch, match="has a 'step' there and the code a 'wait'"):
        stage.play(waits)


def test_steps_that_ran_beside_each_other_may_be_asked_for_in_any_order(stage: Stage) -> None:
    """The other arm: without asking how a step was recorded, this sound run would be called changed."""

    async def body(context: StepContext) -> Json:
        release = asyncio.Event()

        async def slow() -> Json:
            await release.wait()
            return "slow"

        async def fast() -> Json:
            release.set() if stage.effects["fast"] else None
            stage.effects["fast"] += 1
            return "fast"

        return list(await asyncio.gather(context.step("slow", slow), context.step("fast", fast)))

    crashed(stage, body, 1)
    stage.effects["fast"] = 0

    async def resumed(context: StepContext) -> Json:
        async def slow() -> Json:
            return "slow"

        return list(await asyncio.gather(context.step("slow", slow), context.step("fast", slow)))

    assert stage.play(resumed) == RunFinished(status="succeeded", output=["slow", "fast"])


def test_a_wait_that_other_steps_began_beside_may_be_asked_for_after_what_followed_them(stage: Stage) -> None:
    """It ends alone, long after its company, so the journal must know that it had any."""

    def body(released: bool) -> Body:
        async def gathered(context: StepContext) -> Json:
            release = asyncio.Event()

            async def chain() -> Json:
                first = await context.step("first", stage.effect("first"))
                return released or await release.wait(), first, await context.step("second", stage.effect("second"))

            async def timer() -> None:
                await context.sleep(1)
                release.set()

            await asyncio.gather(chain(), timer())
            return None

        return gathered

    crashed(stage, body(released=False), 3)
    assert stage.events()[-1] == "StepFinished sleep"
    assert stage.play(body(released=True)) == RunFinished(status="succeeded")
    assert stage.effects == {"first": 1, "second": 1}


def test_a_retry_from_a_step_does_it_again_and_all_that_came_after(stage: Stage) -> None:
    world = {"down": True}

    async def body(context: StepContext) -> Json:
        for name in ("a", "b", "c"):
            await context.step(name, stage.effect(name))

        async def last() -> Json:
            if world["down"]:
                raise StepFailed("down", step="d")
            return "end"

        return await context.step("d", last)

    stage.play(body)
    stage.post(RetryRequested(step="b"))
    world["down"] = False
    assert stage.play(body) == RunFinished(status="succeeded", output="end")
    assert stage.effects == {"a": 1, "b": 2, "c": 2}


def test_a_second_retry_counts_from_what_the_first_one_made(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        seen = [await context.step(name, stage.effect(name, stage.effects[name])) for name in ("a", "b", "c")]
        await context.wait_for("go")
        return seen

    stage.play(body)
    stage.post(RetryRequested(step="b"))
    stage.play(body)
    stage.post(RetryRequested(step="c"))
    stage.play(body)
    stage.post(SignalReceived(signal="go"))
    assert stage.play(body) == RunFinished(status="succeeded", output=[0, 1, 2])
    assert stage.effects == {"a": 1, "b": 2, "c": 3}
