"""Starts an MCP server with limits, and ends it with all that it started when Playnex goes away, by whatever death.

    PARENT MEMORY watch COMMAND…                  stays beside the server: orphans become its children, and it ends them
    PARENT MEMORY confine WORDS… -- COMMAND…      the same, with the server closed in by Landlock and seccomp; see `enclosure.Landlock`
    PARENT MEMORY become BWRAP ARGUMENTS…         becomes a sandbox that does this itself (bwrap --die-with-parent)

The server speaks through the same pipes; nothing passes through here.
"""

import os
import sys

from playnex.tools.mcp.quick_signal import SIG_DFL, SIGPIPE, SIGXFSZ, signal

FILE = 2_000_000_000
DESCRIPTORS = 1024

NOT_STARTED = 127
"""Exit code for a command that could not be started, as in a shell."""


def main(arguments: list[str]) -> int:
    """Start what is named, and answer with its exit code."""
    parent, memory, way, *words = arguments
    limit(int(memory))
    try:
        if way == "become":
            return become(words)
        from playnex.tools.mcp import watching  # late: each start of the other way would pay for it

        return watching.watch(int(parent), words, is_confined=way == "confine")
    except (OSError, ValueError) as fault:
        sys.stderr.write(f"it cannot be started: {fault}\n")
        return NOT_STARTED


def limit(memory: int) -> None:
    """Bounds for this process and all below it: data (so many bytes), files and open descriptors; no core dumps. What Python ignores ends
    a program again, as it does when a shell starts it."""
    if sys.platform == "win32":
        return
    import resource

    bounds = (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
        (resource.RLIMIT_DATA, memory),
    )
    for kind, most in bounds:
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (bound, bound))
        except (ValueError, OSError):  # there is a bound that we may not set, and it stays
            continue
    for ignored in (SIGPIPE, SIGXFSZ):
        signal(ignored, SIG_DFL)


def become(command: list[str]) -> int:
    """Be bubblewrap from here on, which closes the system calls that namespaces leave open. Raises OSError."""
    from playnex.tools.mcp import seccomp, syscalls  # late: each start of a watched server would pay for it

    if os.uname().machine in syscalls.ARCHITECTURES:
        closed = os.memfd_create("filter", 0)
        os.write(closed, seccomp.inside_bubblewrap(os.uname().machine))
        os.lseek(closed, 0, os.SEEK_SET)
        command[1:1] = ["--seccomp", str(closed)]
    os.execv(command[0], command)
