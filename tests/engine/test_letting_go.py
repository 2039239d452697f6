"""However a run comes to stand, whoever kept something for it in this process is told so, once, after its code has ended."""

import asyncio
from pathlib import Path

import pytest

from engine.stage import RUN, Body, Stage
from playnex.canonical import Json
from playnex.errors import RunInterrupted
from playnex.journal.events import RunFinished, RunPaused, RunWaiting, StopRequested
from playnex.spec.context import StepContext
from playnex.testing.crashes import Crash, CrashingJournal


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def ends(_context: StepContext) -> Json:
    return "well"


async def fails(_context: StepContext) -> Json:
    raise ValueError("no")


async def waits(context: StepContext) -> Json:
    return await context.wait_for("somebody")


@pytest.mark.parametrize(("body", "state"), [(ends, RunFinished), (fails, RunFinished), (waits, RunWaiting)])
def test_a_run_that_ends_or_waits_is_let_go_once(stage: Stage, body: Body, state: type) -> None:
    assert isinstance(stage.play(body), state)
    assert stage.let_go == [RUN]


@pytest.mark.parametrize(("stop", "state"), [("cancel", RunFinished), ("pause", RunPaused)])
def test_a_run_that_is_stopped_is_let_go_after_its_code_has_ended(stage: Stage, stop: str, state: type) -> None:
    async def body(context: StepContext) -> Json:
        async def do() -> Json:
            await asyncio.to_thread(stage.post, StopRequested(stop="cancel" if stop == "cancel" else "pause"))
            try:
                await asyncio.Event().wait()
            finally:
                stage.effects["put away"] += not stage.let_go

        return await context.step("going", do)

    assert isinstance(stage.play(body), state)
    assert stage.let_go == [RUN] and stage.effects["put away"] == 1


def test_a_run_that_is_interrupted_is_let_go(stage: Stage) -> None:
    async def body(_context: StepContext) -> Json:
        raise RunInterrupted

    with pytest.raises(RunInterrupted):
        stage.play(body)
    assert stage.let_go == [RUN]


def test_a_run_that_is_parked_is_let_go(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        return await context.step("pay", stage.effect("paid"), effect="once")

    with pytest.raises(Crash):
        stage.play(body, journal=lambda plain: CrashingJournal(plain, 2))
    stage.let_go.clear()
    stage.play(body)
    assert stage.let_go == [RUN]
