"""Two servers that others wrote, one in TypeScript and one in Python, installed by ourselves and started without a network."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flows.stage import Desk
from mcp_servers.stage import require_sandbox
from offline import online


def installed(folder: Path, name: str, *words: str) -> Desk:
    """The server added to a fresh workspace; skipped where the registries cannot be reached."""
    require_sandbox()
    desk = Desk(folder)
    desk.playnex("init")
    command = [sys.executable, "-m", "playnex", "mcp", "add", name, *words]
    with online("the server comes from its registry"):
        added = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=500, check=False)
    if "could not be installed" in added.stderr or "there is no npm" in added.stderr:
        pytest.skip(f"no network: {added.stderr.splitlines()[-2]}")
    assert added.returncode == 0, added.stderr
    return desk


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_server_from_pypi_answers_in_the_sandbox_without_a_network(tmp_path: Path) -> None:
    desk = installed(tmp_path, "time", "--pypi", "mcp-server-time", "--", "--local-timezone", "UTC")
    said = desk.playnex("tool", "call", "time.get_current_time", "timezone=UTC", "--json")
    assert '"is_dst": false' in json.dumps(json.loads(said.stdout)["output"]).replace("\\", ""), said.stderr
    assert "mcp-server-time==" in (tmp_path / ".playnex/mcp/time/requirements.txt").read_text()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_server_from_npm_reads_what_it_was_given_and_writes_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/a.txt").write_text("a line of ours")
    desk = installed(tmp_path, "fs", "--npm", "@modelcontextprotocol/server-filesystem", "--", str(tmp_path / "notes"))
    read = desk.playnex("tool", "call", "fs.read_text_file", f"path={tmp_path}/notes/a.txt", "--json")
    assert "a line of ours" in json.dumps(json.loads(read.stdout)["output"]), read.stderr
    written = desk.playnex("tool", "call", "fs.write_file", f"path={tmp_path}/notes/b.txt", "content=x", "--json")
    assert written.returncode == 1 and "EROFS" in written.stdout + written.stderr
    assert not (tmp_path / "notes/b.txt").exists()
    refused = desk.playnex("tool", "call", "fs.read_text_file", "path=/etc/hostname", "--json")
    assert refused.returncode == 1 and "outside allowed directories" in refused.stdout + refused.stderr
