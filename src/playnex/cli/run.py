"""`playnex run`: list, show and resume runs."""

import asyncio
import json
import sys
import time
from dataclasses import asdict
from typing import Annotated

from cyclopts import App, Parameter

from playnex.cli import door
from playnex.cli.flags import AsJson, Limit, RunId
from playnex.cli.terminal import ago, columns, counted, emit, emit_list, gist, write
from playnex.ids import short

app = App(name="run", help="Runs: what happened, and how to go on.", result_action="return_value")

Follow = Annotated[bool, Parameter(name=["--follow", "-f"], negative=(), help="go on with each new line, until the run stops")]
Through = Annotated[bool, Parameter(negative=(), help="wait for people and signals too, however long")]
Limits = Annotated[
    tuple[str, ...],
    Parameter(
        name="--budget",
        metavar="LIMIT=VALUE",
        negative=(),
        help="another limit for the run: tokens, turns, usd or time; repeat the flag for more",
    ),
]
ToolCalls = Annotated[bool, Parameter(negative=(), help="who called which tool, with what, and what came of it")]
Memory = Annotated[
    str, Parameter(metavar="STEP", help="the capsules as they were when that step had finished, and those that it was given")
]
Transcript = Annotated[bool, Parameter(negative=(), help="all that was asked and answered, in order")]


@app.command(name=["list", "ls"])
def list_(*, limit: Limit = 30, as_json: AsJson = False) -> int:
    """List the newest runs.

    $ playnex run list --limit 5
    """
    return asyncio.run(_list(limit, as_json))


@app.command
def show(run: RunId, /, *, transcript: Transcript = False, tools: ToolCalls = False, memory: Memory = "", as_json: AsJson = False) -> int:
    """Show a run: its steps, what each cost and gave, and its capsules; or the conversation of its agents; or the tools that were called;
    or its memory.

    $ playnex run show last
    $ playnex run show last --transcript
    $ playnex run show last --tools
    $ playnex run show last --memory write
    """
    if memory:
        from playnex.cli.showing_memory import show_memory  # late, here and below: the store is needed only when a command runs

        return asyncio.run(show_memory(run, memory, as_json))
    if transcript or tools:
        return asyncio.run(_show_inside(run, transcript, as_json))
    return asyncio.run(_show(run, as_json))


@app.command
def resume(run: RunId = "last", /, *, budget: Limits = (), through: Through = False, as_json: AsJson = False) -> int:
    """Carry a run on from where it stopped; what is finished is not done again.

    $ playnex run resume last
    $ playnex run resume last --budget tokens=400k
    """
    from playnex.cli.running import resume as resume_run  # late, here and below: the engine is needed only here

    return asyncio.run(resume_run(run, as_json, budget=budget, through=through))


@app.command
def watch(run: RunId = "last", /) -> int:
    """Watch a run that another process carries out, until it stops.

    $ playnex run watch last
    """
    from playnex.cli.running import watch as watch_run

    return asyncio.run(watch_run(run))


@app.command
def logs(run: RunId = "last", /, *, follow: Follow = False) -> int:
    """Print a run's log, one JSON object a line: time, step, agent, turn, tool, arguments, result or error, tokens.

    $ playnex run logs last
    $ playnex run logs last -f
    """
    return asyncio.run(_logs(run, follow))


@app.command
def replay(run: RunId = "last", /, *, as_json: AsJson = False) -> int:
    """Call a run's flow again with every answer from its journal, and tell whether it comes to the same end; no model request, no
    tool call, nothing recorded.

    $ playnex run replay last
    """
    return asyncio.run(_replay(run, as_json))


@app.command
def diff(run: RunId, other: RunId, /, *, as_json: AsJson = False) -> int:
    """Show where two runs part: inputs, prompts, outputs, tokens, time.

    $ playnex run diff 7QX2AB last
    """
    return asyncio.run(_diff(run, other, as_json))


for verb in ("cancel", "fork", "pause", "resolve", "retry", "signal"):
    app.command(f"playnex.cli.run_control:{verb}", name=verb)


async def _list(limit: int, as_json: bool) -> int:
    from playnex.app.opening import opened
    from playnex.app.reports import RUNS_SCHEMA, shown_state
    from playnex.app.runs import Runs

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


async def _show(typed: str, as_json: bool) -> int:
    from playnex.app.opening import opened
    from playnex.app.runs import Runs
    from playnex.cli.showing import run_page

    async with opened(door.workspace) as opened_app:
        runs = Runs(app=opened_app)
        found = await runs.find(typed)
        detail = await runs.detail(found.id)
    if as_json:
        emit(detail)
    else:
        write(run_page(detail, door.terminal))
    return 0


async def _show_inside(typed: str, transcript: bool, as_json: bool) -> int:
    """What went on in a run: the conversation, or the calls alone."""
    from playnex.app.opening import opened
    from playnex.app.runs import Runs
    from playnex.app.transcript import entries, tool_calls
    from playnex.cli.conversation import tools_page, transcript_page

    async with opened(door.workspace) as opened_app:
        found = await Runs(app=opened_app).find(typed)
        events = await opened_app.journal.events(found.id)
    if as_json:
        name, items = ("transcript", [asdict(entry) for entry in entries(events)]) if transcript else ("tool-calls", tool_calls(events))
        emit({"schema": f"playnex.{name}/1", "run": found.id, "items": list(items)})
    elif transcript:
        write(transcript_page(entries(events), short(found.id), door.terminal))
    else:
        write(tools_page(tool_calls(events), door.terminal))
    return 0


async def _logs(typed: str, follow: bool) -> int:
    from playnex.app.opening import opened
    from playnex.app.run_log import RunLog
    from playnex.app.runs import Runs
    from playnex.journal.events import STOPS

    async with opened(door.workspace) as opened_app:
        found = await Runs(app=opened_app).find(typed)
        log, known = RunLog(), await opened_app.journal.events(found.id)
        for line in log.lines(known):
            write(json.dumps(line, ensure_ascii=False))
        if not follow or isinstance(known[-1].fact, STOPS):
            return 0
        async for event in opened_app.journal.tail(found.id, known[-1].position):
            for line in log.lines((event,)):
                write(json.dumps(line, ensure_ascii=False))
            sys.stdout.flush()
            if isinstance(event.fact, STOPS):
                return 0
    return 0


async def _replay(typed: str, as_json: bool) -> int:
    from playnex.app.opening import opened
    from playnex.app.runs import Runs

    async with opened(door.workspace) as opened_app:
        runs = Runs(app=opened_app)
        found = await runs.find(typed)
        replayed = await runs.replay(found.id)
    if as_json:
        emit({"schema": "playnex.replay/1", "run": found.id, **asdict(replayed)})
    else:
        where = f" at step {replayed.step}" if replayed.step else ""
        answered = counted(replayed.steps, "step")
        write(f"{replayed.verdict}{where}: {answered} answered from the journal{'; ' + replayed.why if replayed.why else ''}")
    return 1 if replayed.verdict == "different" else 0


async def _diff(one: str, other: str, as_json: bool) -> int:
    from playnex.app.differences import Side, differences
    from playnex.app.opening import opened
    from playnex.app.runs import Runs
    from playnex.cli.showing_diff import diff_page

    async with opened(door.workspace) as opened_app:
        runs = Runs(app=opened_app)
        found = [(await runs.find(typed)).id for typed in (one, other)]
        sides = [Side(run=run, events=await opened_app.journal.events(run)) for run in found]
    document = differences(*sides)
    if as_json:
        emit(document)
    else:
        write(diff_page(document, door.terminal))
    return 0
