"""Memory as of any step of a run: what it could see, and what it was given."""

from collections.abc import Sequence
from dataclasses import dataclass

from playnex.app.opening import App
from playnex.app.runs import Runs
from playnex.capsules.capsule import CapsuleHead
from playnex.errors import NotFoundError
from playnex.ids import short
from playnex.journal.events import Event, RunStarted, StepFinished
from playnex.spec.envelope import CapsuleRef
from playnex.spec.faults import did_you_mean
from playnex.spec.memory import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a step's run could see when the step had finished, and which versions the step was given."""

    run: str
    step: str
    at: float
    given: tuple[CapsuleRef, ...]
    heads: tuple[CapsuleHead, ...]


async def moment_of(app: App, typed: str) -> Moment:
    """The moment of `RUN/STEP`, or of a run's last fact. Raises NotFoundError, UsageError."""
    run, _, step = typed.partition("/")
    found = await Runs(app=app).find(run)
    return _moment(await app.journal.skim(found.id), step)


async def seen(app: App, run: str, step: str, *, limit: int) -> Seen:
    """Memory as it was when that step had finished. Raises NotFoundError."""
    events = await app.journal.skim(run)
    moment = _moment(events, step)
    heads = await app.capsules.list_as_of(moment, limit=limit)
    return Seen(run=run, step=step, at=_at(events, step), given=await app.capsules.given(run, step), heads=heads)


def _moment(events: Sequence[Event], step: str) -> Moment:
    """A forked run sees memory as it was at its fork, and what it has written by then; any other what was there."""
    at, first = _at(events, step), events[0].fact
    assert isinstance(first, RunStarted)
    if first.forked is None:
        return Moment(at=at)
    return Moment(at=min(at, first.forked["at"]), run=events[0].run, until=at)


def _at(events: Sequence[Event], step: str) -> float:
    """When the step finished; for no step, when the run's last fact was recorded."""
    ends = {event.key: event.at for event in events if isinstance(event.fact, StepFinished)}
    if not step:
        return events[-1].at
    if step not in ends:
        finished = [key for key in ends if "/" not in key]
        hint = did_you_mean(step, finished) or f"finished: {', '.join(finished) or 'none'}"
        raise NotFoundError(f"run {short(events[0].run)} has no finished step {step!r}", hint=hint)
    return ends[step]
