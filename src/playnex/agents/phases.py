"""Plan and reflect, as an agent's file switches them on: a turn without tools before the first act, and after acts (requirement A3)."""

from collections.abc import Sequence
from typing import Literal

from playnex.models.model import ToolOffer
from playnex.spec.agent import AgentSpec

Phase = Literal["plan", "act", "reflect"]

PLAN = "First write a short plan: the steps that lead to the answer, in their order, and what could go wrong. Do not carry it out yet."
AFTER_PLAN = "Now carry out your plan. Change it where what you find says so."
AFTER_ERROR = "Something failed. Say in a few sentences what went wrong, what you know for sure, and what you will do differently."
AFTER_ACT = "Look back: say in a few sentences what this gave you, whether it leads to the answer, and what you will do next."
AFTER_REFLECTION = "Go on accordingly."


def plan_prompt(tools: Sequence[ToolOffer]) -> str:
    """What an agent is told that plans first."""
    return f"{PLAN} Later you will have these tools: {', '.join(tool.name for tool in tools)}." if tools else PLAN


def reflection(agent: AgentSpec, *, failed: bool) -> str:
    """What an agent is told after an act, where it is to reflect on it; else nothing."""
    if agent.reflect == "never" or (agent.reflect == "after-error" and not failed):
        return ""
    return AFTER_ERROR if failed else AFTER_ACT
