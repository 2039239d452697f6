"""`playnex schedule`: which schedules are switched on, and when they fire next."""

import asyncio
import time
from typing import TYPE_CHECKING

from cyclopts import App

from playnex.cli import door
from playnex.cli.flags import AsJson, FlowName
from playnex.cli.terminal import columns, emit_list, moment, write

if TYPE_CHECKING:
    from playnex.app.schedules import Planned

app = App(name="schedule", help="Schedules: flows that start by themselves, once you have switched them on.", result_action="return_value")


@app.command(name=["list", "ls"])
def list_(*, as_json: AsJson = False) -> int:
    """List the schedules of all flows, which of them are on, and when they fire next.

    $ playnex schedule list
    """
    return asyncio.run(_list(as_json))


@app.command
def enable(flow: FlowName, /, *, as_json: AsJson = False) -> int:
    """Switch the schedules of a flow on; `playnex serve` fires them.

    $ playnex schedule enable research-to-article
    """
    return asyncio.run(_switch(flow, on=True, as_json=as_json))


@app.command
def disable(flow: FlowName, /, *, as_json: AsJson = False) -> int:
    """Switch the schedules of a flow off.

    $ playnex schedule disable research-to-article
    """
    return asyncio.run(_switch(flow, on=False, as_json=as_json))


async def _list(as_json: bool) -> int:
    from playnex.app.opening import opened  # late, here and below: the store is needed only when a command runs
    from playnex.app.schedules import SCHEDULES_SCHEMA, Schedules
    from playnex.app.serving_place import SERVING

    async with opened(door.workspace) as opened_app:
        planned = Schedules(app=opened_app, clock=opened_app.clock).planned()
        is_served = opened_app.leases.is_held(SERVING)
    if as_json:
        emit_list(SCHEDULES_SCHEMA, [line.document() for line in planned])
    elif planned:
        write(_table(planned))
        if any(line.enabled for line in planned) and not is_served:
            door.terminal.say("nothing fires now: start the process that does with: playnex serve")
    else:
        door.terminal.say('no flow has a schedule; add to one: on: { schedule: [{ cron: "0 7 * * 1-5", zone: Europe/Vienna }] }')
    return 0


def _table(planned: "tuple[Planned, ...]") -> str:
    rows = [(line.flow, "on" if line.enabled else "off", line.schedule.cron, line.schedule.zone, _next(line)) for line in planned]
    return columns(("FLOW", "STATE", "CRON", "ZONE", "NEXT (local time)"), rows, door.terminal)


def _next(line: "Planned") -> str:
    if line.fault or line.next is None:
        return line.fault or ""
    return f"{moment(line.next)} (in {_span(line.next - time.time())})"


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


async def _switch(flow: str, *, on: bool, as_json: bool) -> int:
    from playnex.app.opening import opened
    from playnex.app.schedules import SCHEDULES_SCHEMA, Schedules
    from playnex.app.serving_place import SERVING

    async with opened(door.workspace) as opened_app:
        schedules = Schedules(app=opened_app, clock=opened_app.clock)
        changed = await (schedules.enable(flow) if on else schedules.disable(flow))
        planned = schedules.of(flow, enabled=on)
        is_served = opened_app.leases.is_held(SERVING)
    if as_json:
        emit_list(SCHEDULES_SCHEMA, [line.document() for line in planned])
    already = "" if changed else " already"
    door.terminal.say(f"{door.terminal.symbol('succeeded')} the schedules of {flow} are{already} {'on' if on else 'off'}")
    for line in planned if on else ():
        door.terminal.say(f"  {line.schedule.cron} {line.schedule.zone}: next {_next(line)}")
    if on and not is_served:
        door.terminal.say("  they fire while this runs: playnex serve")
    return 0
