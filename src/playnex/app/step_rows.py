"""The rows of a run's steps: one for each step that people see, parents before children; what each event makes of them."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from playnex.app.row_ends import at_rest, cut_off
from playnex.app.step_lines import told
from playnex.app.step_row import Items, StepRow
from playnex.engine.keys import is_below
from playnex.journal.events import Event, StepFinished, StepStarted
from playnex.spec.envelope import Envelope, Usage, capsule_json
from playnex.spec.flow import FlowSpec

ITEM = re.compile(r"(?P<step>.+)/item-\d+")
CALL = re.compile(r"(?P<step>.+)/tool-1")


@dataclass(slots=True)
class Rows:
    """The rows by key, in order. `touched` are those that the event at hand changed; `heard` and `ended` are positions, by key."""

    known: dict[str, StepRow] = field(default_factory=dict)
    touched: dict[str, StepRow] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    position: int = 0

    def begin(self, position: int) -> None:
        """An event comes; nothing is changed yet."""
        self.touched = {}
        self.position = position

    def changed(self) -> tuple[StepRow, ...]:
        """What it changed, parents first."""
        return tuple(sorted(self.touched.values(), key=lambda row: row.key.count("/")))

    def all(self) -> tuple[StepRow, ...]:
        """Every row, parents first."""
        return tuple(sorted(self.known.values(), key=lambda row: row.key.count("/")))

    def put(self, row: StepRow) -> StepRow:
        """The row as it is now."""
        if self.known.get(row.key) != row:
            self.known[row.key] = self.touched[row.key] = row
        return row

    def get_around(self, key: str) -> StepRow | None:
        """The row of that key, or the nearest that it lies in."""
        row = self.known.get(key)
        return row if row is not None else next(iter(self.above(key)), None)

    def above(self, key: str) -> Iterator[StepRow]:
        """The rows that the key lies in, the nearest first."""
        for place in range(len(key) - 1, 0, -1):
            if key[place] == "/" and (row := self.known.get(key[:place])) is not None:
                yield row

    def parent(self, key: str) -> str:
        """The key of the nearest row that it lies in; empty for none."""
        return next((row.key for row in self.above(key)), "")

    def around(self, key: str, at: float) -> StepRow:
        """The row of that key or around it; a new one where nothing is around it."""
        self.heard.setdefault(key, self.position)
        return self.get_around(key) or self.put(StepRow(key=key, name=key.rpartition("/")[2], status="running", began=at))

    def started(self, event: Event, fact: StepStarted) -> StepRow:
        """The row of a step that began; a tool's step and its only call are one."""
        key = event.key
        self.heard.setdefault(key, self.position)
        if (match := CALL.fullmatch(key)) and (around := self.known.get(match["step"])) and around.kind == "tool":
            return around
        before = self.known.get(key)
        goes_on = before is not None and before.status in ("running", "retry", "waiting") and before.began is not None
        row = StepRow(
            key=key,
            name=key.rpartition("/")[2],
            parent=self.parent(key),
            kind=fact.kind,
            actor=fact.actor,
            status="running",
            began=before.began if goes_on and before else event.at,
            items=before.items if before else None,
        )
        if before is not None:
            row = replace(row, name=before.name, kind=before.kind or row.kind)
        if goes_on and before is not None:  # taken up again after a crash: what was spent and tried counts
            row = replace(row, tokens=before.tokens, usd=before.usd, attempts=before.attempts, left_machine=before.left_machine)
        self.ended.pop(key, None)
        self.put(row)
        if match := ITEM.fullmatch(key):
            self.count_items(match["step"])
        return row

    def is_shown(self, key: str, kind: str) -> bool:
        """Whether a result of that key has a row: it is known, or it lies in no other's."""
        return key in self.known or (not any(self.above(key)) and kind != "model")

    def finished(self, event: Event, fact: StepFinished, envelope: Envelope) -> StepRow:
        """The row of a step that ended."""
        self.heard.setdefault(event.key, self.position)
        self.ended[event.key] = self.position
        row = self.known.get(event.key) or StepRow(key=event.key, name=event.key.rpartition("/")[2], kind=fact.kind)
        note, said = told(envelope, row.actor)
        usage = envelope.usage
        model = envelope.output.get("model", "") if fact.kind == "model" and isinstance(envelope.output, dict) else row.model
        if fact.kind == "model" and isinstance(envelope.output, dict) and envelope.status != "failed":
            note, said = told(replace(envelope, output=envelope.output.get("text")), row.actor)
        row = replace(
            row,
            status=envelope.status,
            began=row.began if row.began is not None else event.at - fact.seconds,
            ended=event.at,
            seconds=round(fact.seconds, 3),
            tokens=usage.tokens if usage.requests else row.tokens,
            usd=usage.usd if usage.requests else row.usd,
            note=note,
            gist=said,
            ask=None,
            model=str(model),
            capsule=capsule_json(envelope.capsule) if envelope.capsule else None,
        )
        self.put(row)
        if fact.kind == "model" and row.model:
            for above in tuple(self.above(row.key)):
                self.put(replace(above, model=row.model))
        return row

    def spend(self, key: str, usage: Usage) -> None:
        """What a request took counts for its own row and for all above it."""
        around = ((self.known[key],) if key in self.known else ()) + tuple(self.above(key))
        for row in around:
            self.put(replace(row, tokens=row.tokens + usage.tokens, usd=row.usd + usage.usd))

    def mark_left(self, key: str) -> None:
        """Something of that step left the machine."""
        around = ((self.known[key],) if key in self.known else ()) + tuple(self.above(key))
        for row in around:
            self.put(replace(row, left_machine=True))

    def count_items(self, step: str) -> None:
        """How the items of a step stand."""
        row = self.known.get(step)
        if row is None:
            return
        states = [each.status for key, each in self.known.items() if key.startswith(f"{step}/item-") and "/" not in key[len(step) + 1 :]]
        failed = sum(state in ("failed", "cancelled") for state in states)
        running = sum(state in ("running", "retry", "waiting") for state in states)
        done = len(states) - failed - running - states.count("pending")
        self.put(replace(row, items=Items(total=len(states), done=done, failed=failed, running=running)))

    def change(self, how: Callable[[StepRow], StepRow], rows: Iterable[StepRow] | None = None) -> None:
        """Change every row, or these."""
        for row in tuple(self.known.values() if rows is None else rows):
            self.put(how(row))

    def end_below(self, key: str, at: float) -> None:
        """Nothing goes on within a step that ended."""
        below = [row for name, row in self.known.items() if name.startswith(f"{key}/")]
        self.change(lambda row: cut_off(row, at), below)
        if any(ITEM.fullmatch(row.key) for row in below):
            self.count_items(key)

    def cut_off(self, at: float) -> None:
        """The run ended: nothing goes on."""
        self.change(lambda row: cut_off(row, at))

    def rest(self, waiting: Sequence[str], note: str) -> None:
        """Nobody is at work: `waiting` are the keys that wait for somebody."""
        self.change(lambda row: at_rest(row, is_waiting=any(is_below(key, row.key) for key in waiting), note=note))

    def is_done_above(self, key: str) -> bool:
        """Whether a step that the key lies in has ended."""
        return any(row.ended is not None for row in self.above(key))

    def rewind(self, step: str) -> None:
        """A step is to be done again, and all that came after it."""
        first = min((position for key, position in self.heard.items() if is_below(key, step)), default=None)
        if first is None:
            return
        for key, row in tuple(self.known.items()):
            if self.heard.get(key, 0) >= first:
                self.put(StepRow(key=key, name=row.name, parent=row.parent, kind=row.kind, actor=row.actor))
                self.heard.pop(key, None)
            elif self.ended.get(key, 0) >= first or row.status in ("running", "waiting", "retry", "cancelled"):
                self.put(replace(row, status="pending", ended=None, seconds=None, note="", gist="", ask=None, capsule=None))


def planned(flow: FlowSpec) -> Iterator[StepRow]:
    """A row for every step of the flow, before any has begun."""
    for step in flow.steps:
        yield StepRow(key=step.id, name=step.name or step.id, kind=step.kind, actor=step.target)
