"""What a workspace holds, for lists and pages: reads files only, opens nothing."""

import os
from dataclasses import dataclass
from pathlib import Path

from playnex.errors import DefinitionError
from playnex.spec.agent import AgentSpec
from playnex.spec.faults import decoded
from playnex.workspace import Workspace, find_workspace, shown


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


def agents(typed: str) -> tuple[AgentSpec, ...]:
    """The workspace's agents. Raises DefinitionError with the faults of all."""
    from playnex.spec.read_agent import read_agent  # late: the list of flows does without

    workspace = workspace_of(typed)
    paths = [workspace.agent_path(name) for name in workspace.agent_names()]
    texts = [decoded(path.read_bytes(), shown(path)) for path in paths]
    read = [read_agent(text, shown(path), path.stem) for path, (text, _) in zip(paths, texts, strict=True)]
    undecodable = tuple(fault for _, faults in texts for fault in faults)
    if faults := (*undecodable, *(fault for one in read for fault in one.faults)):
        raise DefinitionError(faults)
    return tuple(one.agent for one in read if one.agent)


def agent(typed: str, name: str) -> AgentSpec:
    """One agent. Raises NotFoundError, DefinitionError."""
    workspace_of(typed).agent_path(name)
    return next(found for found in agents(typed) if found.name == name)


def _line(path: Path, name: str) -> FlowLine:
    from playnex.spec.located import ScalarNode, find  # late: the YAML library is needed only where there are flows
    from playnex.spec.yaml_source import read_yaml  # late: as above

    found = find(read_yaml(path.read_text(encoding="utf-8", errors="replace"), shown(path)).root, "description")
    return FlowLine(name=name, description=str(found.value) if isinstance(found, ScalarNode) else "", path=shown(path))
