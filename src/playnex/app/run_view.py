"""A run as the dashboard shows it: its events folded one by one into a header and rows, and what each event changed; pure.

A snapshot is all patches applied, a replay is one after another, so a page that only replaces rows cannot show anything else than the
journal says. The words of the rows are those of `playnex run watch` (step_lines.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from playnex.app.phrasing import gist
from playnex.app.pinning import Pinned, unpin
from playnex.app.spending import limits
from playnex.app.step_lines import doing, retry_note, waited_for
from playnex.app.step_row import FailedTry, StepRow
from playnex.app.step_rows import ITEM, Rows, planned
from playnex.canonical import Json
from playnex.engine.keys import is_of_the_run
from playnex.engine.working_time import WorkingTime
from playnex.errors import PlaynexError
from playnex.ids import short
from playnex.journal.events import (
    END_STATES,
    POSTED,
    STOPS,
    AttemptFailed,
    Event,
    Fact,
    ResumeRequested,
    RetryRequested,
    RunFinished,
    RunParked,
    RunPaused,
    RunStarted,
    RunWaiting,
    StepFinished,
    StepIntended,
    StepStarted,
    WaitStarted,
)
from playnex.journal.projection import Standing, after
from playnex.spec.envelope import Envelope, Usage, from_json
from playnex.spec.flow import Budget

TITLE = 80
"""Characters of a run's title."""

NOTHING = Usage()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What an event changed: the fields of the header, and the rows, each as a whole."""

    run: Mapping[str, Json] = field(default_factory=dict)
    steps: tuple[StepRow, ...] = ()

    def document(self) -> dict[str, Json]:
        """The patch as JSON."""
        return {"run": dict(self.run), "steps": [row.document() for row in self.steps]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is said of the run as a whole; times in seconds since 1970. `updated` is when its state last changed, `counted` the moment of
    the last event: up to there `seconds` of work are counted."""

    run: str
    short: str
    flow: str = ""
    title: str = ""
    state: str = "pending"
    reason: str = ""
    message: str = ""
    started: float = 0.0
    updated: float = 0.0
    counted: float = 0.0
    seconds: float = 0.0
    tokens: int = 0
    usd: float = 0.0
    requests: int = 0
    budget: Json = None
    inputs: Json = None
    output: Json = None
    error_step: str = ""
    last: str = ""
    forked: Json = None
    waits: tuple[Json, ...] = ()
    unknown: tuple[Json, ...] = ()
    left_machine: tuple[Json, ...] = ()


@dataclass(slots=True)
class RunView:
    """What has been folded of a run so far; `position` is that of the last event."""

    run: str
    header: Header = field(init=False)
    rows: Rows = field(default_factory=Rows)
    position: int = 0
    pinned: Pinned | None = None
    standing: Standing = field(default_factory=lambda: Standing(state="pending"))
    spent: Usage = NOTHING
    waits: dict[str, WaitStarted] = field(default_factory=dict)
    intents: dict[str, str] = field(default_factory=dict)
    asked: dict[str, Json] = field(default_factory=dict)
    raised: dict[str, Json] = field(default_factory=dict)
    time: WorkingTime = field(default_factory=WorkingTime)
    posted: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.header = Header(run=self.run, short=short(self.run))

    def fold(self, event: Event) -> Patch:
        """Take an event in; what it changed."""
        before = self.header
        self.rows.begin(event.position)
        self.time.pass_over(event)
        self.position = event.position
        self._stand(event)
        self._take(event)
        self.header = replace(self.header, seconds=round(self.time.own, 3), counted=event.at, **self._counts())
        return Patch(run=_changes(before, self.header), steps=self.rows.changed())

    def fold_all(self, events: Iterable[Event]) -> "RunView":
        """Take all of them in."""
        for event in events:
            self.fold(event)
        return self

    def snapshot(self) -> Patch:
        """All that is known."""
        return Patch(run=asdict(self.header), steps=self.rows.all())

    def _counts(self) -> dict[str, Any]:
        waits = () if self.standing.state in END_STATES else tuple(_wait(key, wait) for key, wait in self.waits.items())
        unknown = tuple({"step": key, "idempotency_key": self.intents[key], "input": self.asked.get(key)} for key in sorted(self.intents))
        return {
            "tokens": self.spent.tokens,
            "usd": self.spent.usd,
            "requests": self.spent.requests,
            "waits": waits if waits != self.header.waits else self.header.waits,
            "unknown": unknown,
        }

    def _stand(self, event: Event) -> None:
        """How the run stands, as the store's own line of it says (journal/projection.py)."""
        before, fact = self.standing, event.fact
        self.standing = after(self.standing, fact, event.at)
        if isinstance(fact, POSTED):
            self.posted.append(event)
        if isinstance(fact, (RunPaused, RunParked, RunWaiting)):
            for missed in self.posted:
                if missed.position > fact.seen:
                    self.standing = after(self.standing, missed.fact, event.at)
        if isinstance(fact, STOPS):
            self.posted.clear()
        if self.standing != before:
            state, reason = self.standing.state, self.standing.reason
            message = fact.message if isinstance(fact, RunFinished) else ""
            self.header = replace(self.header, state=state, reason=reason, message=message, updated=event.at)

    def _take(self, event: Event) -> None:
        match event.fact:
            case RunStarted():
                self._begin(event, event.fact)
            case ResumeRequested(budget=dict(budget)):
                self.raised |= budget
                self._budget()
            case RetryRequested(step=step):
                self._rewind(step)
            case RunFinished():
                self._finish(event, event.fact)
            case RunPaused() | RunParked() | RunWaiting():
                self._rest(event.fact)
            case fact:
                self._take_step(event, fact)

    def _begin(self, event: Event, fact: RunStarted) -> None:
        try:
            self.pinned = unpin(fact.definition)
        except PlaynexError:  # an older form: its rows come with its events
            self.pinned = None
        forked = fact.forked or {}
        self.raised = dict(forked.get("budget", {}))
        self.time = WorkingTime(inherited=forked.get("seconds", {}))
        self.time.pass_over(event)
        self.header = replace(
            self.header,
            flow=fact.flow,
            title=title_of(fact.inputs),
            inputs=fact.inputs,
            forked={"run": forked["run"], "step": forked["step"]} if forked else None,
            started=event.at,
            updated=event.at,
        )
        self._budget()
        for row in planned(self.pinned.flow) if self.pinned else ():
            self.rows.put(row)

    def _budget(self) -> None:
        own = asdict(self.pinned.flow.budget) if self.pinned else {}
        set_ = limits(Budget(**own | self.raised))
        parts = {"tokens": set_.get("tokens"), "usd": set_.get("usd"), "turns": set_.get("turns"), "seconds": set_.get("time")}
        self.header = replace(self.header, budget=parts)

    def _finish(self, event: Event, fact: RunFinished) -> None:
        output = {} if fact.output is None else {"output": fact.output}
        said = gist(fact.output, TITLE) if fact.status == "succeeded" else gist(fact.message or fact.reason, TITLE)
        self.header = replace(self.header, error_step=fact.step, last=said or self.header.last, **output)
        self.intents.clear()
        self.rows.cut_off(event.at)

    def _rest(self, fact: RunPaused | RunParked | RunWaiting) -> None:
        """Nobody is at work any more: what was under way waits, for a person, a time, or for the run to go on."""
        waiting = [key for key in self.waits if not self.rows.is_done_above(key)]
        waiting += list(self.intents) if isinstance(fact, RunParked) else []
        note = {RunPaused: "paused", RunParked: "the outcome is unknown", RunWaiting: ""}[type(fact)]
        self.rows.rest(waiting, note)

    def _rewind(self, step: str) -> None:
        """A step is to be done again, and all that came after it."""
        self.waits.clear()
        self.intents.clear()
        self.rows.rewind(step)
        self.header = replace(self.header, output=None, error_step="", message="")

    def _take_step(self, event: Event, fact: Fact) -> None:
        key = event.key
        match fact:
            case StepStarted():
                self._start(event, fact)
            case StepIntended(idempotency_key=given):
                self.intents[key] = given
            case AttemptFailed():
                self._fail_once(event, fact)
            case WaitStarted():
                self.waits[key] = fact
                if not is_of_the_run(key):
                    row = self.rows.around(key, at=event.at)
                    self.rows.put(
                        replace(row, status="waiting", note=waited_for(fact, event.at), ask=fact.ask and {"key": key, **fact.ask})
                    )
            case StepFinished():
                self._settle(event, fact)
            case _:
                pass

    def _start(self, event: Event, fact: StepStarted) -> None:
        self.asked[event.key] = fact.actor if fact.kind == "model" else fact.input
        if is_of_the_run(event.key):
            return
        row = self.rows.started(event, fact)
        for above in self.rows.above(row.key):
            self.rows.put(replace(above, status="running", note="", gist=doing(event.key.removeprefix(f"{above.key}/"), fact)))

    def _fail_once(self, event: Event, fact: AttemptFailed) -> None:
        self.intents.pop(event.key, None)
        self._spend(event.key, Usage(**(fact.usage or {})))
        if is_of_the_run(event.key):
            return
        tried = FailedTry(number=fact.number, reason=fact.reason, message=fact.message, at=event.at, delay=fact.delay)
        row = self.rows.around(event.key, at=event.at)
        note = retry_note(fact, self._retries(event.key))
        self.rows.put(replace(row, status="retry", note=note, attempts=(*row.attempts, tried)))
        for above in self.rows.above(row.key):
            self.rows.put(replace(above, note=note))

    def _retries(self, key: str) -> int:
        step = self.pinned.flow.step(key) if self.pinned else None
        return step.retry.times if step else 0

    def _settle(self, event: Event, fact: StepFinished) -> None:
        key, envelope = event.key, from_json(fact.envelope)
        self.waits.pop(key, None)
        self.intents.pop(key, None)
        asked = self.asked.pop(key, None)
        if fact.kind == "model":
            self._spend(key, envelope.usage)
        left = _left(key, fact, envelope, asked)
        if left is not None:
            self.header = replace(self.header, left_machine=(*self.header.left_machine, left))
        if is_of_the_run(key):
            return
        self._answered(key)
        if self.rows.is_shown(key, fact.kind):
            self._end(event, fact, envelope)
        if left is not None:
            self.rows.mark_left(key)

    def _answered(self, key: str) -> None:
        """What a step waited for has come."""
        row = self.rows.get_around(key)
        if row is not None and row.ask is not None and row.ask.get("key") == key:
            self.rows.put(replace(row, status="running", note="", ask=None))

    def _end(self, event: Event, fact: StepFinished, envelope: Envelope) -> None:
        row = self.rows.finished(event, fact, envelope)
        self.rows.end_below(row.key, event.at)
        if "/" not in row.key and row.gist:
            self.header = replace(self.header, last=row.gist)
        if match := ITEM.fullmatch(row.key):
            self.rows.count_items(match["step"])

    def _spend(self, key: str, usage: Usage) -> None:
        if usage == NOTHING:
            return
        self.spent += usage
        if not is_of_the_run(key):
            self.rows.spend(key, usage)


def title_of(inputs: Json) -> str:
    """One line that tells runs of a flow apart: the first input that says something."""
    if not isinstance(inputs, dict):
        return ""
    texts = [gist(value, TITLE) for value in inputs.values() if isinstance(value, str) and value.strip()]
    return texts[0] if texts else gist(inputs, TITLE) if inputs else ""


def _changes(before: Header, now: Header) -> dict[str, Json]:
    if before is now:
        return {}
    return {name: value for name in Header.__slots__ if (value := getattr(now, name)) != getattr(before, name)}


def _wait(key: str, wait: WaitStarted) -> Json:
    return {"step": key, "signal": wait.signal, "until": wait.until, "ask": wait.ask}


def _left(key: str, fact: StepFinished, envelope: Envelope, asked: Json) -> Json:
    """What left the machine with this step, as `run show` tells it; None for nothing."""
    output = envelope.output
    if fact.kind == "model" and isinstance(output, dict) and output.get("local") is False:
        name = str(asked or output.get("model", ""))
        return {"step": key, "kind": "model", "whom": f"{name} at {output['host']}" if output.get("host") else name}
    if fact.kind == "tool" and isinstance(asked, dict) and asked.get("egress") == "remote" and envelope.reason != "refused":
        return {"step": key, "kind": "tool", "whom": asked.get("tool", "")}
    return None


def merged(patches: Iterable[Patch]) -> Patch:
    """Patches one after another as one."""
    run: dict[str, Json] = {}
    steps: dict[str, StepRow] = {}
    for patch in patches:
        run |= patch.run
        for row in patch.steps:
            steps[row.key] = row
    return Patch(run=run, steps=tuple(sorted(steps.values(), key=lambda row: row.key.count("/"))))
