"""A Python tool does not read what Playnex was started with and the tool was not granted, as far as the kernel parts users' processes."""

import subprocess

import pytest

from mcp_servers import besieged
from mcp_servers.test_escapes import as_nobody, folders, surroundings

TOOL = '''
import os

def environment() -> str:
    """What Playnex was started with."""
    with open(f"/proc/{os.getppid()}/environ") as file:
        return file.read()
'''
PLAY = """
import asyncio, sys
from pathlib import Path
from playnex.tools import workers
from playnex.tools.python_tools import discover
from playnex.tools.tool import CallScope

async def play(folder):
    processes = workers.Workers(folder)
    found = await discover(folder, processes)
    try:
        print((await found.tools[0].call({}, CallScope())).output)
    finally:
        await processes.close()

if sys.argv[2:] == ["open"]:
    workers.keep_memory_private = lambda: None
asyncio.run(play(Path(sys.argv[1])))
"""


@pytest.mark.slow
def test_a_python_tool_of_an_unprivileged_user_cannot_read_the_environment_of_playnex() -> None:
    done = played()
    assert "Permission denied" in done.stderr and besieged.SECRET not in done.stdout + done.stderr


@pytest.mark.slow
def test_where_playnex_does_not_close_its_environment_the_tool_reads_it() -> None:
    """The known-bad arm."""
    assert besieged.SECRET in played("open").stdout


def played(*words: str) -> subprocess.CompletedProcess[str]:
    with folders() as (folder, _):
        (folder / "tools").mkdir()
        (folder / "tools/look.py").write_text(TOOL)
        command = (*as_nobody(), "-c", PLAY, str(folder), *words)
        return subprocess.run(command, cwd=folder, env=surroundings(), capture_output=True, text=True, timeout=120, check=False)
