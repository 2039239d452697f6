"""MCP servers from the outside: entered, looked at, used by flows and agents, refused when they change."""

import json
import signal
from pathlib import Path

import pytest

from flows.stage import Desk, wait_for
from mcp_servers.stage import PYTHON, SCRIPT, left, require_sandbox
from playnex.testing.model_replies import Asked, Reply, answer, calls
from playnex.testing.model_server import serving

FLOW = """\
playnex: 1
name: asks
steps:
  first: { tool: rude.echo, with: { text: "from a flow" } }
  then: { needs: [], agent: clerk, prompt: Say something. }
output: ${{ steps.then.output }}
"""
AFTER = FLOW.replace("needs: [], ", "")
"""Here the agent has read what the server said, which comes from outside."""
HANGS = """\
playnex: 1
name: hangs
steps:
  hang: { tool: rude.hang }
"""
CLERK = """\
---
name: clerk
description: Echoes.
tools: ["rude.e*"]
---
You echo.
"""


def entered(folder: Path, *manners: str) -> Desk:
    desk = Desk(folder)
    assert desk.playnex("init").returncode == 0
    enter(folder, *manners)
    return desk


def enter(folder: Path, *manners: str, **more: object) -> None:
    entry = {"command": PYTHON, "args": [SCRIPT, *manners], "trust": "full", **more}
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": {"rude": entry}}))


def echoing(asked: Asked) -> Reply:
    return calls(("rude__echo", {"text": "from an agent"})) if asked.number == 1 else answer("It said so.")


@pytest.mark.slow
def test_flows_and_agents_use_a_server_like_any_other_tool(tmp_path: Path) -> None:
    desk = entered(tmp_path, "forks", mark := f"mark-{tmp_path.name}-use")
    assert desk.playnex("mcp", "test", "rude").returncode == 0
    (tmp_path / "flows/asks.yaml").write_text(FLOW)
    (tmp_path / "agents/clerk.md").write_text(CLERK)
    with serving(echoing) as server:
        (tmp_path / "playnex.toml").write_text(f'[models.main]\nbase_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n')
        done = desk.playnex("flow", "run", "asks", "--json")
    assert left(mark) == []
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["output"] == "It said so."
    assert {tool["function"]["name"] for tool in server.asked[0].body["tools"]} == {"rude__echo", "rude__environment"}
    assert "from an agent" in server.asked[1].prompt
    steps = {step["step"]: step for step in desk.json("run", "show", "last")["steps"]}
    assert steps["first"]["status"] == "succeeded"


@pytest.mark.slow
def test_a_call_of_an_agent_that_has_read_what_a_server_said_asks_first_where_the_server_has_all_rights(tmp_path: Path) -> None:
    desk = entered(tmp_path)
    assert desk.playnex("mcp", "test", "rude").returncode == 0
    (tmp_path / "flows/asks.yaml").write_text(AFTER)
    (tmp_path / "agents/clerk.md").write_text(CLERK)
    with serving(echoing) as server:
        (tmp_path / "playnex.toml").write_text(f'[models.main]\nbase_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n')
        assert desk.playnex("flow", "run", "asks").returncode == 6
        assert "from an agent" in desk.playnex("inbox", "show", "last").stdout


@pytest.mark.slow
def test_a_server_that_nobody_has_looked_at_is_not_started_and_its_tools_are_refused_with_the_way_on(tmp_path: Path) -> None:
    desk = entered(tmp_path, f"log={tmp_path}/log")
    (tmp_path / "flows/asks.yaml").write_text(HANGS)
    assert desk.json("mcp", "list")["items"][0]["known"] is False
    checked = desk.playnex("check")
    assert checked.returncode == 3
    assert "there is no tool 'rude.hang'" in checked.stderr + checked.stdout
    assert "playnex mcp test rude" in checked.stderr + checked.stdout
    assert "MCP server rude" in desk.playnex("doctor").stdout
    assert not (tmp_path / "log").exists(), "no command has started it"


@pytest.mark.slow
def test_a_server_that_says_something_else_of_its_tools_is_refused_until_that_is_accepted(tmp_path: Path) -> None:
    desk = entered(tmp_path)
    assert desk.json("mcp", "test", "rude")["verdict"] == "accepted"
    assert desk.playnex("tool", "call", "rude.echo", "text=well").returncode == 0
    enter(tmp_path, "changed")
    assert "rude.echo" not in desk.playnex("tool", "list").stdout, "another entry is another server"
    told = desk.playnex("mcp", "test", "rude", "--json")
    document = json.loads(told.stdout)
    assert (told.returncode, document["verdict"], document["changed"], document["entry_changed"]) == (1, "changed", ["echo"], True)
    assert desk.json("mcp", "test", "rude", "--accept")["verdict"] == "accepted"
    called = desk.playnex("tool", "call", "rude.echo", "text=${{ not.a.template }}", "--json")
    assert json.loads(called.stdout)["output"] == "${{ not.a.template }}"


@pytest.mark.slow
def test_a_server_that_is_added_is_started_once_and_nothing_is_kept_of_one_that_fails(tmp_path: Path) -> None:
    require_sandbox()
    desk = Desk(tmp_path)
    desk.playnex("init")
    (tmp_path / ".mcp.json").write_text('{\n  // ours\n  "mcpServers": {}\n}\n')
    failed = desk.playnex("mcp", "add", "bad", "--", PYTHON, SCRIPT, "exits")
    assert failed.returncode == 1 and "I would rather not" in failed.stderr
    assert (tmp_path / ".mcp.json").read_text() == '{\n  // ours\n  "mcpServers": {}\n}\n'
    added = desk.playnex("mcp", "add", "good", "--json", "--env", "KEY=${KEY:-none}", "--", PYTHON, SCRIPT, "--flag")
    assert added.returncode == 0, added.stderr
    assert json.loads(added.stdout)["verdict"] == "accepted" and "// ours" in (tmp_path / ".mcp.json").read_text()
    assert json.loads(desk.playnex("tool", "call", "good.echo", "text=hello", "--json").stdout)["output"] == "hello"
    again = desk.playnex("mcp", "add", "good", "--", PYTHON)
    assert again.returncode == 2 and "already" in again.stderr


@pytest.mark.slow
def test_a_remote_server_and_a_clash_of_names_are_refused_by_check(tmp_path: Path) -> None:
    desk = entered(tmp_path)
    assert desk.playnex("mcp", "test", "rude").returncode == 0
    (tmp_path / "tools").mkdir(exist_ok=True)
    (tmp_path / "tools/rude.py").write_text("def echo(text: str) -> str:\n    return text\n")
    clash = desk.playnex("check")
    assert clash.returncode == 3 and "two tools are called 'rude.echo'" in clash.stderr + clash.stdout
    (tmp_path / "tools/rude.py").unlink()
    (tmp_path / ".mcp.json").write_text('{"mcpServers": {"far": {"url": "https://example.com/mcp"}}}')
    remote = desk.playnex("check")
    assert remote.returncode == 3 and ".mcp.json:1:25" in remote.stderr + remote.stdout


@pytest.mark.slow
def test_kill_9_of_the_command_in_a_call_leaves_no_process(tmp_path: Path) -> None:
    mark = f"mark-{tmp_path.name}-kill"
    desk = entered(tmp_path, "forks", "ignores-ends", mark, f"log={tmp_path}/log")
    assert desk.playnex("mcp", "test", "rude").returncode == 0
    assert left(mark) == []
    (tmp_path / "flows/hangs.yaml").write_text(HANGS)
    running = desk.start("flow", "run", "hangs")
    wait_for(lambda: "tools/call" in (tmp_path / "log").read_text(), "the call is under way")
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert left(mark) == []


@pytest.mark.slow
def test_where_there_is_no_bubblewrap_the_second_sandbox_is_used_and_leaves_nothing_after_kill_9(tmp_path: Path) -> None:
    require_sandbox("landlock")
    mark, own, shared = f"mark-{tmp_path.name}-second", tmp_path / "own", tmp_path / "out"
    for folder in (own, shared):
        folder.mkdir()
    desk = Desk(tmp_path, through=("/usr/bin/env", f"PATH={Path(PYTHON).parent}", f"TMPDIR={own}"))
    desk.playnex("init")
    enter(tmp_path, "forks", "ignores-ends", mark, f"log={shared}/log", trust="sandbox", write=["out"])
    told = desk.playnex("doctor").stdout
    assert "Landlock + seccomp" in told and "modes and times of files cannot be changed" in told
    assert desk.playnex("mcp", "test", "rude").returncode == 0
    (tmp_path / "flows/hangs.yaml").write_text(HANGS)
    running = desk.start("flow", "run", "hangs")
    wait_for(lambda: "tools/call" in (shared / "log").read_text(), "the call is under way")
    assert len(list(own.glob("playnex-*"))) == 1, "its private folder"
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert left(mark) == []
    wait_for(lambda: not list(own.glob("playnex-*")), "what it wrote for itself is gone too")
