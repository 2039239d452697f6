"""Runs with servers under way that are stopped, killed, asked about: what is promised of every tool holds for theirs."""

import json
import os
import signal
from pathlib import Path

import pytest

from flows.processes import saying
from flows.stage import Desk, wait_for
from flows.test_stopping import NAP, NAP_FLOW
from mcp_servers.stage import left
from mcp_servers.test_doors import HANGS, entered

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NOTE = "playnex: 1\nname: note\nsteps: { note: { save: notes/a, content: hello } }\n"
ECHO = 'playnex: 1\nname: echoes\nsteps:\n  say: { tool: rude.echo, with: { text: "to Ana" } }\noutput: ${{ steps.say.output }}\n'


def looked_at(folder: Path, *manners: str, **flows: str) -> Desk:
    """A workspace whose rude server is accepted, with these flows."""
    desk = entered(folder, *manners)
    assert desk.playnex("mcp", "test", "rude").returncode == 0
    for name, text in flows.items():
        (folder / f"flows/{name}.yaml").write_text(text)
    return desk


def test_stop_all_ends_calls_of_servers_and_of_python_tools_and_nothing_starts_until_it_is_lifted(tmp_path: Path) -> None:
    mark, nap = f"mark-{os.getpid()}-all", f".{os.getpid()}77"
    desk = looked_at(tmp_path, "forks", "ignores-ends", mark, f"log={tmp_path}/log", hangs=HANGS, nap=NAP_FLOW, note=NOTE)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/nap.py").write_text(NAP)
    running = [desk.start("flow", "run", "hangs"), desk.start("flow", "run", "nap", "--input", f"marker={nap}")]
    wait_for(lambda: "tools/call" in (tmp_path / "log").read_text() and (tmp_path / "asleep").exists(), "both calls")
    assert len(saying(mark)) >= 2
    stopped = desk.json("stop", "--all")["items"]
    assert [run["state"] for run in stopped] == ["paused", "paused"]
    assert [process.wait(30) for process in running] == [130, 130]
    assert left(mark) == [] == left(nap)
    (tmp_path / "cases.jsonl").write_text("{}\n")
    for words in ("flow run note", "run resume last", "batch run note cases.jsonl", "tool call capsule.list"):
        refused = desk.playnex(*words.split())
        assert refused.returncode == 1 and "playnex stop --lift" in refused.stderr, refused.stderr
    assert desk.playnex("worker", "--once").returncode == 0
    assert [run["state"] for run in desk.json("run", "list")["items"]] == ["paused", "paused"]
    assert desk.playnex("stop", "--lift").returncode == 0
    assert desk.playnex("flow", "run", "note").returncode == 0


def test_a_call_whose_process_was_killed_is_asked_about_and_not_made_again(tmp_path: Path) -> None:
    desk = looked_at(tmp_path, f"log={tmp_path}/log", hangs=HANGS)
    running = desk.start("flow", "run", "hangs")
    wait_for(lambda: "tools/call" in (tmp_path / "log").read_text(), "the call")
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert desk.playnex("run", "resume", "last").returncode == 6
    assert "outcome unknown: hang/tool-1 may have happened or not" in desk.playnex("run", "show", "last").stdout
    assert desk.playnex("run", "resolve", "last", "--done", "it said so").returncode == 0
    assert desk.playnex("run", "resume", "last").returncode == 0
    assert desk.json("run", "show", "last")["steps"][0]["output"] == "it said so"
    assert (tmp_path / "log").read_text().count("tools/call") == 1


def test_a_call_that_asks_waits_through_restarts_and_its_answer_is_recorded(tmp_path: Path) -> None:
    desk = looked_at(tmp_path, f"log={tmp_path}/log", echoes=ECHO)
    (tmp_path / "playnex.toml").write_text('[tools."rude.echo"]\napproval = "ask"\n')
    assert desk.playnex("flow", "run", "echoes").returncode == 6, "nobody is there to ask, and that is no yes"
    assert desk.playnex("run", "resume", "last").returncode == 6
    assert "to Ana" in desk.playnex("inbox", "show", "last").stdout
    assert desk.playnex("inbox", "approve", "last").returncode == 0
    assert decisions(desk) == [("succeeded", True)]
    assert desk.playnex("flow", "run", "echoes").returncode == 6
    assert desk.playnex("inbox", "reject", "last", "-m", "not to Ana").returncode == 0
    assert decisions(desk) == [("failed", True)]
    assert "not to Ana" in desk.playnex("run", "logs", "last").stdout
    assert (tmp_path / "log").read_text().count("tools/call") == 1


def decisions(desk: Desk) -> list[tuple[str, bool]]:
    """How each call of the last run ended, and whether a decision stands beside it."""
    calls = json.loads(desk.playnex("run", "show", "last", "--tools", "--json").stdout)
    return [(call["status"], bool(call["approvals"][0]["decision"])) for call in calls.get("items", calls.get("calls", ()))]
