"""Nothing is left of a server that ignores every wish to end and hides its children, however the run that used it goes away."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from flows.processes import saying
from mcp_servers.stage import KINDS, Kind, Stage, left, on_stage, require_sandbox, rude, trust_in

CYCLES = 20
HOST = str(Path(__file__).with_name("host.py"))


@pytest.fixture(params=[*KINDS, "full"])
def kind(request: pytest.FixtureRequest) -> Kind:
    require_sandbox(request.param)
    return cast(Kind, request.param)


@pytest.mark.slow
def test_after_twenty_runs_that_ended_nothing_is_left_within_a_second(tmp_path: Path, kind: Kind) -> None:
    end_runs(tmp_path, kind, CYCLES)


@pytest.mark.slow
def test_after_twenty_runs_that_were_cancelled_nothing_is_left_within_a_second(tmp_path: Path, kind: Kind) -> None:
    cancel_runs(tmp_path, kind, CYCLES)


@pytest.mark.slow
def test_after_twenty_kills_of_playnex_itself_nothing_is_left_within_a_second(kind: Kind) -> None:
    assert killed(kind, CYCLES) == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_after_two_hundred_ends_of_each_kind_nothing_is_left_within_a_second(tmp_path: Path, kind: Kind) -> None:
    end_runs(tmp_path, kind, 200)
    cancel_runs(tmp_path, kind, 200)
    assert killed(kind, 200) == []


def end_runs(folder: Path, kind: Kind, cycles: int) -> None:
    """So many runs that used the server, one after another, with a look at what is left after each."""

    async def scenario(stage: Stage) -> int:
        await stage.call(rude("ignores-ends", "forks", mark, trust=trust_in(kind)), "echo", text="a")
        return len(saying(mark))

    for cycle in range(cycles):
        mark = f"mark-ended-{os.getpid()}-{kind}-{cycle}"
        assert on_stage(folder, scenario, kind) >= 2, "the server and what it forked were there"
        assert left(mark) == []


def cancel_runs(folder: Path, kind: Kind, cycles: int) -> None:
    """So many that were cancelled in a call."""

    async def scenario(stage: Stage) -> None:
        spec = rude("ignores-ends", "forks", mark, trust=trust_in(kind))
        await stage.call(spec, "echo", text="a")
        hanging = asyncio.create_task(stage.call(spec, "hang"))
        await asyncio.sleep(0)
        hanging.cancel()
        await asyncio.wait((hanging,))
        assert left(mark) == [], "also while the workspace is still open"

    for cycle in range(cycles):
        mark = f"mark-cancelled-{os.getpid()}-{kind}-{cycle}"
        on_stage(folder, scenario, kind)


@pytest.mark.slow
def test_a_plain_child_process_outlives_such_a_kill() -> None:
    """The known-bad arm."""
    survivors = killed("plain", 1)
    for process in survivors:
        os.kill(process, signal.SIGKILL)
    assert survivors


def killed(kind: str, cycles: int) -> list[int]:
    """What is left one second after each of so many processes, which were in a call, was killed."""
    paths = os.pathsep.join([str(Path(__file__).resolve().parents[1]), *sys.path])
    survivors, pipe = list[int](), subprocess.PIPE
    with subprocess.Popen([sys.executable, HOST, kind], stdin=pipe, stdout=pipe, text=True, env=os.environ | {"PYTHONPATH": paths}) as host:
        assert host.stdin and host.stdout
        for cycle in range(cycles):
            mark = f"mark-killed-{os.getpid()}-{kind}-{cycle}"
            host.stdin.write(f"{mark}\n")
            host.stdin.flush()
            playing = int(host.stdout.readline())
            assert len(saying(mark)) >= 2, "the server and what it forked were there"
            os.kill(playing, signal.SIGKILL)
            survivors += left(mark)
        host.kill()
    return survivors
