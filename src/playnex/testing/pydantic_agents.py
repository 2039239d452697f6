"""The agents of a rehearsed flow: those of Pydantic AI that its code brings, with tools and models of their own."""

from dataclasses import dataclass, field

from playnex.agents.pydantic_handle import PydanticHandle, PydanticSurroundings
from playnex.clock import Clock
from playnex.errors import NotFoundError, UsageError
from playnex.spec.context import AgentHandle, StepContext
from playnex.spec.pydantic_agent import PydanticAgent, is_pydantic_agent
from playnex.testing.clock import FakeClock
from playnex.tools.gate import Gate
from playnex.tools.tool import CallScope
from playnex.tools.toolbox import WorkspaceToolbox


@dataclass(frozen=True, slots=True, kw_only=True)
class PydanticAgents:
    """Implements the engine's `Agents` where there is no workspace. In `local` mode their models must be on this machine."""

    clock: Clock = field(default_factory=FakeClock)
    local: bool = True

    def handle(self, context: StepContext, agent: str | object) -> AgentHandle:
        """The agent. Raises NotFoundError, UsageError."""
        if isinstance(agent, str):
            raise NotFoundError(f"there is no agent {agent!r} to ask", hint="this run has no workspace")
        if is_pydantic_agent(agent):
            agent = PydanticAgent(agent)
        if not isinstance(agent, PydanticAgent):
            raise UsageError(f"{type(agent).__name__} is no agent", hint="give a Pydantic AI Agent")
        scope = CallScope(run=context.run_id)
        around = PydanticSurroundings(gate=Gate(WorkspaceToolbox([])), clock=self.clock, scope=scope, local=self.local)
        return PydanticHandle(context=context, agent=agent, around=around)
