"""What a person does with runs: stop, go on, again, from here with other words, and answers to what they wait for."""

from typing import Annotated, Literal

from msgspec import Meta, field

from playnex.app.forking import fork, fork_command, plan_fork
from playnex.canonical import Json
from playnex.dashboard.declared import Given, Route
from playnex.dashboard.desk import Desk
from playnex.dashboard.routes.runs import OneRun
from playnex.ids import short
from playnex.journal.journal import RunSummary
from playnex.spec.flow import Budget

Count = Annotated[int, Meta(ge=1, le=10**12)]
Amount = Annotated[float, Meta(gt=0, le=10**9)]


class Limits(Given, frozen=True, kw_only=True):
    """Limits that hold from here on; `time` in seconds."""

    turns: Count | None = None
    tokens: Count | None = None
    usd: Amount | None = None
    time: Amount | None = None


class Resumed(Given, frozen=True, kw_only=True):
    """A run that is to go on, with other limits where they are named."""

    run: str
    budget: Limits | None = None


class FromStep(Given, frozen=True, kw_only=True):
    """A step to do again, and all that came after it; without it the one that failed."""

    run: str
    step: str = ""


class Forking(Given, frozen=True, kw_only=True):
    """A new run from a step on; `changes` are inputs, or `agents.NAME.KEY` and `steps.ID.KEY`."""

    run: str
    step: str
    changes: dict[str, Json] = field(default_factory=dict)


class Message(Given, frozen=True, kw_only=True):
    """A signal with what it says."""

    run: str
    name: str
    payload: Json = None


class Resolved(Given, frozen=True, kw_only=True):
    """What became of a step whose outcome is unknown."""

    run: str
    decision: Literal["done", "again", "failed"]
    value: Json = None
    step: str = ""


async def cancel(desk: Desk, given: OneRun) -> Json:
    """End it for good."""
    return _stands(await desk.control.cancel(await desk.run_id(given.run)))


async def pause(desk: Desk, given: OneRun) -> Json:
    """Stop it for now."""
    return _stands(await desk.control.pause(await desk.run_id(given.run)))


async def resume(desk: Desk, given: Resumed) -> Json:
    """Let it go on: this server carries it."""
    run = await desk.run_id(given.run)
    if given.budget is None:
        await desk.control.let_go_on(run)
    else:
        limits = given.budget
        await desk.control.let_go_on_with(run, Budget(turns=limits.turns, tokens=limits.tokens, usd=limits.usd, time=limits.time))
    return _stands(await desk.app.journal.summary(run))


async def retry(desk: Desk, given: FromStep) -> Json:
    """Do a step again."""
    run = await desk.run_id(given.run)
    await (desk.control.retry_from(run, given.step) if given.step else desk.control.let_go_on(run))
    return _stands(await desk.app.journal.summary(run))


async def forked(desk: Desk, given: Forking) -> Json:
    """Start the new run."""
    desk.app.halt.refuse()
    made = await fork(desk.app, await desk.run_id(given.run), given.step, changes=given.changes)
    return {"run": made.run, "kept": list(made.kept)}


async def fork_plan(desk: Desk, given: Forking) -> Json:
    """What the new run would keep and do anew, and the command that does the same."""
    run = await desk.run_id(given.run)
    plan = await plan_fork(desk.app, run, given.step, changes=given.changes)
    return {"kept": list(plan.kept), "reruns": list(plan.reruns), "command": fork_command(run, given.step, given.changes)}


async def signal(desk: Desk, given: Message) -> Json:
    """Send the message."""
    run = await desk.run_id(given.run)
    await desk.control.signal(run, given.name, given.payload)
    return _stands(await desk.app.journal.summary(run))


async def resolve(desk: Desk, given: Resolved) -> Json:
    """Say what happened."""
    run = await desk.run_id(given.run)
    step = await desk.control.resolve(run, given.decision, given.value, step=given.step)
    return _stands(await desk.app.journal.summary(run)) | {"step": step}


def _stands(summary: RunSummary) -> dict[str, Json]:
    return {"run": summary.id, "short": short(summary.id), "state": summary.state, "reason": summary.reason}


ROUTES = (
    Route(method="POST", path="/api/runs/{run}/cancel", takes=OneRun, does=cancel, says="End a run for good."),
    Route(method="POST", path="/api/runs/{run}/pause", takes=OneRun, does=pause, says="Stop a run until somebody lets it go on."),
    Route(method="POST", path="/api/runs/{run}/resume", takes=Resumed, does=resume, says="Let a run go on, with other limits."),
    Route(method="POST", path="/api/runs/{run}/retry", takes=FromStep, does=retry, says="Do a step again, and all that came after it."),
    Route(method="POST", path="/api/runs/{run}/fork", takes=Forking, does=forked, says="Start a new run from a step on.", status=201),
    Route(method="POST", path="/api/runs/{run}/fork-plan", takes=Forking, does=fork_plan, says="What such a run would keep and do anew."),
    Route(method="POST", path="/api/runs/{run}/signal", takes=Message, does=signal, says="Send a message into a run."),
    Route(method="POST", path="/api/runs/{run}/resolve", takes=Resolved, does=resolve, says="Say what became of an unknown outcome."),
)
