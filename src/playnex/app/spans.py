"""A run as spans, in the words of OpenTelemetry's conventions for generative AI; pure, from its events.

The ids are made from the run's id and the steps' keys, so a run that was killed and resumed goes on in the same trace, and a span that is
sent twice is the same span.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from playnex.canonical import Json, digest, encode
from playnex.journal.events import Event, RunFinished, RunStarted, StepFinished, StepStarted
from playnex.spec.envelope import Envelope, Usage, from_json

Attributes: TypeAlias = Mapping[str, str | int | float | bool | Sequence[str]]

OPERATION = "gen_ai.operation.name"
AGENT = "gen_ai.agent.name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of a run: `trace`, `id` and `parent` (empty for the run itself) in hex, times in seconds since 1970, `error` the reason of a
    failure. It is `outside` where it was a request to somebody else."""

    trace: str
    id: str
    parent: str = ""
    name: str
    began: float
    ended: float
    attributes: Attributes = field(default_factory=dict)
    error: str = ""
    outside: bool = False


def spans_of(run: str, events: Sequence[Event], *, after: int = 0, content: bool = False) -> tuple[Span, ...]:
    """The spans of all that ended behind that position. With `content` they carry prompts, answers, arguments and results."""
    begun = {event.key: event for event in reversed(events) if isinstance(event.fact, StepStarted)}
    known = begun.keys() | {event.key for event in events if isinstance(event.fact, StepFinished)}
    making = _Making(run=run, begun=begun, known=frozenset(known), content=content)
    return tuple(making.all_of(events, after))


def trace_of(run: str) -> str:
    """The trace's id."""
    return digest(f"playnex trace {run}".encode())[:32]


def span_of(run: str, key: str) -> str:
    """The id of a step's span; of the run's own for an empty key."""
    return digest(f"playnex span {run}/{key}".encode())[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Making:
    run: str
    begun: Mapping[str, Event]
    known: frozenset[str]
    content: bool

    def all_of(self, events: Iterable[Event], after: int) -> Iterator[Span]:
        started: Event | None = None
        for event in events:
            match event.fact:
                case RunStarted():
                    started = event
                case StepFinished() if event.position > after:
                    yield self._step(event, event.fact)
                case RunFinished() if event.position > after and started is not None:
                    yield self._whole(started, event, event.fact)

    def _whole(self, started: Event, event: Event, fact: RunFinished) -> Span:
        assert isinstance(started.fact, RunStarted)
        flow = started.fact.flow
        said: dict[str, str] = {OPERATION: "invoke_workflow", "gen_ai.workflow.name": flow, "playnex.run.status": fact.status}
        return Span(
            trace=trace_of(self.run),
            id=span_of(self.run, ""),
            name=f"invoke_workflow {flow}",
            began=started.at,
            ended=event.at,
            attributes=said | self._always(""),
            error="" if fact.status == "succeeded" else fact.reason or fact.status,
        )

    def _step(self, event: Event, fact: StepFinished) -> Span:
        envelope, start = from_json(fact.envelope), self.begun.get(event.key)
        begun = start.fact if start is not None and isinstance(start.fact, StepStarted) else StepStarted(kind=fact.kind)
        name, said = self._said(fact.kind, begun, envelope)
        is_failed = envelope.status == "failed"
        return Span(
            trace=trace_of(self.run),
            id=span_of(self.run, event.key),
            parent=span_of(self.run, self._parent(event.key)),
            name=name or f"step {event.key}",
            began=event.at - fact.seconds if start is None else min(start.at, event.at),
            ended=event.at,
            attributes={**said, **self._always(event.key), **({"error.type": envelope.reason or "failed"} if is_failed else {})},
            error=(envelope.reason or "failed") if is_failed else "",
            outside=fact.kind == "model",
        )

    def _parent(self, key: str) -> str:
        """The nearest step around it that is one."""
        words = key.split("/")
        around = ("/".join(words[:count]) for count in range(len(words) - 1, 0, -1))
        return next((outer for outer in around if outer in self.known), "")

    def _always(self, key: str) -> dict[str, str]:
        said = {"gen_ai.conversation.id": self.run, "playnex.run.id": self.run}
        return said | ({"playnex.step.key": key} if key else {})

    def _said(self, kind: str, begun: StepStarted, envelope: Envelope) -> tuple[str, Attributes]:
        """The span's name and what its kind of step says."""
        given = begun.input if isinstance(begun.input, dict) else {}
        match kind:
            case "model":
                return self._request(begun, given, envelope)
            case "tool":
                content = {"gen_ai.tool.call.arguments": given.get("arguments"), "gen_ai.tool.call.result": envelope.output}
                agent = {AGENT: str(given["agent"])} if given.get("agent") else {}
                left = {"playnex.egress": str(given["egress"])} if "egress" in given else {}
                tool = {OPERATION: "execute_tool", "gen_ai.tool.name": begun.actor, "gen_ai.tool.type": "function"}
                return f"execute_tool {begun.actor}", tool | agent | left | self._content(content)
            case "agent":
                content = {"gen_ai.output.messages": envelope.output}
                agent = {OPERATION: "invoke_agent", AGENT: begun.actor}
                return f"invoke_agent {begun.actor}", agent | _tokens(envelope.usage) | self._content(content)
            case _:
                return "", {"playnex.step.kind": kind}

    def _request(self, begun: StepStarted, given: Mapping[str, Json], envelope: Envelope) -> tuple[str, Attributes]:
        """A model request; the model that was asked for is named by its alias, the one that answered by its own name."""
        answer = envelope.output if isinstance(envelope.output, dict) else {}
        content = {"gen_ai.input.messages": given.get("messages"), "gen_ai.system_instructions": given.get("instructions")}
        content |= {"gen_ai.output.messages": {"text": answer.get("text"), "calls": answer.get("calls")}}
        model = {OPERATION: "chat", "gen_ai.request.model": begun.actor, "gen_ai.provider.name": "local" if _is_local(answer) else "remote"}
        answered = {"gen_ai.response.model": str(answer["model"])} if answer.get("model") else {}
        finish = {"gen_ai.response.finish_reasons": (str(answer["finish"]),)} if answer.get("finish") else {}
        return f"chat {begun.actor}", model | answered | finish | _tokens(envelope.usage) | self._content(content)

    def _content(self, parts: Mapping[str, Json]) -> dict[str, str]:
        return {name: encode(value).decode() for name, value in parts.items() if value is not None} if self.content else {}


def _is_local(answer: Mapping[str, Json]) -> bool:
    return answer.get("local") is not False


def _tokens(usage: Usage) -> dict[str, int]:
    if not usage.requests:
        return {}
    return {"gen_ai.usage.input_tokens": usage.input_tokens, "gen_ai.usage.output_tokens": usage.output_tokens}
