"""Runs that wait: for a time, a signal or a person; in memory as long as a branch can go on, set aside when none can."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from engine.stage import Stage
from playnex.canonical import Json
from playnex.errors import StepFailed
from playnex.journal.events import (
    OutcomeDecided,
    ResumeRequested,
    RunFinished,
    RunParked,
    RunPaused,
    RunWaiting,
    SignalReceived,
    StopRequested,
)
from playnex.spec.context import Approval, Attempt, StepContext, StepPlan
from playnex.spec.envelope import Envelope
from playnex.testing.crashes import Crash, CrashingJournal

DAY = 86_400.0


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_run_that_only_waits_is_set_aside_and_goes_on_when_its_time_has_come(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        await context.step("before", stage.effect("before"))
        await context.sleep(DAY)
        return await context.step("after", stage.effect("after", "awake"))

    began = stage.clock.now()
    assert stage.play(body) == RunWaiting(reason="timer", until=began + DAY)
    assert stage.play(body) == RunWaiting(reason="timer", until=began + DAY), "asked too early, the time stays what it was"
    stage.clock.advance(DAY)
    assert stage.play(body) == RunFinished(status="succeeded", output="awake")
    assert stage.effects == {"before": 1, "after": 1}


def test_a_signal_is_kept_until_a_step_waits_for_it(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        first = await context.wait_for("paid")
        await context.step("between", stage.effect("between"))
        return [first, await context.wait_for("paid")]

    assert stage.play(body) == RunWaiting(reason="signal", signals=("paid",))
    stage.post(SignalReceived(signal="paid", payload=1), SignalReceived(signal="other"), SignalReceived(signal="paid", payload=2))
    assert stage.play(body) == RunFinished(status="succeeded", output=[1, 2])


def test_a_signal_that_does_not_come_in_time_fails_the_wait(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        try:
            return await context.wait_for("paid", timeout=60)
        except StepFailed as failed:
            return failed.reason

    stage.play(body)
    stage.clock.advance(61)
    assert stage.play(body) == RunFinished(status="succeeded", output="timeout")


def test_a_branch_that_waits_holds_up_no_other(stage: Stage) -> None:
    async def waits(context: StepContext) -> Json:
        return await context.wait_for("paid")

    async def works(context: StepContext) -> Json:
        for _ in range(3):
            await context.step("work", stage.effect("work"))
        return "worked"

    async def body(context: StepContext) -> Json:
        return await context.all(waits, works)

    assert stage.play(body) == RunWaiting(reason="signal", signals=("paid",))
    assert stage.effects["work"] == 3
    stage.post(SignalReceived(signal="paid", payload="yes"))
    assert stage.play(body) == RunFinished(status="succeeded", output=["yes", "worked"])
    assert stage.effects["work"] == 3


def test_a_signal_reaches_a_run_that_is_under_way(stage: Stage) -> None:
    async def waits(context: StepContext) -> Json:
        return await context.wait_for("paid")

    async def sends(context: StepContext) -> Json:
        async def send() -> Json:
            await asyncio.to_thread(stage.post, SignalReceived(signal="paid", payload="now"))
            return None

        await context.step("send", send)
        return None

    async def body(context: StepContext) -> Json:
        return (await context.all(waits, sends))[0]

    assert stage.carry(body) == RunFinished(status="succeeded", output="now")


def test_a_branch_that_goes_on_after_branches_of_its_own_keeps_its_run_from_being_set_aside(stage: Stage) -> None:
    async def waits(context: StepContext) -> Json:
        return await context.wait_for("paid")

    async def works(context: StepContext) -> Json:
        await context.all(lambda inner: inner.step("work", stage.effect("work")))
        return await context.step("after", stage.effect("after"))

    async def body(context: StepContext) -> Json:
        return await context.all(waits, works)

    assert stage.play(body) == RunWaiting(reason="signal", signals=("paid",))
    assert stage.effects == {"work": 1, "after": 1}


@pytest.mark.parametrize(
    ("answer", "output"),
    [
        ({"approved": True}, ["yes", "the text"]),
        ({"approved": True, "value": "edited"}, ["yes", "edited"]),
        ({"approved": False}, ["no", "refused"]),
        ({"approved": "true"}, ["no", "refused"]),
        ({"reason": "too rude"}, ["no", "refused"]),
        (None, ["no", "refused"]),
        ("yes", ["no", "refused"]),
    ],
)
def test_only_a_clear_yes_approves(stage: Stage, answer: Json, output: Json) -> None:
    async def body(context: StepContext) -> Json:
        try:
            return ["yes", await context.approve("send", Approval(message="Send this?", show="the text", editable=True))]
        except StepFailed as failed:
            return ["no", failed.reason]

    assert stage.play(body) == RunWaiting(reason="approval", signals=("send",))
    stage.post(SignalReceived(signal="send", payload=answer, by="ana"))
    assert stage.play(body) == RunFinished(status="succeeded", output=output)


def test_silence_means_no_and_what_is_not_editable_stays_as_it_was_shown(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        shown = await context.approve("fixed", Approval(message="Send?", show="as shown"))
        try:
            return await context.approve("late", Approval(message="And this?", timeout=60))
        except StepFailed as failed:
            return [shown, failed.reason]

    stage.play(body)
    stage.post(SignalReceived(signal="fixed", payload={"approved": True, "value": "changed"}))
    stage.play(body)
    stage.clock.advance(61)
    assert stage.play(body) == RunFinished(status="succeeded", output=["as shown", "refused"])


def test_an_answer_that_came_before_the_question_is_none(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        await context.wait_for("go")
        return await context.approve("send", Approval(message="Send?", show="this"))

    stage.play(body)
    stage.post(SignalReceived(signal="send", payload={"approved": True}), SignalReceived(signal="go"))
    assert stage.play(body) == RunWaiting(reason="approval", signals=("send",))
    assert stage.play(body) == RunWaiting(reason="approval", signals=("send",)), "nor does the next worker take it for one"
    stage.post(SignalReceived(signal="send", payload={"approved": True}))
    assert stage.play(body) == RunFinished(status="succeeded", output="this")


def test_a_second_answer_does_not_count_when_the_question_is_asked_again(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        return await context.approve("send", Approval(message="Send?", show="this"))

    stage.play(body)
    stage.post(SignalReceived(signal="send", payload={"approved": False}), SignalReceived(signal="send", payload={"approved": True}))
    ending = stage.play(body)
    assert isinstance(ending, RunFinished) and ending.reason == "refused"
    assert stage.play(body) == RunWaiting(reason="approval", signals=("send",))


@pytest.mark.parametrize(("late", "output"), [(-1.0, "yes"), (1.0, "refused")])
def test_an_answer_counts_only_within_its_time_also_where_nobody_carried_the_run_meanwhile(stage: Stage, late: float, output: str) -> None:
    async def body(context: StepContext) -> Json:
        try:
            return await context.approve("send", Approval(message="Send?", show="yes", timeout=DAY))
        except StepFailed as failed:
            return failed.reason

    waiting = stage.play(body)
    assert isinstance(waiting, RunWaiting) and waiting.until is not None
    stage.clock.advance(waiting.until + late - stage.clock.now())
    stage.post(SignalReceived(signal="send", payload={"approved": True}))
    stage.clock.advance(DAY)
    assert stage.play(body) == RunFinished(status="succeeded", output=output)


def paying(stage: Stage) -> Callable[[StepContext], Awaitable[Json]]:
    async def pay(attempt: Attempt) -> Envelope:
        stage.effects["paid"] += 1
        return Envelope(output=f"receipt {stage.effects['paid']}")

    async def body(context: StepContext) -> Json:
        record = await context.perform("pay", pay, StepPlan(effect="once"))
        return [record.status, record.output if record.status == "succeeded" else record.reason]

    return body


@pytest.mark.parametrize(
    ("decision", "output", "paid"),
    [
        (OutcomeDecided(decision="done", value="seen on the bank's page"), ["succeeded", "seen on the bank's page"], 1),
        (OutcomeDecided(decision="again"), ["succeeded", "receipt 2"], 2),
        (OutcomeDecided(decision="failed"), ["failed", "outcome-unknown"], 1),
    ],
)
def test_a_person_decides_what_became_of_an_unknown_outcome(stage: Stage, decision: OutcomeDecided, output: Json, paid: int) -> None:
    with pytest.raises(Crash):
        stage.play(paying(stage), journal=lambda plain: CrashingJournal(plain, 2))
    assert stage.play(paying(stage)) == RunParked(reason="outcome unknown", step="pay")
    assert stage.play(paying(stage)) == RunParked(reason="outcome unknown", step="pay")
    stage.post(decision, key="pay")
    assert stage.play(paying(stage)) == RunFinished(status="succeeded", output=output)
    assert stage.effects["paid"] == paid


def test_a_run_asked_to_stop_starts_no_further_step(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        async def stop() -> Json:
            await asyncio.to_thread(stage.post, StopRequested(stop="cancel", by="ana"))
            await asyncio.Event().wait()

        await context.step("stopped", stop)
        return await context.step("never", stage.effect("never"))

    assert stage.play(body) == RunFinished(status="cancelled", reason="by ana")
    assert stage.effects["never"] == 0
    assert stage.play(body) == RunFinished(status="cancelled", reason="by ana"), "cancelled is an end"


def test_code_that_swallows_its_cancellation_starts_no_further_step_either(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        async def stop() -> Json:
            await asyncio.to_thread(stage.post, StopRequested(stop="pause"))
            await asyncio.Event().wait()

        try:
            await context.step("stopped", stop)
        except asyncio.CancelledError:
            return await context.step("never", stage.effect("never"))

    assert stage.play(body) == RunPaused(reason="by somebody")
    assert stage.effects["never"] == 0


def test_a_run_that_nobody_advances_is_stopped_without_calling_its_code_and_can_be_let_go_on(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        stage.effects["called"] += 1
        return await context.wait_for("paid")

    stage.play(body)
    stage.post(StopRequested(stop="pause"))
    assert stage.play(body) == RunPaused(reason="by somebody")
    assert stage.effects["called"] == 1
    stage.post(ResumeRequested(by="ana"), SignalReceived(signal="paid", payload="late"))
    assert stage.play(body) == RunFinished(status="succeeded", output="late")


def test_a_run_that_killed_three_workers_is_parked_until_a_person_lets_it_go_on(stage: Stage) -> None:
    world = {"deadly": True}

    async def body(context: StepContext) -> Json:
        await context.step("fine", stage.effect("fine"))
        if world["deadly"]:
            raise Crash
        return await context.step("deadly", stage.effect("deadly", "alive"))

    for _ in range(4):
        with pytest.raises(Crash):
            stage.play(body, journal=lambda plain: CrashingJournal(plain, 99))
    assert stage.play(body) == RunParked(reason="poison")
    world["deadly"] = False
    stage.post(ResumeRequested(by="ana"))
    assert stage.play(body) == RunFinished(status="succeeded", output="alive")


def test_a_run_that_gets_on_between_deaths_is_never_parked(stage: Stage) -> None:
    """The other arm: each worker finishes a step before it dies."""

    async def body(context: StepContext) -> Json:
        for number in range(6):
            await context.step(f"step-{number}", stage.effect("step"))
        return "done"

    for _ in range(5):
        with pytest.raises(Crash):
            stage.play(body, journal=lambda plain: CrashingJournal(plain, 1, "after"))
    assert stage.play(body) == RunFinished(status="succeeded", output="done")
