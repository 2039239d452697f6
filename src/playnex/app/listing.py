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
    """A flow in a list; the description of a file that cannot be read says so."""

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
    """The workspace's agents. Raises DefinitionError with the faults of all."""
    workspace = workspace_of(typed)
    return _read_agents([workspace.agent_path(name) for name in workspace.agent_names()])


def agent(typed: str, name: str) -> "AgentSpec":
    """One agent. Raises NotFoundError, DefinitionError."""
    return _read_agents([workspace_of(typed).agent_path(name)])[0]


def _read_agents(paths: list[Path]) -> "tuple[AgentSpec, ...]":
    from playnex.spec.read_agent import read_agent  # late: the list of flows does without

    texts = [decoded(path.read_bytes(), shown(path)) for path in paths]
    read = [read_agent(text, shown(path), path.stem) for path, (text, _) in zip(paths, texts, strict=True)]
    undecodable = tuple(fault for _, faults in texts for fault in faults)
    if faults := (*undecodable, *(fault for one in read for fault in one.faults)):
        raise DefinitionError(faults)
    return tuple(one.agent for one in read if one.agent)


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
