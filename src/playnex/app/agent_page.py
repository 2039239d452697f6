"""All that there is to know of one agent before it is asked: its file, its tools as they are, its model, what memory it would be given."""

from playnex.agents.memory import Gathered, Remembering
from playnex.app.definition_lines import agent_document
from playnex.app.memory import RunMemory
from playnex.app.opening import App
from playnex.app.tool_lines import tool_lines
from playnex.canonical import Json
from playnex.errors import NotFoundError, PlaynexError
from playnex.spec.agent import AgentSpec


async def agent_page(app: App, agent: AgentSpec) -> dict[str, Json]:
    """`agent`, `tools`, `model`, `memory`."""
    gathered, _ = await RunMemory(app=app).gather(Remembering(agent=agent.name, spec=agent.memory, key="", query=""))
    model = await model_of(app, agent.model)
    return {"agent": agent_document(agent), "tools": tools_of(app, agent), "model": model, "memory": given(gathered)}


def tools_of(app: App, agent: AgentSpec) -> list[Json]:
    """Each pattern of its list with the tools that it names now."""
    found: list[Json] = []
    for pattern in agent.tools:
        try:
            lines = tool_lines(app, pattern)
        except NotFoundError as error:
            found.append({"pattern": pattern, "tools": [], "why": error.hint})
            continue
        named = [{name: line[name] for name in ("name", "effect", "egress", "may_ask", "description")} for line in lines]
        found.append({"pattern": pattern, "tools": named, "why": ""})
    return found


async def model_of(app: App, alias: str) -> dict[str, Json]:
    """What is known of a model; of one that cannot be found, why."""
    try:
        card = await app.models.card(alias)
    except PlaynexError as error:
        return {"alias": alias, "name": "", "local": True, "context": None, "fault": error.message, "hint": error.hint}
    return {"alias": alias, "name": card.name, "local": card.local, "context": card.context, "fault": "", "hint": ""}


def given(gathered: Gathered) -> dict[str, Json]:
    """What of memory it would be given."""
    pieces = [{"name": piece.name, "kind": piece.kind, "by": piece.by, "characters": piece.whole} for piece in gathered.pieces]
    return {"given": pieces, "left_out": [{"name": name, "characters": count} for name, count in gathered.left_out], "why": gathered.why}
