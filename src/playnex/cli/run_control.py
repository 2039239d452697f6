"""`playnex run` cancel, pause, signal, resolve, retry and fork; `playnex stop` and `playnex worker`: what a person says to runs."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.flags import AsJson, RunId
from playnex.cli.given import text_of
from playnex.cli.terminal import counted, emit, emit_list
from playnex.errors import UsageError
from playnex.ids import short

if TYPE_CHECKING:
    from playnex.app.control import Control
    from playnex.journal.journal import RunSummary

Step = Annotated[str, Parameter(name="--step", metavar="KEY", help="which step, where several outcomes are unknown")]
From = Annotated[str, Parameter(name="--from", metavar="STEP", help="the step to begin with; without it, the one that failed")]
ForkFrom = Annotated[str, Parameter(name="--from", metavar="STEP", help="the first step that is done anew; what came before it is kept")]
Changes = Annotated[
    tuple[str, ...],
    Parameter(
        name="--set",
        metavar="NAME=VALUE",
        negative=(),
        help="another input, or agents.NAME.model, agents.NAME.instructions, steps.ID.prompt …; repeat the flag for more",
    ),
]
SignalName = Annotated[str, Parameter(help="the signal, as `playnex run show` names what the run waits for")]
Data = Annotated[str, Parameter(name="--data", metavar="JSON", help="what the message says: JSON, or a text; @FILE reads a file")]
Done = Annotated[str | None, Parameter(name="--done", metavar="VALUE", help="it has happened, and gave this (JSON, or a text)")]
Again = Annotated[bool, Parameter(name="--again", negative=(), help="it has not happened: do it now")]
Fail = Annotated[bool, Parameter(name="--fail", negative=(), help="count it as failed")]
All = Annotated[bool, Parameter(name="--all", negative=(), help="every run that has not ended, and every one to come")]
Lift = Annotated[bool, Parameter(name="--lift", negative=(), help="let runs start and go on again")]
Once = Annotated[bool, Parameter(name="--once", negative=(), help="end when nothing is left that can go on now")]
AtMost = Annotated[int, Parameter(name="--at-most", metavar="N", help="how many runs at the same time")]


def cancel(run: RunId, /, *, as_json: AsJson = False) -> int:
    """End a run for good: no further step, model request or tool call starts.

    $ playnex run cancel last
    """
    return asyncio.run(_stop(run, lambda control, found: control.cancel(found), as_json))


def pause(run: RunId, /, *, as_json: AsJson = False) -> int:
    """Stop a run until somebody resumes it.

    $ playnex run pause last
    """
    return asyncio.run(_stop(run, lambda control, found: control.pause(found), as_json))


def signal(run: RunId, name: SignalName, /, *, data: Data = "null", as_json: AsJson = False) -> int:
    """Send a message into a run: to a step that waits for that signal, or for an approval.

    $ playnex run signal last paid --data '{"amount": 12}'
    $ playnex run signal last approve --data '{"approved": true}'
    """
    return asyncio.run(_say(run, lambda control, found: control.signal(found, name, value_of(data)), as_json))


def resolve(run: RunId, /, *, done: Done = None, again: Again = False, fail: Fail = False, step: Step = "", as_json: AsJson = False) -> int:
    """Say what became of a step whose outcome is unknown after a crash; `playnex run show` says which.

    $ playnex run resolve last --done '{"receipt": 17}'
    $ playnex run resolve last --again
    $ playnex run resolve last --fail
    """
    said = [word for word, is_said in (("done", done is not None), ("again", again), ("failed", fail)) if is_said]
    match said:
        case ["done" | "again" | "failed" as decision]:
            value = None if done is None else value_of(done)
            return asyncio.run(_say(run, lambda control, found: control.resolve(found, decision, value, step=step), as_json))
        case _:
            raise UsageError("say one thing of the step", hint="one of --done VALUE, --again, --fail")


def retry(run: RunId = "last", /, *, from_: From = "", as_json: AsJson = False) -> int:
    """Try a failed run again, or do a step again and all that came after it.

    $ playnex run retry last
    $ playnex run retry last --from write
    """
    from playnex.cli.running import retry as retry_run  # late, here and below: the engine is needed only when a run goes on

    return asyncio.run(retry_run(run, from_, as_json))


def fork(run: RunId, /, *, from_: ForkFrom, changes: Changes = (), as_json: AsJson = False) -> int:
    """Start a new run that keeps what another one did before a step, with other inputs, prompts or models.

    $ playnex run fork last --from write --set length=100
    $ playnex run fork last --from edit --set agents.editing.model=better
    """
    from playnex.cli.running import fork as fork_run

    return asyncio.run(fork_run(run, from_, pairs_of(changes), as_json=as_json))


def stop(*, all_: All = False, lift: Lift = False, as_json: AsJson = False) -> int:
    """Stop all runs at once, wherever they go on, and let none start: no step, model request or tool call, no schedule, no batch, until
    that is lifted. What was stopped stays paused until somebody resumes it.

    $ playnex stop --all
    $ playnex stop --lift
    """
    if all_ == lift:
        raise UsageError("say what to stop", hint="every run: playnex stop --all; one run: playnex run pause ID, playnex run cancel ID")
    return asyncio.run(_stop_all(as_json) if all_ else _lift(as_json))


def worker(*, at_most: AtMost = 100, once: Once = False) -> int:
    """Carry on every run that can go on: new ones, those whose time has come or whom somebody answered, those of dead workers.

    $ playnex worker
    $ playnex worker --once
    """
    from playnex.cli.working import work

    return asyncio.run(work(at_most, once))


def value_of(text: str) -> Json:
    """JSON where it is that, else the text; @FILE is the file's content."""
    said = text_of(text[1:]) if text.startswith("@") else text
    try:
        return json.loads(said)
    except ValueError:
        return said


def pairs_of(changes: tuple[str, ...]) -> dict[str, Json]:
    """`name=value` pairs with their values as JSON or text. Raises UsageError."""
    pairs = [change.partition("=") for change in changes]
    for name, equals, _ in pairs:
        if not equals:
            raise UsageError(f"--set {name!r} has no value", hint="write it as name=value")
    return {name.strip(): value_of(value) for name, _, value in pairs}


async def _stop(typed: str, act: "Callable[[Control, str], Awaitable[RunSummary]]", as_json: bool) -> int:
    from playnex.app.control import Control
    from playnex.app.opening import opened
    from playnex.app.runs import Runs

    async with opened(door.workspace) as app:
        found = await Runs(app=app).find(typed)
        after = await act(Control(app=app), found.id)
        if as_json:
            emit(await Runs(app=app).document(found.id))
    door.terminal.say(f"{door.terminal.symbol('succeeded')} run {short(found.id)} is {after.state}")
    return 0


async def _say(typed: str, act: "Callable[[Control, str], Awaitable[object]]", as_json: bool) -> int:
    from playnex.app.control import Control
    from playnex.app.opening import opened
    from playnex.app.runs import Runs

    async with opened(door.workspace) as app:
        found = await Runs(app=app).find(typed)
        await act(Control(app=app), found.id)
        held = app.leases.is_held(found.id)
        if as_json:
            emit(await Runs(app=app).document(found.id))
    going = "it goes on right now" if held else f"go on with: playnex run resume {short(found.id)}"
    door.terminal.say(f"{door.terminal.symbol('succeeded')} told run {short(found.id)}; {going}")
    return 0


async def _stop_all(as_json: bool) -> int:
    from playnex.app.control import Control
    from playnex.app.opening import opened
    from playnex.app.reports import RUNS_SCHEMA, run_line

    async with opened(door.workspace) as app:
        stopped = await Control(app=app).stop_all()
    if as_json:
        emit_list(RUNS_SCHEMA, [run_line(run, worker=False) for run in stopped])
    door.terminal.say(f"{door.terminal.symbol('succeeded')} stopped {counted(len(stopped), 'run')}; none starts or goes on")
    door.terminal.say("  allow runs again with: playnex stop --lift")
    return 0


async def _lift(as_json: bool) -> int:
    from playnex.app.opening import opened

    async with opened(door.workspace) as app:
        was_set = app.halt.lift()
        paused = await app.journal.runs(state="paused")
    if as_json:
        emit({"schema": "playnex.stop/1", "was_stopped": was_set})
    door.terminal.say(f"{door.terminal.symbol('succeeded')} runs may start again" if was_set else "nothing was stopped")
    if paused:
        door.terminal.say("  some are paused (playnex run list); each goes on with: playnex run resume ID")
    return 0
