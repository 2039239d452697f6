"""Pydantic AI agents before a real model server on loopback: faults, tries, and where requests may go."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from openai import AsyncOpenAI
from pydantic_ai import Agent
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from agents.pydantic_stage import came, summary
from playnex.canonical import Json
from playnex.spec.context import StepContext
from playnex.testing import Rehearsal, serving
from playnex.testing.model_replies import Reply, answer, drop, garbage, half, in_turn, rate_limited, refusal
from playnex.testing.pydantic_agents import PydanticAgents

KEY = "sk-very-secret"


@asynccontextmanager
async def model_at(url: str) -> AsyncIterator[OpenAIChatModel]:
    """A model behind the OpenAI SDK as it comes: it would try three times by itself."""
    async with AsyncOpenAI(base_url=url, api_key=KEY) as client:
        yield OpenAIChatModel("scripted", provider=OpenAIProvider(openai_client=client))


def asking_at(*urls: str, local: bool = True) -> Rehearsal:
    """A flow that asks an agent with a model there, or with several to fall back on."""

    async def flow(ctx: StepContext, _inputs: Any) -> Json:
        async with AsyncExitStack() as stack:
            models = [await stack.enter_async_context(model_at(url)) for url in urls]
            agent = Agent(models[0] if len(models) == 1 else FallbackModel(*models), name="poet")
            agent.tool_plain(metadata={"effect": "pure"})(add)
            return summary(await ctx.agent(agent).try_run("Write."))

    return Rehearsal(flow, agents=PydanticAgents(local=local))


def answered(*replies: Reply) -> tuple[Any, Rehearsal, int]:
    """What came of these replies, the run, and how many requests there were."""
    with serving(in_turn(*replies)) as server:
        rehearsal = asking_at(server.url)
        return came(rehearsal), rehearsal, len(server.asked)


def add(a: int) -> int:
    """A tool."""
    return a + 1


@pytest.mark.parametrize(
    "fault", [refusal(503, "loading"), rate_limited(2), drop(), half(answer("Hel")), garbage(), answer("Hel", finish=None)]
)
def test_a_fault_that_may_pass_is_one_try_of_the_step_and_one_request(fault: Reply) -> None:
    given, rehearsal, requests = answered(fault, answer("Hello."))
    assert (given["output"], requests) == ("Hello.", 2)
    assert rehearsal.results["poet/turn-1/model"].attempts == 2


def test_a_server_that_stays_away_is_asked_four_times_in_all() -> None:
    given, _, requests = answered(refusal(503, "loading"))
    assert (given["reason"], requests) == ("model-unavailable", 4)
    assert "answered 503" in given["message"]


def test_a_refusal_is_final_and_shows_no_key() -> None:
    given, _, requests = answered(refusal(401, f"the key {KEY} is wrong"))
    assert (given["reason"], requests) == ("model-refused", 1)
    assert KEY not in given["message"] and "***" in given["message"]


def test_an_answer_cut_at_the_token_limit_is_no_success() -> None:
    given, _, _ = answered(answer("The river is long. It beg", finish="length"))
    assert (given["reason"], given["partial"]) == ("cut-off", "The river is long.")


def test_in_local_mode_a_model_elsewhere_is_never_asked() -> None:
    away = came(asking_at("https://models.example/v1"))
    assert away["reason"] == "model-refused" and "is asked at https://models.example/v1" in away["message"]
    assert "local mode" in away["message"]


def test_one_of_several_models_elsewhere_is_enough_to_refuse() -> None:
    with serving(in_turn(answer("Hello."))) as server:
        given = came(asking_at(server.url, "https://models.example/v1"))
        assert (given["reason"], server.asked) == ("model-refused", [])


def test_the_record_says_whether_a_request_stayed_on_the_machine() -> None:
    _, rehearsal, _ = answered(answer("Hello."))
    assert rehearsal.results["poet/turn-1/model"].output["local"] is True
    with serving(in_turn(answer("Hello."))) as server:
        elsewhere = asking_at(server.url.replace("127.0.0.1", "[::ffff:127.0.0.1]"), local=False)
        assert came(elsewhere)["output"] == "Hello."
    assert elsewhere.results["poet/turn-1/model"].output["local"] is False


def test_many_agents_in_one_process_keep_apart() -> None:
    with serving(lambda asked: answer(asked.prompt)) as server:

        async def flow(ctx: StepContext, _inputs: Any) -> Json:
            async with model_at(server.url) as model:
                agent = Agent(model, name="poet")

                async def ask(branch: StepContext, number: int) -> Json:
                    return (await branch.agent(agent).run(f"Number {number}.")).output

                return await ctx.map(range(20), ask)

        ending: Any = Rehearsal(flow).play()
    assert ending.output == [f"Number {number}." for number in range(20)]
