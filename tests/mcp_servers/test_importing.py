"""Servers of another program's settings are taken over with all that means something here, and what is left is told."""

import json
from pathlib import Path

import pytest

from flows.stage import Desk
from playnex.app.mcp_importing import Imported, import_from
from playnex.errors import DefinitionError, UsageError
from playnex.spec.read_servers import read_servers

WHOLE = {
    "command": "near",
    "args": ["--key", "${KEY}"],
    "env": {"A": "1", "B": "${B:-b}"},
    "cwd": "near",
    "trust": "full",
    "network": True,
    "write": ["notes"],
    "timeout": "30s",
    "tools": ["read_*"],
    "effects": {"read_*": "pure"},
    "share": "run",
    "processes": 2,
    "egress": "none",
}


def imported(folder: Path, settings: object) -> Imported:
    (folder / "other.json").write_text(settings if isinstance(settings, str) else json.dumps(settings))
    return import_from(folder, folder / "other.json")


def entries(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / ".mcp.json").read_text())["mcpServers"]
    return found


def test_an_entry_is_taken_over_with_every_key(tmp_path: Path) -> None:
    assert imported(tmp_path, {"mcpServers": {"near": WHOLE}}).added == ("near",)
    assert entries(tmp_path) == {"near": WHOLE}
    assert not read_servers((tmp_path / ".mcp.json").read_text(), "m").faults


def test_keys_that_mean_nothing_here_are_left_out_and_named(tmp_path: Path) -> None:
    theirs = {"type": "stdio", "command": "near", "autoApprove": ["pay"], "disabled": False, "env": {"KEY": "${env:KEY}"}}
    done = imported(tmp_path, {"theme": "dark", "mcp": {"inputs": [], "servers": {"near": theirs}}})
    assert (done.added, done.without) == (("near",), {"near": ("autoApprove", "disabled")})
    assert entries(tmp_path) == {"near": {"type": "stdio", "command": "near", "env": {"KEY": "${KEY}"}}}


def test_servers_that_cannot_run_here_are_left_each_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text('{\n  // ours\n  "mcpServers": {"here": {"command": "x"}}\n}\n')
    servers = {
        "near": {"command": "near"},
        "here": {"command": "other"},
        "far": {"type": "sse", "url": "https://example.com"},
        "away": {"url": "https://example.com", "note": 1},
        "off": {"command": "off", "disabled": True},
        "asks": {"command": "x", "env": {"KEY": "${input:key}"}},
        "odd": 5,
    }
    done = imported(tmp_path, {"mcpServers": servers})
    assert done.added == ("near",)
    assert done.left == {
        "here": "a server of that name is here already",
        "far": "server 'far' is of type 'sse'",
        "away": "server 'away' is reached by 'url', and would be another machine's",
        "off": "it is disabled there",
        "asks": "`env.KEY`: `${` in 'KEY' begins no variable",
        "odd": "server 'odd' must be a map of `key: value` lines, not 5",
    }
    assert "// ours" in (tmp_path / ".mcp.json").read_text()


def test_a_file_that_is_broken_or_has_no_servers_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="a value is expected here"):
        imported(tmp_path, '{"mcpServers": {"good": {"command": "x"}, "bad": }}')
    with pytest.raises(UsageError, match="there are no servers"):
        imported(tmp_path, {"theme": "dark"})
    with pytest.raises(UsageError, match="no such file"):
        import_from(tmp_path, tmp_path / "missing.json")
    assert not (tmp_path / ".mcp.json").exists()


@pytest.mark.slow
def test_the_command_tells_what_was_taken_and_what_was_left(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.playnex("init")
    (tmp_path / "other.json").write_text(json.dumps({"mcpServers": {"near": {"command": "near"}, "far": {"url": "https://example.com"}}}))
    told = desk.playnex("mcp", "import", "other.json").stdout
    assert "near: added" in told and "far: left, because" in told and "playnex mcp test near" in told
    assert [line["name"] for line in desk.json("mcp", "list")["items"]] == ["near"]
    assert list(desk.json("mcp", "import", "other.json")["left"]) == ["near", "far"]
