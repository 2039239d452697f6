"""Runs of one concurrency group go one at a time, across processes and through deaths."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.stage import Desk, wait_for
from flows.test_background import desk_with, started
from playnex.app.opening import opened
from playnex.app.runs import Runs

DEPLOY = """\
playnex: 1
name: deploy
concurrency: {concurrency}
inputs: {{ to: {{ type: string, default: web }}, name: {{ type: string, default: a }}, ask: {{ type: boolean, default: false }} }}
steps:
  begin: {{ tool: work.hold, with: {{ name: "${{{{ inputs.name }}}}" }} }}
  ask:   {{ if: inputs.ask, approve: {{ message: Go on? }} }}
  end:   {{ tool: work.end, with: {{ name: "${{{{ inputs.name }}}}" }} }}
"""
TOOLS = '''
import pathlib, time
import playnex


def say(word):
    with open("outside.txt", "ab", buffering=0) as file:
        file.write(word.encode() + b"\\n")


@playnex.tool(effect="idempotent")
def hold(name: str) -> str:
    """Begin, and wait for the file of that name."""
    say("begin-" + name)
    while not pathlib.Path("free-" + name).exists():
        time.sleep(0.01)
    return name


@playnex.tool(effect="idempotent")
def end(name: str) -> str:
    """End."""
    say("end-" + name)
    return name
'''
GROUP = '"deploy ${{ inputs.to }}"'
CANCELS = '{ group: "deploy ${{ inputs.to }}", cancel-in-progress: true }'
WAITING = 6


def deploy_desk(folder: Path, concurrency: str = GROUP) -> Desk:
    """A workspace with the flow `deploy`, each run of which is told by its name when it may end."""
    desk = desk_with(folder)
    (folder / "tools").mkdir()
    (folder / "tools/work.py").write_text(TOOLS)
    (folder / "flows/deploy.yaml").write_text(DEPLOY.format(concurrency=concurrency))
    return desk


CHILDREN: "list[subprocess.Popen[bytes]]" = []


@pytest.fixture(autouse=True)
def no_child_is_left() -> Iterator[None]:
    """Whatever became of the test, nothing that it started goes on."""
    yield
    for child in CHILDREN:
        child.kill()
        child.wait()
    CHILDREN.clear()


def deploy(desk: Desk, name: str, *more: str) -> "subprocess.Popen[bytes]":
    """Start a run of that name."""
    return begun(desk, "flow", "run", "deploy", "--key", name, "--input", f"name={name}", *more)


def begun(desk: Desk, *words: str) -> "subprocess.Popen[bytes]":
    """Start a command that ends with the test at the latest."""
    CHILDREN.append(desk.start(*words))
    return CHILDREN[-1]


def said(folder: Path) -> list[str]:
    """What has really happened."""
    path = folder / "outside.txt"
    return path.read_text().split() if path.exists() else []


def shown(desk: Desk, name: str) -> Any:
    """The run of that name as `run show --json` has it, read here for it is asked often; empty where there is none."""

    async def read() -> Any:
        async with opened(str(desk.folder)) as app:
            found = [run.id for run in await app.journal.runs() if run.inputs["name"] == name]
            return await Runs(app=app).detail(found[0]) if found else {}

    return asyncio.run(read())


def run_of(desk: Desk, name: str) -> str:
    """The id of the run of that name."""
    return str(shown(desk, name)["run"])


def free(folder: Path, *names: str) -> None:
    """Let these runs end."""
    for name in names:
        (folder / f"free-{name}").touch()


def has_begun(folder: Path, name: str) -> bool:
    return f"begin-{name}" in said(folder)


def is_in_line(desk: Desk, name: str) -> bool:
    """Whether the run waits for another one, and says for which."""
    return bool(shown(desk, name).get("behind"))


@pytest.mark.slow
def test_runs_of_a_group_go_one_at_a_time_in_the_order_of_their_starts_and_say_for_whom_they_wait(tmp_path: Path) -> None:
    desk = deploy_desk(tmp_path)
    first = deploy(desk, "a")
    wait_for(partial(has_begun, tmp_path, "a"), "the first run")
    others = []
    for name in ("b", "c"):
        others.append(deploy(desk, name))
        wait_for(partial(is_in_line, desk, name), "it to stand in line")
    elsewhere = deploy(desk, "x", "--input", "to=mail")
    wait_for(partial(has_begun, tmp_path, "x"), "the run of another group")
    page = desk.playnex("run", "show", run_of(desk, "b")).stdout
    assert f"waits for run {run_of(desk, 'a')[-6:]}: one run of 'deploy web' at a time" in page
    free(tmp_path, "a", "b", "c", "x")
    assert [child.wait(60) for child in (first, *others, elsewhere)] == [0] * 4
    order = [word for word in said(tmp_path) if not word.endswith("-x")]
    assert order == ["begin-a", "end-a", "begin-b", "end-b", "begin-c", "end-c"]


def test_a_dead_worker_holds_up_nobody_and_its_run_takes_its_turn_anew(tmp_path: Path) -> None:
    desk = deploy_desk(tmp_path)
    dies = deploy(desk, "a")
    wait_for(partial(has_begun, tmp_path, "a"), "the first run")
    next_one = deploy(desk, "b")
    wait_for(partial(is_in_line, desk, "b"), "the second to stand in line")
    os.kill(dies.pid, signal.SIGKILL)
    dies.wait()
    wait_for(partial(has_begun, tmp_path, "b"), "the second run")
    again = begun(desk, "run", "resume", run_of(desk, "a"))
    wait_for(partial(is_in_line, desk, "a"), "the first to stand in line")
    free(tmp_path, "a", "b")
    assert [next_one.wait(60), again.wait(60)] == [0, 0]
    assert said(tmp_path)[-3:] == ["end-b", "begin-a", "end-a"]


def test_a_run_that_waits_for_a_person_keeps_its_group(tmp_path: Path) -> None:
    desk = deploy_desk(tmp_path)
    free(tmp_path, "a", "b")
    assert desk.playnex("flow", "run", "deploy", "--input", "ask=true").returncode == WAITING
    later = deploy(desk, "b")
    wait_for(partial(is_in_line, desk, "b"), "the second to stand in line")
    assert desk.playnex("worker", "--once").returncode == 0, "a worker does not wait for what cannot go on"
    assert not has_begun(tmp_path, "b")
    assert desk.playnex("inbox", "approve", "last").returncode == 0
    assert later.wait(60) == 0
    assert said(tmp_path) == ["begin-a", "end-a", "begin-b", "end-b"]


@pytest.mark.parametrize("ask", ["true", "false"])
def test_a_newer_run_cancels_those_before_it_where_the_flow_says_so(tmp_path: Path, ask: str) -> None:
    desk = deploy_desk(tmp_path, CANCELS)
    older = deploy(desk, "a", "--input", f"ask={ask}")
    wait_for(partial(has_begun, tmp_path, "a"), "the first run")
    if ask == "true":
        free(tmp_path, "a")
        assert older.wait(60) == WAITING
    free(tmp_path, "b")
    assert deploy(desk, "b").wait(60) == 0
    assert older.wait(60) == (WAITING if ask == "true" else 8)
    document = shown(desk, "a")
    assert document["status"] == "cancelled" and "which is newer" in document["reason"]
    assert "end-a" not in said(tmp_path) and said(tmp_path)[-2:] == ["begin-b", "end-b"]


@pytest.mark.slow
def test_a_run_in_line_can_be_cancelled_or_paused_and_ctrl_c_leaves_it_in_line(tmp_path: Path) -> None:
    desk = deploy_desk(tmp_path)
    first = deploy(desk, "a")
    wait_for(partial(has_begun, tmp_path, "a"), "the first run")
    ends = {"b": ("cancel", 8, "cancelled"), "c": ("pause", 130, "paused")}
    for name, (verb, code, state) in ends.items():
        child = deploy(desk, name)
        wait_for(partial(is_in_line, desk, name), "it to stand in line")
        assert desk.playnex("run", verb, run_of(desk, name)).returncode == 0
        assert (child.wait(60), shown(desk, name)["status"]) == (code, state)
    left = deploy(desk, "d")
    wait_for(partial(is_in_line, desk, "d"), "it to stand in line")
    left.send_signal(signal.SIGINT)
    assert (left.wait(60), shown(desk, "d")["status"]) == (130, "pending")
    free(tmp_path, "a", "b", "c", "d")
    assert first.wait(60) == 0
    assert desk.playnex("worker", "--once").returncode == 0
    assert said(tmp_path) == ["begin-a", "end-a", "begin-d", "end-d"]


def test_one_worker_with_many_runs_of_a_group_carries_them_on_one_after_the_other(tmp_path: Path) -> None:
    desk = deploy_desk(tmp_path)
    free(tmp_path, "a")
    started(tmp_path, "deploy", 12)
    assert desk.playnex("worker", "--once").returncode == 0
    assert said(tmp_path) == ["begin-a", "end-a"] * 12
