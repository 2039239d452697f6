"""`playnex agent`: list, show and run agents."""

import asyncio
from typing import Annotated

from cyclopts import App, Parameter

from playnex.cli import door
from playnex.cli.flags import AgentName, AsJson
from playnex.cli.terminal import columns, emit, emit_list, write

app = App(name="agent", help="Agents: purpose, model, tools, memory, limits.", result_action="return_value")

Message = Annotated[str, Parameter(help="what the agent is asked")]


@app.command(name=["list", "ls"])
def list_(*, as_json: AsJson = False) -> int:
    """List the agents of the workspace.

    $ playnex agent list
    """
    from playnex.app.listing import agents  # late, here and below: a command imports only what it needs
    from playnex.cli.showing import agent_document

    found = agents(door.workspace)
    if as_json:
        emit_list("playnex.agents/1", [agent_document(agent) for agent in found])
    elif found:
        rows = [(agent.name, agent.model, ", ".join(agent.tools) or "none", agent.description) for agent in found]
        write(columns(("AGENT", "MODEL", "TOOLS", "DESCRIPTION"), rows, door.terminal))
    else:
        door.terminal.say("there are no agents here yet; make some with: playnex init --template research")
    return 0


@app.command
def show(name: AgentName, /, *, as_json: AsJson = False) -> int:
    """Show an agent: its model, tools, memory, limits and instructions.

    $ playnex agent show research
    """
    from playnex.app.listing import agent
    from playnex.cli.showing import agent_document, agent_page

    found = agent(door.workspace, name)
    if as_json:
        emit({"schema": "playnex.agent/1", **agent_document(found)})
    else:
        write(agent_page(found, door.terminal))
    return 0


@app.command
def run(name: AgentName, message: Message, /, *, as_json: AsJson = False) -> int:
    """Let one agent answer a message, without a flow.

    $ playnex agent run writing "Write two sentences about tea."
    """
    from playnex.cli.running import run_agent

    return asyncio.run(run_agent(name, message, as_json))
