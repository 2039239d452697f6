"""The sandboxes that there are, each with what it gives and lacks, and how the guard is told to put a server into it."""

import os
import secrets
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from playnex.tools.mcp.view import Sight, View

SOCKETS = Path("/proc/net/unix")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the guard starts a server: the words before its command, and the folder that is thrown away with it."""

    words: tuple[str, ...]
    private: Path | None = None


def with_mounts(way: Way, mounts: Sequence[str]) -> Way:
    """The way into bubblewrap with more of its arguments: files that the sandbox shows in other places than the machine does."""
    return replace(way, words=(*way.words[:-3], *mounts, *way.words[-3:])) if mounts else way


WATCHED = Way(words=("watch",))
"""With all rights."""


class Sandbox(Protocol):
    """A way to close a server in, the same for all servers. `gives` and `lacks` say it for people; `installs` says whether a program that
    puts files into its home, with modes of their own, can do so."""

    def __hash__(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def gives(self) -> str: ...
    @property
    def lacks(self) -> str: ...
    @property
    def installs(self) -> bool: ...
    @property
    def has_own_network(self) -> bool: ...
    def way(self, view: View, folder: Path) -> Way:
        """In, for a server with that view which stands in that folder. Raises ValueError where this sandbox cannot give the view."""


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """Namespaces of its own, by the program bwrap: processes, files, network, by a filter also the system calls that these leave open."""

    program: str
    name = "bubblewrap"
    has_own_network = True
    gives = "own processes, a machine that is only read, no network"
    lacks = ""
    installs = True

    def way(self, view: View, folder: Path) -> Way:
        """The same mounts for the same view; deeper ones over those that they lie in."""
        shares = () if view.network else ("--unshare-net",)
        mounts = [word for path, sight in view.places for word in (MOUNTS[sight], *[str(path)] * (1 if sight == "hidden" else 2))]
        masked = [word for path in _reachable(view, _bound()) for word in ("--ro-bind", "/dev/null", path)]
        return Way(words=("become", self.program, *ALONE, *shares, *MACHINE, *mounts, *masked, "--chdir", str(folder), "--"))


ALONE = (
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--unshare-user-try",
    "--die-with-parent",
    "--cap-drop",
    "ALL",
)
MACHINE = ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
MOUNTS: Mapping[Sight, str] = {"hidden": "--tmpfs", "shown": "--ro-bind", "written": "--bind"}


def _bound() -> Iterator[str]:
    """The unix sockets of this machine that have a path."""
    try:
        lines = SOCKETS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        _, slash, path = line.partition(" /")
        if slash:
            yield f"/{path}"


def _reachable(view: View, sockets: Iterable[str]) -> list[str]:
    """Those that a server would see and might send to, outside the folders that it may write: what listens there is for it."""
    return sorted({path for path in sockets if view.sight_of(Path(path)) == "shown" and _is_open_socket(path)})


def _is_open_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.lstat(path).st_mode) and os.access(path, os.W_OK)
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Landlock:
    """What the kernel lets a process give up without any program: files by Landlock, the network and more by a filter of system calls.
    `newest` is the newest version of Landlock that is made use of."""

    newest: int = 7
    name = "Landlock + seccomp"
    has_own_network = False
    gives = "a machine that is only read, no network, no other process's memory, environment or signals"
    lacks = (
        "names and sizes of hidden files can be asked for, modes and times of files cannot be changed, there is no /tmp but the folder "
        "in TMPDIR, no unix socket, and what is put at the top of the workspace later is read after the server's next start"
    )
    installs = False

    def way(self, view: View, folder: Path) -> Way:
        """The view itself, for the guard."""
        for path, sight in view.places:
            inside = [place for place, other in view.places if other == "hidden" and place.is_relative_to(path)]
            if sight == "written" and inside:
                raise ValueError(f"{self.name} cannot let it write {path} without {inside[0]}: name the folders beside that in `write`")
        private = Path(tempfile.gettempdir()).resolve() / f"playnex-{secrets.token_hex(8)}"
        return Way(words=("confine", str(private), str(self.newest), *view.words(), "--"), private=private)
