"""Starts an MCP server with limits, and ends it with all that it started when Playnex goes away, by whatever death.

    PARENT watch COMMAND…    stays beside the server: orphans become its children, and it ends them
    PARENT become COMMAND…   becomes a sandbox that does this itself (bwrap --die-with-parent)

The server speaks through the same pipes; nothing passes through here.
"""

import ctypes
import os
import signal
import sys
from contextlib import suppress
from typing import Any

from playnex.tools.process_tree import adopt_orphans, end_below

PR_SET_PDEATHSIG = 1
MEMORY = 4_000_000_000
FILE = 2_000_000_000
DESCRIPTORS = 1024

NOT_STARTED = 127
"""Exit code for a command that could not be started, as in a shell."""


def main(arguments: list[str]) -> int:
    """Start what is named, and answer with its exit code."""
    parent, way, *command = arguments
    limit()
    if way == "become":
        return become(command)
    adopt_orphans()
    die_with(int(parent))
    return watch(command)


def limit() -> None:
    """Bounds for this process and all below it: data, files and open descriptors; no core dumps."""
    if sys.platform == "win32":
        return
    import resource

    bounds = (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
        (resource.RLIMIT_DATA, MEMORY),
    )
    for kind, most in bounds:
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (bound, bound))


def become(command: list[str]) -> int:
    """Be that program from here on."""
    try:
        os.execvp(command[0], command)
    except OSError as fault:
        return _not_started(command, fault)


def watch(command: list[str]) -> int:
    """Start the program, wait for its end, and end what it left."""
    try:
        child = os.posix_spawnp(command[0], command, os.environ)
    except OSError as fault:
        return _not_started(command, fault)
    for descriptor in (0, 1):  # the pipes are the server's alone, so that their ends say when it is gone
        os.close(descriptor)
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child:
            end_below(os.getpid())
            return os.waitstatus_to_exitcode(status) & 0xFF


def die_with(parent: int) -> None:
    """End everything when the parent dies, or is dead already."""
    signal.signal(signal.SIGTERM, _end)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        _end()


def _end(*_: Any) -> None:
    end_below(os.getpid())
    os._exit(0)


def _not_started(command: list[str], fault: OSError) -> int:
    sys.stderr.write(f"{command[0]}: {fault.strerror}\n")
    return NOT_STARTED
