"""One step of a run, opened: what it was given and gave, the prompts as they were sent with where each part of them came from, its calls,
tries, log and memory. From the journal and the pinned definition alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from playnex.app.opening import App
from playnex.app.pinning import Pinned
from playnex.app.run_log import RunLog
from playnex.app.run_view import RunView
from playnex.app.transcript import tool_calls
from playnex.canonical import Json
from playnex.engine.keys import is_below, is_of_the_run
from playnex.engine.scope import Scope
from playnex.errors import ExpressionError, NotFoundError
from playnex.ids import short
from playnex.journal.events import AttemptFailed, Event, RunStarted, StepFinished, StepStarted
from playnex.spec.envelope import Envelope, capsule_json, from_json
from playnex.spec.expression import references, render
from playnex.spec.faults import did_you_mean
from playnex.spec.flow import StepSpec

FILLED = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
"""A place of a template that is filled in."""

ITEM = re.compile(r"/item-(\d+)")

LONGEST = 20_000
"""Characters of a variable's text."""

LOG = 500
"""Lines of a step's log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A model request: who was asked, in which phase, and all that was sent; `variables` are what its templates were filled with."""

    key: str
    model: str
    phase: str
    instructions: str
    messages: Json
    tools: Json
    variables: tuple[Json, ...]

    def document(self) -> dict[str, Json]:
        """The request as JSON."""
        return {name: getattr(self, name) for name in Prompt.__slots__} | {"variables": list(self.variables)}


@dataclass(slots=True, kw_only=True)
class Inspection:
    """A run's events, opened at one step."""

    run: str
    key: str
    events: Sequence[Event]
    view: RunView = field(init=False)

    def __post_init__(self) -> None:
        self.view = RunView(self.run).fold_all(self.events)
        if self.key not in self.view.rows.known:
            known = tuple(self.view.rows.known)
            raise NotFoundError(
                f"run {short(self.run)} has no step {self.key!r}", hint=did_you_mean(self.key, known) or "GET /api/runs/{run} lists them"
            )

    def document(self) -> dict[str, Json]:
        """All of it but what only the store knows."""
        own = [event for event in self.events if is_below(event.key, self.key)]
        output = self._output(own)
        return {
            "row": self.view.rows.known[self.key].document(),
            "input": self._input(own),
            "output": output,
            "output_kind": "json" if not isinstance(output, str) else "markdown" if self._is_prose() else "text",
            "prompts": [prompt.document() for prompt in self.prompts(own)],
            "tools": list(tool_calls(own)),
            "attempts": [self._attempt(event, event.fact) for event in own if isinstance(event.fact, AttemptFailed)],
            "log": [line for line in RunLog().lines(self.events) if is_below(line["step"], self.key)][-LOG:],
            "wrote": [capsule_json(record.capsule) for event in own if (record := _record(event)) and record.capsule],
        }

    def _is_prose(self) -> bool:
        return self.view.rows.known[self.key].kind not in ("tool", "python", "flow")

    def _input(self, own: Sequence[Event]) -> Json:
        """What the step itself was given: a call's arguments, else the arguments or prompt of the definition, filled in."""
        started = [event.fact for event in own if event.key == self.key and isinstance(event.fact, StepStarted)]
        calls = [
            event.fact.input for event in own if isinstance(event.fact, StepStarted) and event.fact.kind == "tool" and event.fact.input
        ]
        if started and started[-1].input is not None:
            return started[-1].input
        if started and started[-1].kind == "tool" and calls:
            return calls[0]
        step, scope = self._spec(), self._scope(own[0].position if own else 0)
        if step is None:
            return None
        template = step.prompt if step.prompt is not None else dict(step.arguments) or step.content
        try:
            return scope.value(template)
        except ExpressionError:
            return template

    def _output(self, own: Sequence[Event]) -> Json:
        records = [record for event in own if event.key == self.key and (record := _record(event))]
        return records[-1].output if records else None

    def _attempt(self, event: Event, fact: AttemptFailed) -> Json:
        return {
            "key": event.key,
            "number": fact.number,
            "reason": fact.reason,
            "message": fact.message,
            "at": event.at,
            "delay": fact.delay,
        }

    def prompts(self, own: Sequence[Event]) -> Iterator[Prompt]:
        """The model requests, in order; one that was sent again after a crash, once."""
        sent = {event.key: event for event in own if isinstance(event.fact, StepStarted) and event.fact.kind == "model"}
        traced: dict[int, tuple[Json, ...]] = {}
        for event in sent.values():
            fact = event.fact
            assert isinstance(fact, StepStarted)
            asked = fact.input if isinstance(fact.input, dict) else {}
            begin = own[0].position
            if begin not in traced:
                traced[begin] = tuple(self._variables(begin))
            text = "\n".join([str(asked.get("instructions", "")), *(str(message.get("text", "")) for message in asked.get("messages", ()))])
            yield Prompt(
                key=event.key,
                model=fact.actor,
                phase=str(asked.get("phase", "act")),
                instructions=str(asked.get("instructions", "")),
                messages=asked.get("messages", []),
                tools=asked.get("tools", []),
                variables=tuple(one for one in traced[begin] if one["text"] and one["text"] in text),
            )

    def _variables(self, position: int) -> Iterator[Json]:
        """What each place of the step's templates was filled with, and the step, or input, that it came from."""
        step, pinned = self._spec(), self.view.pinned
        if step is None or pinned is None:
            return
        scope = self._scope(position)
        for template in (step.prompt or "", *(text for text in dict(step.arguments).values() if isinstance(text, str)), *_brief(pinned)):
            for place in FILLED.finditer(template):
                yield from _filled(place.group(), scope)

    def _spec(self) -> StepSpec | None:
        """The step of the definition that this key lies in."""
        pinned = self.view.pinned
        if pinned is None:
            return None
        found: StepSpec | None = None
        within: Sequence[StepSpec] = pinned.flow.steps
        for part in self.key.split("/"):
            name = part.partition("#")[0]
            if (step := next((one for one in within if one.id == name), None)) is not None:
                found, within = step, step.within()
        return found

    def _scope(self, position: int) -> Scope:
        """What the step could see when it began."""
        started = self.events[0].fact
        assert isinstance(started, RunStarted)
        scope = Scope(run=self.run, inputs=dict(started.inputs))
        loop = self.key.rpartition("/round-")[0]
        for event in self.events:
            name = event.key.rpartition("/")[2].partition("#")[0]
            is_in_sight = "/" not in event.key or (bool(loop) and event.key.startswith(f"{loop}/round-"))
            if event.position < position and is_in_sight and not is_of_the_run(event.key) and (record := _record(event)):
                scope.add(name, record)
        return self._with_item(scope)

    def _with_item(self, scope: Scope) -> Scope:
        step, number = self._spec(), ITEM.search(self.key)
        if step is None or step.for_each is None or number is None:
            return scope
        try:
            return scope.with_item(scope.value(step.for_each.items)[int(number[1]) - 1])
        except (ExpressionError, IndexError, TypeError):
            return scope


def _filled(place: str, scope: Scope) -> Iterator[Json]:
    try:
        text = render(place, scope.names())
    except ExpressionError:
        return
    named = references(place)
    if named:
        yield {"name": named[0].path, "from": _origin(named[0].keys), "text": text[:LONGEST], "expression": place}


def _origin(keys: tuple[str | int, ...]) -> str:
    """The step that a value came from; for others what it is: `inputs`, `item`."""
    return str(keys[1]) if keys[0] == "steps" and len(keys) > 1 else str(keys[0])


def _brief(pinned: Pinned) -> tuple[str, ...]:
    brief = pinned.flow.brief
    return (brief.goal, brief.context, *brief.constraints, *brief.success)


def _record(event: Event) -> Envelope | None:
    return from_json(event.fact.envelope) if isinstance(event.fact, StepFinished) else None


async def inspect(app: App, run: str, key: str) -> dict[str, Json]:
    """The step of that key. Raises NotFoundError."""
    document = Inspection(run=run, key=key, events=await app.journal.events(run)).document()
    given = [capsule_json(ref) for ref in await app.capsules.given(run, key)]
    return document | {"memory": {"given": given, "wrote": document.pop("wrote")}}
