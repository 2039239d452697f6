"""`playnex run`: list, show and resume runs."""

import asyncio
import time
from typing import Annotated

from cyclopts import App, Parameter

from playnex.cli import door
from playnex.cli.flags import AsJson, Limit, RunId
from playnex.cli.terminal import ago, columns, emit, emit_list, gist, write
from playnex.ids import short

app = App(name="run", help="Runs: what happened, and how to go on.", result_action="return_value")

Transcript = Annotated[bool, Parameter(negative=(), help="all that was asked and answered, in order")]


@app.command(name=["list", "ls"])
def list_(*, limit: Limit = 30, as_json: AsJson = False) -> int:
    """List the newest runs.

    $ playnex run list --limit 5
    """
    return asyncio.run(_list(limit, as_json))


@app.command
def show(run: RunId, /, *, transcript: Transcript = False, as_json: AsJson = False) -> int:
    """Show a run: its steps, what each cost and gave, and its capsules.

    $ playnex run show last
    $ playnex run show last --transcript
    """
    return asyncio.run(_show(run, transcript, as_json))


@app.command
def resume(run: RunId = "last", /, *, as_json: AsJson = False) -> int:
    """Carry a run on from where it stopped; what is finished is not done again.

    $ playnex run resume last
    """
    from playnex.cli.running import resume as resume_run  # late: the engine is needed only here

    return asyncio.run(resume_run(run, as_json))


@app.command
def watch(run: RunId = "last", /) -> int:
    """Watch a run that another process carries out, until it stops.

    $ playnex run watch last
    """
    from playnex.cli.running import watch as watch_run  # late: as above

    return asyncio.run(watch_run(run))


async def _list(limit: int, as_json: bool) -> int:
    from playnex.app.opening import opened  # late: the store is needed only here
    from playnex.app.reports import RUNS_SCHEMA, shown_state  # late: as above
    from playnex.app.runs import Runs  # late: as above

    async with opened(door.workspace) as opened_app:
        runs = await Runs(app=opened_app).list(limit)
    if as_json:
        emit_list(RUNS_SCHEMA, runs)
    elif runs:
        now = time.time()
        rows = [
            (
                short(run["run"]),
                run["flow"],
                shown_state(run["state"], run["worker"]),
                run["reason"],
                ago(run["started"], now),
                gist(run["inputs"], 50),
            )
            for run in runs
        ]
        write(columns(("RUN", "FLOW", "STATE", "REASON", "STARTED", "INPUTS"), rows, door.terminal))
    else:
        door.terminal.say("there are no runs here yet; start one with: playnex flow run NAME")
    return 0


async def _show(typed: str, transcript: bool, as_json: bool) -> int:
    from playnex.app.opening import opened  # late: as above
    from playnex.app.runs import Runs  # late: as above
    from playnex.cli.showing import run_page, transcript_page  # late: as above

    async with opened(door.workspace) as opened_app:
        runs = Runs(app=opened_app)
        found = await runs.find(typed)
        detail = await runs.detail(found.id)
        events = await opened_app.journal.events(found.id) if transcript else ()
    if as_json:
        emit(detail)
    else:
        write(transcript_page(events, door.terminal) if transcript else run_page(detail, door.terminal))
    return 0
