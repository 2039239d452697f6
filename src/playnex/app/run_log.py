"""A run's log: one JSON object a line, a view over the journal, so that it can say nothing else."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from playnex.app.transcript import memory_sent_to
from playnex.canonical import Json
from playnex.journal.events import AttemptFailed, Event, Fact, RunStarted, StepFinished, StepStarted, WaitStarted, to_json
from playnex.spec.envelope import from_json

OWN = ("seen", "ask", "definition")
"""Fields that say nothing to people, or are shown elsewhere."""


class RunLog:
    """Turns events into lines, in order; it remembers who began what."""

    def __init__(self) -> None:
        self._begun: dict[str, StepStarted] = {}

    def lines(self, events: Sequence[Event]) -> Iterator[dict[str, Json]]:
        """A line for each event that people may want to know of: `time`, `position`, `event`, `step`, and what there is of
        `agent`, `turn`, `tool`, `arguments`, `egress`, `model`, `result` or `error`, `asks`, `why`, `decision`, `tokens`, `goes_on`."""
        for event in events:
            if isinstance(event.fact, StepStarted):
                self._begun[event.key] = event.fact
            said = self._said(event)
            if said is not None:
                time = datetime.fromtimestamp(event.at, UTC).isoformat(timespec="milliseconds")
                yield {"time": time, "position": event.position, "event": type(event.fact).__name__, "step": event.key} | said

    def _said(self, event: Event) -> dict[str, Json] | None:
        match event.fact:
            case StepStarted(kind="model"):
                return None
            case StepStarted() | StepFinished():
                gave = self._gave(event.key, event.fact) if isinstance(event.fact, StepFinished) else {}
                return self._who(event.key) | self._what(event.key) | gave
            case AttemptFailed():
                return self._who(event.key) | {"error": event.fact.message, "reason": event.fact.reason, "again_after": event.fact.delay}
            case WaitStarted(ask=dict(ask)):
                asks: dict[str, Json] = {"asks": ask["message"]} | ({"why": ask["why"]} if "why" in ask else {})
                return _plain(event.fact) | self._who(event.key) | asks
            case RunStarted():
                return {"flow": event.fact.flow, "inputs": event.fact.inputs}
            case _:
                return _plain(event.fact)

    def _who(self, key: str) -> dict[str, Json]:
        """The agent at work, and its turn."""
        words = key.split("/")
        agents = (self._begun.get("/".join(words[:count])) for count in range(len(words), 0, -1))
        agent = next((fact.actor for fact in agents if fact and fact.kind == "agent"), "")
        turn = next((int(word[5:]) for word in words if word.startswith("turn-") and word[5:].isdigit()), 0)
        return ({"agent": agent} if agent else {}) | ({"turn": turn} if turn else {})

    def _what(self, key: str) -> dict[str, Json]:
        begun = self._begun.get(key)
        if begun is None or begun.kind != "tool" or not isinstance(begun.input, dict):
            return {}
        told: dict[str, Json] = {"tool": begun.actor, "arguments": begun.input.get("arguments")}
        return told | ({"egress": begun.input["egress"]} if "egress" in begun.input else {})

    def _gave(self, key: str, fact: StepFinished) -> dict[str, Json]:
        envelope = from_json(fact.envelope)
        told: dict[str, Json] = {"kind": fact.kind, "status": envelope.status, "seconds": fact.seconds}
        if envelope.status == "failed":
            told |= {
                "error": envelope.output.get("error") if isinstance(envelope.output, dict) else envelope.output,
                "reason": envelope.reason,
            }
        elif fact.kind == "model" and isinstance(envelope.output, dict):
            answer = envelope.output
            told |= {"model": answer.get("model"), "result": answer.get("text"), "goes_on": bool(answer.get("calls"))}
            told |= {"egress": "remote"} if answer.get("local") is False else {}
        else:
            told["result"] = envelope.output
            told |= {"egress": "remote"} if memory_sent_to(fact) else {}
        if fact.kind == "approve":
            told["decision"] = told.get("error") or envelope.reason
        return told | ({"tokens": envelope.usage.tokens} if envelope.usage.requests else {})


def _plain(fact: Fact) -> dict[str, Json]:
    """The fact's own fields, where they say something to people."""
    return {name: value for name, value in to_json(fact).items() if name not in OWN}
