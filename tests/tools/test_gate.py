"""The gate: what is admitted, what is refused, and what the record says of both."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from playnex.canonical import Json
from playnex.errors import DefinitionError, NotFoundError, ToolFailed
from playnex.journal.events import OutcomeDecided, RunFinished
from playnex.spec.context import Effect, StepContext
from playnex.spec.envelope import Envelope
from playnex.spec.flow import RetrySpec
from playnex.testing import Rehearsal, crash_everywhere
from playnex.testing.memory_context import MemoryContext
from playnex.tools.gate import CallRequest, Gate
from playnex.tools.tool import Call, CallScope, Tool, ToolResult
from playnex.tools.toolbox import WorkspaceToolbox

SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "properties": {"customer": {"type": "string"}, "limit": {"type": "integer"}},
    "required": ["customer"],
    "additionalProperties": False,
}


class Recorder:
    """A tool's body that notes its calls and answers what it was given, or raises it."""

    def __init__(self, answer: Json | Exception = "ok") -> None:
        self.answer = answer
        self.calls: list[tuple[Json, CallScope]] = []

    async def __call__(self, arguments: Mapping[str, Json], scope: CallScope) -> ToolResult:
        self.calls.append((arguments, scope))
        if isinstance(self.answer, Exception):
            raise self.answer
        return ToolResult(output=self.answer, labels=("untrusted",), sources=("crm",))


def lookup(call: Call) -> Tool:
    return Tool(name="crm.lookup", description="", parameters=SCHEMA, effect="idempotent", timeout=5.0, call=call)


def asked(tool: Tool, request: CallRequest, context: MemoryContext | None = None) -> Envelope:
    return asyncio.run(Gate(WorkspaceToolbox([tool])).call(context or MemoryContext(), request))


GOOD = CallRequest(tool="crm.lookup", arguments={"customer": "Ana"}, scope=CallScope(agent="billing"))


@pytest.mark.parametrize(
    ("declared", "may_repeat", "effect"),
    [(None, False, "once"), (None, True, "idempotent"), ("once", True, "once"), ("pure", False, "pure")],
)
def test_a_tool_that_declares_nothing_is_once_unless_the_user_says_that_it_may_run_again(
    declared: Effect | None, may_repeat: bool, effect: Effect
) -> None:
    context = MemoryContext()
    asked(replace(lookup(Recorder("found")), effect=declared), replace(GOOD, may_repeat=may_repeat), context)
    assert context.plans["tool-1"].effect == effect


def test_an_admitted_call_is_one_step_with_its_tool_arguments_and_agent_on_record() -> None:
    context, body = MemoryContext(), Recorder({"plan": "free"})
    envelope = asked(lookup(body), GOOD, context)
    assert envelope == Envelope(output={"plan": "free"}, labels=("untrusted",), sources=("crm",))
    plan = context.plans["tool-1"]
    assert (plan.kind, plan.actor, plan.effect, plan.timeout, plan.announce) == ("tool", "crm.lookup", "idempotent", 5.0, True)
    assert plan.input == {"tool": "crm.lookup", "arguments": {"customer": "Ana"}, "agent": "billing"}
    assert body.calls[0][1].idempotency_key == "RUN/tool-1"


def test_a_recorded_call_is_not_executed_again() -> None:
    context, body = MemoryContext(), Recorder()
    first = asked(lookup(body), GOOD, context)
    assert asked(lookup(body), GOOD, context.again()) == first
    assert len(body.calls) == 1


def test_a_recorded_call_is_answered_even_when_its_tool_is_gone() -> None:
    context = MemoryContext()
    first = asked(lookup(Recorder()), GOOD, context)
    other = replace(lookup(Recorder()), name="crm.other")
    assert asked(other, GOOD, context.again()) == first


@pytest.mark.parametrize(
    ("allowed", "runs"),
    [(None, True), (("crm.lookup",), True), (("crm.*",), True), (("file.*",), False), ((), False), (("crm.look",), False)],
)
def test_an_agent_calls_only_what_its_list_names(allowed: tuple[str, ...] | None, runs: bool) -> None:
    context, body = MemoryContext(), Recorder()
    envelope = asked(lookup(body), replace(GOOD, allowed=allowed), context)
    assert bool(body.calls) == runs
    assert context.records["tool-1"].status == ("succeeded" if runs else "failed")
    if not runs:
        assert envelope.reason == "refused" and "is not in the list of this agent" in envelope.output["error"]


def test_a_refusal_does_not_name_tools_outside_the_list() -> None:
    envelope = asked(lookup(Recorder()), replace(GOOD, tool="crm.lokup", allowed=("file.*",)))
    assert "crm.lookup" not in envelope.output["error"]


def test_an_unknown_tool_is_refused_with_a_suggestion() -> None:
    envelope = asked(lookup(Recorder()), replace(GOOD, tool="crm.lokup"))
    assert envelope.output == {"error": "there is no tool 'crm.lokup'; did you mean 'crm.lookup'?"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "'customer' is missing"),
        ({"customer": 3}, "at customer: 3 is not a string"),
        ({"customer": "x", "limt": 3}, "did you mean 'limit'?"),
        ("customer=x", "must be an object, not str"),
        (None, "must be an object"),
        ({"customer": "\ud800"}, "cannot be stored as JSON"),
        ({"customer": "x", "limit": float("nan")}, "cannot be stored as JSON"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_with_the_mend(arguments: Json, told: str) -> None:
    context, body = MemoryContext(), Recorder()
    envelope = asked(lookup(body), replace(GOOD, arguments=arguments), context)
    assert (envelope.status, envelope.reason, body.calls) == ("failed", "refused", [])
    assert told in envelope.output["error"] and "Its parameters: customer (string), limit (integer, optional)" in envelope.output["error"]
    assert context.records["tool-1"] == envelope


@pytest.mark.parametrize("fault", [ToolFailed("the server said no"), ValueError("the server said no")])
def test_a_tool_that_fails_is_told_without_a_traceback(fault: Exception) -> None:
    envelope = asked(lookup(Recorder(fault)), GOOD)
    assert (envelope.status, envelope.reason) == ("failed", "tool-failed")
    assert "the server said no" in envelope.output["error"] and "Traceback" not in envelope.output["error"]


def test_a_failing_tool_is_tried_as_often_as_its_step_says() -> None:
    body = Recorder(ToolFailed("no"))
    assert asked(lookup(body), replace(GOOD, retry=RetrySpec(times=2))).attempts == 3
    assert len({scope.idempotency_key for _, scope in body.calls}) == 1


def test_a_call_beyond_its_time_is_ended_with_that_reason() -> None:
    async def hang(_arguments: Mapping[str, Json], _scope: CallScope) -> ToolResult:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    assert asked(lookup(hang), replace(GOOD, timeout=0.01)).reason == "timeout"


def test_two_tools_of_one_name_are_a_fault_that_names_both() -> None:
    tool = lookup(Recorder())
    with pytest.raises(DefinitionError, match=r"tools/b\.py:7:1: two tools are called 'crm\.lookup': here and in tools/a\.py:3"):
        WorkspaceToolbox([replace(tool, source="tools/a.py:3"), replace(tool, source="tools/b.py:7")])


def test_the_toolbox_knows_its_tools_by_name_and_pattern() -> None:
    tool = lookup(Recorder())
    toolbox = WorkspaceToolbox([tool, replace(tool, name="crm.close"), replace(tool, name="fs.read")])
    assert toolbox.names() == ("crm.close", "crm.lookup", "fs.read")
    assert [found.name for found in toolbox.matching(["crm.*", "crm.lookup"])] == ["crm.close", "crm.lookup"]
    with pytest.raises(NotFoundError) as raised:
        toolbox.get("crm.lokup")
    assert raised.value.hint == "did you mean 'crm.lookup'?"


def test_a_call_whose_outcome_a_person_decided_is_not_made_again() -> None:
    """Dying around any append of a call that must not be made twice."""
    recorders: list[Recorder] = []

    def make() -> Rehearsal:
        recorders.append(recorder := Recorder())
        gate = Gate(WorkspaceToolbox([replace(lookup(recorder), effect="once")]))

        async def flow(ctx: StepContext, _inputs: Json) -> Json:
            return (await gate.call(ctx, GOOD)).output

        done = OutcomeDecided(decision="done", value="ok", by="a person")
        return Rehearsal(flow, outcomes={"tool-1": done})

    for rehearsal in crash_everywhere(make):
        assert isinstance(rehearsal.ending, RunFinished) and rehearsal.ending.output == "ok"
        assert len(recorders[-1].calls) <= 1
