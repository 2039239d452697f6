"""A process that uses a rude server, to be killed: `python host.py KIND`. For each mark on stdin it forks one that starts the server
under that mark, calls a tool that never answers, and prints its number when the call is under way. KIND may be `plain`: a child
process as any program starts one."""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import cast

import playnex.tools.mcp.connection  # noqa: F401  loaded once, before the forks
from mcp_servers.stage import PYTHON, SCRIPT, Kind, Stage, on_stage, rude, trust_in

KIND = cast(Kind, sys.argv[1])
MANNERS = ("ignores-ends", "forks")


def tell() -> None:
    """Say who is playing."""
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()


async def scenario(stage: Stage) -> None:
    """Hang in a call."""
    spec = rude(*MANNERS, mark, trust=trust_in(KIND), timeout=600)
    await stage.call(spec, "echo", text="warm")
    hanging = asyncio.create_task(stage.call(spec, "hang"))
    await asyncio.sleep(0)
    tell()
    await hanging


def plainly() -> None:
    """Start the server with nothing around it."""
    with subprocess.Popen([PYTHON, SCRIPT, *MANNERS, mark], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin and child.stdout
        child.stdin.write(b'{"id": 1, "method": "initialize"}\n')
        child.stdin.flush()
        child.stdout.readline()
        tell()
        child.wait()


for line in sys.stdin:
    mark = line.strip()
    if os.fork() == 0:
        if sys.argv[1] == "plain":
            plainly()
        else:
            on_stage(Path(tempfile.mkdtemp()), scenario, KIND)
