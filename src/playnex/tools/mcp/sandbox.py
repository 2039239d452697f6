"""The sandbox of a server: what it sees of this machine, and whether this machine can give it one.

With bubblewrap a server has its own processes (it sees none of ours, nor their environments), a machine that it can only read, an
empty /tmp, an empty home but for the programs and folders that its entry names, and no network unless the entry grants it. When
Playnex dies, by whatever death, the kernel ends all of it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from playnex.tools.mcp.surroundings import Surroundings

TRIAL_SECONDS = 10.0
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
EMPTY = ("/tmp", "/var/tmp", "/run", "/dev/shm")

MISSING = "install bubblewrap (the program bwrap), or write `trust: full` where you trust the server with all that you may do yourself"


@lru_cache(maxsize=1)
def bubblewrap() -> str:
    """The path of a bwrap that works here, by a trial run, or nothing."""
    program = shutil.which("bwrap") if sys.platform == "linux" else None
    if program is None:
        return ""
    trial = (program, *ALONE, "--unshare-net", *MACHINE, "--", "true")
    try:
        ended = subprocess.run(trial, stdin=subprocess.DEVNULL, capture_output=True, timeout=TRIAL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return program if ended.returncode == 0 else ""


def enclosed(bwrap: str, around: Surroundings, *, own: Path, network: bool) -> tuple[str, ...]:
    """The command inside the sandbox. `own` is Playnex's part of the workspace, of which a server sees only what is installed there."""
    hidden = [*(place for place in EMPTY if Path(place).is_dir()), *_home(around.environment)]
    shares = () if network else ("--unshare-net",)
    arguments = [bwrap, *ALONE, *shares, *MACHINE, *(word for place in hidden for word in ("--tmpfs", place))]
    for path in sorted({*_programs(around), *_named(around), around.folder, own.parent}):
        if path.exists() and any(path.is_relative_to(place) for place in hidden):
            arguments += ["--ro-bind", str(path), str(path)]
    if own.is_dir():
        arguments += ["--tmpfs", str(own)]
        installed = own / "mcp"
        arguments += ["--ro-bind", str(installed), str(installed)] if installed.is_dir() else []
    for path in around.write:
        arguments += ["--bind-try", str(path), str(path)]
    return (*arguments, *around.mounts, "--chdir", str(around.folder), "--", *around.command)


def _home(environment: Mapping[str, str]) -> tuple[str, ...]:
    home = Path(environment.get("HOME") or "/")
    return (str(home),) if home.is_absolute() and home.is_dir() and len(home.parts) > 1 else ()


def _programs(around: Surroundings) -> Iterator[Path]:
    """The folders of the program, of the interpreters that it may be started by, and of what their links lead to."""
    yield from (Path(sys.prefix), Path(sys.base_prefix))
    searched = [place for place in around.environment.get("PATH", "").split(os.pathsep) if place.startswith("/")]
    for place in map(Path, searched):
        yield place.parent if place.name == "shims" else place  # pyenv, asdf and the like look for the program from there
    program = Path(around.command[0])
    found = (shutil.which(name, path=os.pathsep.join(searched)) for name in ("node", "python3", *_interpreter(program)))
    for each in (program, *(Path(path) for path in found if path)):
        yield from _links(each)


def _interpreter(program: Path) -> tuple[str, ...]:
    """The words of a script's first line that may name what runs it."""
    try:
        with program.open("rb") as file:
            first = file.readline(512)
    except OSError:
        return ()
    return tuple(first[2:].decode(errors="replace").split()) if first.startswith(b"#!") else ()


def _links(program: Path) -> Iterator[Path]:
    for _ in range(10):
        if "node_modules" in program.parts:
            yield Path(*program.parts[: program.parts.index("node_modules") + 1])
        yield program.parent.parent if program.parent.name == "bin" and _is_prefix(program.parent.parent) else program.parent
        if not program.is_symlink():
            return
        program = program.parent / program.readlink()


def _is_prefix(folder: Path) -> bool:
    """Whether the folder above a bin is an installation of its own, and not a person's home or ~/.local."""
    return (folder / "lib").is_dir() and folder.name != ".local" and folder != Path.home()


def _named(around: Surroundings) -> Iterator[Path]:
    """The files and folders among the arguments: naming them lets the server read them."""
    return (Path(os.path.normpath(argument)) for argument in around.command[1:] if argument.startswith("/") and os.path.exists(argument))
