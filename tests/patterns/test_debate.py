"""Debates: drafts made alone, rounds, and how they are decided."""

import pytest

from patterns.stage import Table, alone, material, survives, told, typed
from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.models.model import ModelRequest
from playnex.patterns import Debate
from playnex.spec.context import Attempt, Verdict
from playnex.spec.envelope import Envelope
from playnex.testing.scripted_model import ModelScript, says

JUDGE: ModelScript = [typed({"winner": "B", "reason": "it is longer"})]
TWO: dict[str, ModelScript] = {"left": [says("Nile")], "right": [says("Amazon")], "judge": JUDGE}


def for_the(winner: str) -> ModelScript:
    """Drafts its own name once, and votes for that draft."""
    return lambda request: (
        typed({"winner": winner, "reason": "so"}) if "Name the best" in told(request) else says(f"draft of {winner}'s voter")
    )


async def no_nile(record: Envelope, attempt: Attempt) -> Verdict:
    return Verdict(passed=record.output != "Nile", reason="the Nile is not the longest")


def test_nobody_sees_a_draft_before_all_are_there() -> None:
    table = alone(TWO, Debate(debaters=["left", "right"], judge="judge"))
    first, second = table.agents.asked("left")
    assert material(first) == {}
    assert material(second) == {"your own draft": "Nile", "draft B": "Amazon"}
    assert material(table.agents.asked("right")[1]) == {"your own draft": "Amazon", "draft A": "Nile"}


def test_drafts_are_named_neutrally_before_everybody_and_the_record_knows_whose_they_are() -> None:
    table = alone(TWO, Debate(debaters=["left", "right"], judge="judge"))
    (asked,) = table.agents.asked("judge")
    assert material(asked) == {"draft A": "Nile", "draft B": "Amazon"}
    assert "left" not in told(asked) and "right" not in told(asked)
    assert (table.result.output, table.result.reason) == ("Amazon", "B (right) by judge")
    assert table.record("/decision") == {
        "winner": "B",
        "by": "judge",
        "reason": "it is longer",
        "votes": {},
        "debaters": {"A": "left", "B": "right"},
    }


def test_a_debate_ends_early_when_nobody_changes_anything() -> None:
    table = alone(TWO, Debate(debaters=["left", "right"], judge="judge", rounds=5))
    assert len(table.agents.asked("left")) == len(table.agents.asked("right")) == 2, "the first drafts, and one round without a change"


def test_a_debate_in_which_somebody_always_changes_something_ends_with_its_rounds() -> None:
    restless: ModelScript = [says(f"river {number}") for number in range(20)]
    table = alone({**TWO, "left": restless}, Debate(debaters=["left", "right"], judge="judge", rounds=3))
    assert len(table.agents.asked("left")) == 4
    assert material(table.agents.asked("judge")[0])["draft A"] == "river 3"


def test_drafts_that_are_the_same_need_no_judge() -> None:
    table = alone({**TWO, "right": [says("Nile\n")]}, Debate(debaters=["left", "right"], judge="judge"))
    assert (table.result.output, table.requests()) == ("Nile", 2)
    assert table.record("/decision")["by"] == "agreement"


def test_a_judge_can_write_the_answer_itself() -> None:
    table = alone({**TWO, "judge": [says("Both are long.")]}, Debate(debaters=["left", "right"], judge="judge", judge_writes=True))
    assert (table.result.output, table.result.reason) == ("Both are long.", "written by the judge")


def test_the_debaters_vote_never_for_themselves_and_the_record_has_every_vote() -> None:
    scripts = {"one": for_the("B"), "two": for_the("C"), "three": for_the("B")}
    table = alone(scripts, Debate(debaters=list(scripts), rounds=0))
    assert [choices(table.agents.asked(name)[-1]) for name in scripts] == [["B", "C"], ["A", "C"], ["A", "B"]]
    assert table.record("/decision")["votes"] == {"A": "B", "B": "C", "C": "B"}
    assert table.result.reason == "B (two) by vote"


def test_of_equals_the_one_declared_first_wins() -> None:
    scripts = {"one": for_the("B"), "two": for_the("C"), "three": for_the("A")}
    assert alone(scripts, Debate(debaters=list(scripts), rounds=0)).result.reason == "A (one) by vote"


def test_a_draft_that_fails_its_check_is_seen_by_nobody_and_ends_the_debate() -> None:
    table = alone(TWO, Debate(debaters=["left", "right"], judge="judge", check=no_nile))
    assert (table.result.succeeded, table.result.reason, table.result.partial) == (False, "verify", {"B": "Amazon"})
    assert table.agents.asked("judge") == []
    assert all("Nile" not in told(request) for request in table.agents.asked("right"))
    unchecked = alone(TWO, Debate(debaters=["left", "right"], judge="judge"))
    assert "Nile" in told(unchecked.agents.asked("right")[1]), "without the check it does reach them"


def test_where_failures_are_skipped_the_others_go_on_and_the_result_says_without_whom() -> None:
    scripts = {**TWO, "third": [says("Yangtze")]}
    table = alone(scripts, Debate(debaters=["left", "right", "third"], judge="judge", check=no_nile, on_failure="skip"))
    assert (table.result.output, table.result.reason) == ("Amazon", "B (right) by judge; without A (left) (verify)")
    assert len(table.agents.asked("left")) == 1 and material(table.agents.asked("judge")[0]).keys() == {"draft B", "draft C"}


def test_fewer_than_two_drafts_are_no_debate() -> None:
    table = alone(TWO, Debate(debaters=["left", "right"], judge="judge", check=no_nile, on_failure="skip"))
    assert (table.result.succeeded, table.result.reason) == (False, "verify")


def test_a_judge_that_fails_leaves_the_drafts_as_the_partial_result() -> None:
    table = alone({**TWO, "judge": [says("no JSON at all")]}, Debate(debaters=["left", "right"], judge="judge"))
    assert (table.result.succeeded, table.result.partial) == (False, {"A": "Nile", "B": "Amazon"})
    assert table.result.message.startswith("the judge failed: ")


def test_a_debate_of_typed_answers_gives_one() -> None:
    scripts: dict[str, ModelScript] = {**TWO, "left": [typed({"river": "Nile"})], "right": [typed({"river": "Amazon"})]}
    table = alone(scripts, Debate(debaters=["left", "right"], judge="judge"), output={"river": "string"})
    assert table.result.output == {"river": "Amazon"}


def test_a_debate_that_dies_anywhere_goes_on_and_asks_nobody_twice() -> None:
    assert survives(lambda: Table(Debate(debaters=["left", "right"], judge="judge"), TWO)) > 20
    votes = {"one": for_the("B"), "two": for_the("C"), "three": for_the("B")}
    assert survives(lambda: Table(Debate(debaters=list(votes), rounds=0), votes)) > 20


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"debaters": ["a"], "judge": "j"}, "debaters: 1 is not from 2 to 12"),
        ({"debaters": ["a", "b"]}, "debaters who vote: 2 is not from 3 to 12"),
        ({"debaters": ["a", "b"], "judge": "j", "rounds": 6}, "rounds of a debate: 6 is not from 0 to 5"),
        ({"debaters": ["a", "b", "c"], "judge_writes": True}, "nobody who writes"),
    ],
)
def test_a_debate_that_cannot_be_is_refused_at_once(said: Json, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        Debate(**said)


def choices(request: ModelRequest) -> list[str]:
    """The letters that a voter may name."""
    assert request.schema is not None
    letters: list[str] = request.schema["properties"]["winner"]["enum"]
    return letters
