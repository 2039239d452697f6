"""A Pydantic AI agent with what Playnex has to know of it; nothing of that library is loaded here."""

from dataclasses import KW_ONLY, dataclass

from playnex.errors import UsageError
from playnex.spec.agent import DEFAULT_TURNS, TURN_CEILING


@dataclass(frozen=True, slots=True)
class PydanticAgent:
    """What `ctx.agent` is given where the bare Pydantic AI `Agent` says too little: `deps` are handed to its tools, `turns` is how many
    requests it may make (1 to 200). Raises UsageError for what is no such agent, and for other numbers."""

    agent: object
    _: KW_ONLY
    deps: object = None
    turns: int = DEFAULT_TURNS

    def __post_init__(self) -> None:
        if not is_pydantic_agent(self.agent):
            raise UsageError(f"{type(self.agent).__name__} is no Pydantic AI agent", hint="give a pydantic_ai.Agent")
        if not 1 <= self.turns <= TURN_CEILING:
            raise UsageError(f"an agent cannot have {self.turns} turns", hint=f"give a number from 1 to {TURN_CEILING}")

    @property
    def name(self) -> str:
        """The agent's own name as that of a step, `agent` where it has none."""
        given = getattr(self.agent, "name", None) or "agent"
        return str(given).replace("/", "-").replace("#", "-")

    @property
    def description(self) -> str:
        """What the agent says that it is for; empty where it says nothing."""
        return str(getattr(self.agent, "description", None) or "")


def is_pydantic_agent(thing: object) -> bool:
    """Whether it is an agent of Pydantic AI, told by the names of its classes: loading the library takes 0.7 s of CPU."""
    return any(kind.__name__ == "AbstractAgent" and kind.__module__.startswith("pydantic_ai.") for kind in type(thing).__mro__)
