"""The guard that stays beside a server: it adopts what the server leaves, and ends all of it with the server or with Playnex."""

import ctypes
import os
import sys

from playnex.tools.mcp.private_folder import laid_out, throw_away
from playnex.tools.mcp.quick_signal import SIG_DFL, SIGTERM, signal
from playnex.tools.process_tree import adopt_orphans, end_below

PR_SET_PDEATHSIG = 1


def watch(parent: int, words: list[str], *, is_confined: bool) -> int:
    """Start the server, wait for its end, and end what it left. In confinement the words before its command are the private folder, the
    newest version of Landlock to use, and those of a view. Raises OSError or ValueError where it cannot be started."""
    at = words.index("--") if is_confined else -1
    confinement, command = words[: max(at, 0)], words[at + 1 :]
    adopt_orphans()
    _die_with(parent, confinement)
    child = _confined(confinement, command) if is_confined else os.posix_spawnp(command[0], command, os.environ)
    for descriptor in (0, 1):  # the pipes are the server's alone, so that their ends say when it is gone
        os.close(descriptor)
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child:
            _clear(confinement)
            return os.waitstatus_to_exitcode(status) & 0xFF


def _die_with(parent: int, confinement: list[str]) -> None:
    """End everything when the parent dies, or is dead already."""

    def end(*_: object) -> None:
        _clear(confinement)
        os._exit(0)

    signal(SIGTERM, end)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        end()


def _clear(confinement: list[str]) -> None:
    end_below(os.getpid())
    if confinement:
        throw_away(confinement[0])


def _confined(confinement: list[str], command: list[str]) -> int:
    """The server's process, closed before it becomes the server."""
    private, newest, network, workspace, *places = confinement
    environment = os.environ | laid_out(private)
    child = os.fork()
    if child:
        return child
    signal(SIGTERM, SIG_DFL)
    os.setsid()  # what it sends to its group does not reach the guard
    _close(private, int(newest), workspace, places, network=network == "network")
    os.execve(command[0], command, environment)


def _close(private: str, newest: int, workspace: str, places: list[str], *, network: bool) -> None:
    from playnex.tools.mcp import confine  # late: a server with all rights needs none of it

    seen = {os.path.realpath(path): sight for sight, _, path in (place.partition(":") for place in places)}
    confine.confine(seen, workspace=workspace, private=private, network=network, abi=min(confine.version(), newest))
