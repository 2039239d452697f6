"""Runs as spans: what a receiver is sent, in the words of OpenTelemetry's conventions, and what it is not."""

from pathlib import Path

import pytest
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes as words

from flows.stage import Desk
from playnex.app.spans import Span, span_of, spans_of, trace_of
from playnex.app.templates import lay_out
from playnex.journal.events import Event, Fact, RunFinished, RunStarted, StepFinished, StepStarted
from playnex.testing.model_replies import Asked, Reply, answer, calls
from playnex.testing.model_server import serving
from telemetry.receiver import receiving, said

TOOLS = '''\
import playnex


@playnex.tool(effect="idempotent")
def lookup(customer: str) -> str:
    """The plan of a customer."""
    return "a private plan"
'''
CLERK = "---\nname: clerk\ndescription: Looks up.\ntools: [crm.lookup]\n---\nYou look up.\n"
FLOW = "playnex: 1\nname: plan\nsteps:\n  ask: { agent: clerk, prompt: A private question. }\n  send: { approve: { message: Send it? } }\n"
CONTENT = (b"A private question", b"a private plan", b"Ana, privately")


@pytest.mark.slow
def test_a_run_that_waits_and_goes_on_is_one_trace_of_run_agent_requests_and_tool_calls_without_content(tmp_path: Path) -> None:
    desk = laid_out(tmp_path)
    with serving(asking) as server, receiving() as receiver:
        configure(desk, server.url, f'[telemetry]\notlp = "{receiver.url}"\n')
        assert desk.playnex("flow", "run", "plan").returncode == 6
        assert "invoke_workflow plan" not in receiver.named(), "it has not ended"
        first = len(receiver.spans)
        assert first >= 4
        assert desk.playnex("inbox", "approve", "last").returncode == 0
        spans = receiver.named()
    run = desk.json("run", "list")["items"][0]["run"]
    assert {span.trace_id.hex() for span in receiver.spans} == {trace_of(run)}
    assert len({span.span_id for span in receiver.spans}) == len(receiver.spans), "none came twice"
    whole, agent, tool = spans["invoke_workflow plan"], spans["invoke_agent clerk"], spans["execute_tool crm.lookup"]
    assert (whole.parent_span_id, agent.parent_span_id, tool.parent_span_id) == (b"", whole.span_id, agent.span_id)
    assert said(tool)[words.GEN_AI_TOOL_NAME] == "crm.lookup"
    assert said(agent)[words.GEN_AI_AGENT_NAME] == "clerk"
    request = said(spans["chat main"])
    assert request[words.GEN_AI_OPERATION_NAME] == words.GenAiOperationNameValues.CHAT.value
    assert request[words.GEN_AI_RESPONSE_MODEL] == "scripted"
    assert words.GEN_AI_USAGE_INPUT_TOKENS in request
    assert not [text for text in CONTENT for body in receiver.bodies if text in body]


@pytest.mark.slow
def test_content_is_sent_only_where_it_is_wanted_and_a_receiver_that_is_away_holds_up_nothing(tmp_path: Path) -> None:
    desk = laid_out(tmp_path)
    with serving(asking) as server:
        with receiving() as receiver:
            configure(desk, server.url, f'[telemetry]\notlp = "{receiver.url}"\ncontent = true\n')
            assert desk.playnex("flow", "run", "plan").returncode == 6
            assert all(any(text in body for body in receiver.bodies) for text in CONTENT)
        assert desk.playnex("inbox", "approve", "last").returncode == 0
    assert desk.json("run", "show", "last")["status"] == "succeeded"


def test_spans_go_to_this_machine_alone_unless_the_user_says_otherwise(tmp_path: Path) -> None:
    desk = laid_out(tmp_path)
    configure(desk, "http://127.0.0.1:1/v1", '[telemetry]\notlp = "https://collector.example"\n')
    refused = desk.playnex("check")
    assert refused.returncode == 3
    assert "playnex.toml:6:1" in refused.stderr and "is not on this machine" in refused.stderr


def test_the_names_are_those_of_the_conventions() -> None:
    known = {value for name, value in vars(words).items() if name.startswith("GEN_AI_")}
    used = {name for span in spans_of("r", EVENTS, content=True) for name in span.attributes if name.startswith("gen_ai.")}
    assert used and used <= known
    operations = {
        str(span.attributes[words.GEN_AI_OPERATION_NAME]) for span in spans_of("r", EVENTS) if "gen_ai" in "".join(span.attributes)
    }
    assert operations - {"None"} <= {value.value for value in words.GenAiOperationNameValues}


def test_what_was_sent_is_not_sent_again_and_a_failure_says_why() -> None:
    assert [span.name for span in spans_of("r", EVENTS, after=4)] == [
        "execute_tool crm.lookup",
        "invoke_agent clerk",
        "invoke_workflow plan",
    ]
    tool = next(span for span in spans_of("r", EVENTS) if span.name.startswith("execute_tool"))
    assert (tool.error, tool.attributes["error.type"]) == ("timeout", "timeout")
    assert tool == Span(
        trace=trace_of("r"),
        id=span_of("r", "ask/tool-1"),
        parent=span_of("r", "ask"),
        name="execute_tool crm.lookup",
        began=5.0,
        ended=6.0,
        attributes=tool.attributes,
        error="timeout",
    )


def happened(*facts: tuple[str, Fact]) -> tuple[Event, ...]:
    return tuple(Event(run="r", position=at, at=float(at), key=key, fact=fact) for at, (key, fact) in enumerate(facts, 1))


EVENTS = happened(
    ("", RunStarted(flow="plan", inputs={}, definition=None, version="0")),
    ("ask", StepStarted(kind="agent", actor="clerk")),
    ("ask/turn-1/model", StepStarted(kind="model", actor="main", input={"messages": [{"role": "user", "text": "x"}]})),
    (
        "ask/turn-1/model",
        StepFinished(kind="model", envelope={"status": "succeeded", "output": {"text": "", "finish": "stop", "model": "m", "calls": []}}),
    ),
    ("ask/tool-1", StepStarted(kind="tool", actor="crm.lookup", input={"arguments": {"customer": "Ana"}, "agent": "clerk"})),
    ("ask/tool-1", StepFinished(kind="tool", envelope={"status": "failed", "reason": "timeout", "output": {"error": "late"}})),
    ("ask", StepFinished(kind="agent", envelope={"status": "succeeded", "output": "x", "usage": {"requests": 1, "input_tokens": 2}})),
    ("", RunFinished(status="succeeded")),
)


def laid_out(folder: Path) -> Desk:
    lay_out("minimal", folder)
    (folder / "tools").mkdir()
    (folder / "tools/crm.py").write_text(TOOLS)
    (folder / "agents/clerk.md").write_text(CLERK)
    (folder / "flows/plan.yaml").write_text(FLOW)
    return Desk(folder)


def configure(desk: Desk, url: str, more: str) -> None:
    (desk.folder / "playnex.toml").write_text(f'[models.main]\nbase_url = "{url}"\nname = "scripted"\ncontext = 32768\n{more}')


def asking(asked: Asked) -> Reply:
    is_first = not any(message["role"] == "tool" for message in asked.body["messages"])
    return calls(("crm__lookup", {"customer": "Ana, privately"})) if is_first else answer("Done.", input_tokens=900)
