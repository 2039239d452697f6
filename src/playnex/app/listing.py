"""What a workspace holds, for lists and pages: reads files only, opens nothing."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playnex.errors import DefinitionError
from playnex.spec.faults import decoded
from playnex.workspace import PYTHON_ENDING, Workspace, find_workspace, shown

if TYPE_CHECKING:
    from playnex.spec.agent import AgentSpec

UNREADABLE = "cannot be read; playnex check says why"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowLine:
    """A flow in a list; the description of one whose file cannot be read says so."""

    name: str
    description: str
    path: str


def workspace_of(typed: str) -> Workspace:
    """The workspace that the command line means. Raises UsageError."""
    return find_workspace(typed, os.environ, Path.cwd())


def flows(typed: str) -> tuple[FlowLine, ...]:
    """The workspace's flows."""
    workspace = workspace_of(typed)
    return tuple(_line(workspace.flow_path(name), name) for name in workspace.flow_names())


def agents(typed: str) -> "tuple[AgentSpec, ...]":
    """The workspace's agents; the description of one whose file cannot be read says so."""
    workspace = workspace_of(typed)
    return tuple(_listed(workspace.agent_path(name)) for name in workspace.agent_names())


def agent(typed: str, name: str) -> "AgentSpec":
    """One agent. Raises NotFoundError, DefinitionError."""
    return _read_agent(workspace_of(typed).agent_path(name))


def _read_agent(path: Path) -> "AgentSpec":
    from playnex.spec.read_agent import read_agent  # late: the list of flows does without

    text, undecodable = decoded(path.read_bytes(), shown(path))
    read = read_agent(text, shown(path), path.stem)
    if read.agent is None or undecodable or read.faults:
        raise DefinitionError((*undecodable, *read.faults))
    return read.agent


def _listed(path: Path) -> "AgentSpec":
    from playnex.spec.agent import AgentSpec  # late, as above

    try:
        return _read_agent(path)
    except DefinitionError:
        return AgentSpec(name=path.stem, description=UNREADABLE)


def _line(path: Path, name: str) -> FlowLine:
    if path.suffix == PYTHON_ENDING:
        from playnex.app.python_outline import description_of  # late: only where there are such flows

        return FlowLine(name=name, description=description_of(path.read_text(encoding="utf-8", errors="replace")), path=shown(path))
    from playnex.spec.located import ScalarNode  # late: the YAML library is needed only where there are flows
    from playnex.spec.yaml_source import first_value  # late: as above

    read = first_value(path.read_text(encoding="utf-8", errors="replace"), shown(path), "description")
    found = read.root.value if isinstance(read.root, ScalarNode) else None
    description = UNREADABLE if read.faults else "" if found is None else str(found)
    return FlowLine(name=name, description=description, path=shown(path))
