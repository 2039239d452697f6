"""A run's budget: what is set aside before a request, what counts when nobody knows, and how a run ends that has spent it all."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from playnex.canonical import Json
from playnex.engine.history import History, fold
from playnex.engine.inheritance import inheritance
from playnex.errors import ModelRefused, ModelUnavailable, StepFailed
from playnex.journal.events import AttemptFailed, RetryRequested, RunFinished, RunStarted, StepFinished, StepStarted
from playnex.journal.journal import NewRun
from playnex.spec.context import Approval, Attempt, StepContext, StepPlan
from playnex.spec.envelope import Envelope, Usage
from playnex.spec.flow import Budget, RetrySpec
from playnex.spec.python_flow import flow
from playnex.testing.crashes import Crash, crash_at
from playnex.testing.rehearsal import RUN, Rehearsal, in_memory

RESERVED = 100
COST = 30
FORK = "01REHEARSALFORK00000000001"
Answer = Callable[[], Awaitable[Envelope]]


@dataclass
class Server:
    """A model that is asked; `in_flight` is how many requests were so at most."""

    asked: list[str] = field(default_factory=list)
    going: int = 0
    in_flight: int = 0

    async def ask(self, attempt: Attempt) -> Envelope:
        self.asked.append(attempt.key)
        self.going += 1
        self.in_flight = max(self.in_flight, self.going)
        for _ in range(5):
            await asyncio.sleep(0)
        self.going -= 1
        return Envelope(output="…", usage=Usage(requests=1, input_tokens=COST, usd=0.03))

    async def asks(self, context: StepContext, *, tokens: int = RESERVED, **plan: Any) -> Envelope:
        return await context.perform("ask", self.ask, StepPlan(kind="model", tokens=tokens, **plan))


def history(rehearsal: Rehearsal) -> History:
    return fold(rehearsal.events)


def used(rehearsal: Rehearsal) -> int:
    """The tokens that count as spent."""
    known = history(rehearsal)
    return known.spent.tokens + known.doubtful.tokens


def ended(rehearsal: Rehearsal) -> RunFinished:
    ending = rehearsal.play()
    assert isinstance(ending, RunFinished)
    return ending


def one_after_another(server: Server, times: int) -> Callable[[StepContext, Any], Awaitable[Json]]:
    async def play(context: StepContext, _: Any) -> Json:
        for number in range(times):
            await server.asks(context.scope(f"s{number}"))
        return None

    return play


def failing(error: Exception, *, tries: int = 0) -> Callable[[StepContext, Any], Awaitable[Json]]:
    async def fail(attempt: Attempt) -> Envelope:
        raise error

    async def play(context: StepContext, _: Any) -> Json:
        await context.perform("ask", fail, StepPlan(kind="model", tokens=RESERVED, usd=0.1, retry=RetrySpec(times=tries)))
        return None

    return play


def test_a_reservation_is_durable_before_the_request_leaves_and_settles_with_its_answer() -> None:
    server = Server()
    rehearsal = Rehearsal(one_after_another(server, 1), budget=Budget(tokens=500))
    with pytest.raises(Crash):
        rehearsal.play(crash_at(1, "before"))
    assert not server.asked and not history(rehearsal).held
    with pytest.raises(Crash):
        rehearsal.play(crash_at(2, "before"))
    assert server.asked and history(rehearsal).held == {"s0/ask": Usage(requests=1, input_tokens=RESERVED)}
    rehearsal.play()
    assert (history(rehearsal).held, used(rehearsal)) == ({}, RESERVED + COST)


def test_a_run_without_a_budget_writes_nothing_more() -> None:
    rehearsal = Rehearsal(one_after_another(Server(), 2))
    rehearsal.play()
    assert [type(event.fact).__name__ for event in rehearsal.events[2:-1]] == ["StepFinished", "StepFinished"]


def test_a_request_in_flight_at_a_kill_counts_in_full_and_is_never_forgotten() -> None:
    server = Server()
    rehearsal = Rehearsal(one_after_another(server, 9), budget=Budget(tokens=3 * RESERVED))
    for _ in range(2):
        with pytest.raises(Crash):
            rehearsal.play(crash_at(2, "before"))
    assert ended(rehearsal).reason == "exhausted"
    assert len(server.asked) == 3 and used(rehearsal) == 2 * RESERVED + COST


@pytest.mark.parametrize("limits", [Budget(tokens=250), Budget(turns=2), Budget(usd=0.25)], ids=["tokens", "turns", "usd"])
def test_tries_that_broke_off_count_with_all_that_they_may_have_cost(limits: Budget) -> None:
    rehearsal = Rehearsal(failing(ModelUnavailable("it broke off"), tries=9), budget=limits)
    assert ended(rehearsal).reason == "exhausted"
    counted = history(rehearsal).doubtful
    assert (counted.requests, counted.tokens, counted.usd) == (2, 200, 0.2)
    assert ended(rehearsal).reason == "exhausted", "a resume resets nothing"
    assert history(rehearsal).doubtful == counted


@pytest.mark.parametrize("error", [ModelUnavailable("nobody listens", unspent=True), ModelRefused("too long")])
def test_a_try_that_surely_cost_nothing_counts_as_nothing(error: Exception) -> None:
    rehearsal = Rehearsal(failing(error, tries=5), budget=Budget(tokens=RESERVED, turns=1, usd=0.1))
    assert ended(rehearsal).status == "succeeded"
    assert used(rehearsal) == 0


def test_a_try_that_timed_out_or_whose_outer_step_did_counts_in_full() -> None:
    async def hang(attempt: Attempt) -> Envelope:
        await asyncio.Event().wait()
        return Envelope()

    async def outer(attempt: Attempt) -> Envelope:
        return await attempt.context.perform("ask", hang, StepPlan(kind="model", tokens=RESERVED))

    async def play(context: StepContext, _: Any) -> Json:
        await context.perform("own", hang, StepPlan(kind="model", tokens=RESERVED, timeout=0.001))
        await context.perform("around", outer, StepPlan(timeout=0.001))
        return None

    rehearsal = Rehearsal(play, budget=Budget(tokens=1000))
    assert ended(rehearsal).status == "succeeded" and used(rehearsal) == 2 * RESERVED


def test_an_answer_that_does_not_say_what_it_took_counts_in_full_and_as_one_request() -> None:
    async def silent(attempt: Attempt) -> Envelope:
        return Envelope(output="…", usage=Usage(requests=1))

    async def play(context: StepContext, _: Any) -> Json:
        await context.perform("ask", silent, StepPlan(kind="model", tokens=RESERVED))
        return None

    rehearsal = Rehearsal(play, budget=Budget(tokens=1000))
    rehearsal.play()
    assert used(rehearsal) == RESERVED and history(rehearsal).spent.requests + history(rehearsal).doubtful.requests == 1


def test_what_a_failed_try_is_known_to_have_cost_counts_after_a_resume_too() -> None:
    async def poor(attempt: Attempt) -> Envelope:
        usage = Usage(requests=1, input_tokens=COST)
        return Envelope(status="failed", reason="poor", output={"error": "poor"}, usage=usage)

    async def play(context: StepContext, _: Any) -> Json:
        await context.perform("ask", poor, StepPlan(kind="model", tokens=RESERVED, retry=RetrySpec(times=2)))
        return None

    rehearsal = Rehearsal(play, budget=Budget(tokens=1000))
    rehearsal.play()
    assert used(rehearsal) == 3 * COST and history(rehearsal).doubtful == Usage()
    assert [event.fact.lost for event in rehearsal.events if isinstance(event.fact, AttemptFailed)] == [False, False]


def side_by_side(server: Server, branches: int) -> Callable[[StepContext, Any], Awaitable[Json]]:
    async def play(context: StepContext, _: Any) -> Json:
        async def branch(inner: StepContext) -> Json:
            return (await server.asks(inner)).output

        return len(await context.gather({f"b{number}": branch for number in range(branches)}))

    return play


def test_a_request_that_does_not_fit_beside_those_in_flight_waits_for_them() -> None:
    server = Server()
    rehearsal = Rehearsal(side_by_side(server, 4), budget=Budget(tokens=2 * RESERVED))
    assert rehearsal.play() == RunFinished(status="succeeded", output=4, tokens=4 * COST)
    assert server.in_flight == 2


def nested(server: Server, branches: int) -> Callable[[StepContext, Any], Awaitable[Json]]:
    """Branches whose request asks for another one before it leaves, as an agent does that has notes made."""

    async def branch(inner: StepContext) -> Json:
        async def ask(attempt: Attempt) -> Envelope:
            await inner.perform("notes", server.ask, StepPlan(kind="model", tokens=RESERVED))
            return await server.ask(attempt)

        return (await inner.perform("ask", ask, StepPlan(kind="model", tokens=RESERVED))).output

    async def play(context: StepContext, _: Any) -> Json:
        return len(await context.gather({f"b{number}": branch for number in range(branches)}))

    return play


def test_a_request_within_another_ones_reservation_never_waits_for_that() -> None:
    assert ended(Rehearsal(nested(Server(), 1), budget=Budget(tokens=RESERVED + COST))).reason == "exhausted"
    assert ended(Rehearsal(nested(Server(), 2), budget=Budget(tokens=2 * RESERVED))).reason == "exhausted"
    assert ended(Rehearsal(nested(Server(), 2), budget=Budget(tokens=4 * RESERVED))).status == "succeeded"


def test_branches_in_flight_are_finished_and_kept_and_no_further_request_starts() -> None:
    server = Server()
    rehearsal = Rehearsal(side_by_side(server, 9), budget=Budget(tokens=2 * RESERVED))
    assert (ended(rehearsal).status, ended(rehearsal).reason) == ("failed", "exhausted")
    assert len(server.asked) == len(rehearsal.results) == 4
    assert used(rehearsal) == 4 * COST
    assert ended(rehearsal).reason == "exhausted" and len(server.asked) == 4


def test_once_exhausted_not_even_a_small_request_starts_though_another_branch_failed_first() -> None:
    server = Server()

    async def breaks(inner: StepContext) -> Json:
        raise StepFailed("it broke", step="breaks")

    async def large(inner: StepContext) -> Json:
        return (await server.asks(inner, tokens=1000)).output

    async def small(inner: StepContext) -> Json:
        await inner.step("think", partial(asyncio.sleep, 0.001))
        return (await server.asks(inner, tokens=1)).output

    async def play(context: StepContext, _: Any) -> Json:
        return await context.gather({"breaks": breaks, "large": large, "small": small})

    rehearsal = Rehearsal(play, budget=Budget(tokens=2 * RESERVED))
    ending = ended(rehearsal)
    assert (ending.reason, ending.step, server.asked) == ("exhausted", "large/ask", [])


def test_a_run_is_exhausted_also_where_its_code_goes_on_without_what_was_refused() -> None:
    server = Server()

    async def play(context: StepContext, _: Any) -> Json:
        with suppress(StepFailed):
            await server.asks(context, tokens=1000)
        return "what there is"

    ending = ended(Rehearsal(play, budget=Budget(tokens=RESERVED)))
    assert (ending.status, ending.reason, ending.output) == ("failed", "exhausted", "what there is")


def test_an_exhausted_run_waits_for_nobody() -> None:
    async def waits(inner: StepContext) -> Json:
        return await inner.approve("send", Approval(message="Send it?"))

    async def large(inner: StepContext) -> Json:
        return (await Server().asks(inner, tokens=1000)).output

    async def play(context: StepContext, _: Any) -> Json:
        return await context.gather({"waits": waits, "large": large})

    assert ended(Rehearsal(play, budget=Budget(tokens=RESERVED))).reason == "exhausted"


def calling(called: Any, caught: list[str], *, tries: int = 0) -> Callable[[StepContext, Any], Awaitable[Json]]:
    """Calls the flow in a step that is tried so often, and goes on where it has failed."""

    async def call(attempt: Attempt) -> Envelope:
        return Envelope(output=await attempt.context.flow(called, {}))

    async def play(context: StepContext, _: Any) -> Json:
        record = await context.perform("call", call, StepPlan(retry=RetrySpec(times=tries)))
        caught.append(record.reason)
        return await Server().asks(context) and "end"

    return play


def test_a_called_flow_that_exhausts_its_own_budget_fails_and_its_caller_goes_on() -> None:
    server, caught = Server(), list[str]()
    called = flow(name="called", budget=Budget(tokens=RESERVED + COST))(one_after_another(server, 9))
    rehearsal = Rehearsal(calling(called, caught, tries=2), budget=Budget(tokens=1000))
    assert ended(rehearsal).output == "end" and caught == ["exhausted"]
    assert len(server.asked) == 2, "a step's own retries do not reset it"
    assert used(rehearsal) == 3 * COST, "what it has spent counts for its caller"
    assert "called flow 'called'" in rehearsal.results["call"].output["error"]


def test_a_called_flow_ends_with_its_callers_budget() -> None:
    server, caught = Server(), list[str]()
    called = flow(name="called", budget=Budget(tokens=10_000))(one_after_another(server, 9))
    rehearsal = Rehearsal(calling(called, caught), budget=Budget(tokens=RESERVED))
    assert ended(rehearsal).reason == "exhausted" and not caught and len(server.asked) == 1


def test_a_called_flows_budget_holds_where_its_caller_has_none_and_through_kills() -> None:
    server, caught = Server(), list[str]()
    called = flow(name="called", budget=Budget(tokens=3 * RESERVED))(one_after_another(server, 20))
    rehearsal = Rehearsal(calling(called, caught))
    for _ in range(2):
        with pytest.raises(Crash):
            rehearsal.play(crash_at(2, "before"))
    assert ended(rehearsal).output == "end" and caught == ["exhausted"]
    assert len(server.asked) == 3, "two that were in flight at a kill, and one"


def test_a_called_flow_has_its_own_time() -> None:
    async def hangs(context: StepContext, _: Any) -> Json:
        return await asyncio.Event().wait()

    caught = list[str]()
    called = flow(name="called", budget=Budget(time=0.01))(hangs)
    assert ended(Rehearsal(calling(called, caught), budget=Budget(time=60.0))).output == "end" and caught == ["exhausted"]


def test_a_kill_does_not_give_a_called_flow_its_time_anew() -> None:
    async def slow(context: StepContext, _: Any) -> Json:
        for _ in range(3):
            await context.step("work", rest)
        return None

    async def rest() -> Json:
        rehearsal.clock.advance(20.0)
        return None

    caught = list[str]()
    called = flow(name="called", budget=Budget(time=50.0))(slow)
    rehearsal = Rehearsal(calling(called, caught))
    with pytest.raises(Crash):
        rehearsal.play(crash_at(3, "after"))
    assert history(rehearsal).time.of("call/called") == 60.0
    assert ended(rehearsal).output == "end" and caught == ["exhausted"]


def fork(rehearsal: Rehearsal, step: str) -> Rehearsal:
    """A run that begins with what came before that step."""
    part = inheritance(rehearsal.events, step)

    async def create() -> None:
        assert rehearsal.store is not None
        async with rehearsal.store(rehearsal.clock) as journal:
            started = RunStarted(flow="rehearsal", inputs=None, definition=None, version="0", forked=part.origin)
            await journal.create(NewRun(id=FORK, started=started, inherited=tuple(event.position for event in part.kept)))

    asyncio.run(create())
    return Rehearsal(rehearsal.flow, store=rehearsal.store, run=FORK, budget=rehearsal.budget, clock=rehearsal.clock)


def test_a_fork_inherits_what_its_part_has_spent_and_what_nobody_knows_of_it() -> None:
    server = Server()
    rehearsal = Rehearsal(one_after_another(server, 4), budget=Budget(tokens=4 * RESERVED), store=in_memory())
    with pytest.raises(Crash):
        rehearsal.play(crash_at(2, "before"))
    rehearsal.clock.advance(5.0)
    rehearsal.play()
    forked = fork(rehearsal, "s2")
    assert used(forked) == RESERVED + 2 * COST
    assert ended(forked).status == "succeeded"
    assert used(forked) == used(rehearsal) == RESERVED + 4 * COST
    assert len(server.asked) == 7


def test_a_retry_from_a_step_resets_nothing() -> None:
    server = Server()
    rehearsal = Rehearsal(one_after_another(server, 2), budget=Budget(tokens=RESERVED + 2 * COST))
    assert ended(rehearsal).status == "succeeded"
    rehearsal.post(RetryRequested(step="s0"))
    store: Mapping[str, Any] = {event.key: event.fact for event in rehearsal.events if isinstance(event.fact, StepFinished)}
    assert used(rehearsal) == 2 * COST and len(store) == 2


def test_a_journal_without_reservations_goes_on_as_it_always_did() -> None:
    """Facts as an earlier version wrote them: nothing was reserved, so nothing is held."""
    server = Server()
    rehearsal = Rehearsal(one_after_another(server, 3), run=RUN)
    with pytest.raises(Crash):
        rehearsal.play(crash_at(2, "before"))
    rehearsal.budget = Budget(tokens=2 * COST + RESERVED)
    assert ended(rehearsal).status == "succeeded" and used(rehearsal) == 3 * COST
    assert [event.key for event in rehearsal.events if isinstance(event.fact, StepStarted)] == ["s1/ask", "s2/ask"]
