"""What went on in a run: a step opened, the conversation, the log, the calls, the definition that it pinned, and two runs side by side."""

from dataclasses import asdict

from playnex.app.differences import Side, differences
from playnex.app.pinning import pin
from playnex.app.run_log import RunLog
from playnex.app.step_inspection import inspect
from playnex.app.transcript import entries, tool_calls
from playnex.canonical import Json
from playnex.dashboard.declared import Given, Route
from playnex.dashboard.desk import Desk
from playnex.dashboard.routes.runs import Cursor, OneRun

MOST = 2_000
"""Lines or entries in one answer."""


class OneStep(Given, frozen=True, kw_only=True):
    """A step of a run, by its key."""

    run: str
    key: str


class Behind(Given, frozen=True, kw_only=True):
    """What of a run lies behind the entry, or the position, of which `after` tells."""

    run: str
    after: Cursor = 0


class Two(Given, frozen=True, kw_only=True):
    """Two runs."""

    one: str
    other: str


async def step(desk: Desk, given: OneStep) -> Json:
    """One step."""
    return await inspect(desk.app, await desk.run_id(given.run), given.key)


async def transcript(desk: Desk, given: Behind) -> Json:
    """The conversation: `after` counts entries."""
    run = await desk.run_id(given.run)
    every = entries(await desk.app.journal.events(run))
    items = every[given.after : given.after + MOST]
    more = given.after + len(items)
    return {
        "schema": "playnex.transcript/1",
        "run": run,
        "items": [asdict(entry) for entry in items],
        "total": len(every),
        "next": more if more < len(every) else None,
    }


async def log(desk: Desk, given: Behind) -> Json:
    """The log's lines: `after` is the position of the last that is known."""
    run = await desk.run_id(given.run)
    lines = [line for line in RunLog().lines(await desk.app.journal.events(run)) if line["position"] > given.after]
    items = lines[:MOST]
    return {"schema": "playnex.log/1", "run": run, "items": items, "next": items[-1]["position"] if len(lines) > MOST else None}


async def tools(desk: Desk, given: OneRun) -> Json:
    """Who called what."""
    run = await desk.run_id(given.run)
    return {"schema": "playnex.tool-calls/1", "run": run, "items": list(tool_calls(await desk.app.journal.events(run)))}


async def definition(desk: Desk, given: OneRun) -> Json:
    """What it was started with."""
    run = await desk.run_id(given.run)
    return {"schema": "playnex.definition/1", "run": run, "definition": pin(await desk.runs.pinned(run))}


async def diff(desk: Desk, given: Two) -> Json:
    """Where they part."""
    found = [await desk.run_id(typed) for typed in (given.one, given.other)]
    one, other = [Side(run=run, events=await desk.app.journal.events(run)) for run in found]
    return differences(one, other)


ROUTES = (
    Route(
        method="GET", path="/api/runs/{run}/step", takes=OneStep, does=step, says="One step: input, output, prompts, calls, tries, memory."
    ),
    Route(method="GET", path="/api/runs/{run}/transcript", takes=Behind, does=transcript, says="The run as a conversation."),
    Route(method="GET", path="/api/runs/{run}/log", takes=Behind, does=log, says="The run's log."),
    Route(method="GET", path="/api/runs/{run}/tools", takes=OneRun, does=tools, says="Every tool call of the run."),
    Route(method="GET", path="/api/runs/{run}/definition", takes=OneRun, does=definition, says="The definition that the run pinned."),
    Route(method="GET", path="/api/diff", takes=Two, does=diff, says="Two runs side by side."),
)
