"""A run as a conversation: all that was asked, said, done and decided, in order; pure, from its events."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from playnex.canonical import Json
from playnex.journal.events import AttemptFailed, Event, SignalReceived, StepFinished, StepStarted, WaitStarted
from playnex.spec.envelope import from_json

EntryKind = Literal["agent", "told", "said", "call", "result", "failed-try", "question", "answer"]

ASKS = "gate.answer"
"""The step below a call in which the gate asks a person."""

REQUESTS = "browser.requests"
"""The step below a call in which a browser's tool tells what its page asked for."""

SAID_ALREADY = ("tool", "model")
"""Messages of these stand in the conversation where they were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was said or done. `step` is its key; `who` the agent, tool or person it comes from, or the name of what is given;
    `phase` is plan, act, reflect or notes; `value` are a call's arguments, a result, or what a person was shown or gave; `tokens`
    and `left_machine` are told of what a model said."""

    kind: EntryKind
    step: str
    at: float
    who: str = ""
    phase: str = ""
    status: str = ""
    text: str = ""
    value: Json = None
    seconds: float = 0.0
    tokens: int = 0
    left_machine: bool = False


def entries(events: Iterable[Event]) -> tuple[Entry, ...]:
    """The conversation."""
    phases: dict[str, str] = {}
    tools: dict[str, str] = {}
    return tuple(entry for event in events for entry in _entries(event, phases, tools))


def _entries(event: Event, phases: dict[str, str], tools: dict[str, str]) -> Iterator[Entry]:
    key, at = event.key, event.at
    match event.fact:
        case StepStarted(kind="model", input=dict(asked)):
            phases[key] = str(asked.get("phase", "act"))
            yield from _told(event, event.fact.actor, asked, phase=phases[key])
        case StepStarted(kind="tool", input={"tool": str(tool), "arguments": arguments}):
            tools[key] = tool
            yield Entry(kind="call", step=key, at=at, who=tool, value=arguments)
        case StepStarted(kind="agent", actor=agent):
            yield Entry(kind="agent", step=key, at=at, who=agent)
        case StepFinished(kind="model"):
            yield _said(event, event.fact, phases.get(key, "act"))
        case StepFinished(kind="tool") if key in tools:
            yield _gave(event, event.fact, tools[key])
        case AttemptFailed(reason=reason, message=message):
            yield Entry(kind="failed-try", step=key, at=at, status=reason, text=message)
        case WaitStarted(ask=dict(ask)):
            yield Entry(kind="question", step=key, at=at, text=str(ask["message"]), value=ask.get("show"))
        case SignalReceived(payload=payload, by=by):
            yield Entry(kind="answer", step=key or event.fact.signal, at=at, who=by, value=payload)
        case _:
            return


def _told(event: Event, model: str, asked: dict[str, Json], *, phase: str) -> Iterator[Entry]:
    """What a model is told with a request, but for what was said before."""
    if instructions := asked.get("instructions"):
        yield Entry(kind="told", step=event.key, at=event.at, who=model, phase="instructions", text=str(instructions))
    for message in asked.get("messages", ()):
        if message.get("role") not in SAID_ALREADY and message.get("text"):
            yield Entry(kind="told", step=event.key, at=event.at, who=message.get("name", ""), phase=phase, text=str(message["text"]))


def _said(event: Event, fact: StepFinished, phase: str) -> Entry:
    envelope = from_json(fact.envelope)
    output = envelope.output if isinstance(envelope.output, dict) else {}
    if envelope.status == "failed":
        text, model = str(output.get("error", "")), ""
    else:
        text, model = str(output.get("text", "")), str(output.get("model", ""))
    return Entry(
        kind="said",
        step=event.key,
        at=event.at,
        who=model,
        phase=phase,
        status=envelope.status,
        text=text,
        value=output.get("compacted", {}).get("notes"),
        seconds=fact.seconds,
        tokens=envelope.usage.tokens,
        left_machine=output.get("local") is False,
    )


def _gave(event: Event, fact: StepFinished, tool: str) -> Entry:
    envelope = from_json(fact.envelope)
    return Entry(
        kind="result",
        step=event.key,
        at=event.at,
        who=tool,
        status=envelope.status,
        text=envelope.reason,
        value=envelope.output,
        seconds=fact.seconds,
    )


def tool_calls(events: Iterable[Event]) -> tuple[dict[str, Json], ...]:
    """Every tool call in the order in which it was asked for: which agent (empty for the flow itself) called which tool with what,
    and what came of it (requirement X4); whether it left the machine (L3); what a person was asked before it, and how they decided. One
    that is still under way, or that a crash cut off, has the status `running`, one that waits for a person `waiting`."""
    found: dict[str, dict[str, Json]] = {}
    for event in events:
        match event.fact:
            case StepStarted(kind="tool", input={"tool": str(tool), "arguments": arguments, "agent": agent, **more}):
                asked: dict[str, Json] = {"step": event.key, "agent": agent, "tool": tool, "arguments": arguments}
                asked |= {"egress": more.get("egress", "none"), "left_machine": False, "approvals": [], "asked": event.at}
                found.setdefault(event.key, asked)["status"] = "running"
            case StepFinished(kind="tool") if event.key in found:
                found[event.key] |= _came_of(found[event.key], event.fact)
            case StepFinished() if (call := found.get(_browsing_call(event.key))) is not None:
                call["requests"] = [*call.get("requests", ()), *_requests(event.fact)]
            case WaitStarted(ask=dict(ask)) if (call := found.get(_call_of(event.key))) is not None:
                call["status"] = "waiting"
                call["approvals"].append({"why": ask.get("why", ""), "shown": ask.get("show"), "decision": ""})
            case StepFinished(kind="approve") if (call := found.get(_call_of(event.key))) is not None:
                call["status"] = "running"
                call["approvals"][-1] |= _decision(event.fact)
            case _:
                pass
    return tuple(found.values())


def departures(events: Iterable[Event]) -> tuple[dict[str, Json], ...]:
    """What left the machine (requirement L3): the model requests, tool calls and looks into memory that did, in order, each with its
    `step`, its `kind`, and to `whom`: `gpt at api.example.com`, `mail.send`."""
    past = tuple(events)
    asked = {event.key: event.fact.actor for event in past if isinstance(event.fact, StepStarted) and event.fact.kind == "model"}
    found = [(event.position, _request_left(event, asked)) for event in past]
    places = {event.key: event.position for event in past if isinstance(event.fact, StepFinished)}
    calls = [(places[call["step"]], call) for call in tool_calls(past) if call["left_machine"]]
    left: list[tuple[int, dict[str, Json]]] = [(position, one) for position, one in found if one is not None]
    left += [(position, {"step": call["step"], "kind": "tool", "whom": call["tool"]}) for position, call in calls]
    return tuple(one for _, one in sorted(left, key=lambda pair: pair[0]))


def _request_left(event: Event, asked: dict[str, str]) -> dict[str, Json] | None:
    """The model request, or the look for memory, that this records, where it was sent elsewhere."""
    match event.fact:
        case StepFinished(kind="model", envelope={"output": {"local": False, **output}}):
            name = asked.get(event.key) or str(output.get("model", ""))
            whom = f"{name} at {output['host']}" if output.get("host") else name
            return {"step": event.key, "kind": "model", "whom": whom}
        case StepFinished() if whom := memory_sent_to(event.fact):
            return {"step": event.key, "kind": "memory", "whom": whom}
        case _:
            return None


def memory_sent_to(fact: StepFinished) -> str:
    """The embedder on another machine that was asked when an agent was given its memory; empty where none was."""
    match fact.envelope:
        case {"output": {"pieces": list(), "sent_to": str(whom)}}:
            return whom
        case _:
            return ""


def _browsing_call(key: str) -> str:
    """The key of the call below which the step of that key tells what a browser's page asked for; empty for any other."""
    call, _, name = key.rpartition("/")
    return call if name.partition("#")[0] == REQUESTS else ""


def _requests(fact: StepFinished) -> Iterator[Json]:
    output = from_json(fact.envelope).output
    yield from output["requests"]
    if more := output.get("more"):
        yield {"method": "", "url": f"and {more} more"}


def _call_of(key: str) -> str:
    """The key of the call before which the step of that key asks; empty for any other."""
    call, _, name = key.rpartition("/")
    return call if name.partition("#")[0] == ASKS else ""


def _came_of(call: dict[str, Json], fact: StepFinished) -> dict[str, Json]:
    envelope = from_json(fact.envelope)
    return {
        "status": envelope.status,
        "reason": envelope.reason,
        "result": envelope.output,
        "labels": list(envelope.labels),
        "left_machine": call["egress"] == "remote" and envelope.reason != "refused",
        "seconds": fact.seconds,
    }


def _decision(fact: StepFinished) -> dict[str, Json]:
    """How a person decided: who, why not, and the arguments as they approved them."""
    envelope = from_json(fact.envelope)
    if envelope.status == "failed":
        return {"decision": str(envelope.output.get("error", ""))}
    return {"decision": envelope.reason, "approved": envelope.output}
