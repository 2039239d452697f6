"""The engine: advances a run by calling its code from the top, until it ends, is stopped, or has to wait."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from playnex.canonical import Json
from playnex.clock import Clock
from playnex.engine.history import fold
from playnex.engine.run_context import Execution, OutcomeUnknown, RunContext
from playnex.engine.spending import Purse, out_of_time
from playnex.errors import JournalMismatch, PlaynexError, RunInterrupted, StaleEpoch, StepFailed, StoreError
from playnex.journal.events import Fact, RunFinished, RunParked, RunPaused, RunStarted
from playnex.journal.journal import Journal
from playnex.spec.context import StepContext
from playnex.spec.flow import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a run carries out: an async function of the step context, and what it may spend."""

    body: Callable[[StepContext], Awaitable[Json]]
    budget: Budget


Load: TypeAlias = Callable[[RunStarted], Code]
"""Gives a run's code from the definition that it was started with."""


class Leases(Protocol):
    """Who may advance a run on this machine."""

    def hold(self, run: str) -> AbstractContextManager[None]:
        """Hold the run while the block runs. Raises RunBusy."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Carries out runs. `jitter` gives numbers in [0, 1); `worker` names this process in the journal."""

    journal: Journal
    leases: Leases
    clock: Clock
    jitter: Callable[[], float]
    worker: str

    async def advance(self, run: str, load: Load) -> RunFinished | RunParked:
        """Carry the run on from where its journal ends; a failed run is tried again at the step that failed.

        Raises RunBusy, JournalMismatch, StoreError, StaleEpoch. RunInterrupted and cancellation leave the run paused.
        """
        with self.leases.hold(run):
            history = fold(await self.journal.events(run))
            if history.finished is not None and history.finished.status != "failed":
                return history.finished
            reopened = history.finished.step if history.finished is not None else ""
            code = load(history.started)
            epoch = await self.journal.claim(run, self.worker, reopened)
            history.reopen(reopened)
            purse = Purse(code.budget, history.spent)
            execution = Execution(
                run=run, epoch=epoch, journal=self.journal, history=history, clock=self.clock, jitter=self.jitter, purse=purse
            )
            return await _carry_on(execution, code)


async def _carry_on(execution: Execution, code: Code) -> RunFinished | RunParked:
    """Run the code to its end and record how it ended."""
    ending: Fact
    try:
        output = await _within_time(execution, code)
        ending = RunFinished(status="succeeded", output=output)
    except StepFailed as error:
        ending = RunFinished(status="failed", reason=error.reason, message=error.message, step=error.step)
    except (StoreError, StaleEpoch, JournalMismatch):
        raise
    except PlaynexError as error:
        ending = RunFinished(status="failed", reason=error.code, message=error.message)
    except Exception as error:  # the border: a Python flow is the user's code
        ending = RunFinished(status="failed", reason="error", message=f"{type(error).__name__}: {error}")
    except OutcomeUnknown as unknown:
        ending = RunParked(reason="outcome unknown", step=unknown.key)
    except (RunInterrupted, asyncio.CancelledError):
        await asyncio.shield(execution.append("", RunPaused(reason="interrupted")))
        raise
    await execution.append("", ending)
    return ending


async def _within_time(execution: Execution, code: Code) -> Json:
    limit = code.budget.time
    left = None if limit is None else max(0.0, limit - execution.history.active)
    try:
        async with asyncio.timeout(left) as clock:
            return await code.body(RunContext(execution))
    except TimeoutError:
        if limit is not None and clock.expired():
            raise out_of_time("", limit) from None
        raise
