"""What happens in the moment between two workers: a late holder still writes, a message comes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from engine.stage import Stage
from playnex.canonical import Json
from playnex.journal.events import Event, RunFinished, RunPaused, RunWaiting, SignalReceived, StepFinished, StopRequested
from playnex.journal.journal import Draft, Takeover
from playnex.spec.context import StepContext, Write
from playnex.testing.passing_journal import PassingJournal


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


class Overtaken(PassingJournal):
    """Says something in the moment before a worker takes the run over."""

    async def claim(self, run: str, worker: str, reopened: str = "") -> Takeover:
        await self.journal.post(run, "", StopRequested(stop="cancel", by="ana"))
        return await self.journal.claim(run, worker, reopened)


def test_a_stop_request_that_comes_while_a_worker_takes_the_run_over_is_heard(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        return await context.step("never", stage.effect("never"))

    assert stage.play(body, journal=Overtaken) == RunFinished(status="cancelled", reason="by ana")
    assert stage.effects["never"] == 0


class Interrupting(PassingJournal):
    """Says something in the moment before a run is set aside."""

    async def append(self, run: str, epoch: int, drafts: Sequence[Draft], writes: Sequence[Write] = ()) -> None:
        if isinstance(drafts[0].fact, RunWaiting):
            await self.journal.post(run, "", StopRequested(stop="pause", by="ana"))
        await self.journal.append(run, epoch, drafts, writes)


def test_a_stop_request_that_comes_while_the_run_is_set_aside_is_heard_by_the_next_worker(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        stage.effects["called"] += 1
        return await context.wait_for("paid")

    assert isinstance(stage.play(body, journal=Interrupting), RunWaiting)
    assert stage.play(body) == RunPaused(reason="by ana")
    assert stage.effects["called"] == 1


class LateHolder(PassingJournal):
    """A worker whose lease ran out still writes in the moment before the next one takes the run over."""

    late: ClassVar[Draft]

    async def claim(self, run: str, worker: str, reopened: str = "") -> Takeover:
        epoch = (await self.journal.summary(run)).epoch
        await self.journal.append(run, epoch, [self.late])
        return await self.journal.claim(run, worker, reopened)


def test_what_a_late_holder_finished_before_the_takeover_is_not_done_again(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        return await context.step("a", stage.effect("a", "mine"))

    class Finishing(LateHolder):
        late = Draft(key="a", fact=StepFinished(envelope={"status": "succeeded", "output": "late"}))

    assert stage.play(body, journal=Finishing) == RunFinished(status="succeeded", output="late")
    assert stage.effects["a"] == 0


def test_a_run_that_a_late_holder_brought_to_its_end_has_ended(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        return await context.step("a", stage.effect("a"))

    class Ending(LateHolder):
        late = Draft(key="", fact=RunFinished(status="succeeded", output="late"))

    assert stage.play(body, journal=Ending) == RunFinished(status="succeeded", output="late")
    assert stage.play(body) == RunFinished(status="succeeded", output="late")
    assert stage.effects["a"] == 0


class Lagging(PassingJournal):
    """Sends a signal in the moment before the run is read; who reads the post out comes to it later, while the run goes on."""

    is_going: ClassVar[asyncio.Event]
    is_read_out: ClassVar[asyncio.Event]

    async def skim(self, run: str) -> tuple[Event, ...]:
        if not await self.journal.events(run, 1):
            await self.journal.post(run, "", SignalReceived(signal="go", payload="once"))
        return await self.journal.skim(run)

    async def posts(self, after: int) -> AsyncIterator[Event]:
        async for event in self.journal.posts(after):
            await self.is_going.wait()
            yield event
            self.is_read_out.set()


def test_a_signal_that_is_read_twice_is_heard_once(stage: Stage) -> None:
    Lagging.is_going, Lagging.is_read_out = asyncio.Event(), asyncio.Event()

    async def reading_out() -> Json:
        Lagging.is_going.set()
        await Lagging.is_read_out.wait()

    async def body(context: StepContext) -> Json:
        assert await context.wait_for("go") == "once"
        await context.step("meanwhile", reading_out)
        return await context.wait_for("go")

    assert isinstance(stage.play(body, journal=Lagging), RunWaiting)
