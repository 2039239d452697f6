"""`playnex tool list` and `playnex mcp list`: what each tool may do and whether its server is accepted, without starting anything."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.stage import playnex
from playnex.app.templates import lay_out
from playnex.spec.read_servers import read_servers
from playnex.testing import rude_server
from playnex.tools.mcp.definition import Definition, keep_pin, pinned

MAIL = '''\
import playnex


@playnex.tool(effect="once", egress="remote", sinks=("to",), approval="args.amount > 100")
def send(to: str, amount: int = 5) -> str:
    """Send money."""
    return to
'''
ECHO = Definition(
    name="echo",
    description="Say it again.\x1b[31m Loudly.",
    parameters={"type": "object", "properties": {"text": {"type": "string", "description": "what to say"}}, "required": ["text"]},
    annotations={"readOnlyHint": True, "openWorldHint": False},
)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    lay_out("minimal", tmp_path)
    (tmp_path / "tools").mkdir(exist_ok=True)
    (tmp_path / "tools/mail.py").write_text(MAIL)
    program = {"command": sys.executable, "args": [rude_server.__file__, f"starts={tmp_path}/starts"]}
    servers = {"rude": program, "moved": program, "fresh": program | {"trust": "full", "share": "run"}}
    (tmp_path / ".mcp.json").write_text(json.dumps({"mcpServers": servers}))
    rude, *_ = read_servers((tmp_path / ".mcp.json").read_text(), ".mcp.json").servers
    keep_pin(tmp_path / ".playnex", "rude", pinned(rude, [ECHO]))
    keep_pin(tmp_path / ".playnex", "moved", pinned(rude, [ECHO]))
    text = (tmp_path / ".mcp.json").read_text().replace('"moved": {', '"moved": {"network": true, ')
    (tmp_path / ".mcp.json").write_text(text)
    return tmp_path


def items(workspace: Path, *words: str) -> dict[str, Any]:
    found = json.loads(playnex(*words, "--json", folder=workspace).out)
    return {item["name"]: item for item in found["items"]} | {"unaccepted": found.get("unaccepted")}


def test_each_tool_says_where_it_comes_from_and_what_a_call_of_it_may_do(workspace: Path) -> None:
    tools = items(workspace, "tool", "list")
    send, echo, read = tools["mail.send"], tools["rude.echo"], tools["file.read"]
    assert (send["from"], send["effect"], send["egress"], send["sinks"], send["untrusted"]) == (
        "tools/mail.py:4",
        "once",
        "remote",
        ["to"],
        False,
    )
    assert send["may_ask"] == [
        "where args.amount > 100",
        "after something untrusted was read, where to is not from the user or a trusted source",
        "after something private was read, since it leaves this machine",
    ]
    assert (echo["from"], echo["server"], echo["untrusted"]) == (".mcp.json:1", "rude", True)
    assert (read["from"], read["may_ask"]) == ("built in", [])
    assert not (workspace / "starts").exists(), "no server was started"


def test_what_a_server_says_of_itself_is_shown_and_changes_nothing(workspace: Path) -> None:
    echo = items(workspace, "tool", "list")["rude.echo"]
    assert echo["hints"] == {"readOnlyHint": True, "openWorldHint": False}
    assert (echo["effect"], echo["effect_is_declared"]) == ("once", False)
    assert echo["may_ask"] == ["after something untrusted was read, where an argument is not from the user or a trusted source"]


def test_servers_that_nobody_accepted_are_named_with_the_way_on(workspace: Path) -> None:
    assert items(workspace, "tool", "list")["unaccepted"] == [
        {"server": "moved", "state": "changed", "accept": "playnex mcp test moved"},
        {"server": "fresh", "state": "new", "accept": "playnex mcp test fresh"},
    ]
    assert "fresh are not accepted (new): playnex mcp test fresh" in playnex("tool", "list", folder=workspace).err
    missing = playnex("tool", "list", "moved.echo", folder=workspace)
    assert missing.code == 5 and "playnex mcp test moved" in missing.err


def test_one_tool_is_shown_with_its_arguments_and_a_pattern_narrows_the_list(workspace: Path) -> None:
    page = playnex("tool", "list", "rude.echo", folder=workspace).out
    for line in (
        "rude.echo  .mcp.json:1, MCP server rude",
        "effect    once, as nothing is declared",
        "sinks     all arguments, as nothing is declared",
        "result    untrusted",
        "it says   only reads (its server's own words, on which nothing relies)",
        "text      string  what to say",
    ):
        assert f"{line}\n" in page, page
    assert "\x1b" not in page + playnex("tool", "list", folder=workspace).out, "a server cannot steer the terminal"
    assert set(items(workspace, "tool", "list", "mail.*")) == {"mail.send", "unaccepted"}
    assert "did you mean 'mail.send'?" in playnex("tool", "list", "mail.sent", folder=workspace).err


def test_each_server_says_what_is_known_of_it_what_it_may_do_and_who_has_its_process(workspace: Path) -> None:
    lines = items(workspace, "mcp", "list")
    told = {name: (line["state"], line["egress"], line["share"], line["processes"]) for name, line in lines.items() if line}
    assert told == {
        "rude": ("accepted", "none", "all", 1),
        "moved": ("changed", "remote", "all", 1),
        "fresh": ("new", "remote", "run", 4),
    }
    said = playnex("mcp", "list", folder=workspace)
    rows = [line.split("  ") for line in said.out.splitlines()]
    assert [cell.strip() for cell in rows[3] if cell][:5] == ["fresh", "new", "?", "all yours", "run, 4 at most"]
    assert "moved: its entry starts something else than what was accepted; look at it: playnex mcp test moved" in said.err
    assert not (workspace / "starts").exists()
