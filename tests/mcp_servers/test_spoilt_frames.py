"""Frames with bytes changed, lost, doubled or put in, requests to us among them: nothing crashes, and no call is started by them."""

import random
from pathlib import Path

import pytest

from mcp_servers.stage import Stage, on_stage, rude
from playnex.errors import ToolFailed

AT_ONCE = 100


@pytest.mark.slow
def test_five_thousand_spoilt_frames_crash_nothing_and_start_no_call(tmp_path: Path) -> None:
    hear(tmp_path, random.randrange(10**6), frames=5_000)


@pytest.mark.soak
def test_twenty_thousand_spoilt_frames_crash_nothing_and_start_no_call(tmp_path: Path) -> None:
    hear(tmp_path, random.randrange(10**6), frames=20_000)


def test_a_few_spoilt_frames_crash_nothing_and_start_no_call(tmp_path: Path) -> None:
    hear(tmp_path, random.randrange(10**6), frames=200)


def hear(folder: Path, seed: int, *, frames: int) -> None:
    log = folder / "log"
    spec = rude(f"log={log}", timeout=10)

    async def scenario(stage: Stage) -> object:
        for number in range(frames // AT_ONCE):
            try:
                await stage.call(spec, "mutter", seed=seed + number, frames=AT_ONCE)
            except ToolFailed as fault:
                assert "'rude'" in fault.message, f"seed {seed}: {fault.message}"
        return await stage.call(spec, "echo", text="well")

    assert on_stage(folder, scenario) == "well", f"seed {seed}"
    heard = log.read_text().splitlines()
    assert heard.count("tools/call") == frames // AT_ONCE + 1, f"seed {seed}"
    assert set(heard) <= {"initialize", "notifications/initialized", "tools/list", "tools/call", "answer", "notifications/cancelled"}
