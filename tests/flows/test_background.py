"""Runs that go on after their terminal has closed, runs with a key, and workers that find what others left behind."""

import asyncio
import os
import pty
import signal
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from flows.stage import Desk, is_second, pair_desk, wait_for
from playnex.app.opening import opened
from playnex.app.runs import Runs
from playnex.app.templates import lay_out
from playnex.testing.model_replies import Asked, Reply
from playnex.testing.model_scripts import research
from playnex.testing.model_server import serving

HEAD = """\
import asyncio
import os
import signal
import playnex


def tell(word):
    with open("outside.txt", "ab", buffering=0) as file:
        file.write(f"{word}\\n".encode())

"""
SIGNALLED = (
    HEAD
    + '''
@playnex.flow
async def signalled(ctx, inputs):
    """Wait."""
    return await ctx.wait_for("go")
'''
)
COUNTED = (
    HEAD
    + '''
@playnex.flow
async def counted(ctx, inputs):
    """Do one thing."""
    async def do():
        tell("done")
        await asyncio.sleep(1)
        return os.getpid()
    return await ctx.step("do", do)
'''
)
HALVES = (
    HEAD
    + '''
@playnex.flow
async def halves(ctx, inputs):
    """Two halves; nobody gets past the first before the file is there."""
    async def first():
        tell("first")
    async def second():
        while not os.path.exists("open"):
            await asyncio.sleep(0.01)
        tell("second")
    await ctx.step("first", first)
    await ctx.step("second", second)
'''
)
POISON = (
    HEAD
    + '''
@playnex.flow
async def poison(ctx, inputs):
    """Kill the worker."""
    async def die():
        while os.path.exists("outside.txt") and open("outside.txt").read().count("first") < 3:
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)
    await ctx.step("die", die)
'''
)
PAYING = (
    HEAD
    + '''
@playnex.flow
async def paying(ctx, inputs):
    """Pay once."""
    async def pay():
        tell("paid")
        while not os.path.exists("open"):
            await asyncio.sleep(0.01)
        return 18
    return await ctx.step("pay", pay, effect="once")
'''
)


def desk_with(folder: Path, **flows: str) -> Desk:
    """A workspace with these Python flows."""
    lay_out("minimal", folder)
    for name, text in flows.items():
        (folder / f"flows/{name}.py").write_text(text)
    return Desk(folder)


def test_a_detached_run_goes_on_when_its_terminal_is_closed_and_a_watcher_ends_with_its_exit_code(tmp_path: Path) -> None:
    free = threading.Event()

    def script(asked: Asked) -> Reply:
        if is_second(asked):
            free.wait(100)
        return research(asked)

    with serving(script) as server:
        desk = pair_desk(tmp_path, server.url)
        settings = tmp_path / "playnex.toml"
        settings.write_text(settings.read_text().replace("timeout = 1\n", "timeout = 100\n"))
        leader, terminal = in_terminal(tmp_path, f"{sys.executable} -m playnex flow run pair --detach; touch detached; sleep 600")
        wait_for((tmp_path / "detached").exists, "the command to come back")
        wait_for(lambda: len(server.asked) == 2, "the second request")
        os.close(terminal)
        os.kill(leader, signal.SIGHUP)
        os.waitpid(leader, 0)
        free.set()
        watched = desk.playnex("run", "watch", "last")
    assert watched.returncode == 0, watched.stderr
    assert [line.split()[2] for line in watched.stderr.splitlines() if " tok " in line] == ["one", "two"]
    assert sorted(server.counts.values()) == [1, 1]


def test_a_detached_run_waits_for_a_signal_and_goes_on_when_it_comes(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, signalled=SIGNALLED)
    assert desk.playnex("flow", "run", "signalled", "--detach").returncode == 0
    assert desk.playnex("run", "watch", "last").returncode == 6
    assert desk.playnex("run", "signal", "last", "go", "--data", "5").returncode == 0
    watched = desk.playnex("run", "watch", "last")
    assert (watched.returncode, watched.stdout) == (0, "5\n"), watched.stderr


@pytest.mark.slow
def test_two_starts_with_one_key_at_the_same_moment_are_one_run(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, counted=COUNTED)
    children = [desk.start("flow", "run", "counted", "--key", "a") for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    assert (tmp_path / "outside.txt").read_text() == "done\n"
    assert len(desk.json("run", "list")["items"]) == 1
    assert desk.playnex("flow", "run", "counted", "--key", "a").returncode == 0
    assert (tmp_path / "outside.txt").read_text() == "done\n", "started with that key before"


def test_a_watcher_of_a_run_whose_process_died_says_so(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, halves=HALVES)
    child = desk.start("flow", "run", "halves")
    wait_for(partial(told, tmp_path), "the first half")
    child.kill()
    child.wait()
    watched = desk.playnex("run", "watch", "last")
    assert watched.returncode == 130
    assert "interrupted: the process that carried it out is gone" in watched.stderr and "playnex run resume" in watched.stderr


@pytest.mark.timeout(180)
def test_runs_of_a_killed_worker_are_all_finished_by_the_next_one(tmp_path: Path) -> None:
    desk, many = desk_with(tmp_path, halves=HALVES), 50
    started(tmp_path, "halves", many)
    child = desk.start("worker")
    wait_for(lambda: told(tmp_path).count("first") == many, "all first halves")
    child.kill()
    child.wait()
    (tmp_path / "open").touch()
    assert desk.playnex("worker", "--once").returncode == 0
    assert [run["state"] for run in desk.json("run", "list", "--limit", "100")["items"]] == ["succeeded"] * many
    assert told(tmp_path).count("second") == many
    assert many <= told(tmp_path).count("first") <= 2 * many, "one that was under way may be done once more"


def test_a_run_that_kills_its_worker_is_parked_after_the_third_and_the_others_are_all_finished(tmp_path: Path) -> None:
    desk, many = desk_with(tmp_path, halves=HALVES, poison=POISON), 5
    started(tmp_path, "halves", many)
    started(tmp_path, "poison", 1)
    (tmp_path / "open").touch()
    codes = [desk.playnex("worker", "--once").returncode for _ in range(4)]
    assert codes == [-signal.SIGKILL] * 3 + [0]
    states = {(run["flow"], run["state"], run["reason"]) for run in desk.json("run", "list")["items"]}
    assert states == {("halves", "succeeded", ""), ("poison", "parked", "poison")}


@pytest.mark.parametrize(("said", "value", "times"), [(("--done", "17"), "17", 1), (("--again",), "18", 2), (("--fail",), "", 1)])
def test_a_once_step_whose_process_died_in_the_middle_is_parked_until_a_person_decides(
    tmp_path: Path, said: tuple[str, ...], value: str, times: int
) -> None:
    desk = desk_with(tmp_path, paying=PAYING)
    child = desk.start("flow", "run", "paying")
    wait_for(partial(told, tmp_path), "the payment")
    child.kill()
    child.wait()
    (tmp_path / "open").touch()
    parked = desk.playnex("run", "resume", "last")
    assert (parked.returncode, told(tmp_path)) == (6, ["paid"]), parked.stderr
    page = desk.playnex("run", "show", "last").stdout
    assert "outcome unknown: pay may have happened or not" in page and "playnex run resolve" in page
    assert desk.playnex("run", "resolve", "last", *said).returncode == 0
    done = desk.playnex("run", "resume", "last")
    assert (done.returncode, done.stdout.strip()) == (0 if value else 1, value), done.stderr
    assert told(tmp_path) == ["paid"] * times


def started(folder: Path, flow: str, many: int) -> None:
    """Start runs that nobody carries on yet."""

    async def start() -> None:
        async with opened(str(folder)) as app:
            for _ in range(many):
                await Runs(app=app).start(flow, {})

    asyncio.run(start())


def told(folder: Path) -> list[str]:
    """What was really done."""
    path = folder / "outside.txt"
    return path.read_text().split() if path.exists() else []


def in_terminal(folder: Path, command: str) -> tuple[int, int]:
    """A shell with a terminal of its own: its process, and the terminal's other end."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.environ["PLAYNEX_HOME"] = ""
        os.execvp("bash", ["bash", "-c", command])
    return process, terminal
