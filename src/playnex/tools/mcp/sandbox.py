"""Which sandbox a server is put into: the first that works on this machine, by trial."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from playnex.tools.mcp.enclosure import Bubblewrap, Landlock, Sandbox
from playnex.tools.mcp.guarding import guarded
from playnex.tools.mcp.surroundings import Surroundings
from playnex.tools.mcp.view import view

TRIAL_SECONDS = 10.0

MISSING = "install bubblewrap (the program bwrap), or write `trust: full` where you trust the server with all that you may do yourself"


def sandboxes(path: str = "") -> tuple[Sandbox, ...]:
    """Those of this machine, the stronger one first; bubblewrap where it is found in PATH, or in the path given."""
    if sys.platform != "linux":
        return ()
    program = shutil.which("bwrap", path=path or None)
    return (*([Bubblewrap(program)] if program else []), Landlock())


def working(among: Sequence[Sandbox]) -> Sandbox | None:
    """The first of them that works here."""
    return next((each for each in among if not trouble(each)), None)


@lru_cache(maxsize=8)
def trouble(sandbox: Sandbox) -> str:
    """Why it does not work here, by a trial run; nothing where it does."""
    program = shutil.which("true") or "/bin/true"
    around = Surroundings(command=(program,), folder=Path("/"), environment={"PATH": os.defpath, "HOME": "/root"})
    way = sandbox.way(view(around, own=Path("/.playnex"), network=False), around.folder)
    try:
        command = guarded(way.words, around.command)
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TRIAL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as fault:
        return str(fault)
    return "" if ended.returncode == 0 else ended.stderr.strip() or f"exit code {ended.returncode}"
