"""The workspace's flows and agents, read and checked whole; nothing runs from a file that has a fault."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from playnex.app import function_outline, python_flows, python_outline
from playnex.app.pinning import Pinned
from playnex.canonical import Json
from playnex.capsules.capsule import check_name
from playnex.errors import DefinitionError, UsageError
from playnex.spec.agent import AgentSpec
from playnex.spec.check_flow import check_flow, warnings_of
from playnex.spec.check_targets import Catalogue, other_tool
from playnex.spec.expression import is_template
from playnex.spec.faults import Fault, Place, decoded, did_you_mean
from playnex.spec.flow import FlowSpec, StepSpec
from playnex.spec.read_agent import ReadAgent, read_agent
from playnex.spec.read_flow import ReadFlow, in_file_order, read_flow
from playnex.spec.tool_rules import CONSEQUENTIAL, approval_problem
from playnex.tools.toolbox import is_named
from playnex.workspace import PYTHON_ENDING, Workspace, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check looked at and found; `warnings` keep nothing from running."""

    paths: tuple[str, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Reads and checks. `tools` maps each tool's name to the JSON Schema of its arguments; `tool_faults` are those of tools/*.py, of
    .mcp.json and of what playnex.toml says of tools, `tool_warnings` what it says of tools that are not there; `models` are the aliases
    that it names, `unseen` the MCP servers whose tools are not known."""

    workspace: Workspace
    tools: Mapping[str, Mapping[str, Json]]
    tool_faults: tuple[Fault, ...] = ()
    tool_warnings: tuple[Fault, ...] = ()
    models: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()

    def flow(self, name: str) -> Pinned:
        """The flow with its agents. Raises NotFoundError, DefinitionError with every fault of both."""
        path = self.workspace.flow_path(name)
        if path.suffix == PYTHON_ENDING:
            return self._python_flow(path)
        read, faults = self._flow(path)
        flow = read.flow if read else None
        used = {word for step in flow.steps for word in step.agents()} if flow else set()
        own = {agent: self._agent(agent) for agent in sorted(used) if agent in self.workspace.agent_names()}
        faults += tuple(fault for _, agent_faults in own.values() for fault in agent_faults) + self.tool_faults
        if flow is None or faults:
            raise DefinitionError(faults)
        return Pinned(flow=flow, agents={agent: spec for agent, (spec, _) in own.items() if spec}, functions=self._sources(flow))

    def _sources(self, flow: FlowSpec) -> dict[str, str]:
        """The texts of the Python files whose functions the flow calls."""
        functions = {function for step in flow.steps for function in step.functions()}
        found = {function_outline.file_of(function): function_outline.read(self.workspace.root, function) for function in sorted(functions)}
        return {path: text for path, text in found.items() if text is not None}

    def _python_flow(self, path: Path) -> Pinned:
        text, undecodable = decoded(path.read_bytes(), shown(path))
        if undecodable:
            raise DefinitionError(undecodable)
        python_flows.make_importable(self.workspace.root)
        return Pinned(flow=python_flows.load(text, shown(path)).spec, agents={}, source=text)

    def agent(self, name: str) -> AgentSpec:
        """The agent. Raises NotFoundError, DefinitionError."""
        self.workspace.agent_path(name)
        agent, faults = self._agent(name)
        if agent is None or faults:
            raise DefinitionError(faults)
        return agent

    def agent_alone(self, name: str, message: str) -> Pinned:
        """The flow of one step in which the agent answers the message: no more model requests than the agent itself makes."""
        agent = self.agent(name)
        prompt = "{% raw %}" + message.replace("{% endraw %}", "") + "{% endraw %}"
        step = StepSpec(id="answer", kind="agent", target=name, prompt=prompt, output=agent.output)
        return Pinned(flow=FlowSpec(name=name, steps=(step,)), agents={name: agent})

    def check(self, files: tuple[str, ...]) -> Checked:
        """Every fault of these files, or of all flows, agents and tools."""
        paths = self._paths(files)
        missing = {Path(file).resolve() for file in files} - {path.resolve() for path in paths}
        faults = [_not_here(path) for path in sorted(missing)]
        warnings: list[Fault] = []
        for path in paths:
            found = self._checked(path)
            faults += found.faults
            warnings += found.warnings
        everything = (*faults, *(() if files else self.tool_faults))
        warnings += () if files else self.tool_warnings
        return Checked(paths=tuple(shown(path) for path in paths), faults=everything, warnings=tuple(warnings))

    def sound(self, files: tuple[str, ...]) -> Iterator[Pinned]:
        """The flows of these files that have no fault, and the agents, each as a flow without steps."""
        for path in self._paths(files):
            with suppress(DefinitionError):
                if path.parent.name == "flows":
                    yield self.flow(path.stem.replace("_", "-") if path.suffix == PYTHON_ENDING else path.stem)
                else:
                    yield Pinned(flow=FlowSpec(name=path.stem, steps=()), agents={path.stem: self.agent(path.stem)})

    def place_in_agent(self, name: str, key: str) -> Place:
        """Where an agent's file says that; its start where it says nothing of it."""
        path = self.workspace.agent_path(name)
        return read_agent(decoded(path.read_bytes(), shown(path))[0], shown(path), name).place(key)

    def _paths(self, files: tuple[str, ...]) -> list[Path]:
        """The files of flows and agents, of these or of all."""
        flows = [self.workspace.flow_path(name) for name in self.workspace.flow_names()]
        agents = [self.workspace.root / "agents" / f"{name}.md" for name in self.workspace.agent_names()]
        wanted = {Path(file).resolve() for file in files}
        return [path for path in (*flows, *agents) if not wanted or path.resolve() in wanted]

    def faults_of_draft(self, name: str, text: str, agents: Mapping[str, str]) -> tuple[Fault, ...]:
        """Every fault of a flow that is not saved yet, and of the agents that come with it, each under the path it would have."""
        folder = self.workspace.root / "agents"
        read = {agent: self._read_agent(folder / f"{agent}.md", body) for agent, body in agents.items()}
        known = self._agents() | {agent: spec or AgentSpec(name=agent) for agent, (spec, _) in read.items()}
        own = self._read_flow(self.workspace.root / "flows" / f"{name}.yaml", text, known)[1]
        return (*own, *(fault for _, faults in read.values() for fault in faults))

    def faults_of_agent(self, name: str, text: str) -> tuple[Fault, ...]:
        """The same of an agent that is not saved yet."""
        return self._read_agent(self.workspace.root / "agents" / f"{name}.md", text)[1]

    def _checked(self, path: Path) -> Checked:
        if path.suffix == PYTHON_ENDING:
            text, undecodable = decoded(path.read_bytes(), shown(path))
            return Checked(paths=(), faults=undecodable or python_outline.faults_of(text, shown(path)))
        if path.parent.name != "flows":
            return Checked(paths=(), faults=self._agent(path.stem)[1])
        read, faults = self._flow(path)
        return Checked(paths=(), faults=faults, warnings=warnings_of(read) if read else ())

    def _flow(self, path: Path) -> tuple[ReadFlow | None, tuple[Fault, ...]]:
        text, undecodable = decoded(path.read_bytes(), shown(path))
        if undecodable:
            return None, undecodable
        return self._read_flow(path, text, self._agents())

    def _agents(self) -> dict[str, AgentSpec]:
        """The agents by name; one that cannot be read is there all the same, for it has its own faults."""
        return {name: self._agent(name)[0] or AgentSpec(name=name) for name in self.workspace.agent_names()}

    def _read_flow(self, path: Path, text: str, agents: Mapping[str, AgentSpec]) -> tuple[ReadFlow, tuple[Fault, ...]]:
        read = read_flow(text, shown(path))
        named = {function for outline in read.outlines if outline.spec for function in outline.spec.functions()}
        functions = {name: function_outline.outline(name, function_outline.read(self.workspace.root, name)).facts for name in named}
        offered = Catalogue(agents=agents, tools=self.tools, flows=self.workspace.flow_names(), functions=functions, unseen=self.unseen)
        faults = check_flow(read, offered)
        return read, in_file_order([*faults, *_name_faults(read)])

    def _agent(self, name: str) -> tuple[AgentSpec | None, tuple[Fault, ...]]:
        path = self.workspace.root / "agents" / f"{name}.md"
        text, undecodable = decoded(path.read_bytes(), shown(path))
        return (None, undecodable) if undecodable else self._read_agent(path, text)

    def _read_agent(self, path: Path, text: str) -> tuple[AgentSpec | None, tuple[Fault, ...]]:
        read = read_agent(text, shown(path), path.stem)
        faults = list(read.faults)
        for number, pattern in enumerate(read.tools):
            if not any(is_named(tool, (pattern,)) for tool in self.tools):
                hint = other_tool(pattern, self.tools, self.unseen)
                faults.append(Fault(place=read.place("tools", number), message=f"there is no tool {pattern!r}", hint=hint))
        faults += self._approval_faults(read)
        if read.model not in (known := ("main", *self.models)):
            hint = did_you_mean(read.model, known) or f"name it in playnex.toml under [models.{read.model}]"
            faults.append(Fault(place=read.place("model"), message=f"there is no model {read.model!r}", hint=hint))
        return read.agent, in_file_order(faults)

    def _approval_faults(self, read: ReadAgent) -> Iterator[Fault]:
        """What an agent's `approval` says of tools that are not there, or of parameters that they do not have."""
        for pattern, rule in (read.agent.approval if read.agent else {}).items():
            named = {tool: parameters for tool, parameters in self.tools.items() if is_named(tool, (pattern,))}
            place = read.place("approval", pattern)
            if not named and pattern != CONSEQUENTIAL:
                hint = did_you_mean(pattern, self.tools) or "playnex tool list lists them"
                yield Fault(place=place, message=f"there is no tool {pattern!r}", hint=hint)
            for tool, parameters in named.items():
                if problem := approval_problem(rule, parameters):
                    yield Fault(place=place, message=f"{tool}: {problem.message}", hint=problem.hint)


def _name_faults(read: ReadFlow) -> Iterator[Fault]:
    """The capsules' names that are written out and cannot be names."""
    for spec in (outline.spec for outline in read.outlines if outline.spec):
        if spec.save and not is_template(spec.save):
            try:
                check_name(spec.save)
            except UsageError as fault:
                yield Fault(place=read.place("steps", spec.id, "save"), message=fault.message, hint=fault.hint)


def _not_here(path: Path) -> Fault:
    place = Place(path=shown(path), line=1, column=1)
    return Fault(place=place, message="this is no flow or agent of the workspace", hint="flows are flows/*.yaml, agents are agents/*.md")
