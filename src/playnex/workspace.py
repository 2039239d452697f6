"""A workspace: the user's folder of flows, agents and tools, found from the current folder upwards; reads files, checks nothing."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playnex.errors import DefinitionError, NotFoundError, UsageError
from playnex.spec.faults import Fault, Place, decoded, did_you_mean

if TYPE_CHECKING:
    from playnex.config import Config

CONFIG = "playnex.toml"
OWN = ".playnex"
FLOW_ENDING = ".yaml"
PYTHON_ENDING = ".py"
AGENT_ENDING = ".md"
NAME = re.compile(r"[\w][\w.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A folder that holds a user's work. `own` is Playnex's part of it, which nobody edits by hand."""

    root: Path

    @property
    def own(self) -> Path:
        """Where the store, the leases and the logs lie."""
        return self.root / OWN

    @property
    def capsules_folder(self) -> Path:
        """Where the capsules' files lie."""
        return self.root / "capsules"

    def config(self) -> "Config":
        """The settings of `playnex.toml`. Raises DefinitionError."""
        from playnex.config import Config, read_config  # late: most lists read no settings

        path = self.root / CONFIG
        if not path.exists():
            return Config()
        if path.is_dir():
            place = Place(path=shown(path), line=1, column=1)
            raise DefinitionError((Fault(place=place, message="this is a folder, and the settings must be a file"),))
        text, undecodable = decoded(path.read_bytes(), shown(path))
        if undecodable:
            raise DefinitionError(undecodable)
        return read_config(text, shown(path))

    def flow_names(self) -> tuple[str, ...]:
        """The flows, sorted; `flows/support_ticket.py` is the flow `support-ticket`."""
        folder = self.root / "flows"
        in_python = (stem.replace("_", "-") for stem in _stems(folder, PYTHON_ENDING) if not stem.startswith("_"))
        return tuple(sorted({*_stems(folder, FLOW_ENDING), *in_python}))

    def agent_names(self) -> tuple[str, ...]:
        """The agents, sorted."""
        return _stems(self.root / "agents", AGENT_ENDING)

    def flow_path(self, name: str) -> Path:
        """The flow's file. Raises NotFoundError with a suggestion."""
        folder = self.root / "flows"
        paths = [folder / (name + FLOW_ENDING), *(folder / (stem + PYTHON_ENDING) for stem in (name, name.replace("-", "_")))]
        return _file("flow", name, paths, known=self.flow_names())

    def agent_path(self, name: str) -> Path:
        """The agent's file. Raises NotFoundError with a suggestion."""
        return _file("agent", name, [self.root / "agents" / (name + AGENT_ENDING)], known=self.agent_names())


def _file(noun: str, name: str, paths: list[Path], *, known: tuple[str, ...]) -> Path:
    """The first of the paths that is a file."""
    if NAME.fullmatch(name) and (found := next((path for path in paths if path.is_file()), None)):
        return found
    folder = paths[0].parent
    hint = did_you_mean(name, known) or (f"there are: {', '.join(known)}" if known else f"there are no {noun}s in {shown(folder)}")
    if NAME.fullmatch(name) and paths[0].is_dir():
        hint = f"{shown(paths[0])} is a folder, not a file"
    raise NotFoundError(f"there is no {noun} {name!r}", hint=hint)


def find_workspace(typed: str, environment: Mapping[str, str], start: Path) -> Workspace:
    """The folder that was named, else the nearest one from `start` upwards that is a workspace, else PLAYNEX_HOME.

    Raises UsageError where there is none."""
    if typed:
        named = Path(typed).expanduser().resolve()
        if not named.is_dir():
            raise UsageError(f"there is no folder {typed!r}", hint=f"make one with: playnex init {typed}")
        return Workspace(root=named)
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / CONFIG).is_file():
            return Workspace(root=folder)
    if home := environment.get("PLAYNEX_HOME"):
        return find_workspace(home, {}, start)
    raise UsageError(
        "this is no Playnex workspace: there is no playnex.toml here or above",
        hint="make one with: playnex init DIR --template research, or name one with --workspace DIR or PLAYNEX_HOME",
    )


def data_folder(environment: Mapping[str, str]) -> Path:
    """Where Playnex keeps what all workspaces share, such as the embedded model."""
    if own := environment.get("PLAYNEX_DATA"):
        return Path(own).expanduser()
    import platformdirs  # late: only who needs the folder pays for it

    return Path(platformdirs.user_data_dir("playnex", appauthor=False))


def shown(path: Path) -> str:
    """The path as people read it: relative to the current folder where it is below it."""
    here = Path(os.path.realpath(os.curdir))
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _stems(folder: Path, ending: str) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob(f"*{ending}") if path.is_file()))
