"""What a person says to runs: stop, go on, again, this happened, this is the answer."""

from contextlib import suppress
from dataclasses import dataclass

from playnex.app.halt import Stopped
from playnex.app.opening import App
from playnex.app.person import somebody
from playnex.app.runs import Runs
from playnex.app.spending import limits
from playnex.canonical import Json
from playnex.engine.history import fold
from playnex.engine.rewinding import began
from playnex.errors import NotFoundError, RunBusy, UsageError
from playnex.ids import short
from playnex.journal.events import END_STATES, Decision, OutcomeDecided, ResumeRequested, RetryRequested, SignalReceived, StopRequested
from playnex.journal.journal import RunSummary
from playnex.spec.flow import Budget

PATIENCE = 10.0
"""Seconds within which a worker must have stopped that was asked to."""

OF_ALL = ", who stopped all"
"""How the reason of a pause ends that somebody wanted of all runs."""

GLANCE = 0.05
ALL = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Messages of one person into the runs of an open workspace."""

    app: App

    @property
    def runs(self) -> Runs:
        """The runs of the workspace."""
        return Runs(app=self.app)

    async def cancel(self, run: str) -> RunSummary:
        """End the run for good: no further step, request or call starts. Raises UsageError where it has ended already."""
        return await self._stop(run, StopRequested(stop="cancel", by=somebody()))

    async def pause(self, run: str) -> RunSummary:
        """Stop the run until somebody lets it go on. Raises UsageError where it has ended already."""
        return await self._stop(run, StopRequested(stop="pause", by=somebody()))

    async def stop_all(self) -> tuple[RunSummary, ...]:
        """Pause every run that has not ended, and let none start or go on from here on, in whatever process; how those stand afterwards
        that were going."""
        self.app.halt.set(Stopped(by=f"{somebody()}{OF_ALL}", at=self.app.clock.now()))  # before the look: what starts later is refused
        going = [run for run in await self.app.journal.runs(limit=ALL) if run.state not in (*END_STATES, "paused")]
        request = StopRequested(stop="pause", by=f"{somebody()}{OF_ALL}")
        for run in going:
            await self.app.journal.post(run.id, "", request)
        return tuple([await self._stopped(run.id) for run in going])

    async def _stop(self, run: str, request: StopRequested) -> RunSummary:
        summary = await self.app.journal.summary(run)
        if summary.state in ("succeeded", "cancelled") or (summary.state == "failed" and request.stop == "pause"):
            raise UsageError(f"run {short(run)} has ended already: {summary.state}", hint="playnex run list shows how runs stand")
        await self.app.journal.post(run, "", request)
        return await self._stopped(run)

    async def _stopped(self, run: str) -> RunSummary:
        """How the run stands once its worker, or we in its place, have seen to the request."""
        waited = 0.0
        while self.app.leases.is_held(run) and waited < PATIENCE:
            await self.app.clock.sleep(GLANCE)
            waited += GLANCE
        if fold(await self.app.journal.skim(run)).stop is not None:  # else the worker has seen to it, and to advance would be to go on
            with suppress(RunBusy):
                await self.runs.apply(run)
        return await self.app.journal.summary(run)

    async def signal(self, run: str, name: str, payload: Json) -> None:
        """Send a message into the run. Raises UsageError where it has ended."""
        await self._check_open(run)
        await self.app.journal.post(run, "", SignalReceived(signal=name, payload=payload, by=somebody()))

    async def resolve(self, run: str, decision: Decision, value: Json = None, *, step: str = "") -> str:
        """Say what became of a step whose outcome is unknown; the step's key. Raises NotFoundError where there is none,
        UsageError where there are several and `step` does not say which."""
        unknown = sorted(fold(await self.app.journal.skim(run)).intents)
        if not unknown or (step and step not in unknown):
            known = f"unknown are: {', '.join(unknown)}" if unknown else ""
            which = f"no step {step!r} with an" if step else "no"
            raise NotFoundError(f"run {short(run)} has {which} unknown outcome", hint=known or "nothing is left to decide")
        if len(unknown) > 1 and not step:
            raise UsageError(f"several outcomes are unknown: {', '.join(unknown)}", hint="say which with --step KEY")
        await self.app.journal.post(run, step or unknown[0], OutcomeDecided(decision=decision, value=value, by=somebody()))
        return step or unknown[0]

    async def let_go_on(self, run: str) -> None:
        """Let a paused, parked, failed or dead run go on; nothing where it has ended well or somebody advances it. Raises AllStopped."""
        self.app.halt.refuse()
        summary = await self.app.journal.summary(run)
        if summary.state not in ("succeeded", "cancelled", "pending") and not self.app.leases.is_held(run):
            await self.app.journal.post(run, "", ResumeRequested(by=somebody()))

    async def let_go_on_with(self, run: str, budget: Budget) -> None:
        """The same, with these limits in the place of those before. Raises UsageError where the run has ended well, RunBusy where it goes
        on, AllStopped."""
        self.app.halt.refuse()
        summary = await self.app.journal.summary(run)
        if summary.state in ("succeeded", "cancelled"):
            raise UsageError(f"run {short(run)} has ended: {summary.state}", hint="it spends nothing any more")
        if self.app.leases.is_held(run):
            raise RunBusy(f"run {short(run)} goes on right now", hint=f"stop it first: playnex run pause {short(run)}")
        await self.app.journal.post(run, "", ResumeRequested(by=somebody(), budget=limits(budget)))

    async def retry_from(self, run: str, step: str) -> None:
        """Have a step done again, with all that came after it. Raises NotFoundError, UsageError where the run has ended well or goes
        on, AllStopped."""
        self.app.halt.refuse()
        summary = await self.app.journal.summary(run)
        if summary.state in ("succeeded", "cancelled"):
            hint = f"start a new one from there: playnex run fork {short(run)} --from {step}"
            raise UsageError(f"run {short(run)} has ended: {summary.state}", hint=hint)
        if self.app.leases.is_held(run):
            raise RunBusy(f"run {short(run)} goes on right now", hint=f"stop it first: playnex run pause {short(run)}")
        began(await self.app.journal.skim(run), step)
        await self.app.journal.post(run, "", RetryRequested(step=step, by=somebody()))

    async def _check_open(self, run: str) -> None:
        summary = await self.app.journal.summary(run)
        if summary.state in END_STATES:
            raise UsageError(f"run {short(run)} has ended: {summary.state}", hint="a message could change nothing any more")
