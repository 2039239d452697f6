"""Flows and agents as data: what `--json` prints and what the dashboard shows."""

from playnex.app.pinning import Pinned, pin
from playnex.canonical import Json
from playnex.spec.agent import AgentSpec


def flow_document(pinned: Pinned) -> Json:
    """`playnex.flow/1`."""
    return {"schema": "playnex.flow/1", **pin(pinned)["flow"], "agents": sorted(pinned.agents)}


def agent_document(agent: AgentSpec) -> dict[str, Json]:
    """An agent as JSON."""
    return {
        "name": agent.name,
        "description": agent.description,
        "model": agent.model,
        "tools": list(agent.tools),
        "memory": memory_json(agent),
        "limits": {"turns": agent.turns, "tokens": agent.limits.tokens, "usd": agent.limits.usd, "time": agent.limits.time},
        "plan": agent.plan,
        "reflect": agent.reflect,
        "output": agent.output,
        "instructions": agent.instructions,
    }


def memory_json(agent: AgentSpec) -> dict[str, Json]:
    """Its memory as its file has it."""
    memory, recall = agent.memory, agent.memory.recall
    return {
        "read": list(memory.read),
        "write": list(memory.write),
        "history": memory.history,
        "pinned": memory.pinned,
        "recall": {"limit": recall.limit, "in": list(memory.recalled), "at_start": recall.at_start} if recall else None,
    }
