"""The engine's promises: a step is done once in the life of its run, whatever dies in between."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from engine.stage import RUN, Stage
from playnex.canonical import Json
from playnex.engine.history import History, fold
from playnex.errors import ModelRefused, ModelUnavailable, RunBusy, RunInterrupted, StaleEpoch, UsageError
from playnex.journal.events import RetryRequested, RunFinished, RunParked, RunStarted, StepFinished
from playnex.journal.journal import Draft, NewRun
from playnex.journal.lease import FileLeases
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.spec.context import Attempt, StepContext, StepPlan, Verdict
from playnex.spec.envelope import Envelope, Usage
from playnex.spec.flow import Budget, RetrySpec
from playnex.testing.crashes import Crash, CrashingJournal


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def three_steps(stage: Stage) -> Callable[[StepContext], Awaitable[Json]]:
    async def body(context: StepContext) -> Json:
        first = await context.step("first", stage.effect("first", "a"))
        inner = context.scope("inner")
        second = await inner.step("second", stage.effect("second", first + "b"))
        return await context.step("third", stage.effect("third", second + "c"))

    return body


def test_a_run_returns_what_its_code_returns(stage: Stage) -> None:
    assert stage.play(three_steps(stage)) == RunFinished(status="succeeded", output="abc")


@pytest.mark.parametrize("output", [object(), float("nan"), {"a": {1, 2}}])
def test_a_run_that_returns_what_is_no_json_has_failed_and_says_so(stage: Stage, output: object) -> None:
    async def body(context: StepContext) -> Json:
        return output

    ending = stage.play(body)
    assert isinstance(ending, RunFinished) and (ending.status, ending.reason) == ("failed", "usage")
    assert "cannot be stored as JSON" in ending.message


def test_a_finished_run_is_answered_from_its_journal(stage: Stage) -> None:
    stage.play(three_steps(stage))
    assert stage.play(three_steps(stage)) == RunFinished(status="succeeded", output="abc")
    assert set(stage.effects.values()) == {1}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_dying_around_any_append_repeats_at_most_the_step_in_flight(stage: Stage, at: int, moment: str) -> None:
    crash = pytest.raises(Crash)
    with crash:
        stage.play(three_steps(stage), journal=lambda plain: CrashingJournal(plain, at, moment))  # type: ignore[arg-type]

    ended = stage.play(three_steps(stage))

    assert isinstance(ended, RunFinished) and ended.output == "abc"
    repeated = sum(stage.effects.values()) - 3
    assert repeated == (1 if moment == "before" and at <= 3 else 0)


def test_a_journal_that_keeps_nothing_would_repeat_finished_steps(stage: Stage, tmp_path: Path) -> None:
    """The known-bad arm of the test above: another store knows nothing, so every step runs again."""
    with pytest.raises(Crash):
        stage.play(three_steps(stage), journal=lambda plain: CrashingJournal(plain, 4))
    elsewhere = replace(stage, folder=tmp_path / "elsewhere")
    elsewhere.play(three_steps(stage))
    assert stage.effects["first"] == 2


def test_keys_are_paths_and_a_name_used_again_numbers_itself(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        for _ in range(2):
            await context.step("think", stage.effect("think"))
        scope = context.scope("deep")
        await scope.step("think", stage.effect("think"))
        return None

    stage.play(body)
    finished = [event for event in stage.events() if event.startswith("StepFinished")]
    assert finished == ["StepFinished think", "StepFinished think#2", "StepFinished deep/think"]


def test_one_name_in_branches_at_the_same_time_is_an_error(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        release = asyncio.Event()

        async def held() -> Json:
            await release.wait()
            return 1

        first = asyncio.ensure_future(context.step("same", held))
        await asyncio.sleep(0)
        with pytest.raises(UsageError, match="still running"):
            await context.step("same", held)
        release.set()
        return await first

    assert stage.play(body) == RunFinished(status="succeeded", output=1)


def test_parallel_branches_have_the_same_keys_in_any_interleaving(stage: Stage) -> None:
    def body(order: tuple[int, int]) -> Callable[[StepContext], Awaitable[Json]]:
        async def branches(context: StepContext) -> Json:
            scopes = [context.scope(f"branch-{number}") for number in (0, 1)]
            running = [asyncio.ensure_future(scopes[number].step("work", stage.effect(f"work-{number}", number))) for number in order]
            results = await asyncio.gather(*running)
            return [results[order.index(number)] for number in (0, 1)]

        return branches

    with pytest.raises(Crash):
        stage.play(body((1, 0)), journal=lambda plain: CrashingJournal(plain, 2))
    assert stage.play(body((0, 1))) == RunFinished(status="succeeded", output=[0, 1])


def failing(times: int, error: Exception, seen: list[int]) -> Callable[[Attempt], Awaitable[Envelope]]:
    async def do(attempt: Attempt) -> Envelope:
        seen.append(attempt.number)
        if len(seen) <= times:
            raise error
        return Envelope(output=f"answer of try {attempt.number}")

    return do


def once(do: Callable[[Attempt], Awaitable[Envelope]], plan: StepPlan) -> Callable[[StepContext], Awaitable[Json]]:
    async def body(context: StepContext) -> Json:
        record = await context.perform("ask", do, plan)
        return [record.status, record.reason, record.output, record.attempts]

    return body


def test_a_failed_try_is_followed_by_another_with_growing_delays(stage: Stage) -> None:
    do = failing(2, ModelUnavailable("the server is down"), [])
    ended = stage.play(once(do, StepPlan(retry=RetrySpec(times=3, delay=1.0, backoff=2.0))))
    assert ended == RunFinished(status="succeeded", output=["succeeded", "", "answer of try 3", 3])
    assert stage.clock.slept == [1.0, 2.0]


def test_a_server_that_names_a_waiting_time_is_obeyed(stage: Stage) -> None:
    do = failing(1, ModelUnavailable("slow down", retry_after=7.0), [])
    stage.play(once(do, StepPlan(retry=RetrySpec(times=1))))
    assert stage.clock.slept == [7.0]


def test_what_cannot_help_is_not_tried_again(stage: Stage) -> None:
    seen: list[int] = []
    ended = stage.play(once(failing(9, ModelRefused("no such model"), seen), StepPlan(retry=RetrySpec(times=3))))
    assert ended == RunFinished(status="succeeded", output=["failed", "model-refused", {"error": "no such model"}, 1])
    assert seen == [1]


def test_tries_that_the_journal_knows_are_not_made_again(stage: Stage) -> None:
    seen: list[int] = []
    plan = StepPlan(retry=RetrySpec(times=2))
    with pytest.raises(Crash):
        stage.play(once(failing(9, ValueError("no"), seen), plan), journal=lambda plain: CrashingJournal(plain, 1, "after"))
    stage.play(once(failing(9, ValueError("no"), seen), plan))
    assert seen == [1, 2, 3]


def test_a_step_that_takes_too_long_fails_with_reason_timeout(stage: Stage) -> None:
    async def hang(attempt: Attempt) -> Envelope:
        await asyncio.Event().wait()
        return Envelope()

    ended = stage.play(once(hang, StepPlan(timeout=0.01)))
    assert isinstance(ended, RunFinished) and ended.output[:2] == ["failed", "timeout"]


def test_a_refused_result_goes_back_once_with_the_reason_and_then_takes_the_fallback(stage: Stage) -> None:
    feedback: list[str] = []

    async def do(attempt: Attempt) -> Envelope:
        feedback.append(attempt.feedback)
        return Envelope(output="wrong", usage=Usage(requests=1))

    async def refuse(record: Envelope, attempt: Attempt) -> Verdict:
        return Verdict(passed=False, reason="not good enough", on_fail="retry")

    async def fall_back(record: Envelope, attempt: Attempt) -> Envelope:
        return Envelope(output=f"safe instead of {record.output['partial']}")

    ended = stage.play(once(do, StepPlan(verify=refuse, fallback=fall_back)))
    assert feedback == ["", "not good enough"]
    assert ended == RunFinished(status="succeeded", output=["fallback", "verify", "safe instead of wrong", 2])


def test_verify_with_on_fail_fail_takes_no_fallback(stage: Stage) -> None:
    async def refuse(record: Envelope, attempt: Attempt) -> Verdict:
        return Verdict(passed=False, reason="no", on_fail="fail")

    async def fall_back(record: Envelope, attempt: Attempt) -> Envelope:
        return Envelope(output="never")

    ended = stage.play(once(failing(0, ValueError(), []), StepPlan(verify=refuse, fallback=fall_back)))
    assert isinstance(ended, RunFinished) and ended.output[0] == "failed"


def test_a_once_effect_with_an_unknown_outcome_parks_the_run_instead_of_guessing(stage: Stage) -> None:
    async def pay(attempt: Attempt) -> Envelope:
        stage.effects["paid"] += 1
        return Envelope(output="paid")

    body = once(pay, StepPlan(effect="once"))
    with pytest.raises(Crash):
        stage.play(body, journal=lambda plain: CrashingJournal(plain, 2))

    assert stage.play(body) == RunParked(reason="outcome unknown", step="ask")
    assert stage.effects["paid"] == 1


def test_the_same_effect_declared_idempotent_is_done_again(stage: Stage) -> None:
    """The known-bad arm of the test above: without the intent, nothing stops the second payment."""

    async def pay(attempt: Attempt) -> Envelope:
        stage.effects["paid"] += 1
        return Envelope(output="paid")

    body = once(pay, StepPlan(effect="idempotent"))
    with pytest.raises(Crash):
        stage.play(body, journal=lambda plain: CrashingJournal(plain, 1))
    stage.play(body)
    assert stage.effects["paid"] == 2


def test_a_failed_run_is_resumed_at_the_step_that_failed(stage: Stage) -> None:
    world = {"up": False}

    async def body(context: StepContext) -> Json:
        await context.step("first", stage.effect("first"))

        async def ask() -> Json:
            if not world["up"]:
                raise ModelUnavailable("the server is down")
            return "answer"

        return await context.step("second", ask)

    ended = stage.play(body)
    assert isinstance(ended, RunFinished) and (ended.status, ended.reason, ended.step) == ("failed", "model-unavailable", "second")
    world["up"] = True
    assert stage.play(body) == RunFinished(status="succeeded", output="answer")
    assert stage.effects["first"] == 1


def test_a_model_request_that_could_overspend_does_not_start(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        async def ask(attempt: Attempt) -> Envelope:
            stage.effects["asked"] += 1
            return Envelope(output="…", usage=Usage(requests=1, input_tokens=60, output_tokens=20))

        for _ in range(5):
            await context.perform("ask", ask, StepPlan(kind="model", tokens=100))
        return None

    ended = stage.play(body, budget=Budget(tokens=250))
    assert isinstance(ended, RunFinished) and (ended.status, ended.reason, ended.step) == ("failed", "exhausted", "ask#3")
    assert stage.effects["asked"] == 2
    ended = stage.play(body, budget=Budget(tokens=250))
    assert stage.effects["asked"] == 2, "a resume does not reset what was spent"


def test_a_run_out_of_time_ends_as_exhausted(stage: Stage) -> None:
    async def body(context: StepContext) -> Json:
        await asyncio.Event().wait()

    ended = stage.play(body, budget=Budget(time=0.02))
    assert isinstance(ended, RunFinished) and (ended.status, ended.reason) == ("failed", "exhausted")


def test_an_interrupted_run_is_paused_and_goes_on_later(stage: Stage) -> None:
    interrupt = {"now": True}

    async def body(context: StepContext) -> Json:
        await context.step("first", stage.effect("first"))
        if interrupt["now"]:
            raise RunInterrupted
        return "end"

    with pytest.raises(RunInterrupted):
        stage.play(body)
    assert stage.events()[-1] == "RunPaused"
    interrupt["now"] = False
    assert stage.play(body) == RunFinished(status="succeeded", output="end")
    assert stage.effects["first"] == 1


def test_a_second_process_on_the_same_run_is_refused(stage: Stage) -> None:
    async def hold_and_play() -> None:
        async with FileLeases(stage.folder / "leases").hold(RUN):
            await asyncio.to_thread(stage.play, three_steps(stage))

    with pytest.raises(RunBusy, match="being carried out by process"):
        asyncio.run(hold_and_play())
    assert stage.play(three_steps(stage)).__class__ is RunFinished


def test_an_append_of_a_worker_that_lost_its_lease_is_refused(stage: Stage) -> None:
    stage.play(three_steps(stage))
    database = stage.open()
    journal = SqliteJournal(database, stage.clock)

    async def late() -> None:
        epoch = (await journal.claim(RUN, "new worker")).epoch
        await journal.append(RUN, epoch - 1, [Draft(key="x", fact=StepFinished(envelope={"status": "succeeded"}))])

    try:
        with pytest.raises(StaleEpoch):
            asyncio.run(late())
    finally:
        database.close()


def test_writes_of_a_step_and_its_result_are_one_transaction(stage: Stage) -> None:
    def write(connection, fail: bool) -> None:  # type: ignore[no-untyped-def]
        connection.execute("CREATE TABLE IF NOT EXISTS proof (word TEXT)")
        connection.execute("INSERT INTO proof VALUES ('kept')")
        if fail:
            raise ValueError("the write fails")

    def body(fail: bool) -> Callable[[StepContext], Awaitable[Json]]:
        async def do(attempt: Attempt) -> Envelope:
            attempt.writes.append(partial(write, fail=fail))
            return Envelope(output=1)

        return once(do, StepPlan())

    ended = stage.play(body(fail=True))
    assert isinstance(ended, RunFinished) and ended.status == "failed"
    assert "StepFinished ask" not in stage.events()
    database = stage.open()
    assert not database.read.execute("SELECT name FROM sqlite_master WHERE name = 'proof'").fetchall()
    database.close()


def test_a_started_run_pins_its_definition(stage: Stage) -> None:
    database = stage.open()
    journal = SqliteJournal(database, stage.clock)
    started = RunStarted(flow="f", inputs={"topic": "x" * 2000}, definition={"flow": {"$blob": "mine", "text": "y" * 5000}}, version="1")
    asyncio.run(journal.create(NewRun(id=RUN, started=started)))
    events = asyncio.run(journal.events(RUN))
    database.close()
    assert events[0].fact == started


def test_a_step_may_be_asked_for_again_twice_before_anything_happens(stage: Stage) -> None:
    stage.play(three_steps(stage))
    stage.post(RetryRequested(step="third"), RetryRequested(step="third"), RetryRequested(step="first"))
    assert stage.events()[-1] == "RetryRequested"
    assert fold_of(stage).results == {}


def fold_of(stage: Stage) -> History:
    database = stage.open()
    try:
        return fold(asyncio.run(SqliteJournal(database, stage.clock).events(RUN)))
    finally:
        database.close()
