"""What a server sees of this machine and what it may change there: one description, which each sandbox carries out in its own way."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playnex.tools.mcp.surroundings import Surroundings

Sight = Literal["hidden", "shown", "written"]
"""Nothing is seen there, all is read, all may be changed too."""

EMPTY = ("/tmp", "/var/tmp", "/run", "/dev/shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that is not in `places` is shown. Of two places that hold a path the deeper one decides; they are in the order of their
    depth. `workspace` is the folder whose names may be listed although a part of it is hidden."""

    places: tuple[tuple[Path, Sight], ...]
    workspace: Path
    network: bool

    def sight_of(self, path: Path) -> Sight:
        """What is said of the deepest place that holds the path."""
        held: list[Sight] = [sight for place, sight in self.places if path.is_relative_to(place)]
        return held[-1] if held else "shown"

    def words(self) -> tuple[str, ...]:
        """As arguments of the guard."""
        return ("network" if self.network else "alone", str(self.workspace), *(f"{sight}:{path}" for path, sight in self.places))


def view(around: Surroundings, *, own: Path, network: bool) -> View:
    """`own` is Playnex's part of the workspace, of which a server sees what is installed there, whatever else its entry says."""
    own = own.resolve()
    hidden = {Path(place).resolve() for place in (*EMPTY, tempfile.gettempdir(), *_home(around.environment)) if os.path.isdir(place)}
    programs = (path for path in _programs(around) if not any(place.is_relative_to(path) for place in hidden))
    shown = {spelt for path in (*programs, *_named(around), around.folder, own.parent) for spelt in (path, path.resolve())}
    said: dict[Path, Sight] = dict.fromkeys(hidden, "hidden")
    said |= dict.fromkeys(_beside(own, shown), "shown")
    said |= dict.fromkeys(_beside(own, around.write), "written")
    if os.path.isdir(own):
        said |= {own: "hidden", own / "mcp": "shown"} if os.path.isdir(own / "mcp") else {own: "hidden"}
    return View(places=tuple(_needed(said)), workspace=own.parent, network=network)


def _needed(said: Mapping[Path, Sight]) -> Iterator[tuple[Path, Sight]]:
    """The places that change what is said of those that they lie in, which come first. What may be written is not taken back
    but by hiding."""
    kept: dict[Path, Sight] = {}
    for path in sorted(said, key=lambda place: (len(place.parts), place)):
        around: Sight = next((kept[place] for place in path.parents if place in kept), "shown")
        if said[path] != around and (around, said[path]) != ("written", "shown"):
            kept[path] = said[path]
            yield path, said[path]


def _beside(own: Path, paths: Iterable[Path]) -> Iterator[Path]:
    """Those that are there, and neither lie in Playnex's own part nor lead there by a link."""
    return (path for path in paths if os.path.exists(path) and not path.resolve().is_relative_to(own))


def _home(environment: Mapping[str, str]) -> tuple[str, ...]:
    home = Path(environment.get("HOME") or "/")
    return (str(home),) if home.is_absolute() and len(home.resolve().parts) > 1 else ()


def _programs(around: Surroundings) -> Iterator[Path]:
    """The folders of the program, of the interpreters that it may be started by, and of what their links lead to."""
    yield from (Path(sys.prefix), Path(sys.base_prefix))
    searched = [place for place in around.environment.get("PATH", "").split(os.pathsep) if place.startswith("/")]
    for place in map(Path, searched):
        yield place.parent if place.name == "shims" else place  # pyenv, asdf and the like look for the program from there
    program = Path(around.command[0])
    yield program  # where its folder is the home itself, the program alone is shown
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
        if not os.path.islink(program):
            return
        program = program.parent / program.readlink()


def _is_prefix(folder: Path) -> bool:
    """Whether the folder above a bin is an installation of its own, and not a person's home or ~/.local."""
    return os.path.isdir(folder / "lib") and folder.name != ".local" and folder != Path.home()


def _named(around: Surroundings) -> Iterator[Path]:
    """The files and folders among the arguments: naming them lets the server read them."""
    return (Path(os.path.normpath(argument)) for argument in around.command[1:] if argument.startswith("/") and os.path.exists(argument))
