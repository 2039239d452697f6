"""A stage for agent tests: scripted models, a real gate over small tools, and records in memory."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from playnex.agents.loop import run_agent
from playnex.agents.task import AgentPorts, AgentTask
from playnex.canonical import Json
from playnex.models.model import ModelCard
from playnex.spec.agent import AgentSpec
from playnex.spec.context import StepContext
from playnex.spec.envelope import Envelope
from playnex.testing.clock import FakeClock
from playnex.testing.memory_context import MemoryContext
from playnex.testing.scripted_model import CARD, ModelScript, ScriptedModel, ScriptedModels
from playnex.tools.gate import Gate
from playnex.tools.tool import CallScope, Tool, ToolResult
from playnex.tools.toolbox import WorkspaceToolbox

SMALL = replace(CARD, name="small", tool_calling=False)
READ_SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"], "additionalProperties": False}
WRITER = AgentSpec(name="writer", instructions="You write.", tools=("fs.*",))


@dataclass
class Stage:
    """One agent's world; `read` counts what the tool was really asked for."""

    script: ModelScript
    card: ModelCard = CARD
    files: Mapping[str, str] = field(default_factory=lambda: {"a.md": "The river is long."})
    context: MemoryContext = field(default_factory=MemoryContext)
    clock: FakeClock = field(default_factory=FakeClock)
    read: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.model = ScriptedModel(script=self.script, card=self.card)
        self.models = ScriptedModels(models={"main": self.model})

    def ports(self) -> AgentPorts:
        tool = Tool(name="fs.read", description="Reads a file.", parameters=READ_SCHEMA, effect="pure", call=self._read)
        toolbox = WorkspaceToolbox([tool])
        return AgentPorts(models=self.models, gate=Gate(toolbox), toolbox=toolbox, clock=self.clock)

    def run(self, task: AgentTask, context: StepContext | None = None) -> Envelope:
        """Let the agent work at `task`, within ten seconds."""
        return asyncio.run(asyncio.wait_for(run_agent(context or self.context, task, self.ports()), 10))

    async def _read(self, arguments: Mapping[str, Json], scope: CallScope) -> ToolResult:
        self.read.append(arguments["path"])
        return ToolResult(output=self.files[arguments["path"]], labels=("untrusted",), sources=(arguments["path"],))


def task(prompt: str = "Write about the river.", *, agent: AgentSpec = WRITER, schema: Mapping[str, Json] | None = None) -> AgentTask:
    return AgentTask(agent=agent, prompt=prompt, schema=schema)
