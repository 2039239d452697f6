"""Serves a workspace: fires its schedules and carries on whatever can go on, until it is stopped."""

import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playnex.app.control import Control
from playnex.app.opening import App, opened
from playnex.app.runs import Runs
from playnex.app.schedules import Schedules, Told
from playnex.app.serving_place import SERVING, ServingPlace
from playnex.app.working import working
from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.running import INTERRUPTED, standing_text, stopping_cleanly
from playnex.cli.terminal import counted, moment
from playnex.cli.working import SIGNS
from playnex.dashboard.serving import Dashboard, dashboard
from playnex.engine.worker import GLANCE, Shift, Worker
from playnex.errors import RunBusy
from playnex.ids import short
from playnex.journal.events import RunFinished

if TYPE_CHECKING:
    from playnex.engine.engine import Ending

LOOK = 0.5
"""Seconds between two looks for schedules that are due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How a person wants a workspace to be served: `port` 0 is any that is free."""

    at_most: int = 100
    as_lines: bool = False
    opens: bool = False
    port: int = 0


async def serve(wishes: Wishes) -> int:
    """Fire schedules, carry runs on and serve the dashboard until Ctrl-C; runs that were under way then go on when somebody serves again.
    The exit code. Raises RunBusy where somebody serves this workspace already."""
    async with opened(door.workspace) as app, AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(app.leases.hold(SERVING))
        except RunBusy:
            raise served_already(app) from None
        await stack.enter_async_context(working(app))
        shown = await stack.enter_async_context(dashboard(app, wishes.port))
        serving = Serving(app=app, log=Log(as_lines=wishes.as_lines))
        serving.log.ready(len(app.timetable.enabled()), shown)
        if wishes.opens:
            open_page(shown.link())
        going: set[str] = set()
        try:
            with stopping_cleanly(asyncio.current_task()):
                await serving.until_stopped(Runs(app=app).worker(wishes.at_most), going)
        except asyncio.CancelledError:
            serving.log.stopped(await serving.let_go_on(going))
    return INTERRUPTED


def served_already(app: App) -> RunBusy:
    """Somebody serves this workspace, and where."""
    found = ServingPlace(own=app.workspace.own).now(app.leases)
    where = f" at {found.address} (process {found.process})" if found else ""
    return RunBusy(f"this workspace is served already{where}", hint="open it with: playnex dashboard")


def open_page(link: str) -> None:
    """Show it in the person's browser, where there is one."""
    import webbrowser  # late: few commands open one

    with suppress(webbrowser.Error):
        webbrowser.open(link)


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """One process that serves a workspace."""

    app: App
    log: "Log"

    async def until_stopped(self, worker: Worker, going: set[str]) -> None:
        """Fire and carry on, side by side; `going` has the runs that are under way."""
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._fire())
                both.create_task(self._carry(worker, going))
        except ExceptionGroup as failures:  # of the store, say: the first one tells what to do
            raise failures.exceptions[0] from None

    async def _fire(self) -> None:
        schedules = Schedules(app=self.app, clock=self.app.clock)
        while True:
            await schedules.look(self.log.fired)
            await self.app.clock.sleep(LOOK)

    async def _carry(self, worker: Worker, going: set[str]) -> None:
        while True:
            await Shift(worker=worker, source=worker, tell=self.log.ended, going=going).work()
            if self.app.halt.said():
                await self.app.rest()
            await self.app.clock.sleep(GLANCE)

    async def let_go_on(self, going: set[str]) -> int:
        """Have those runs go on which stopped because this process does; how many."""
        lines = [await self.app.journal.summary(run) for run in going]
        stopped = [line.id for line in lines if (line.state, line.reason) == ("paused", "interrupted")]
        for run in stopped:
            await Control(app=self.app).let_go_on(run)
        return len(stopped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What is said while a workspace is served: a plain line each for people, or a JSON object on stdout."""

    as_lines: bool

    def ready(self, enabled: int, shown: Dashboard) -> None:
        """It begins."""
        text = f"serving {shown.served.address}; the schedules of {counted(enabled, 'flow')} are on; stop with Ctrl-C"
        self._line("ready", text, "run", enabled=enabled, address=shown.served.address)
        if not self.as_lines:
            door.terminal.say(f"  open {shown.link()}")
            door.terminal.say("  the link is good for one use within ten minutes; another: playnex dashboard")

    def fired(self, told: Told) -> None:
        """A fire, or why there was none."""
        when = f"{told.cron} {told.zone}, due {moment(told.at)}" if told.at is not None else "schedule"
        facts: dict[str, Json] = {"flow": told.flow, "cron": told.cron, "zone": told.zone, "due": told.at}
        match told.what:
            case "started":
                self._line("started", f"{told.flow}  run {short(told.run)}  ({when})", "run", **facts, run=told.run)
            case "missed":
                text = f"{told.flow}  missed {counted(told.count, 'time')}, first {moment(told.at or 0.0)}: nobody served"
                self._line("missed", text, "fallback", **facts, count=told.count)
            case "not-started":
                self._line("not-started", f"{told.flow}  not started ({when}): {told.why}", "failed", **facts, why=told.why)

    async def ended(self, run: str, ending: "Ending") -> None:
        """How a run stands that was carried on."""
        state = ending.status if isinstance(ending, RunFinished) else SIGNS[type(ending)]
        text = f"{state} {ending.reason}".rstrip() if isinstance(ending, RunFinished) else standing_text(ending)
        self._line("carried", f"run {short(run)}  {text}", state, run=run, state=state, reason=ending.reason)

    def stopped(self, under_way: int) -> None:
        """It ends."""
        rest = f"; {counted(under_way, 'run')} under way go on when somebody serves again" if under_way else ""
        self._line("stopped", f"stopped{rest}", "pending", under_way=under_way)

    def _line(self, event: str, text: str, sign: str, **facts: Json) -> None:
        if self.as_lines:
            sys.stdout.write(json.dumps({"at": time.time(), "event": event, **facts}, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        else:
            known = sign if sign in ("run", "fallback", "failed", "pending", "waiting", "succeeded") else "failed"
            door.terminal.say(f"{time.strftime('%H:%M:%S')} {door.terminal.symbol(known)} {text}")
