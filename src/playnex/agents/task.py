"""What an agent is given to do, and what it may reach: records without behaviour."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from playnex.agents.memory import NO_MEMORIES, Memories
from playnex.canonical import Json
from playnex.clock import Clock
from playnex.models.model import Hear, Models
from playnex.spec.agent import AgentSpec
from playnex.spec.agent_result import DataBlock
from playnex.spec.context import CodeTool, StepContext
from playnex.spec.envelope import Envelope
from playnex.tools.gate import ANYWHERE, CallRequest
from playnex.tools.tool import CallScope, Toolbox
from playnex.tools.trail import Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTask:
    """One piece of work for an agent. `brief` is what all agents of its flow are told, `schema` the JSON Schema of its answer (None for
    text), `feedback` why an earlier answer was refused, `tools` what the run's code gives it beside its own, `scope` what its tool calls
    may touch, `trail` what the gate remembers of them."""

    agent: AgentSpec
    prompt: str
    brief: str = ""
    schema: Mapping[str, Json] | None = None
    feedback: str = ""
    data: tuple[DataBlock, ...] = ()
    tools: tuple[CodeTool, ...] = ()
    scope: CallScope = ANYWHERE
    trail: Trail = field(default_factory=Trail)


class CallGate(Protocol):
    """Whoever decides and carries out tool calls."""

    async def call(self, context: StepContext, request: CallRequest) -> Envelope:
        """The call's recorded envelope, also where it was refused or failed."""
        ...


def to_nobody(_step: str) -> AbstractContextManager[Hear | None]:
    """Nobody listens."""
    return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPorts:
    """The rest of the house, as an agent sees it. `told` gives whoever hears the answer to the model request of
    a step while it is made; None for nobody."""

    models: Models
    gate: CallGate
    toolbox: Toolbox
    clock: Clock
    memories: Memories = NO_MEMORIES
    told: Callable[[str], AbstractContextManager[Hear | None]] = to_nobody
