"""Agents: the list, and one with its file, tools, memory and model."""

from playnex.app.agent_page import agent_page
from playnex.app.definition_lines import agent_document
from playnex.app.definition_texts import Change, DefinitionTexts, fault_json
from playnex.app.listing import UNREADABLE, agents
from playnex.canonical import Json
from playnex.dashboard.declared import Nothing, Route
from playnex.dashboard.desk import Desk
from playnex.dashboard.routes.flows import Named, Saved, Typed, text_json
from playnex.errors import DefinitionError
from playnex.spec.faults import Fault


async def list_agents(desk: Desk, _given: Nothing) -> Json:
    """All of them."""
    lines = [_line(agent_document(agent)) for agent in agents(str(desk.app.workspace.root))]
    return {"schema": "playnex.agents/1", "agents": lines}


def _line(document: dict[str, Json]) -> Json:
    return document | {"unreadable": document["description"] == UNREADABLE}


async def show(desk: Desk, given: Named) -> Json:
    """One agent; of one whose file has faults, the text and the faults."""
    text = {"name": given.name} | text_json(DefinitionTexts(app=desk.app).read("agent", given.name))
    try:
        agent = desk.app.definitions.agent(given.name)
    except DefinitionError as error:
        faults = [fault_json(fault) for fault in error.faults if isinstance(fault, Fault)]
        return text | {"agent": None, "tools": [], "model": None, "memory": None, "faults": faults}
    return text | await agent_page(desk.app, agent) | {"faults": []}


async def check(desk: Desk, given: Typed) -> Json:
    """What is wrong with a text, were it the agent's file."""
    return DefinitionTexts(app=desk.app).check("agent", given.name, given.text).document()


async def save(desk: Desk, given: Saved) -> Json:
    """Write the agent's file."""
    change = Change(text=given.text, expected=given.expected, anyway=given.anyway)
    return text_json(DefinitionTexts(app=desk.app).write("agent", given.name, change))


ROUTES = (
    Route(method="GET", path="/api/agents", takes=Nothing, does=list_agents, says="The agents."),
    Route(method="GET", path="/api/agents/{name}", takes=Named, does=show, says="One agent: its file, tools, memory and model."),
    Route(method="POST", path="/api/agents/{name}/check", takes=Typed, does=check, says="Check a text as if it were the agent's file."),
    Route(method="PUT", path="/api/agents/{name}", takes=Saved, does=save, says="Write an agent's file."),
)
