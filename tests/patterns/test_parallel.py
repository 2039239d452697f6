"""Branches at the same time and the same agent over a list: order, merges, and what becomes of failures."""

import pytest

from patterns.stage import PROMPT, Table, alone, material, survives, told, typed
from playnex.errors import UsageError
from playnex.models.model import ModelAnswer, ModelRequest
from playnex.patterns import MapOver, Parallel, Pattern, Single
from playnex.spec.context import Attempt, Verdict
from playnex.spec.envelope import Envelope
from playnex.testing.scripted_model import Line, ModelScript, says

THREE: dict[str, ModelScript] = {"one": [says("1")], "two": [says("2")], "three": [says("3")], "editor": [says("123")]}


async def no_two(record: Envelope, attempt: Attempt) -> Verdict:
    return Verdict(passed=record.output != "2", reason="no twos")


def test_results_come_by_name_in_the_order_declared() -> None:
    table = alone(THREE, Parallel(agents=["three", "one", "two"]))
    assert list(table.result.output.items()) == [("three", "3"), ("one", "1"), ("two", "2")]
    assert table.result.usage.requests == 3


def test_branches_have_the_names_that_they_are_given() -> None:
    assert alone(THREE, Parallel(agents={"first": "one", "last": "two"})).result.output == {"first": "1", "last": "2"}
    assert alone(THREE, Parallel(agents=["one", "one"])).result.output == {"one": "1", "one-2": "1"}


def test_an_agent_merges_what_all_gave_in_the_order_declared() -> None:
    table = alone(THREE, Parallel(agents=["two", "one"], merge="editor"))
    (asked,) = table.agents.asked("editor")
    assert table.result.output == "123"
    assert list(material(asked).items()) == [("the result of two", "2"), ("the result of one", "1")] and PROMPT in told(asked)


def test_the_form_of_the_answer_is_that_of_the_merge_or_of_each() -> None:
    typed_three = {**THREE, "editor": [typed({"sum": 3})]}
    assert alone(typed_three, Parallel(agents=["one", "two"], merge="editor"), output={"sum": "integer"}).result.output == {"sum": 3}
    each: dict[str, ModelScript] = {"one": [typed({"n": 1})], "two": [typed({"n": 2})]}
    assert alone(each, Parallel(agents=["one", "two"]), output={"n": "integer"}).result.output == {"one": {"n": 1}, "two": {"n": 2}}


def test_a_branch_that_fails_ends_the_pattern_when_all_have_ended_and_the_others_are_the_partial_result() -> None:
    table = alone(THREE, Parallel(agents=["one", "two", "three"], merge="editor", check=no_two))
    assert (table.result.reason, table.result.message) == ("verify", "two failed: no twos")
    assert table.result.partial == {"one": "1", "three": "3"}
    assert table.agents.asked("editor") == []


def test_a_branch_that_is_skipped_is_told_to_the_merge_and_in_the_result_and_its_refused_words_reach_nobody() -> None:
    table = alone(THREE, Parallel(agents=["one", "two", "three"], merge="editor", check=no_two, on_failure="skip"))
    (asked,) = table.agents.asked("editor")
    assert (table.result.output, table.result.reason) == ("123", "without two (verify)")
    assert material(asked).keys() == {"the result of one", "the result of three"} and "no result of two" in told(asked)


def test_a_branch_is_tried_once_more_where_that_is_declared() -> None:
    second_time: list[Line] = [ConnectionError("gone"), says("2")]
    table = alone({**THREE, "two": second_time}, Parallel(agents=["one", "two"], on_failure="retry"))
    assert table.result.output == {"one": "1", "two": "2"}
    assert len(table.agents.asked("one")) == 1, "the others are not asked again"
    assert not alone({**THREE, "two": list(second_time)}, Parallel(agents=["one", "two"])).result.succeeded


def test_where_all_branches_fail_there_is_nothing_to_go_on_with() -> None:
    table = alone({"two": [says("2")]}, Parallel(agents={"a": "two", "b": "two"}, check=no_two, on_failure="skip"))
    assert (table.result.succeeded, table.result.reason) == (False, "verify")


def spells(request: ModelRequest) -> ModelAnswer:
    return says(material(request)["the item"].upper())


def test_results_of_a_list_come_in_the_order_of_its_items() -> None:
    table = alone({"speller": spells}, MapOver(agent="speller", items=["a", {"b": 1}, "c"], at_most=2))
    assert table.result.output == ["A", '{"B":1}', "C"]


def test_an_item_that_fails_ends_the_list_or_is_skipped_as_declared() -> None:
    async def no_b(record: Envelope, attempt: Attempt) -> Verdict:
        return Verdict(passed=record.output != "B", reason="no B")

    failed = alone({"speller": spells}, MapOver(agent="speller", items=["a", "b", "c"], check=no_b)).result
    assert (failed.reason, failed.message, failed.partial) == ("verify", "item 2 of 3 failed: no B", ["A", None, "C"])
    skipped = alone({"speller": spells}, MapOver(agent="speller", items=["a", "b", "c"], check=no_b, on_failure="skip")).result
    assert (skipped.output, skipped.reason) == (["A", None, "C"], "without item 2 (verify)")


def test_an_empty_list_gives_an_empty_list() -> None:
    table = alone({"speller": spells}, MapOver(agent="speller", items=[]))
    assert (table.result.succeeded, table.result.output, table.requests()) == (True, [], 0)


def test_patterns_can_be_put_into_each_other() -> None:
    inner = Parallel(agents=["one", "two"], merge="editor")
    table = alone(THREE, MapOver(agent=Single(agent=inner), items=["x", "y"]))
    assert (table.result.output, table.result.usage.requests) == (["123", "123"], 6)


@pytest.mark.parametrize("pattern", [Parallel(agents=["one", "two"], merge="editor"), MapOver(agent="one", items=["x", "y"], at_most=1)])
def test_they_die_anywhere_go_on_and_ask_nobody_twice(pattern: Pattern) -> None:
    assert survives(lambda: Table(pattern, THREE)) > 10


def test_nobody_and_no_room_are_refused() -> None:
    with pytest.raises(UsageError, match="nobody works"):
        Parallel(agents=[])
    with pytest.raises(UsageError, match="cannot be the name of a branch"):
        Parallel(agents={"a/b": "one"})
    with pytest.raises(UsageError, match="items at the same time"):
        MapOver(agent="one", items=[], at_most=10_001)
