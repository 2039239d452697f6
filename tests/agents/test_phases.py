"""Plan and reflect: turns without tools before the first act and after acts, as the agent's file says."""

from dataclasses import replace

import pytest

from agents.stage import SMALL, WRITER, Stage, task
from playnex.models.model import ModelCard, ToolCall, UserMessage
from playnex.spec.agent import Reflect
from playnex.testing.scripted_model import CARD, says, wishes

READ = ToolCall(id="c1", name="fs.read", arguments={"path": "a.md"})
MISSING = ToolCall(id="c2", name="fs.read", arguments={"path": "none.md"})
PLANNER = replace(WRITER, plan=True)


def test_an_agent_that_plans_writes_its_plan_without_tools_and_then_acts_on_it() -> None:
    stage = Stage([says("1. Read a.md. 2. Answer."), wishes(READ), says("It is long.")])
    result = stage.run(task(agent=PLANNER))
    assert (result.output, stage.read) == ("It is long.", ["a.md"])
    planning, acting, _ = stage.model.asked
    assert planning.tools == () and "fs.read" in planning.messages[-1].text
    assert acting.tools and acting.messages[-2].text == "1. Read a.md. 2. Answer."
    assert stage.context.plans["turn-1/model"].input["phase"] == "plan"
    assert stage.context.plans["turn-2/model"].input["tools"], "the journal is told the tools when the model first has them"


def test_a_plan_is_a_turn_and_no_answer() -> None:
    stage = Stage([says("1. Think.")])
    result = stage.run(task(agent=replace(PLANNER, limits=replace(PLANNER.limits, turns=1))))
    assert (result.reason, "partial" in result.output) == ("turn-limit", False)


@pytest.mark.parametrize(
    ("reflect", "turns"),
    [("never", ["act", "act", "act"]), ("after-error", ["act", "act", "reflect", "act"]), ("every-turn", ["act", "reflect"] * 2 + ["act"])],
)
def test_an_agent_reflects_when_its_file_says(reflect: Reflect, turns: list[str]) -> None:
    said = {"act": iter([wishes(READ), wishes(MISSING), says("One is missing.")]), "reflect": iter([says("Well."), says("Oh.")])}
    stage = Stage([])

    def script(request: object) -> object:
        newest = stage.model.asked[-1].messages[-1].text
        return next(said["reflect" if "Say in a few sentences" in newest or "Look back" in newest else "act"])

    stage.model.script = script  # type: ignore[assignment]
    assert stage.run(task(agent=replace(WRITER, reflect=reflect))).output == "One is missing."
    inputs = [stage.context.plans[f"turn-{number}/model"].input for number in range(1, len(turns) + 1)]
    assert [asked.get("phase", "act") for asked in inputs] == turns
    assert [bool(request.tools) for request in stage.model.asked] == [turn == "act" for turn in turns]


@pytest.mark.parametrize("card", [CARD, SMALL])
def test_a_small_model_plans_in_plain_words_too(card: ModelCard) -> None:
    answer = says("Done.") if card is CARD else says('{"action": "final answer", "answer": "Done."}')
    stage = Stage([says("1. Answer."), answer], card)
    assert stage.run(task(agent=PLANNER)).output == "Done."
    assert stage.model.asked[0].schema is None


def test_the_same_work_after_a_crash_asks_for_no_plan_again() -> None:
    stage = Stage([says("1. Read."), wishes(READ), says("Long.")])
    first = stage.run(task(agent=replace(PLANNER, reflect="after-error")))
    assert stage.run(task(agent=replace(PLANNER, reflect="after-error")), stage.context.again()) == first
    assert len(stage.model.asked) == 3


def test_who_wishes_a_tool_while_it_plans_gets_none() -> None:
    stage = Stage([wishes(READ), says("The river is long.")])
    assert stage.run(task(agent=PLANNER)).output == "The river is long."
    assert stage.read == []
    assert all(isinstance(message, UserMessage) for message in stage.model.asked[1].messages), "no call stands there without its result"
