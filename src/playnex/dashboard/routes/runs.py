"""Runs: the list, one run as a page shows it, and starting one."""

from typing import Annotated, Literal

from msgspec import Meta, field

from playnex.app.reports import RUNS_SCHEMA
from playnex.canonical import Json
from playnex.dashboard.declared import Given, Route
from playnex.dashboard.desk import Desk
from playnex.errors import UsageError
from playnex.journal.events import RunState
from playnex.journal.stores.sqlite_overview import Wanted

State = Literal["", "pending", "running", "waiting", "paused", "parked", "succeeded", "failed", "cancelled"]
Cursor = Annotated[int, Meta(ge=0, le=2**62)]


class Listed(Given, frozen=True, kw_only=True):
    """Which runs; `before` is the cursor that the page before gave."""

    state: State = ""
    flow: str = ""
    q: str = ""
    before: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Started(Given, frozen=True, kw_only=True):
    """A flow with its inputs, or an agent with a message; two starts with the same key are one run."""

    flow: str = ""
    inputs: dict[str, Json] = field(default_factory=dict)
    agent: str = ""
    message: str = ""
    key: str = ""


class OneRun(Given, frozen=True, kw_only=True):
    """A run, by its id or the end of it."""

    run: str


class RunAt(Given, frozen=True, kw_only=True):
    """A run as it was at a position."""

    run: str
    at: Cursor | None = None


async def list_runs(desk: Desk, given: Listed) -> Json:
    """A page of runs."""
    states: tuple[RunState, ...] = (given.state,) if given.state else ()
    wanted = Wanted(states=states, flow=given.flow, text=given.q.strip(), before=given.before, limit=given.limit)
    position = await desk.app.journal.position()
    page = desk.app.overview.page(wanted)
    rows, late = await desk.lines.quick_lines(page.runs)
    desk.streams.changed.update(late)  # their rows come whole on the stream
    return {"schema": RUNS_SCHEMA, "position": position, "runs": rows, "next": page.next, "total": page.total}


async def start(desk: Desk, given: Started) -> Json:
    """Start a run; this server carries it on."""
    if bool(given.flow) == bool(given.agent):
        raise UsageError("say what to run", hint="one of flow and agent")
    if given.flow:
        return {"run": await desk.runs.start(given.flow, given.inputs, key=given.key)}
    return {"run": await desk.runs.start_agent(given.agent, given.message)}


async def show(desk: Desk, given: RunAt) -> Json:
    """One run: a snapshot."""
    return await desk.lines.snapshot(await desk.run_id(given.run), given.at)


async def frames(desk: Desk, given: OneRun) -> Json:
    """One run as it came to be."""
    return await desk.lines.frames(await desk.run_id(given.run))


ROUTES = (
    Route(method="GET", path="/api/runs", takes=Listed, does=list_runs, says="Runs, newest first, a page at a time."),
    Route(method="POST", path="/api/runs", takes=Started, does=start, says="Start a flow, or let an agent answer.", status=201),
    Route(method="GET", path="/api/runs/{run}", takes=RunAt, does=show, says="One run: header, steps and graph at a position."),
    Route(
        method="GET", path="/api/runs/{run}/frames", takes=OneRun, does=frames, says="The run's patches from its beginning, for a replay."
    ),
)
