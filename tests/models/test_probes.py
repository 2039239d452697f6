"""What `playnex model test` finds out of servers of every sort, and how it is kept and used."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from playnex.config import ModelSettings
from playnex.models.ability_probe import AbilityProbe
from playnex.models.directory import Sources, WorkspaceModels
from playnex.models.model import ModelCard
from playnex.models.openai_model import OpenAIModel
from playnex.models.probed import FILE, Ending, Probed, ProbedModels
from playnex.models.window_probe import Bounds, WindowProbe, WindowSeen
from playnex.testing.clock import FakeClock
from playnex.testing.model_replies import Asked, Reply, answer, calls, in_turn, refusal
from playnex.testing.model_scripts import Script, capable, counted, forgetful, refusing, tokens_of, truncating
from playnex.testing.model_server import ModelServer, serving

T = TypeVar("T")
QUIET = Bounds(ceiling=4096)


def with_model(script: Script, work: Callable[[OpenAIModel], Awaitable[T]]) -> tuple[T, ModelServer]:
    async def once(server: ModelServer) -> T:
        model = OpenAIModel(ModelCard(alias="main", kind="openai", name="m", base_url=server.url, context=8192))
        try:
            return await work(model)
        finally:
            await model.close()

    with serving(script) as server:
        return asyncio.run(asyncio.wait_for(once(server), 60)), server


def window(script: Script, bounds: Bounds = QUIET) -> WindowSeen:
    async def walk(model: OpenAIModel) -> WindowSeen:
        return await WindowProbe(model=model, clock=FakeClock(), tell=lambda _: None, bounds=bounds).walk()

    return with_model(script, walk)[0]


def counting_all(asked: Asked) -> Reply:
    return counted(capable(asked), tokens_of(asked.prompt))


CUTTERS: dict[str, tuple[Script, Ending]] = {
    "the start is dropped, and the count shows it": (truncating(2000, capable), "cut"),
    "the end is dropped, and the count shows it": (truncating(2000, capable, keep="start"), "cut"),
    "the start is dropped, and nothing is counted": (truncating(2000, capable, counting="nothing"), "lost"),
    "the start is dropped, and half is counted": (truncating(2000, capable, counting="half"), "lost"),
    "the start is dropped, and all is counted": (truncating(2000, capable, counting="all"), "lost"),
    "the end is dropped, and all is counted": (truncating(2000, capable, keep="start", counting="all"), "lost"),
    "too long a prompt is refused": (refusing(2000, capable), "refused"),
    "a model that cannot repeat a word, cut": (truncating(2000, forgetful), "cut"),
    "a model that cannot repeat a word, refused": (refusing(2000, forgetful), "refused"),
}


@pytest.mark.parametrize("what", CUTTERS)
def test_the_window_is_found_whatever_the_server_does_beyond_it(what: str) -> None:
    script, ending = CUTTERS[what]
    seen = window(script)
    assert seen.ending == ending
    assert 1500 <= seen.tokens <= 2000, "never more than is read"


def test_a_window_that_is_never_exceeded_is_no_limit() -> None:
    seen = window(counting_all)
    assert (seen.ending, seen.counting) == ("enough", "right")
    assert seen.tokens > 4096


def test_a_search_ends_with_its_words_or_its_time() -> None:
    assert window(counting_all, Bounds(words=2000)).ending == "slow"
    seen = window(counting_all, Bounds(words=2000))
    assert 900 < seen.tokens < 1400


def test_of_a_server_that_counts_nothing_and_a_model_that_repeats_nothing_nothing_is_claimed() -> None:
    seen = window(truncating(2000, forgetful, counting="nothing"))
    assert (seen.tokens, seen.ending) == (0, "")
    assert "nothing can be told" in seen.note


def test_a_server_that_breaks_down_over_long_prompts_is_not_trusted_with_them() -> None:
    def breaking(asked: Asked) -> Reply:
        return refusal(500, "out of memory") if tokens_of(asked.prompt) > 2000 else counting_all(asked)

    seen = window(breaking)
    assert seen.ending == "failed"
    assert 1500 <= seen.tokens <= 2000
    assert "out of memory" in seen.note


def tools_seen(script: Script) -> tuple[bool, str]:
    async def look(model: OpenAIModel) -> tuple[bool, str]:
        seen = await AbilityProbe(model=model, clock=FakeClock(), tell=lambda _: None).tools()
        return seen.works, seen.note

    return with_model(script, look)[0]


def test_a_model_that_calls_the_tool_and_uses_its_result_calls_tools() -> None:
    assert tools_seen(capable) == (True, "")


def unheeding(asked: Asked) -> Reply:
    """Calls the tool rightly and does not care what it gives."""
    has_result = any(message.get("role") == "tool" for message in asked.body["messages"])
    return answer("I like boxes.") if has_result else capable(asked)


@pytest.mark.parametrize(
    ("script", "note"),
    [
        (forgetful, "it answers instead of calling the tool"),
        (in_turn(calls(("open_box", {"color": "red"}))), 'it calls \'open_box\' with {"color": "red"}'),
        (in_turn(calls(("open_box", "blue"))), "it calls 'open_box' with blue"),
        (in_turn(calls(("shut_box", {"color": "blue"}))), "it calls 'shut_box'"),
        (in_turn(refusal(400, "m does not support tools")), "does not support tools"),
        (unheeding, "it does not use what the tool gave"),
    ],
)
def test_what_a_model_does_wrong_with_tools_is_said(script: Script, note: str) -> None:
    works, said = tools_seen(script)
    assert not works
    assert note in said


def schema_seen(script: Script) -> tuple[bool, str]:
    async def look(model: OpenAIModel) -> tuple[bool, str]:
        seen = await AbilityProbe(model=model, clock=FakeClock(), tell=lambda _: None).schema()
        return seen.kept, seen.note

    return with_model(script, look)[0]


def test_whether_a_model_keeps_to_a_schema_is_seen_by_its_answers() -> None:
    assert schema_seen(capable) == (True, "")
    assert schema_seen(forgetful) == (False, "its answer is not JSON")
    assert schema_seen(in_turn(answer('{"city": "Paris", "continent": "Mars", "is_capital": true}')))[0] is False
    assert "no response_format" in schema_seen(in_turn(refusal(400, "no response_format here")))[1]


SEEN = Probed(base_url="http://127.0.0.1:1/v1", name="m", at=5.0, window=4000, ending="cut", tool_calling=False, json_schema=True)
MAIN = ModelSettings(alias="main", base_url="http://127.0.0.1:1/v1/", name="m")


def card_with(folder: Path, settings: ModelSettings, *seen: Probed) -> ModelCard:
    for each in seen:
        ProbedModels(path=folder / FILE).keep(each)

    async def once() -> ModelCard:
        return await WorkspaceModels(Sources(settings={"main": settings}, data=folder, own=folder, places=()), FakeClock()).card("main")

    return asyncio.run(once())


def test_what_was_seen_is_on_the_card_from_then_on(tmp_path: Path) -> None:
    card = card_with(tmp_path, MAIN, SEEN)
    assert (card.context, card.tool_calling, card.json_schema, card.probed) == (4000, False, True, 5.0)


def test_of_the_written_window_and_the_one_that_was_seen_the_smaller_one_is_used(tmp_path: Path) -> None:
    assert card_with(tmp_path, replace(MAIN, context=32768), SEEN).context == 4000
    assert card_with(tmp_path, replace(MAIN, context=2048), SEEN).context == 2048


def test_a_search_that_ran_out_of_time_shrinks_no_window(tmp_path: Path) -> None:
    slow = replace(SEEN, ending="slow")
    assert card_with(tmp_path, replace(MAIN, context=32768), slow).context == 32768
    assert card_with(tmp_path, MAIN, replace(slow, window=20_000)).context == 20_000


def test_what_playnex_toml_says_of_abilities_stands(tmp_path: Path) -> None:
    card = card_with(tmp_path, replace(MAIN, tool_calling=True, json_schema=False), SEEN)
    assert (card.tool_calling, card.json_schema) == (True, False)


def test_another_model_or_server_is_as_if_never_probed(tmp_path: Path) -> None:
    assert not card_with(tmp_path, replace(MAIN, name="other"), SEEN).probed
    assert not card_with(tmp_path, replace(MAIN, base_url="http://127.0.0.1:2/v1"), SEEN).probed


def test_a_quick_look_keeps_the_window_that_was_found_before(tmp_path: Path) -> None:
    card = card_with(tmp_path, MAIN, SEEN, replace(SEEN, at=9.0, window=0, ending="", tool_calling=True))
    assert (card.context, card.tool_calling, card.probed) == (4000, True, 9.0)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"models": 5}', '{"models": [{"name": 5}]}'])
def test_a_file_that_cannot_be_read_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    assert not card_with(tmp_path, MAIN).probed
    ProbedModels(path=tmp_path / FILE).keep(SEEN)
    assert ProbedModels(path=tmp_path / FILE).all() == (SEEN,)
