"""The engine: advances a run by calling its code from the top, until it ends, is stopped, or has to wait."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from playnex.canonical import Json, encode
from playnex.clock import Clock
from playnex.engine.code import Code, Load, NoAgents
from playnex.engine.execution import Execution, as_it_is, stopped
from playnex.engine.history import History, fold
from playnex.engine.mailroom import Box, Mailroom
from playnex.engine.run_context import RunContext
from playnex.engine.spending import Purse
from playnex.engine.turns import Leases, Turns
from playnex.errors import JournalMismatch, PlaynexError, RunInterrupted, StaleEpoch, StepFailed, StoreError, StoreFull
from playnex.journal.events import Event, RunFinished, RunParked, RunPaused, RunResumed, RunWaiting
from playnex.journal.journal import Journal
from playnex.spec.context import StepContext
from playnex.spec.flow import NO_LIMITS

Ending: TypeAlias = RunFinished | RunParked | RunPaused | RunWaiting
"""How a run stands when nobody advances it any more."""

DEATHS = 3
"""Workers that may die of a run in a row, without finishing a step of it, before it is parked."""


async def _nothing(_: StepContext) -> Json:
    return None


async def told_to_nobody(_run: str) -> None:
    """Where nobody wants to know that a run is advanced no further."""


def told_nobody(_run: str, _waits: bool) -> None:
    """Where nobody keeps anything for a run."""


NO_CODE = Code(body=_nothing, budget=NO_LIMITS)
"""For a run whose code is not to be called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Carries out runs. `jitter` gives numbers in [0, 1); `worker` names this process in the journal; `clean` takes secrets out of what
    steps give, before anybody sees or records it; `halted` says why no run may go on, empty where they may; `let_go` is told of each run
    that nobody advances any more, and whether it only waits for somebody: what was kept for it in this process is free. `left` is told of
    it too, and may take its time."""

    journal: Journal
    leases: Leases
    clock: Clock
    jitter: Callable[[], float]
    worker: str
    clean: Callable[[Json], Json] = as_it_is
    halted: Callable[[], str] = lambda: ""
    let_go: Callable[[str, bool], None] = told_nobody
    left: Callable[[str], Awaitable[None]] = told_to_nobody
    mailroom: Mailroom = field(init=False)
    turns: Turns = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "turns", Turns(journal=self.journal, leases=self.leases))
        object.__setattr__(self, "mailroom", Mailroom(self.journal))

    async def advance(self, run: str, load: Load) -> Ending:
        """Carry the run on from where its journal ends; a failed run is tried again at the step that failed.

        Raises RunBusy, NotItsTurn, StoreError, StaleEpoch; JournalMismatch, which leaves the run parked; RunInterrupted and a cancellation
        leave it paused.
        """
        async with self.leases.hold(run), self.mailroom.box(run) as box:
            history = fold(await self.journal.skim(run))
            if history.finished is not None and history.finished.status != "failed":
                return history.finished
            refusal = _refusal(history) or self._halt()
            async with self.turns.taken(run, history.started.concurrency if refusal is None else ""):
                try:
                    return await self._advanced(run, history, refusal, load=load, box=box)
                finally:
                    await self.left(run)

    def _halt(self) -> RunPaused | None:
        return RunPaused(reason=reason) if (reason := self.halted()) else None

    async def _advanced(self, run: str, history: History, refusal: Ending | None, *, load: Load, box: Box) -> Ending:
        """The run as it stands after it was carried on, or, where that is refused, after that was recorded."""
        code = load(history.started) if refusal is None else NO_CODE
        execution = await self._begin(run, history, code)
        if refusal is not None:
            execution.seen = history.position
        if (end := _said_late(history, execution.history) or refusal or _refusal(execution.history)) is not None:
            await execution.stop(end)
            return end
        box.open(execution.history.position, execution.deliver)
        ending: Ending | None = None
        try:
            ending = await _carry_on(execution, code)
            return ending
        finally:
            execution.waits.let_go()
            self.let_go(run, isinstance(ending, RunWaiting))

    async def _begin(self, run: str, history: History, code: Code) -> Execution:
        """Take the run over, with all that its journal says by then."""
        reopened = history.finished.step if history.finished is not None else ""
        takeover = await self.journal.claim(run, self.worker, reopened)
        fresh = history if takeover.after == history.position else await self._by_now(run, takeover.epoch)
        if fresh.finished is not None and fresh.finished == history.finished:
            fresh.reopen()
        return Execution(
            run=run,
            epoch=takeover.epoch,
            journal=self.journal,
            history=fresh,
            clock=self.clock,
            jitter=self.jitter,
            clean=self.clean,
            purse=Purse(replace(code.budget, **fresh.raised), fresh.spent, fresh.doubtful),
            flows=code.flows,
            agents=code.agents or NoAgents(),
        )

    async def _by_now(self, run: str, epoch: int) -> History:
        """The history up to this takeover: until then, a holder whose lease had run out could still write."""
        return fold(event for event in await self.journal.skim(run) if not _is_takeover(event, epoch))


def _is_takeover(event: Event, epoch: int) -> bool:
    return isinstance(event.fact, RunResumed) and event.fact.epoch == epoch


def _said_late(before: History, now: History) -> RunFinished | None:
    """The end that somebody else recorded in the meantime, if any."""
    return now.finished if now.finished != before.finished else None


def _refusal(history: History) -> Ending | None:
    """Why the run's code is not called at all: somebody asked it to stop, or it has killed its workers."""
    if history.stop is not None:
        return stopped(history.stop)
    if history.deaths >= DEATHS:
        return RunParked(reason="poison", step=history.touched)
    return None


async def _carry_on(execution: Execution, code: Code) -> Ending:
    """Run the code until it ends or is stopped, and record how."""
    body = execution.body = asyncio.ensure_future(_within_time(execution, code))
    execution.waits.join(body)
    if execution.ending is not None:
        body.cancel()
    try:
        ending = await _ending_of(body, execution)
    except JournalMismatch as error:
        await execution.stop(RunParked(reason=error.code, step=error.step))
        raise
    except StoreFull as error:
        with suppress(StoreError):  # the store holds some space back for this, and says in its own words what it cannot take
            await _to_the_end(execution.stop(RunPaused(reason=error.code)))
        raise
    except (RunInterrupted, asyncio.CancelledError):
        with suppress(StaleEpoch):  # the new holder goes on, so there is nothing to record here
            await _to_the_end(execution.stop(RunPaused(reason="interrupted")))
        raise
    await _to_the_end(execution.stop(ending))
    if (worker := asyncio.current_task()) is not None and worker.cancelling():
        raise asyncio.CancelledError
    return ending


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Await it, and be there until it is done also where somebody cancels meanwhile: the lease is held so long."""
    doing = asyncio.ensure_future(work)
    try:
        await asyncio.shield(doing)
    except asyncio.CancelledError:
        while not doing.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([doing])
        raise


async def _ending_of(body: "asyncio.Future[Json]", execution: Execution) -> Ending:
    """How the run's code ended, or what ended it."""
    ending: Ending
    try:
        output = await body
        encode(output)  # what cannot be stored is the run's failure, and not its worker's
        execution.check_all_was_asked()
        ending = RunFinished(status="succeeded", output=output, tokens=execution.purse.spent.tokens)
        if (exhausted := execution.exhaustion()) is not None:  # its code went on without what was refused
            ending = replace(exhausted, output=output)
    except StepFailed as error:
        ending = _failed(error, execution.exhaustion())
    except (StoreError, StaleEpoch, JournalMismatch):
        raise
    except PlaynexError as error:
        ending = RunFinished(status="failed", reason=error.code, message=error.message)
    except Exception as error:  # the border: a Python flow is the user's code
        ending = RunFinished(status="failed", reason="error", message=f"{type(error).__name__}: {error}")
    except (RunInterrupted, asyncio.CancelledError):
        if execution.ending is None:
            raise
        return execution.ending
    return execution.ending or ending


def _failed(error: StepFailed, exhausted: RunFinished | None) -> RunFinished:
    """The end that this failure brings; where the budget is exhausted, that is the reason, whatever else has failed."""
    if exhausted is None:
        return RunFinished(status="failed", reason=error.reason, message=error.message, step=error.step, also=error.also)
    return replace(exhausted, also=tuple(key for key in (error.step, *error.also) if key != exhausted.step))


async def _within_time(execution: Execution, code: Code) -> Json:
    limit = execution.purse.budget.time
    left = None if limit is None else max(0.0, limit - execution.history.time.used)
    try:
        async with asyncio.timeout(left) as clock:
            return await code.body(RunContext(execution))
    except TimeoutError:
        if limit is not None and clock.expired():
            raise execution.purse.out_of_time("") from None
        raise
