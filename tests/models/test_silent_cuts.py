"""Nothing is ever cut silently: over-long prompts to servers that cut them, and the figures of what was refused and what was found out."""

import asyncio
import itertools
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from random import Random

import pytest

from models.prompts import KINDS, over_long
from playnex.errors import ModelRefused
from playnex.models.model import ModelAnswer, ModelCard, ModelRequest, UserMessage
from playnex.models.openai_model import OpenAIModel
from playnex.models.probed import Probed, with_seen
from playnex.models.window_probe import WindowProbe
from playnex.testing.clock import FakeClock
from playnex.testing.model_scripts import Counting, Keep, capable, tokens_of, truncating
from playnex.testing.model_server import ModelServer, serving

WINDOWS = (512, 1024, 2048, 4096, 8192)
KEEPS: tuple[Keep, ...] = ("end", "start")
COUNTINGS: tuple[Counting, ...] = ("right", "half", "nothing", "all")
SERVERS = tuple(itertools.product(WINDOWS, KEEPS, COUNTINGS))
WRITTEN = 131_072
"""The window that the settings say, and no server here has."""

Ask = Callable[[OpenAIModel, ModelRequest], Awaitable[ModelAnswer]]


def request(text: str) -> ModelRequest:
    return ModelRequest(instructions="", messages=(UserMessage(text=text),))


def card_of(server: ModelServer) -> ModelCard:
    return ModelCard(alias="main", kind="openai", name="scripted", base_url=server.url, context=WRITTEN)


async def probed(card: ModelCard) -> ModelCard:
    """The card, once `playnex model test` has looked for the window."""
    model = OpenAIModel(card)
    try:
        window = await WindowProbe(model=model, clock=FakeClock(), tell=lambda _: None).walk()
    finally:
        await model.close()
    return with_seen(card, Probed(base_url=card.base_url, name=card.name, at=1.0, window=window.tokens, ending=window.ending), None)


async def outcomes(server: ModelServer, card: ModelCard, prompts: Iterator[str], ask: Ask) -> Counter[str]:
    """What became of each prompt: refused before it was sent, found out after, read whole, or cut in silence."""
    came: Counter[str] = Counter()
    model = OpenAIModel(card)
    try:
        for prompt in prompts:
            before = len(server.asked)
            try:
                await ask(model, request(prompt))
            except ModelRefused:
                came["refused" if len(server.asked) == before else "found out"] += 1
            else:
                came["silent" if tokens_of(prompt) > window_of[server.url] else "whole"] += 1
    finally:
        await model.close()
    return came


window_of: dict[str, int] = {}


def run(servers: tuple[tuple[int, Keep, Counting], ...], each: int, *, ask: Ask, knows: bool = True, least: float = 1.0) -> Counter[str]:
    """So many prompts to each server; `knows` where the window was probed before."""
    came: Counter[str] = Counter()
    for number, (window, keep, counting) in enumerate(servers):
        random = Random(f"{number} {least}")
        prompts = (over_long(random, random.choice(tuple(KINDS)), window, least=least) for _ in range(each))
        with serving(truncating(window, capable, keep=keep, counting=counting)) as server:
            window_of[server.url] = window

            async def once(server: ModelServer = server, prompts: Iterator[str] = prompts) -> Counter[str]:
                card = await probed(card_of(server)) if knows else card_of(server)
                return await outcomes(server, card, prompts, ask)

            came += asyncio.run(asyncio.wait_for(once(), 300))
    return came


async def checked(model: OpenAIModel, request: ModelRequest) -> ModelAnswer:
    return await model.ask(request)


async def unchecked(model: OpenAIModel, request: ModelRequest) -> ModelAnswer:
    return await model.send(request)


def test_a_probed_server_never_cuts_a_prompt_in_silence() -> None:
    came = run(((512, "end", "right"), (1024, "start", "nothing"), (512, "end", "all")), 12, ask=checked)
    assert came["silent"] == 0, came
    assert came.total() == 36


def test_without_the_checks_the_same_prompts_are_cut_in_silence() -> None:
    came = run(((512, "end", "right"), (1024, "start", "nothing"), (512, "end", "all")), 12, ask=unchecked)
    assert came == {"silent": 36}


def test_a_server_that_was_never_probed_and_lies_in_its_count_cannot_be_found_out() -> None:
    came = run(((512, "end", "all"), (512, "end", "nothing")), 6, ask=checked, knows=False)
    assert came["silent"] == 12, "this is why playnex model test looks at the answer, and not at the count alone"


@pytest.mark.slow
def test_of_a_thousand_over_long_prompts_to_probed_servers_none_is_cut_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    came = run(SERVERS, 25, ask=checked)
    with capsys.disabled():
        sys.stdout.write(f"\n  {came.total()} over-long prompts, probed servers: {dict(came)}\n")
    assert came.total() == 1000
    assert came["silent"] == 0


@pytest.mark.slow
def test_without_the_checks_a_thousand_are_cut_in_silence() -> None:
    assert run(SERVERS, 25, ask=unchecked, knows=False) == {"silent": 1000}


@pytest.mark.slow
def test_an_honest_server_that_was_never_probed_is_found_out_by_most_prompts_far_beyond_its_window(
    capsys: pytest.CaptureFixture[str],
) -> None:
    honest = tuple(server for server in SERVERS if server[2] == "right")
    came = run(honest, 30, ask=checked, knows=False, least=2.0)
    with capsys.disabled():
        sys.stdout.write(f"\n  {came.total()} prompts of two to four windows, honest servers never probed: {dict(came)}\n")
    assert came["found out"] > came["silent"] > 0
