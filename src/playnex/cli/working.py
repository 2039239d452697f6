"""Carries on whatever can go on in a workspace, until Ctrl-C."""

import asyncio

from playnex.app.opening import opened
from playnex.app.runs import Runs
from playnex.app.working import working
from playnex.cli import door
from playnex.cli.running import INTERRUPTED, standing_text, stopping_cleanly
from playnex.engine.engine import Ending
from playnex.engine.worker import GLANCE
from playnex.ids import short
from playnex.journal.events import RunFinished, RunParked, RunPaused, RunWaiting

SIGNS = {RunParked: "waiting", RunPaused: "pending", RunWaiting: "waiting"}


async def work(at_most: int, once: bool) -> int:
    """Carry runs on, a line for each that ends or stops; `once`: until none is left that can go on now. The exit code."""
    async with opened(door.workspace) as app, working(app):
        worker = Runs(app=app).worker(at_most)
        try:
            with stopping_cleanly(asyncio.current_task()):
                while True:
                    await worker.work_off(_told)
                    if once:
                        return 0
                    if app.halt.said():
                        await app.rest()
                    await asyncio.sleep(GLANCE)
        except asyncio.CancelledError:
            door.terminal.say("stopped; what was under way is paused")
            return INTERRUPTED


async def _told(run: str, ending: Ending) -> None:
    state = ending.status if isinstance(ending, RunFinished) else SIGNS[type(ending)]
    text = f"{state} {ending.reason}".rstrip() if isinstance(ending, RunFinished) else standing_text(ending)
    door.terminal.say(f"{door.terminal.symbol(state)} run {short(run)}  {text}")
