"""A Pydantic AI agent whose process dies: what was answered is never asked again."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models.function import AgentInfo

from agents.pydantic_stage import Replies, Said, agent_of, summary
from playnex.canonical import Json
from playnex.engine.code import Code
from playnex.engine.replay import Replayed, replay
from playnex.journal.events import OutcomeDecided, RunParked
from playnex.spec.context import StepContext
from playnex.spec.flow import NO_LIMITS
from playnex.testing import Rehearsal, crash_everywhere
from playnex.testing.crashes import Crash, crash_at

TURNS: list[Said] = [[("add", {"a": 1, "b": 2}), ("add", {"a": 3, "b": 4})], [("send", {"text": "3 and 7"})], "Sent."]


@dataclass
class World:
    """What was really done: the model's turns, and the tools' calls."""

    done: Counter[str] = field(default_factory=Counter)
    send_effect: str = "pure"

    def agent(self) -> "Agent[Any, Any]":
        replies = Replies(TURNS)

        def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
            self.done[f"model {1 + sum(isinstance(message, ModelResponse) for message in messages)}"] += 1
            return replies(messages, info)

        agent = agent_of(answer)

        @agent.tool_plain(metadata={"effect": "pure"})
        def add(a: int, b: int) -> int:
            self.done[f"add {a}"] += 1
            return a + b

        @agent.tool_plain(metadata={"effect": self.send_effect})
        async def send(text: str) -> str:
            self.done["send"] += 1
            return text

        return agent

    def rehearsal(self, **options: Any) -> Rehearsal:
        agent = self.agent()

        async def flow(ctx: StepContext, _inputs: Any) -> Json:
            return summary(await ctx.agent(agent).try_run("Add, then send."))

        return Rehearsal(flow, **options)


STEPS = {
    "model 1": "poet/turn-1/model",
    "add 1": "poet/turn-1/tool-1",
    "add 3": "poet/turn-1/tool-2",
    "model 2": "poet/turn-2/model",
    "send": "poet/turn-2/tool-1",
    "model 3": "poet/turn-3/model",
}


def test_dying_around_any_append_asks_and_calls_nothing_again_that_was_answered() -> None:
    worlds: list[World] = []

    def make() -> Rehearsal:
        worlds.append(World())
        return worlds[-1].rehearsal()

    places = 0
    for rehearsal in crash_everywhere(make):
        places += 1
        ending: Any = rehearsal.ending
        assert ending.output["output"] == "Sent."
        done, died = worlds[-1].done, rehearsal.died or frozenset()
        assert {what for what, step in STEPS.items() if step in died and done[what] != 1} == set()
        assert {what: times for what, times in done.items() if times > 2} == {} and done.keys() == STEPS.keys()
    assert places > 2 * len(STEPS)


def test_a_finished_agent_is_answered_from_the_journal_alone() -> None:
    world = World()
    rehearsal = world.rehearsal()
    rehearsal.play()
    before = dict(world.done)
    assert rehearsal.play().status == "succeeded"  # type: ignore[union-attr]
    assert world.done == before


def test_a_replay_asks_no_model_and_calls_no_tool() -> None:
    world = World()
    rehearsal = world.rehearsal()
    rehearsal.play()
    before = dict(world.done)

    async def replayed() -> Replayed:
        assert rehearsal.store is not None
        async with rehearsal.store(rehearsal.clock) as journal:
            code = Code(body=lambda ctx: rehearsal.flow(ctx, None), budget=NO_LIMITS, agents=rehearsal.agents)
            return await replay(rehearsal.run, journal, rehearsal.clock, load=lambda _started: code)

    assert asyncio.run(replayed()).verdict == "same"
    assert world.done == before


def test_a_call_that_must_not_be_made_twice_is_never_made_twice_and_a_person_decides() -> None:
    """Any tool is such a one unless its metadata say otherwise."""
    worlds: list[World] = []
    asked: list[str] = []

    def decide(step: str) -> OutcomeDecided:
        asked.append(step)
        return OutcomeDecided(decision="done", value="3 and 7", by="a person")

    def make() -> Rehearsal:
        worlds.append(World(send_effect="once"))
        return worlds[-1].rehearsal(outcomes=decide)

    for rehearsal in crash_everywhere(make):
        assert rehearsal.ending.output["output"] == "Sent."  # type: ignore[union-attr]
        assert worlds[-1].done["send"] <= 1
    assert set(asked) == {"poet/turn-2/tool-1"}


def test_a_run_whose_tool_may_have_worked_is_set_aside_until_somebody_says() -> None:
    rehearsal = World(send_effect="once").rehearsal()
    for append in range(1, 100):
        rehearsal = World(send_effect="once").rehearsal()
        try:
            rehearsal.play(crash_at(append, "after"))
        except Crash:
            ending = rehearsal.play()
            if isinstance(ending, RunParked):
                assert (ending.reason, ending.step) == ("outcome unknown", "poet/turn-2/tool-1")
                return
    raise AssertionError("no crash left the outcome unknown")
