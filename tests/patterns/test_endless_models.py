"""A model that never stops, thrown at each pattern: it ends, with a reason and what there is."""

import itertools

import pytest

from patterns.stage import Table, material, typed
from playnex.models.model import ModelAnswer, ModelMessage, ModelRequest, ToolCall
from playnex.patterns import Debate, Handoff, MapOver, Parallel, Pattern, PlanBounds, Planner, Review, Router, Single, Supervisor
from playnex.spec.envelope import Usage
from playnex.testing.scripted_model import CARD, ModelScript, says

EACH: dict[str, Pattern] = {
    "single": Single(agent="endless"),
    "debate": Debate(debaters=["good", "endless"], judge="good", rounds=5),
    "debate-judge": Debate(debaters=["good", "other"], judge="endless"),
    "review": Review(worker="endless", reviewer="good", rounds=10),
    "review-reviewer": Review(worker="good", reviewer="endless", rounds=10),
    "router": Router(by="endless", routes={"a": "good"}),
    "router-route": Router(by="chooser", routes={"a": "endless"}),
    "parallel": Parallel(agents=["good", "endless"], merge="good"),
    "parallel-merge": Parallel(agents=["good", "other"], merge="endless"),
    "map": MapOver(agent="endless", items=["x", "y"]),
    "supervisor": Supervisor(supervisor="endless", workers=["good"]),
    "planner": Planner(planner="endless", executors=["good"]),
    "planner-executor": Planner(planner="plans", executors=["endless"], bounds=PlanBounds(replans=0)),
    "handoff": Handoff(agents=["endless", "good"]),
}
PARTIAL = {"debate": {"A": "good"}, "debate-judge": {"A": "good", "B": "other"}, "review-reviewer": "good", "parallel": {"good": "good"}}


class Endless:
    """Wishes a call in every turn, another one each time, and says a little beside it."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)

    def __call__(self, request: ModelRequest) -> ModelAnswer:
        number = next(self.numbers)
        call = ToolCall(id=f"c{number}", name="dig", arguments={"depth": number})
        return ModelAnswer(
            message=ModelMessage(text=f"so far {number}", calls=(call,)), finish="tool-calls", usage=Usage(), model=CARD.name
        )


@pytest.mark.parametrize("name", EACH)
def test_every_pattern_ends_with_a_reason_and_what_there_is(name: str) -> None:
    chooser = [typed({"route": "a", "reason": "x"})]
    plans = [typed({"steps": [{"id": "a", "task": "x"}]})]
    scripts: dict[str, ModelScript] = {"endless": Endless(), "good": [says("good")], "other": [says("other")]}
    scripts |= {"chooser": chooser, "plans": plans}
    table = Table(EACH[name], scripts)
    result = table.play()
    assert (result.succeeded, bool(result.reason), bool(result.message)) == (False, True, True)
    assert len(table.agents.asked("endless")) <= 20 * (2 if name == "map" else 1), "the agent's own cap of turns"
    assert result.partial == PARTIAL.get(name, result.partial) and result.partial is not None


def test_a_worker_that_always_finds_another_draft_ends_with_the_rounds() -> None:
    numbers = itertools.count(1)
    table = Table(
        Review(worker="restless", reviewer="stern", rounds=10),
        {
            "restless": lambda request: says(f"draft {next(numbers)}"),
            "stern": lambda request: typed({"pass": False, "feedback": f"not {material(request)['the draft']}"}),
        },
    )
    result = table.play()
    assert (result.reason, result.partial, table.requests()) == ("not-converged", "draft 10", 20)
