"""What a run carries out, and where it finds the flows that it calls."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from playnex.canonical import Json
from playnex.errors import NotFoundError
from playnex.journal.events import RunStarted
from playnex.spec.context import AgentHandle, StepContext
from playnex.spec.flow import Budget


class Flows(Protocol):
    """The flows that a run's code can call by name."""

    async def pin(self, name: str) -> Json:
        """The definition of a flow, to be recorded. Raises NotFoundError, DefinitionError."""
        ...

    def load(self, definition: Json, given: Mapping[str, Json]) -> "Code":
        """The code of a recorded definition with these inputs. Raises UsageError for the inputs, JournalMismatch."""
        ...


class NoFlows:
    """Implements `Flows` where there are none."""

    async def pin(self, name: str) -> Json:
        raise NotFoundError(f"there is no flow {name!r} to call", hint="this run has no workspace")

    def load(self, definition: Json, given: Mapping[str, Json]) -> "Code":
        raise NotFoundError("there are no flows to call", hint="this run has no workspace")


class Agents(Protocol):
    """The agents that a run's code can ask."""

    def handle(self, context: StepContext, agent: "str | object") -> AgentHandle:
        """That agent, asked in this context. Raises NotFoundError, UsageError."""
        ...


class NoAgents:
    """Implements `Agents` where there are none."""

    def handle(self, context: StepContext, agent: "str | object") -> AgentHandle:
        raise NotFoundError("there are no agents to ask", hint="this run has no workspace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An async function of the step context, what it may spend, and the flows and agents that it can call (`agents` None: those of whoever
    calls it)."""

    body: Callable[[StepContext], Awaitable[Json]]
    budget: Budget
    flows: Flows = field(default_factory=NoFlows)
    agents: Agents | None = None


Load: TypeAlias = Callable[[RunStarted], Code]
"""Gives a run's code from the definition that it was started with."""
