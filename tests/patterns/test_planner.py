"""A planner and its executors: plans are recorded and checked, steps run in the order of their needs, failures lead to new plans."""

import asyncio
from typing import Any

import pytest

from patterns.stage import Table, alone, material, survives, told, typed
from playnex.canonical import Json
from playnex.errors import ModelRefused, UsageError
from playnex.journal.events import RunFinished
from playnex.models.model import ModelAnswer, ModelRequest
from playnex.patterns import PlanBounds, Planner
from playnex.patterns.plan import Plan, PlannedStep, faults_of
from playnex.spec.context import Attempt, StepContext, Verdict
from playnex.spec.envelope import Envelope
from playnex.testing.scripted_model import Line, says

TEAM = Planner(planner="head", executors=("finder", "writer"))


def step(name: str, *needs: str, agent: str = "finder") -> Json:
    return {"id": name, "task": f"Do {name}.", "agent": agent, "needs": list(needs)}


def plan(*steps: Json) -> ModelAnswer:
    return typed({"steps": list(steps)})


def is_planning(request: ModelRequest) -> bool:
    return "Make a plan" in told(request)


def head(*plans: ModelAnswer) -> Any:
    """A planner with these plans, one after the other, that answers in the end."""
    left = list(plans)

    def script(request: ModelRequest) -> Line:
        return (left.pop(0) if len(left) > 1 else left[0]) if is_planning(request) else says("The Nile.")

    return script


def rule(**lines: str) -> Any:
    """An executor that says what is written for the step, else its name; an empty line fails."""

    def script(request: ModelRequest) -> Line:
        name = told(request).partition("Do ")[2].partition(".")[0]
        return says(lines.get(name, f"{name} is done"))

    return script


def test_steps_run_in_the_order_of_their_needs_with_the_results_they_need() -> None:
    scripts = {"head": head(plan(step("draft", "facts", agent="writer"), step("facts"))), "finder": rule(), "writer": rule()}
    table = alone(scripts, TEAM)
    assert table.result.succeeded and table.result.output == "The Nile."
    given = material(table.agents.asked("writer")[0])
    assert given == {"the whole task": "Name the longest river.", "the result of step facts": "facts is done"}
    assert set(material(table.agents.asked("head")[1])) == {"the result of step facts", "the result of step draft"}
    assert table.result.usage.requests == 4


def test_the_plan_is_recorded_before_its_first_step_begins() -> None:
    table = alone({"head": head(plan(step("facts"))), "finder": rule(), "writer": rule()}, TEAM)
    keys = [event.key for event in table.rehearsal.events]
    assert keys.index("planner-v1/plan") < keys.index("planner-v1/plan-1/facts")
    assert table.record("planner-v1/plan") == {"steps": [step("facts")]}


def test_steps_that_do_not_need_each_other_are_done_at_the_same_time() -> None:
    both: list[asyncio.Barrier] = []

    async def meets_the_other(record: Envelope, attempt: Attempt) -> Verdict:
        both[:] = both or [asyncio.Barrier(2)]
        async with asyncio.timeout(10):
            await both[0].wait()
        return Verdict(passed=True)

    pattern = Planner(planner="head", executors=("finder",), check=meets_the_other)
    assert alone({"head": head(plan(step("a"), step("b"))), "finder": rule()}, pattern).result.succeeded


def test_no_more_steps_go_on_at_once_than_the_bounds_say() -> None:
    going, most = 0, 0

    async def counts(record: Envelope, attempt: Attempt) -> Verdict:
        nonlocal going, most
        going += 1
        most = max(most, going)
        for _ in range(20):
            await asyncio.sleep(0)
        going -= 1
        return Verdict(passed=True)

    wide = [step(name) for name in "abcdef"]
    pattern = Planner(planner="head", executors=("finder",), check=counts, bounds=PlanBounds(at_most=2))
    assert alone({"head": head(plan(*wide, step("g", *"abcdef"))), "finder": rule()}, pattern).result.succeeded
    assert most == 2


def test_a_bad_plan_is_sent_back_once_with_the_reason() -> None:
    bad = plan(step("a", "b"), step("b", "a"), step("c", "nowhere"))
    table = alone({"head": head(bad, plan(step("a"))), "finder": rule(), "writer": rule()}, TEAM)
    assert table.result.succeeded
    second = told(table.agents.asked("head")[1])
    assert "wait for each other: a -> b -> a" in second and "'c' needs 'nowhere', which is no step" in second
    never = alone({"head": head(bad), "finder": rule(), "writer": rule()}, TEAM)
    assert never.result.reason == "verify" and "wait for each other" in never.result.message
    assert len(never.agents.asked("head")) == 2 and never.agents.asked("finder") == []


def test_what_is_wrong_with_a_plan_is_told_at_once() -> None:
    steps = (PlannedStep(id="a/b", task="x", agent="finder"), PlannedStep(id="c", task=" ", agent="nobody"))
    faults = faults_of(Plan(steps=(*steps, steps[1])), ("finder",), ())
    assert faults[0] == "two steps are called 'c'" and len(faults) == 6
    needs_the_past = Plan(steps=(PlannedStep(id="d", task="x", agent="finder", needs=("old",)),))
    assert faults_of(needs_the_past, ("finder",), ("old",)) == []


def test_a_failed_step_leads_to_a_new_plan_and_what_is_done_is_never_done_again() -> None:
    first = plan(step("a"), step("b"), step("c", "b"))
    second = plan(step("a"), step("b2", "a"))
    table = alone({"head": head(first, second), "finder": rule(b=" "), "writer": rule()}, TEAM)
    assert table.result.succeeded
    given = material(table.agents.asked("head")[1])
    assert given["done: the result of step a"] == "a is done" and "empty-answer" in given["failed: step b"]
    assert given["not begun, for what they need failed"] == "c"
    assert [told(request).count("Do a.") for request in table.agents.asked("finder")].count(1) == 1
    assert table.record("planner-v1/plan#2") == {"steps": [step("b2", "a")]}
    assert material(table.agents.asked("finder")[-1])["the result of step a"] == "a is done"


def test_a_planner_that_never_comes_to_an_end_gives_what_is_done_by_id() -> None:
    table = alone({"head": head(plan(step("a"), step("b"))), "finder": rule(b=" "), "writer": rule()}, TEAM)
    assert table.result.reason == "not-converged" and table.result.partial == {"a": "a is done"}
    assert len(table.agents.asked("head")) == 3 and "3 plans did not come to an end" in table.result.message


def test_a_retry_of_the_run_does_the_last_failed_step_alone_again() -> None:
    refused = ModelRefused("there is no such model")
    finder: list[Line] = [refused, refused, refused, says("b at last")]
    table = Table(TEAM, {"head": head(plan(step("b"))), "finder": finder, "writer": rule()})

    async def body(context: StepContext, inputs: Any) -> Json:
        return (await TEAM.run(context, "Name the longest river.")).output

    table.rehearsal.flow = body
    first = table.rehearsal.play()
    assert isinstance(first, RunFinished) and (first.reason, first.step) == ("not-converged", "planner-v1/plan-3/b")
    again = table.rehearsal.play()
    assert isinstance(again, RunFinished) and (again.status, again.output) == ("succeeded", "The Nile.")
    assert len(table.agents.asked("finder")) == 4


def test_an_empty_new_plan_says_that_enough_is_done() -> None:
    table = alone({"head": head(plan(step("a"), step("b")), plan()), "finder": rule(b=" "), "writer": rule()}, TEAM)
    assert table.result.succeeded and table.result.output == "The Nile."


def test_a_writer_can_give_the_answer_in_its_form() -> None:
    pattern = Planner(planner="head", executors=("finder",), writer="writer")
    scripts = {"head": head(plan(step("a"))), "finder": rule(), "writer": [typed({"river": "Nile"})]}
    table = alone(scripts, pattern, output={"river": "string"})
    assert table.result.output == {"river": "Nile"} and len(table.agents.asked("head")) == 1


def test_a_result_that_fails_its_check_is_a_failed_step_and_nobody_sees_it() -> None:
    async def check(record: Envelope, attempt: Attempt) -> Verdict:
        return Verdict(passed="secret" not in record.output, reason="it tells too much")

    pattern = Planner(planner="head", executors=("finder",), check=check, bounds=PlanBounds(replans=1))
    table = alone({"head": head(plan(step("a")), plan(step("b"))), "finder": rule(a="a secret")}, pattern)
    assert table.result.succeeded
    assert "it tells too much" in told(table.agents.asked("head")[1]) and "a secret" not in told(table.agents.asked("head")[1])


def test_a_person_sees_the_plan_first_and_can_change_or_refuse_it() -> None:
    pattern = Planner(planner="head", executors=("finder", "writer"), approve=True)

    def table() -> Table:
        return Table(pattern, {"head": head(plan(step("a"))), "finder": rule(), "writer": rule()})

    waiting = table()
    waiting.rehearsal.play()
    assert waiting.agents.asked("finder") == [] and "planner-v1/plan" not in waiting.rehearsal.results
    changed, refused = table(), table()
    changed.rehearsal.answers = {"planner-v1/approval": {"approved": True, "value": {"steps": [step("z")]}}}
    changed.play()
    assert changed.result.succeeded and changed.record("planner-v1/plan") == {"steps": [step("z")]}
    refused.rehearsal.answers = {"planner-v1/approval": {"approved": False}}
    refused.play()
    assert refused.result.reason == "refused" and refused.agents.asked("finder") == []


def test_a_change_that_makes_no_plan_is_asked_about_again() -> None:
    pattern = Planner(planner="head", executors=("finder",), approve=True)
    table = Table(pattern, {"head": head(plan(step("a"))), "finder": rule()})
    wrong, right = {"steps": [step("a", "nowhere")]}, {"steps": [step("b")]}
    table.rehearsal.answers = {
        "planner-v1/approval": {"approved": True, "value": wrong},
        "planner-v1/approval#2": {"approved": True, "value": right},
    }
    assert table.play().succeeded and table.record("planner-v1/plan") == right


def test_no_setting_goes_beyond_the_ceilings() -> None:
    for wrong in ({"steps": 101}, {"replans": 11}, {"at_most": 0, "steps": 0}):
        with pytest.raises(UsageError):
            PlanBounds(**wrong)
    with pytest.raises(UsageError):
        Planner(planner="head", executors=())


def test_a_planner_that_dies_anywhere_goes_on_and_asks_nothing_twice() -> None:
    def make() -> Table:
        def script(request: ModelRequest) -> Line:
            if not is_planning(request):
                return says("done")
            return plan(step("b2", "a")) if "An earlier plan" in told(request) else plan(step("a"), step("b"), step("c", "a", "b"))

        return Table(TEAM, {"head": script, "finder": rule(b=" "), "writer": rule()})

    assert survives(make) > 20
