"""What an agent is, once its Markdown file is read: purpose, model, tools, memory and limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from playnex.canonical import Json
from playnex.spec.flow import Budget
from playnex.spec.memory import NO_MEMORY, MemorySpec

DEFAULT_TURNS = 20
TURN_CEILING = 200
"""No setting goes beyond it (requirement A4)."""

DEFAULT_LIMITS = Budget(turns=DEFAULT_TURNS)

Reflect = Literal["never", "after-error", "every-turn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpec:
    """One agent. `model` is an alias of playnex.toml; `tools` are names or patterns; `approval` says, by such patterns, which calls ask a
    person beside those that ask anyway; `instructions` is the file's body."""

    name: str
    description: str = ""
    model: str = "main"
    tools: tuple[str, ...] = ()
    memory: MemorySpec = NO_MEMORY
    limits: Budget = DEFAULT_LIMITS
    plan: bool = False
    reflect: Reflect = "never"
    output: Mapping[str, Json] | None = None
    temperature: float | None = None
    max_output_tokens: int | None = None
    instructions: str = ""
    path: str = ""
    approval: Mapping[str, str] = field(default_factory=dict)

    @property
    def turns(self) -> int:
        """The cap of turns in force: the file's, never above the ceiling."""
        return min(self.limits.turns or DEFAULT_TURNS, TURN_CEILING)
