"""Agents that play scripts: real agents with their loops, each over a scripted model of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from playnex.agents.handle import Surroundings, WorkspaceAgent
from playnex.agents.task import AgentPorts
from playnex.clock import Clock
from playnex.errors import NotFoundError, UsageError
from playnex.models.model import ModelRequest
from playnex.spec.agent import AgentSpec
from playnex.spec.context import StepContext
from playnex.testing.clock import FakeClock
from playnex.testing.scripted_model import ModelScript, ScriptedModel, ScriptedModels
from playnex.tools.gate import Gate
from playnex.tools.tool import CallScope
from playnex.tools.toolbox import WorkspaceToolbox


@dataclass(slots=True, eq=False)
class ScriptedAgents:
    """The agents of a rehearsal: one for each script, by its name. `specs` says more of some of them."""

    scripts: Mapping[str, ModelScript]
    specs: Mapping[str, AgentSpec] = field(default_factory=dict)
    clock: Clock = field(default_factory=FakeClock)
    models: dict[str, ScriptedModel] = field(init=False)

    def __post_init__(self) -> None:
        self.models = {name: ScriptedModel(script=script) for name, script in self.scripts.items()}

    def asked(self, name: str) -> list[ModelRequest]:
        """Every request that this agent's model has had."""
        return self.models[name].asked

    def handle(self, context: StepContext, agent: str | object) -> WorkspaceAgent:
        """The agent, ready to be asked. Raises UsageError for what is none."""
        if not isinstance(agent, (str, AgentSpec)):
            raise UsageError(f"{type(agent).__name__} is no agent", hint="give the name of one of the scripts")
        toolbox = WorkspaceToolbox([])
        ports = AgentPorts(models=ScriptedModels(models=self.models), gate=Gate(toolbox), toolbox=toolbox, clock=self.clock)
        around = Surroundings(ports=ports, brief="", scope_of=lambda spec: CallScope(agent=spec.name), find=self.find)
        return WorkspaceAgent(context=context, agent=agent, around=around)

    def find(self, name: str) -> AgentSpec:
        """The agent of that name. Raises NotFoundError."""
        if name not in self.models:
            raise NotFoundError(f"there is no agent {name!r}", hint=f"scripts: {', '.join(self.models)}")
        return self.specs.get(name, AgentSpec(name=name, model=name, instructions=f"You are {name}."))
