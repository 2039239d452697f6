"""Worker and reviewer: rounds until a draft passes, or until nothing new comes."""

import pytest

from patterns.stage import PROMPT, Table, alone, material, survives, told, typed
from playnex.errors import UsageError
from playnex.models.model import ModelAnswer
from playnex.patterns import Debate, Review
from playnex.spec.context import Attempt, Verdict
from playnex.spec.envelope import Envelope
from playnex.testing.scripted_model import ModelScript, says

DRAFTS: ModelScript = [says("one"), says("two"), says("three"), says("four")]


def finds(*feedback: str) -> ModelScript:
    """Finds one thing after another, then nothing."""
    return [*(typed({"pass": False, "feedback": text}) for text in feedback), PASSES]


PASSES: ModelAnswer = typed({"pass": True, "feedback": ""})


def test_a_draft_is_mended_by_what_the_review_says_until_it_passes() -> None:
    table = alone({"worker": DRAFTS, "reviewer": finds("longer")}, Review(worker="worker", reviewer="reviewer"))
    first, second = table.agents.asked("worker")
    assert (table.result.succeeded, table.result.output, table.result.usage.requests) == (True, "two", 4)
    assert material(first) == {}
    assert material(second) == {"your last draft": "one", "the review": "longer"} and PROMPT in told(second)
    assert [material(request)["the draft"] for request in table.agents.asked("reviewer")] == ["one", "two"]


def test_a_draft_that_never_passes_ends_with_its_rounds_and_the_last_draft() -> None:
    table = alone({"worker": DRAFTS, "reviewer": finds("a", "b", "c", "d")}, Review(worker="worker", reviewer="reviewer"))
    assert (table.result.succeeded, table.result.reason, table.result.partial) == (False, "not-converged", "three")
    assert table.result.message == "the draft did not pass within 3 rounds: c"


def test_a_draft_that_comes_back_ends_the_review_at_once() -> None:
    circling: ModelScript = [says("one"), says("two"), says("one")]
    table = alone({"worker": circling, "reviewer": finds("a", "b", "c")}, Review(worker="worker", reviewer="reviewer", rounds=10))
    assert (table.result.reason, table.result.partial, table.requests()) == ("not-converged", "one", 5)
    assert "came back to an earlier draft" in table.result.message


def test_feedback_that_comes_back_ends_the_review_at_once() -> None:
    table = alone({"worker": DRAFTS, "reviewer": finds("a", "b", "a ")}, Review(worker="worker", reviewer="reviewer", rounds=10))
    assert (table.result.reason, table.result.partial, table.requests()) == ("not-converged", "three", 6)
    assert "says again" in table.result.message


def test_a_draft_that_fails_its_check_never_reaches_the_reviewer() -> None:
    async def short(record: Envelope, attempt: Attempt) -> Verdict:
        return Verdict(passed=record.output != "one", reason="too short", on_fail="retry")

    table = alone({"worker": DRAFTS, "reviewer": [PASSES]}, Review(worker="worker", reviewer="reviewer", check=short))
    assert table.result.output == "two"
    assert [material(request)["the draft"] for request in table.agents.asked("reviewer")] == ["two"]
    assert "too short" in told(table.agents.asked("worker")[1])


def test_a_reviewer_that_fails_leaves_the_draft_as_the_partial_result() -> None:
    table = alone({"worker": DRAFTS, "reviewer": [says("fine!")]}, Review(worker="worker", reviewer="reviewer"))
    assert (table.result.succeeded, table.result.partial) == (False, "one")
    assert table.result.message.startswith("the reviewer failed: ")


def test_a_worker_that_is_a_pattern_is_checked_like_an_agent() -> None:
    refused: list[object] = []

    async def no_nile(record: Envelope, attempt: Attempt) -> Verdict:
        refused.append(record.output)
        return Verdict(passed=False, reason="never")

    inner = Debate(debaters=["left", "right"], judge="judge")
    scripts: dict[str, ModelScript] = {"left": [says("Nile")], "right": [says("Nile")], "judge": [PASSES], "reviewer": [PASSES]}
    table = alone(scripts, Review(worker=inner, reviewer="reviewer", check=no_nile))
    assert (table.result.succeeded, table.result.reason, refused) == (False, "verify", ["Nile"])
    assert table.agents.asked("reviewer") == []


def test_a_review_that_dies_anywhere_goes_on_and_asks_nobody_twice() -> None:
    def make() -> Table:
        def draft(request: object) -> ModelAnswer:
            return says("two" if "longer" in str(request) else "one")

        def review(request: object) -> ModelAnswer:
            return PASSES if "two" in str(request) else typed({"pass": False, "feedback": "longer"})

        return Table(Review(worker="worker", reviewer="reviewer"), {"worker": draft, "reviewer": review})

    assert survives(make) > 15


def test_rounds_beyond_the_ceiling_are_refused() -> None:
    with pytest.raises(UsageError, match="11 is not from 1 to 10"):
        Review(worker="a", reviewer="b", rounds=11)
