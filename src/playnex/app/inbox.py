"""The inbox: all that waits for a person, over all runs, and the answers to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from playnex.app.opening import App
from playnex.app.person import somebody
from playnex.app.runs import Runs
from playnex.canonical import Json
from playnex.engine.failure import message_of
from playnex.engine.history import History, fold
from playnex.engine.keys import is_below
from playnex.errors import NotFoundError, UsageError
from playnex.ids import matches, normalize, short
from playnex.journal.events import END_STATES, Event, RunState, SignalReceived, StepStarted, WaitStarted
from playnex.journal.journal import RunSummary
from playnex.spec.envelope import from_json

INBOX_SCHEMA = "playnex.inbox/1"
ITEM_SCHEMA = "playnex.inbox-item/1"

OPEN: tuple[RunState, ...] = ("waiting", "running", "pending", "paused", "parked")
"""The states in which something of a run can wait for a person: one branch may while another works."""

ANSWERS = ("/answer", "/gate.answer")
"""Where a flow file's step asks, and where the gate does before a call; the id in the inbox does without."""

SEARCHED = 10_000
"""Runs of each state that are looked through."""

Kind = Literal["approval", "outcome", "parked"]


def asking_step(key: str) -> str:
    """The step that asks, from the key of its question."""
    return next((key.removesuffix(ending) for ending in ANSWERS if key.endswith(ending)), key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that waits for a person: an `approval` to give or refuse, an effect whose `outcome` is unknown, or a run that is
    `parked` for another reason. `key` is the step's, `actor` who does the work that asks; `show` is the whole action; `since` and
    `until` are seconds since 1970, and after `until` it counts as a no."""

    kind: Kind
    run: str
    flow: str
    state: RunState
    key: str
    message: str
    since: float
    actor: str = ""
    signal: str = ""
    show: Json = None
    more: Json = None
    editable: bool = False
    until: float | None = None

    @property
    def step(self) -> str:
        """The step that waits."""
        return asking_step(self.key)

    @property
    def id(self) -> str:
        """What people see and type: the run's short id and the step."""
        return f"{short(self.run)}/{self.step}" if self.step else short(self.run)

    def document(self) -> dict[str, Json]:
        """The item as JSON."""
        return {
            "id": self.id,
            "kind": self.kind,
            "run": self.run,
            "flow": self.flow,
            "state": self.state,
            "step": self.step,
            "actor": self.actor,
            "message": self.message,
            "show": self.show,
            "more": self.more,
            "editable": self.editable,
            "since": self.since,
            "until": self.until,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """The inbox of an open workspace."""

    app: App

    async def items(self) -> tuple[Item, ...]:
        """All that waits, the longest first."""
        runs = [run for state in OPEN for run in await self.app.journal.runs(limit=SEARCHED, state=state)]
        found = [item for run in runs for item in await self.of(run.id)]
        return tuple(sorted(found, key=lambda item: item.since))

    async def of(self, run: str) -> tuple[Item, ...]:
        """What of this run waits, in the order in which it was asked."""
        summary, events = await self.app.journal.summary(run), await self.app.journal.skim(run)
        return items_of(summary, events, self.app.clock.now())

    async def find(self, typed: str) -> Item:
        """The item of that id, of a beginning of it that fits only one, or `last`. Raises UsageError where several fit, or where the
        question has been answered, or its time is over; NotFoundError where there is none."""
        items = await self.items()
        found = chosen(items, typed)
        if len(found) > 1:
            raise UsageError(f"{typed!r} fits several: {', '.join(item.id for item in found)}", hint="type more of the one that you mean")
        if not found:
            raise await self._fate(typed, items)
        return found[0]

    async def approve(self, item: Item) -> None:
        """Say yes to what was shown. Raises UsageError where that can no longer be answered."""
        await self._answer(item, {"approved": True})

    async def approve_as(self, item: Item, value: Json) -> None:
        """Say yes to what was shown, changed to this value. Raises UsageError where it may not be changed, or as `approve`."""
        check_editable(item)
        await self._answer(item, {"approved": True, "value": value})

    async def reject(self, item: Item, why: str) -> None:
        """Say no, and why. Raises UsageError where that can no longer be answered."""
        await self._answer(item, {"approved": False, "reason": why})

    async def _answer(self, item: Item, answer: Json) -> None:
        check_is_question(item)
        if item.key not in {waiting.key for waiting in await self.of(item.run)}:
            raise await self._fate(item.id, ())
        said = SignalReceived(signal=item.signal, payload=answer, by=somebody())
        await self.app.journal.post(item.run, "", said)
        first = answer_to(item.key, await self.app.journal.skim(item.run))
        if first is not None and first != said:
            raise UsageError(f"{item.id} was answered at the same moment: {answer_text(first)}", hint="the first answer counts")

    async def _fate(self, typed: str, items: Sequence[Item]) -> UsageError | NotFoundError:
        """Why nothing of that name waits."""
        run, _, step = typed.partition("/")
        if typed == "last" or not (run := run.strip()):
            return NotFoundError("nothing waits for a person", hint="playnex run list shows how runs stand")
        try:
            found = await Runs(app=self.app).find(run)
        except NotFoundError:
            hint = f"there are: {', '.join(item.id for item in items[:5])}" if items else "nothing waits for a person"
            return NotFoundError(f"nothing waits under {typed!r}", hint=hint)
        return fate(found, await self.app.journal.skim(found.id), step)


def items_of(summary: RunSummary, events: Sequence[Event], now: float) -> tuple[Item, ...]:
    """What of a run waits for a person, in the order in which it was asked; what has been answered, or whose time is over, does not."""
    if summary.state in END_STATES:
        return ()
    history = fold(events)
    asked = [_question(summary, events, key) for key in history.waits if is_open(history, events, key, now=now)]
    unknown = [_outcome(summary, events, key) for key in sorted(history.intents)] if summary.state == "parked" else []
    if summary.state == "parked" and not unknown:
        return (*asked, _parked(summary, history))
    return (*asked, *unknown)


def is_open(history: History, events: Sequence[Event], key: str, *, now: float) -> bool:
    """Whether a person is still asked there: nobody has answered, its time is not over, and the step around it has not ended."""
    wait = history.waits[key]
    is_moot = any(is_below(key, step) for step in history.results)
    return wait.ask is not None and not is_moot and not is_over(wait, now) and answer_to(key, events) is None


def is_over(wait: WaitStarted, now: float) -> bool:
    """Whether an answer would come too late."""
    return wait.until is not None and now > wait.until


def answer_to(key: str, events: Iterable[Event]) -> SignalReceived | None:
    """The answer that came in time to the question that the step asked last, if any."""
    asked, answer = WaitStarted(), None
    for event in events:
        if event.key == key and isinstance(event.fact, WaitStarted):
            asked, answer = event.fact, None
        elif isinstance(event.fact, SignalReceived) and asked.ask is not None and answer is None and event.fact.signal == asked.signal:
            answer = None if is_over(asked, event.at) else event.fact
    return answer


def _question(summary: RunSummary, events: Sequence[Event], key: str) -> Item:
    asked = next(event for event in reversed(events) if event.key == key and isinstance(event.fact, WaitStarted))
    assert isinstance(asked.fact, WaitStarted)
    ask = asked.fact.ask
    return Item(
        kind="approval",
        run=summary.id,
        flow=summary.flow,
        state=summary.state,
        key=key,
        actor=_actor(events, key),
        signal=asked.fact.signal,
        message=ask["message"],
        show=ask.get("show"),
        more={name: value for name, value in ask.items() if name not in ("message", "show", "editable")} or None,
        editable=bool(ask.get("editable")),
        since=asked.at,
        until=asked.fact.until,
    )


def _outcome(summary: RunSummary, events: Sequence[Event], key: str) -> Item:
    began = [event for event in events if event.key == key and isinstance(event.fact, StepStarted)]
    return Item(
        kind="outcome",
        run=summary.id,
        flow=summary.flow,
        state=summary.state,
        key=key,
        actor=_actor(events, key),
        message=f"{key} may have happened or not",
        show=began[-1].fact.input if began and isinstance(began[-1].fact, StepStarted) else None,
        since=summary.updated,
    )


def _parked(summary: RunSummary, history: History) -> Item:
    return Item(
        kind="parked",
        run=summary.id,
        flow=summary.flow,
        state=summary.state,
        key=history.touched if summary.reason == "poison" else "",
        message=f"the run is parked: {summary.reason}",
        since=summary.updated,
    )


def _actor(events: Iterable[Event], key: str) -> str:
    """Who does the work around that step: an agent or tool, where it is one's."""
    actors = [event.fact.actor for event in events if isinstance(event.fact, StepStarted) and is_below(key, event.key)]
    return next((actor for actor in reversed(actors) if actor), "")


def chosen(items: Sequence[Item], typed: str) -> tuple[Item, ...]:
    """The items that a typed id means; one that it names exactly stands before those that it begins."""
    if typed == "last":
        return tuple(sorted(items, key=lambda item: item.since))[-1:]
    run, _, step = (part.strip() for part in typed.partition("/"))
    of_run = [item for item in items if run and (matches(item.run, run) or short(item.run).startswith(normalize(run)))]
    exact = tuple(item for item in of_run if step and step in (item.step, item.key))
    return exact or tuple(item for item in of_run if item.step.startswith(step)) or tuple(item for item in items if item.step == typed)


def check_is_question(item: Item) -> None:
    """Raises UsageError where a yes or no would mean nothing."""
    run = short(item.run)
    if item.kind == "outcome":
        raise UsageError(f"{item.id} asks what happened, not for a yes", hint=f"playnex run resolve {run} --done VALUE, --again or --fail")
    if item.kind == "parked":
        raise UsageError(f"{item.id} asks nothing: {item.message}", hint=f"let it go on with: playnex run resume {run}")


def check_editable(item: Item) -> None:
    """Raises UsageError where what is shown may not be changed."""
    check_is_question(item)
    if not item.editable:
        hint = "approve it as it is shown, or refuse it: playnex inbox reject ID -m WHY"
        raise UsageError(f"{item.id} cannot be changed: its step does not say `editable: true`", hint=hint)


def fate(summary: RunSummary, events: Sequence[Event], step: str) -> UsageError | NotFoundError:
    """What became of the questions of a run, of which none is open under that step."""
    run, history = short(summary.id), fold(events)
    asked = {event.key: event.fact for event in events if isinstance(event.fact, WaitStarted) and event.fact.ask is not None}
    keys = [key for key in asked if asking_step(key).startswith(step)]
    for key in reversed(keys):
        name = f"{run}/{asking_step(key)}"
        if key in history.results:
            record = from_json(history.results[key].envelope)
            text = record.reason if record.status == "succeeded" else message_of(record)
            return UsageError(f"{name} has been answered already: {text}", hint=f"see how it went on: playnex run show {run}")
        if summary.state in END_STATES:
            break
        if (answer := answer_to(key, events)) is not None:
            return UsageError(f"{name} has been answered already: {answer_text(answer)}", hint=f"go on with: playnex run resume {run}")
        if key in history.waits:
            hint = f"silence means no; go on with: playnex run resume {run}"
            return UsageError(f"the time to answer {name} is over", hint=hint)
    if summary.state in END_STATES:
        return UsageError(f"run {run} has ended: {summary.state}", hint="an answer could change nothing any more")
    return NotFoundError(f"nothing in run {run} waits for a person", hint=f"see how it stands: playnex run show {run}")


def answer_text(answer: SignalReceived) -> str:
    """An answer in words."""
    by = answer.by or "a person"
    match answer.payload:
        case {"approved": True}:
            return f"approved by {by}"
        case {"reason": str(why)} if why:
            return f"refused by {by}: {why}"
        case _:
            return f"refused by {by}"
