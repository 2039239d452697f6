"""`playnex agent`: list, show, create and run agents."""

import asyncio
from typing import Annotated

from cyclopts import App, Parameter

from playnex.cli import door
from playnex.cli.flags import AgentName, AsJson
from playnex.cli.terminal import columns, emit, emit_list, write

app = App(name="agent", help="Agents: purpose, model, tools, memory, limits.", result_action="return_value")

NewName = Annotated[str, Parameter(help="the agent's name: small letters, digits and hyphens")]
Purpose = Annotated[str, Parameter(help="what the agent is told to be: its instructions")]
Model = Annotated[str, Parameter(metavar="ALIAS", help="its model, as playnex.toml names it")]
Tools = Annotated[tuple[str, ...], Parameter(metavar="PATTERN", negative=(), help="a tool that it may use, or a pattern; repeat for more")]
Force = Annotated[bool, Parameter(negative=(), help="replace an agent of that name that is there already")]
Memory = Annotated[bool, Parameter(negative=(), help="what it would be given of memory, before it is asked anything")]
Task = Annotated[str, Parameter(metavar="TEXT", help="what it would be asked, so that recall has something to look for")]
Message = Annotated[str, Parameter(help="what the agent is asked")]


@app.command(name=["list", "ls"])
def list_(*, as_json: AsJson = False) -> int:
    """List the agents of the workspace.

    $ playnex agent list
    """
    from playnex.app.definition_lines import agent_document  # late, here and below: a command imports only what it needs
    from playnex.app.listing import agents

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
def show(name: AgentName, /, *, memory: Memory = False, task: Task = "", as_json: AsJson = False) -> int:
    """Show an agent: its model, tools, memory, limits and instructions. With `--memory`, what it would be given of memory now.

    $ playnex agent show research
    $ playnex agent show support --memory --task "a customer was charged twice"
    """
    if memory or task:
        from playnex.cli.showing_agent_memory import show_memory

        return asyncio.run(show_memory(name, task, as_json))
    from playnex.app.definition_lines import agent_document
    from playnex.app.listing import agent
    from playnex.cli.showing import agent_page

    found = agent(door.workspace, name)
    if as_json:
        emit({"schema": "playnex.agent/1", **agent_document(found)})
    else:
        write(agent_page(found, door.terminal))
    return 0


@app.command
def create(
    name: NewName, /, *, purpose: Purpose = "", model: Model = "main", tools: Tools = (), force: Force = False, as_json: AsJson = False
) -> int:
    """Make an agent: its file, checked before it is written. On a terminal you are asked for the purpose.

    $ playnex agent create writer --purpose "You write short, friendly texts."
    $ playnex agent create clerk --purpose "You answer from the notes." --tools "file.*" --model main
    """
    from playnex.app.creating import NewAgent
    from playnex.cli.creating import create_agent

    return asyncio.run(create_agent(name, NewAgent(purpose=purpose, model=model, tools=tools), force=force, as_json=as_json))


@app.command
def run(name: AgentName, message: Message, /, *, as_json: AsJson = False) -> int:
    """Let one agent answer a message, without a flow.

    $ playnex agent run writing "Write two sentences about tea."
    """
    from playnex.cli.running import run_agent

    return asyncio.run(run_agent(name, message, as_json))
