"""The agents that a run's code can ask: those of its workspace, by name or as the run has pinned them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playnex.agents.handle import Surroundings, WorkspaceAgent
from playnex.agents.pydantic_handle import PydanticHandle, PydanticSurroundings
from playnex.agents.task import AgentPorts
from playnex.app.opening import App
from playnex.app.pinning import Pinned
from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.spec.agent import AgentSpec
from playnex.spec.brief import brief_text
from playnex.spec.context import AgentHandle, StepContext
from playnex.spec.pydantic_agent import PydanticAgent, is_pydantic_agent
from playnex.tools.tool import CallScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Implements the engine's `Agents` for one run. `folders` are its inputs of type file or folder, resolved; `forked_at` is when it was
    forked, if it was."""

    app: App
    pinned: Pinned
    run: str
    inputs: Mapping[str, Json]
    folders: tuple[str, ...] = ()
    forked_at: float | None = None

    def handle(self, context: StepContext, agent: str | object) -> AgentHandle:
        """The agent. Raises NotFoundError, DefinitionError, UsageError."""
        if isinstance(agent, str):
            return WorkspaceAgent(context=context, agent=self.pinned.agents.get(agent, agent), around=self.around())
        if isinstance(agent, AgentSpec):
            return WorkspaceAgent(context=context, agent=agent, around=self.around())
        if is_pydantic_agent(agent):
            agent = PydanticAgent(agent)
        if isinstance(agent, PydanticAgent):
            return PydanticHandle(context=context, agent=agent, around=self.around_pydantic())
        raise UsageError(f"{type(agent).__name__} is no agent", hint="give the name of an agent of the workspace, or a Pydantic AI Agent")

    def around(self) -> Surroundings:
        """What all agents of the run share."""
        brief = brief_text(self.pinned.flow.brief, self.inputs)
        return Surroundings(ports=self.ports(), brief=brief, scope_of=self.scope_of, find=self.app.definitions.agent)

    def around_pydantic(self) -> PydanticSurroundings:
        """What all Pydantic AI agents of the run share."""
        app, brief = self.app, brief_text(self.pinned.flow.brief, self.inputs)
        return PydanticSurroundings(gate=app.gate, clock=app.clock, scope=CallScope(run=self.run), brief=brief, local=app.local)

    def ports(self) -> AgentPorts:
        """The rest of the house, as an agent sees it."""
        return AgentPorts(models=self.app.models, gate=self.app.gate, toolbox=self.app.toolbox, clock=self.app.clock)

    def scope_of(self, agent: AgentSpec) -> CallScope:
        """Where that agent's calls may reach."""
        return CallScope(
            run=self.run,
            agent=agent.name,
            folders=tuple(Path(folder) for folder in self.folders),
            memory_read=agent.memory.read,
            memory_write=agent.memory.write,
            memory_at=self.forked_at,
        )
