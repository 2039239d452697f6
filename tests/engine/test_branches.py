"""Branches of a run: at the same time, in scopes of their own, each with its own fate."""

import asyncio
from pathlib import Path

import pytest

from engine.stage import Stage
from playnex.canonical import Json
from playnex.errors import StepFailed
from playnex.journal.events import RunFinished
from playnex.spec.context import StepContext


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_results_come_in_declared_order_whatever_order_they_finish_in(stage: Stage) -> None:
    finished: list[int] = []
    gates = [asyncio.Event() for _ in range(4)]

    async def do(context: StepContext, number: int) -> Json:
        async def work() -> Json:
            if number < 3:
                await gates[number + 1].wait()
            finished.append(number)
            gates[number].set()
            return number * 10

        return await context.step("work", work)

    async def body(context: StepContext) -> Json:
        return await context.map(range(4), do)

    assert stage.play(body) == RunFinished(status="succeeded", output=[0, 10, 20, 30])
    assert finished == [3, 2, 1, 0]


def test_no_more_branches_go_on_at_the_same_time_than_were_asked_for(stage: Stage) -> None:
    seen: list[int] = []

    async def do(context: StepContext, number: int) -> Json:
        async def work() -> Json:
            stage.effects["now"] += 1
            seen.append(stage.effects["now"])
            await asyncio.sleep(0)
            stage.effects["now"] -= 1

        await context.step("work", work)

    async def body(context: StepContext) -> Json:
        await context.map(range(20), do, at_most=3)

    stage.play(body)
    assert max(seen) == 3 and len(seen) == 20


def test_failed_branches_alone_are_done_again_all_of_them_in_one_resume(stage: Stage) -> None:
    world = {"down": True}

    async def do(context: StepContext, number: int) -> Json:
        async def work() -> Json:
            stage.effects[f"work-{number}"] += 1
            if world["down"] and number % 2:
                raise ValueError(f"{number} is odd")
            return number

        return await context.step("work", work)

    async def body(context: StepContext) -> Json:
        return await context.map(range(4), do)

    ended = stage.play(body)
    assert isinstance(ended, RunFinished)
    assert (ended.status, ended.step, ended.also) == ("failed", "map/item-2/work", ("map/item-4/work",))
    world["down"] = False
    assert stage.play(body) == RunFinished(status="succeeded", output=[0, 1, 2, 3])
    assert stage.effects == {"work-0": 1, "work-1": 2, "work-2": 1, "work-3": 2}


def test_a_branch_may_handle_its_own_failure(stage: Stage) -> None:
    async def fails(context: StepContext) -> Json:
        async def work() -> Json:
            raise ValueError("no")

        try:
            return await context.step("work", work)
        except StepFailed as failed:
            return f"instead: {failed.reason}"

    async def works(context: StepContext) -> Json:
        return await context.step("work", stage.effect("work", "fine"))

    async def body(context: StepContext) -> Json:
        return await context.all(fails, works)

    assert stage.play(body) == RunFinished(status="succeeded", output=["instead: error", "fine"])


def test_a_flow_that_calls_itself_in_a_circle_ends(stage: Stage) -> None:
    async def circle(context: StepContext, inputs: Json) -> Json:
        stage.effects["called"] += 1
        return await context.flow(circle, inputs)

    async def body(context: StepContext) -> Json:
        return await context.flow(circle, {})

    ended = stage.play(body)
    assert isinstance(ended, RunFinished) and ended.status == "failed"
    assert "scopes deep" in ended.message and stage.effects["called"] == 40
