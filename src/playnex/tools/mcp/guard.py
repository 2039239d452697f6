"""Starts an MCP server with limits, and ends it with all that it started when Playnex goes away, by whatever death.

    PARENT watch COMMAND…                  stays beside the server: orphans become its children, and it ends them
    PARENT confine WORDS… -- COMMAND…      the same, with the server closed in by Landlock and seccomp; see `enclosure.Landlock`
    PARENT become BWRAP ARGUMENTS…         becomes a sandbox that does this itself (bwrap --die-with-parent)

The server speaks through the same pipes; nothing passes through here.
"""

import os
import signal
import sys

MEMORY = 4_000_000_000
FILE = 2_000_000_000
DESCRIPTORS = 1024

NOT_STARTED = 127
"""Exit code for a command that could not be started, as in a shell."""


def main(arguments: list[str]) -> int:
    """Start what is named, and answer with its exit code."""
    parent, way, *words = arguments
    limit()
    if way == "become":
        return become(words)
    from playnex.tools.mcp import watching  # late: each start of the other way would pay for it

    return watching.watch(int(parent), words, is_confined=way == "confine")


def limit() -> None:
    """Bounds for this process and all below it: data, files and open descriptors; no core dumps. What Python ignores ends a program
    again, as it does when a shell starts it."""
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
        try:
            resource.setrlimit(kind, (bound, bound))
        except (ValueError, OSError):  # there is a bound that we may not set, and it stays
            continue
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)


def become(command: list[str]) -> int:
    """Be bubblewrap from here on, which closes the system calls that namespaces leave open."""
    from playnex.tools.mcp import seccomp  # late: each start of the other ways has it loaded elsewhere

    try:
        if os.uname().machine in seccomp.ARCHITECTURES:
            closed = os.memfd_create("filter", 0)
            os.write(closed, seccomp.inside_bubblewrap(os.uname().machine))
            os.lseek(closed, 0, os.SEEK_SET)
            command[1:1] = ["--seccomp", str(closed)]
        os.execv(command[0], command)
    except OSError as fault:
        return not_started(command[0], fault)


def not_started(program: str, fault: OSError) -> int:
    """Say so on stderr, from where it is told with the failure."""
    sys.stderr.write(f"{program}: {fault.strerror}\n")
    sys.stderr.flush()
    return NOT_STARTED
