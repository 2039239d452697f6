"""A supervisor delegates and keeps the work: who does what, what fails, what is checked, and where it ends."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from patterns.stage import Table, alone, material, survives, told, typed
from playnex.canonical import Json
from playnex.errors import ModelRefused, UsageError
from playnex.journal.events import RunFinished
from playnex.models.model import ModelAnswer, ModelRequest, ToolCall, ToolMessage
from playnex.patterns import Supervisor
from playnex.spec.agent import AgentSpec
from playnex.spec.agent_result import DataBlock
from playnex.spec.context import Attempt, StepContext, Verdict
from playnex.spec.envelope import Envelope
from playnex.testing.scripted_model import Line, says, wishes

TEAM = Supervisor(supervisor="lead", workers=("finder", "checker"))


def delegates(*parts: tuple[str, str]) -> ModelAnswer:
    """An answer that gives each worker its task."""
    return wishes(*(ToolCall(id=f"c{n}", name="delegate", arguments={"worker": who, "task": what}) for n, (who, what) in enumerate(parts)))


def results(request: ModelRequest) -> list[Json]:
    """What the delegations have given so far, as the supervisor sees it."""
    return [json.loads(message.text.splitlines()[1]) for message in request.messages if isinstance(message, ToolMessage)]


def lead(*parts: tuple[str, str], answer: str = "The Nile.") -> Sequence[ModelAnswer]:
    return [delegates(*parts), says(answer)]


def test_the_parts_are_done_by_workers_and_come_back_as_data() -> None:
    script = lead(("finder", "Find rivers."), ("checker", "Check them."))
    table = alone({"lead": script, "finder": [says("Nile, Amazon")], "checker": [says("Both are long.")]}, TEAM)
    assert table.result.succeeded and table.result.output == "The Nile."
    assert results(table.agents.asked("lead")[1]) == [
        {"worker": "finder", "succeeded": True, "result": "Nile, Amazon"},
        {"worker": "checker", "succeeded": True, "result": "Both are long."},
    ]
    assert "Find rivers." in told(table.agents.asked("finder")[0]) and "Name the longest" not in told(table.agents.asked("finder")[0])
    assert table.result.usage.requests == 4


def test_the_supervisor_reads_what_each_worker_is_for() -> None:
    table = Table(TEAM, {"lead": [says("The Nile.")], "finder": [], "checker": []})
    table.agents.specs = {"finder": AgentSpec(name="finder", description="Finds facts.", model="finder")}
    table.play()
    tool = table.agents.asked("lead")[0].tools[0]
    assert "- finder: Finds facts.\n- checker" in tool.description
    assert tool.parameters["properties"]["worker"]["enum"] == ["finder", "checker"]


def test_parts_of_one_answer_are_done_at_the_same_time() -> None:
    both: list[asyncio.Barrier] = []

    async def meets_the_other(record: Envelope, attempt: Attempt) -> Verdict:
        both[:] = both or [asyncio.Barrier(2)]
        async with asyncio.timeout(10):
            await both[0].wait()
        return Verdict(passed=True)

    pattern = Supervisor(supervisor="lead", workers=("finder", "checker"), check=meets_the_other)
    script = lead(("finder", "one"), ("checker", "two"))
    table = alone({"lead": script, "finder": [says("1")], "checker": [says("2")]}, pattern)
    assert [part["result"] for part in results(table.agents.asked("lead")[1])] == ["1", "2"]


def test_a_failed_part_is_told_with_its_reason_and_done_again_alone() -> None:
    script = [delegates(("finder", "one"), ("checker", "two")), delegates(("finder", "one")), says("done")]
    table = alone({"lead": script, "finder": [says(" "), says(" "), says("found")], "checker": [says("ok")]}, TEAM)
    assert table.result.succeeded
    first, second = results(table.agents.asked("lead")[1])
    assert first["succeeded"] is False and "finder failed (empty-answer)" in first["error"] and second["result"] == "ok"
    assert len(table.agents.asked("checker")) == 1


def test_a_failed_part_can_be_tried_once_more_by_itself() -> None:
    pattern = Supervisor(supervisor="lead", workers=("finder",), on_failure="retry")
    table = alone({"lead": lead(("finder", "one")), "finder": [says(" "), says(" "), says("found")]}, pattern)
    assert table.result.succeeded and results(table.agents.asked("lead")[1])[0]["result"] == "found"


def test_a_failed_part_can_fail_the_whole_with_what_there_is() -> None:
    pattern = Supervisor(supervisor="lead", workers=("finder", "checker"), on_failure="fail")
    script = lead(("finder", "one"), ("checker", "two"))
    table = alone({"lead": script, "finder": [says(" ")], "checker": [says("ok")]}, pattern)
    assert not table.result.succeeded and table.result.reason == "worker-failed" and "finder failed" in table.result.message
    made = table.result.partial["delegations"]
    assert made[1] == {"worker": "checker", "task": "two", "result": "ok"} and "error" in made[0]
    assert len(table.agents.asked("lead")) == 1


def test_a_retry_of_the_run_does_the_failed_part_alone_again() -> None:
    pattern = Supervisor(supervisor="lead", workers=("finder", "checker"), on_failure="fail")
    finder: list[Line] = [ModelRefused("there is no such model"), says("found")]
    table = Table(pattern, {"lead": lead(("finder", "one"), ("checker", "two")), "finder": finder, "checker": [says("ok")]})

    async def body(context: StepContext, inputs: Any) -> Json:
        return (await pattern.run(context, "Name the longest river.")).output

    table.rehearsal.flow = body
    first = table.rehearsal.play()
    assert isinstance(first, RunFinished) and first.status == "failed" and first.step == "supervisor-v1/supervisor"
    again = table.rehearsal.play()
    assert isinstance(again, RunFinished) and (again.status, again.output) == ("succeeded", "The Nile.")
    assert (len(table.agents.asked("checker")), len(table.agents.asked("lead"))) == (1, 2)


def test_labels_and_sources_of_the_work_are_those_of_the_answer() -> None:
    async def body(context: StepContext, inputs: Any) -> Json:
        block = DataBlock(name="mail", text="Which river?", labels=("untrusted",), sources=("mail.txt",))
        result = await TEAM.try_run(context, "Answer.", data=[block])
        return [list(result.labels), list(result.sources)]

    table = Table(TEAM, {"lead": lead(("finder", "one")), "finder": [says("found")], "checker": []})
    table.rehearsal.flow = body
    ending = table.rehearsal.play()
    assert isinstance(ending, RunFinished) and ending.output == [["untrusted"], ["mail.txt"]]
    assert material(table.agents.asked("finder")[0]) == {"mail": "Which river?"}


def test_what_fails_its_check_never_reaches_the_supervisor() -> None:
    async def check(record: Envelope, attempt: Attempt) -> Verdict:
        return Verdict(passed="secret" not in record.output, reason="it tells a secret")

    pattern = Supervisor(supervisor="lead", workers=("finder",), check=check)
    table = alone({"lead": lead(("finder", "one")), "finder": [says("the secret is 7")]}, pattern)
    assert table.result.succeeded
    assert "it tells a secret" in told(table.agents.asked("lead")[1]) and "secret is 7" not in told(table.agents.asked("lead")[1])


def test_a_check_can_send_a_result_back_to_its_worker() -> None:
    async def check(record: Envelope, attempt: Attempt) -> Verdict:
        return Verdict(passed="!" not in record.output, reason="no shouting", on_fail="retry")

    pattern = Supervisor(supervisor="lead", workers=("finder",), check=check)
    table = alone({"lead": lead(("finder", "one")), "finder": [says("Nile!"), says("Nile.")]}, pattern)
    assert "no shouting" in told(table.agents.asked("finder")[1])
    assert results(table.agents.asked("lead")[1])[0]["result"] == "Nile."


def test_the_same_part_again_and_again_is_nudged_and_then_ends_as_stuck() -> None:
    finder = [says(f"river {number}") for number in range(9)]
    table = alone({"lead": [delegates(("finder", "Find  it"))], "finder": finder}, Supervisor(supervisor="lead", workers=("finder",)))
    assert not table.result.succeeded and table.result.reason == "stuck"
    assert len(table.agents.asked("finder")) == 2 and len(table.agents.asked("lead")) == 4
    assert "was given exactly this 2 times" in told(table.agents.asked("lead")[3])
    assert [part["result"] for part in table.result.partial["delegations"]] == ["river 0", "river 1"]


def test_a_supervisor_that_never_stops_comes_to_its_cap() -> None:
    def never(request: ModelRequest) -> ModelAnswer:
        number = len(request.messages)
        return delegates(("finder", f"a{number}"), ("finder", f"b{number}"))

    table = alone({"lead": never, "finder": [says("found")]}, Supervisor(supervisor="lead", workers=("finder",), delegations=5))
    assert table.result.reason == "delegation-limit" and len(table.agents.asked("finder")) == 5
    assert len(table.agents.asked("lead")) == 4 and "all 5 delegations were made" in table.result.message
    assert len(table.result.partial["delegations"]) == 5


def test_no_setting_goes_beyond_the_ceiling_and_a_team_has_names() -> None:
    for wrong in ({"delegations": 101}, {"delegations": 0}, {"workers": ()}, {"workers": ("a", "a")}, {"supervisor": TEAM}):
        with pytest.raises(UsageError):
            Supervisor(**({"supervisor": "lead", "workers": ("finder",)} | wrong))


def test_a_worker_that_is_not_there_is_told_before_any_request() -> None:
    table = alone({"lead": lead(("finder", "one"))}, TEAM)
    assert table.result.reason == "not-found" and "there is no agent 'finder'" in table.result.message
    assert table.agents.asked("lead") == []


def test_a_team_can_be_a_worker_and_has_its_own_count() -> None:
    inner = Supervisor(supervisor="boss", workers=("finder",), delegations=1)
    pattern = Supervisor(supervisor="lead", workers={"team": inner, "checker": "checker"}, delegations=2)
    scripts = {
        "lead": lead(("team", "one"), ("checker", "two")),
        "boss": [delegates(("finder", "deep")), says("from below")],
        "finder": [says("x")],
        "checker": [says("y")],
    }
    table = alone(scripts, pattern)
    assert table.result.succeeded and [part["result"] for part in results(table.agents.asked("lead")[1])] == ["from below", "y"]


def test_the_form_of_the_answer_is_the_supervisors() -> None:
    scripts = {"lead": [delegates(("finder", "one")), typed({"river": "Nile"})], "finder": [says("Nile")], "checker": []}
    table = alone(scripts, TEAM, output={"river": "string"})
    assert table.result.output == {"river": "Nile"} and material(table.agents.asked("finder")[0]) == {}


def test_a_supervisor_that_dies_anywhere_goes_on_and_asks_nothing_twice() -> None:
    def make() -> Table:
        def script(request: ModelRequest) -> ModelAnswer:
            done = len(results(request))
            if done == 0:
                return delegates(("finder", "one"), ("checker", "two"))
            return delegates(("finder", "one")) if done == 2 else says("done")

        return Table(TEAM, {"lead": script, "finder": lambda _: says("found"), "checker": lambda _: says("ok")})

    assert survives(make) > 20


def test_caps_are_not_reset_by_a_death() -> None:
    def make() -> Table:
        def never(request: ModelRequest) -> ModelAnswer:
            return delegates(("finder", f"part {len(results(request))}"))

        return Table(Supervisor(supervisor="lead", workers=("finder",), delegations=2), {"lead": never, "finder": lambda _: says("found")})

    assert survives(make) > 20
