"""The pace of a server: in turn, so many at once, so many a minute, not before it wants to be asked, and nothing left by who gave up."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest

from playnex.clock import SystemClock
from playnex.config import ModelSettings
from playnex.errors import ModelUnavailable
from playnex.models.model import ModelCard, ModelRequest, UserMessage
from playnex.models.openai_model import OpenAIModel
from playnex.models.pace import Pace, PaceLimits, Paces
from playnex.testing.clock import FakeClock
from playnex.testing.model_replies import Asked, Reply, answer, rate_limited, refusal
from playnex.testing.model_server import ModelServer, serving

HELLO = ModelRequest(instructions="", messages=(UserMessage(text="Say hello."),))
PATIENCE = 300.0


def bounded(work: Callable[[], Awaitable[Any]]) -> Any:
    async def once() -> Any:
        return await asyncio.wait_for(work(), 60)

    return asyncio.run(once())


def test_turns_are_given_first_come_first_served() -> None:
    order: list[int] = []

    async def work() -> None:
        pace = Pace(FakeClock(), PaceLimits(at_once=1))

        async def ask(number: int) -> None:
            async with pace.turn(PATIENCE):
                order.append(number)
                await asyncio.sleep(0)

        await asyncio.gather(*(ask(number) for number in range(50)))

    bounded(work)
    assert order == list(range(50))


@pytest.mark.parametrize("at_once", [1, 3])
def test_no_more_are_under_way_than_may_be_at_once(at_once: int) -> None:
    under_way: list[int] = [0]

    async def work() -> None:
        pace = Pace(FakeClock(), PaceLimits(at_once=at_once))
        now = 0

        async def ask() -> None:
            nonlocal now
            async with pace.turn(PATIENCE):
                now += 1
                under_way.append(now)
                for _ in range(5):
                    await asyncio.sleep(0)
                now -= 1

        await asyncio.gather(*(ask() for _ in range(20)))

    bounded(work)
    assert max(under_way) == at_once


def test_in_no_minute_begin_more_than_may() -> None:
    clock, begun = FakeClock(), list[float]()

    async def work() -> None:
        pace = Pace(clock, PaceLimits(per_minute=3))
        for _ in range(10):
            async with pace.turn(PATIENCE):
                begun.append(clock.monotonic())
            clock.advance(1)

    bounded(work)
    assert all(later - sooner >= 60 for sooner, later in zip(begun, begun[3:], strict=False))
    assert begun[-1] - begun[0] < 200, "and no slower than that"


def test_a_server_that_wants_to_rest_is_asked_nothing_before() -> None:
    clock = FakeClock()

    async def work() -> float:
        pace, began = Pace(clock), clock.monotonic()
        pace.rest(30)
        pace.rest(10)
        async with pace.turn(PATIENCE):
            return clock.monotonic() - began

    assert bounded(work) == 30


def test_who_would_have_to_wait_longer_than_they_can_is_told_how_long() -> None:
    async def work() -> None:
        pace = Pace(FakeClock())
        pace.rest(3600)
        async with pace.turn(PATIENCE):
            pass

    with pytest.raises(ModelUnavailable, match="another 3,600 s") as raised:
        bounded(work)
    assert raised.value.retry_after == 3600


def test_who_gives_up_in_line_or_under_way_leaves_nothing_behind() -> None:
    async def work() -> int:
        pace = Pace(SystemClock(), PaceLimits(at_once=1))
        entered = asyncio.Event()

        async def hold() -> None:
            async with pace.turn(PATIENCE):
                entered.set()
                await asyncio.Event().wait()

        holding = asyncio.create_task(hold())
        await entered.wait()
        waiting = [asyncio.create_task(hold()) for _ in range(5)]
        await asyncio.sleep(0)
        for task in (*waiting, holding):
            task.cancel()
        gone = await asyncio.gather(holding, *waiting, return_exceptions=True)
        pace.rest(3600)
        resting = asyncio.create_task(hold())
        await asyncio.wait([resting])
        assert isinstance(resting.exception(), ModelUnavailable)
        pace = Pace(SystemClock(), PaceLimits(at_once=1))
        async with pace.turn(PATIENCE):
            return len(gone)

    assert bounded(work) == 6


def test_a_turn_is_free_again_once_its_holder_was_cancelled() -> None:
    async def work() -> None:
        pace = Pace(FakeClock(), PaceLimits(at_once=1))
        entered = asyncio.Event()

        async def hold() -> None:
            async with pace.turn(PATIENCE):
                entered.set()
                await asyncio.Event().wait()

        first, second = asyncio.create_task(hold()), asyncio.create_task(hold())
        await entered.wait()
        second.cancel()
        first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        async with pace.turn(PATIENCE):
            pass

    bounded(work)


def test_aliases_of_one_server_share_its_pace_under_their_strictest_limits() -> None:
    url = "http://127.0.0.1:9/v1"
    settings = {
        "main": ModelSettings(alias="main", base_url=url, at_once=4, per_minute=100),
        "fast": ModelSettings(alias="fast", base_url=f"{url}/", at_once=2),
        "other": ModelSettings(alias="other", base_url="http://127.0.0.1:8/v1", at_once=1),
    }

    async def work() -> None:
        paces = Paces(FakeClock(), settings)
        assert paces.of(url) is paces.of(f"{url}/")
        assert paces.of(url) is not paces.of("http://127.0.0.1:8/v1")
        assert paces.of(url).limits == PaceLimits(at_once=2, per_minute=100)

    bounded(work)


def card(server: ModelServer) -> ModelCard:
    return ModelCard(alias="main", kind="openai", name="m", base_url=server.url, context=8192)


class Resting:
    """A script that refuses the first request with that reply, and keeps the time at which each came."""

    def __init__(self, first: Callable[[], Reply]) -> None:
        self.first = first
        self.came: list[float] = []

    def __call__(self, asked: Asked) -> Reply:
        self.came.append(time.time())
        return self.first() if asked.number == 1 else answer("Hello.")


def in_a_second() -> Reply:
    return rate_limited(1)


def at_a_moment() -> Reply:
    """Try again at a moment of the clock, one to two seconds from now: dates have no parts of a second."""
    reply = refusal(503, "busy")
    return replace(reply, headers={**reply.headers, "Retry-After": formatdate(time.time() + 2, usegmt=True)})


@pytest.mark.parametrize("first", [in_a_second, at_a_moment])
def test_of_twenty_workers_none_asks_a_server_before_it_wants_to_be_asked(first: Callable[[], Reply]) -> None:
    script = Resting(first)

    async def worker(model: OpenAIModel) -> str:
        try:
            return (await model.ask(HELLO)).message.text
        except ModelUnavailable:
            return (await model.ask(HELLO)).message.text

    async def work() -> list[str]:
        pace = Pace(SystemClock(), PaceLimits(at_once=1))
        models = [OpenAIModel(card(server), pace=pace) for _ in range(2)]
        try:
            return await asyncio.gather(*(worker(model) for model in models * 10))
        finally:
            for model in models:
                await model.close()

    with serving(script) as server:
        assert bounded(work) == ["Hello."] * 20
    assert len(script.came) == 21
    assert min(script.came[1:]) - script.came[0] >= 0.95


def test_without_a_shared_pace_the_others_ask_at_once() -> None:
    script = Resting(lambda: rate_limited(30))

    async def work() -> int:
        models = [OpenAIModel(card(server)) for _ in range(2)]
        try:
            given = await asyncio.gather(*(model.ask(HELLO) for model in models * 10), return_exceptions=True)
        finally:
            for model in models:
                await model.close()
        return sum(not isinstance(one, BaseException) for one in given)

    with serving(script) as server:
        assert bounded(work) == 19


def test_a_fault_that_is_the_requests_own_holds_up_nobody_else() -> None:
    script = Resting(lambda: replace(rate_limited(30), status=409))

    async def work() -> str:
        model = OpenAIModel(card(server), pace=Pace(SystemClock()))
        try:
            with pytest.raises(ModelUnavailable):
                await model.ask(HELLO)
            return (await model.ask(HELLO)).message.text
        finally:
            await model.close()

    with serving(script) as server:
        assert bounded(work) == "Hello."
