"""Replay: a run's code against its journal, with no effect at all; what differs is told, and nothing is recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from playnex.canonical import decode, encode
from playnex.clock import Clock
from playnex.engine.code import Code, NoAgents
from playnex.engine.execution import Execution
from playnex.engine.history import fold
from playnex.engine.keys import is_related
from playnex.engine.run_context import RunContext
from playnex.engine.spending import Purse
from playnex.errors import JournalMismatch, StepFailed
from playnex.journal.events import RunFinished
from playnex.journal.journal import Journal
from playnex.spec.envelope import Envelope
from playnex.spec.flow import NO_LIMITS

Verdict = Literal["same", "different", "unfinished"]


class NotRecorded(BaseException):
    """The code came to a step that the journal has no result for."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay found: `steps` were answered from the journal; the code came to the same end, to another one, or, in a run
    that has not ended, to the step where it stands. `step` and `why` name where and what."""

    verdict: Verdict
    steps: int
    step: str = ""
    why: str = ""


@dataclass(slots=True, eq=False, kw_only=True)
class Replaying(Execution):
    """An execution that only answers: what is not recorded ends it."""

    answered: int = 0

    async def recorded(self, key: str, kind: str) -> Envelope | None:
        envelope = await Execution.recorded(self, key, kind)
        if envelope is None:
            raise NotRecorded(key)
        self.answered += 1
        return envelope


async def replay(run: str, journal: Journal, clock: Clock, *, load: Callable[..., Code]) -> Replayed:
    """Call the run's code from the top and hold what it does against the journal. Raises what loading the code raises."""
    history = fold(await journal.skim(run))
    ended = history.finished
    code = load(history.started)
    execution = Replaying(
        flows=code.flows,
        agents=code.agents or NoAgents(),
        run=run,
        epoch=0,
        journal=journal,
        history=history,
        clock=clock,
        jitter=float,
        purse=Purse(NO_LIMITS, history.spent),
    )
    try:
        came = await _end_of(code, execution)
    except NotRecorded as stop:
        return _stopped_at(stop.key, ended, execution.answered)
    except JournalMismatch as fault:
        return Replayed(verdict="different", steps=execution.answered, step=fault.step, why=fault.message)
    return _compared(came, ended, execution.answered)


async def _end_of(code: Code, execution: Execution) -> RunFinished:
    try:
        output = await code.body(RunContext(execution))
        execution.check_all_was_asked()
    except StepFailed as failed:
        return RunFinished(status="failed", reason=failed.reason, message=failed.message, step=failed.step)
    except JournalMismatch:
        raise
    except Exception as error:  # the border: a Python flow is the user's code
        return RunFinished(status="failed", reason=getattr(error, "code", "error"), message=str(error))
    return RunFinished(status="succeeded", output=decode(encode(output)))


def _stopped_at(key: str, ended: RunFinished | None, steps: int) -> Replayed:
    """What it means that the journal has no result for the step that the code came to."""
    match ended:
        case None:
            return Replayed(verdict="unfinished", steps=steps, step=key, why="the run has not come further")
        case RunFinished(status="cancelled" | "failed", step=step) if not step or is_related(step, key):
            return Replayed(verdict="same", steps=steps, step=key, why=f"the run was {ended.status} there")
        case _:
            return Replayed(verdict="different", steps=steps, step=key, why="the journal has no such step")


def _compared(came: RunFinished, ended: RunFinished | None, steps: int) -> Replayed:
    if ended is None:
        return Replayed(verdict="different", steps=steps, why=f"the code comes to an end ({came.status}), and the run has not ended")
    if ended.status == "cancelled":
        return Replayed(verdict="same", steps=steps, why="the run was cancelled")
    if came.status != ended.status:
        return Replayed(verdict="different", steps=steps, step=came.step, why=f"it ends as {came.status}, and the run {ended.status}")
    if came.output != ended.output:
        return Replayed(
            verdict="different", steps=steps, why=f"it returns {came.output!r:.200}, and the run returned {ended.output!r:.200}"
        )
    return Replayed(verdict="same", steps=steps)
