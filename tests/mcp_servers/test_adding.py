"""Adding a server that cannot be added: whatever goes wrong, it is said in a line, and nothing of it stays."""

import os
import signal
import stat
from pathlib import Path

import pytest

from flows.processes import saying
from flows.stage import Desk, wait_for
from mcp_servers.stage import PYTHON, SCRIPT, left

BEFORE = '{\n  // ours\n  "mcpServers": {}\n}\n'
INSTALLER = """\
#!/bin/sh
mkdir -p .playnex/mcp/new/node_modules
touch .playnex/mcp/new/begun
{does}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.playnex("init")
    (tmp_path / ".mcp.json").write_text(BEFORE)
    return desk


def installer(folder: Path, does: str) -> str:
    """A PATH on which npm does this."""
    program = folder / "bin/npm"
    program.parent.mkdir()
    program.write_text(INSTALLER.format(does=does))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return f"{program.parent}{os.pathsep}{os.environ['PATH']}"


def nothing_stayed(folder: Path) -> bool:
    return (folder / ".mcp.json").read_text() == BEFORE and not (folder / ".playnex/mcp/new").exists()


@pytest.mark.slow
def test_ctrl_c_while_a_package_is_installed_ends_the_installer_and_keeps_nothing(desk: Desk) -> None:
    mark = f"mark-{desk.folder.name}-install"
    path = installer(desk.folder, f"python3 -c 'import time; time.sleep(600)' {mark} &\nwait")
    adding = desk.start("mcp", "add", "new", "--npm", "some-server", PATH=path)
    try:
        wait_for(lambda: saying(mark), "the installer to be at work")
        adding.send_signal(signal.SIGINT)
        assert adding.wait(timeout=60) == 130
    finally:
        adding.kill()
    assert left(mark) == []
    assert nothing_stayed(desk.folder)


@pytest.mark.slow
def test_a_full_disk_is_told_and_nothing_is_kept(desk: Desk) -> None:
    words = "echo 'npm error code ENOSPC: no space left on device, write' >&2; echo 'npm error A complete log is in /x' >&2; exit 228"
    failed = desk.playnex("mcp", "add", "new", "--npm", "some-server", PATH=installer(desk.folder, words))
    assert failed.returncode == 1
    assert "some-server could not be installed: npm error code ENOSPC" in failed.stderr
    assert nothing_stayed(desk.folder)


@pytest.mark.slow
def test_what_is_wrong_with_a_command_is_told_in_a_line(desk: Desk) -> None:
    def told(*words: str) -> str:
        failed = desk.playnex("mcp", "add", "new", *words)
        assert failed.returncode == 1 and nothing_stayed(desk.folder)
        return failed.stderr

    assert "there is no program 'no-such-program'" in told("--", "no-such-program")
    assert "UNSET_HERE is not set in the environment" in told("--env", "KEY=${UNSET_HERE}", "--", PYTHON, SCRIPT)
    assert "ended before it had greeted us" in told("--full-trust", "--", PYTHON, "-c", "print('hello'); raise SystemExit(2)")
    assert "it printed what is no MCP: 'hello'" in told("--full-trust", "--", PYTHON, "-c", "print('hello')")


@pytest.mark.slow
def test_the_folders_that_it_may_change_are_entered(desk: Desk) -> None:
    added = desk.playnex("mcp", "add", "new", "--full-trust", "--write", "notes", "--write", "out", "--", PYTHON, SCRIPT)
    assert added.returncode == 0, added.stderr
    assert desk.json("mcp", "list")["items"][0]["write"] == ["notes", "out"]
