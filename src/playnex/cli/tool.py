"""`playnex tool`: the tools of the workspace."""

import asyncio
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.asking import confirmed
from playnex.cli.flags import AsJson
from playnex.cli.terminal import columns, emit_list, gist, write
from playnex.errors import DefinitionError

if TYPE_CHECKING:
    from playnex.tools.tool import Tool

app = App(name="tool", help="Tools that agents and flows can use.", result_action="return_value")


ToolName = Annotated[str, Parameter(help="a tool, as `playnex tool list` names it")]
Arguments = Annotated[str, Parameter(metavar="NAME=VALUE", help="an argument; NAME=@FILE reads it from a file")]
Yes = Annotated[bool, Parameter(negative=(), help="do not ask, also where a second call would not be harmless")]


@app.command(name=["list", "ls"])
def list_(*, as_json: AsJson = False) -> int:
    """List the tools: built-in ones, the functions of tools/*.py, and those of MCP servers.

    $ playnex tool list
    """
    return asyncio.run(_list(as_json))


@app.command
def call(name: ToolName, /, *arguments: Arguments, yes: Yes = False, as_json: AsJson = False) -> int:
    """Call a tool, as a run of one step. On a terminal you are asked first where a second call would not be harmless.

    $ playnex tool call file.read path=notes/ideas.md
    $ playnex tool call time.get_current_time timezone=UTC --yes
    """
    from playnex.cli.flow import given_inputs  # late, here and below: only what the command needs

    return asyncio.run(_call(name, given_inputs(arguments, None), yes=yes, as_json=as_json))


async def _call(name: str, given: dict[str, Json], *, yes: bool, as_json: bool) -> int:
    from playnex.app.opening import opened
    from playnex.app.tool_call import start_call
    from playnex.cli.running import carry

    async with opened(door.workspace) as opened_app:
        if name in opened_app.barred:
            raise DefinitionError((opened_app.barred[name],))
        tool = opened_app.toolbox.get(name)
        harmless = tool.effect in ("pure", "idempotent")
        if door.terminal.interactive and not (yes or harmless) and not confirmed(f"call {name}?", "--yes"):
            door.terminal.say("nothing was called")
            return 0
        return await carry(opened_app, await start_call(opened_app, tool, given), as_json)


async def _list(as_json: bool) -> int:
    from playnex.app.opening import opened  # late: the workspace is opened only here

    async with opened(door.workspace) as opened_app:
        tools = [opened_app.toolbox.get(name) for name in opened_app.toolbox.names()]
    if as_json:
        items = [
            {
                "name": tool.name,
                "description": tool.description,
                "effect": tool.effect or "once",
                "egress": tool.egress,
                "approval": tool.approval,
                "sinks": None if tool.sinks is None else list(tool.sinks),
                "parameters": dict(tool.parameters),
            }
            for tool in tools
        ]
        emit_list("playnex.tools/1", items)
    else:
        rows = [
            (tool.name, tool.effect or "once", _asks(tool), ", ".join(tool.parameters.get("properties", {})), gist(tool.description))
            for tool in tools
        ]
        write(columns(("TOOL", "EFFECT", "APPROVAL", "ARGUMENTS", "DESCRIPTION"), rows, door.terminal))
    return 0


def _asks(tool: "Tool") -> str:
    """When it asks a person, and whether it leaves the machine."""
    return tool.approval + (", remote" if tool.egress == "remote" else "")
