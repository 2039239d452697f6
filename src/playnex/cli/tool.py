"""`playnex tool`: the tools of the workspace."""

import asyncio
from typing import Annotated

from cyclopts import App, Parameter

from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.asking import confirmed
from playnex.cli.flags import AsJson
from playnex.cli.terminal import emit, write
from playnex.errors import DefinitionError

app = App(name="tool", help="Tools that agents and flows can use.", result_action="return_value")

ToolName = Annotated[str, Parameter(help="a tool, as `playnex tool list` names it")]
Pattern = Annotated[str, Parameter(help="a tool, or a pattern such as fs.*")]
Arguments = Annotated[str, Parameter(metavar="NAME=VALUE", help="an argument; NAME=@FILE reads it from a file")]
Yes = Annotated[bool, Parameter(negative=(), help="do not ask, also where a second call would not be harmless")]


@app.command(name=["list", "ls"])
def list_(pattern: Pattern = "*", /, *, as_json: AsJson = False) -> int:
    """List the tools: built-in ones, the functions of tools/*.py, and those of MCP servers that were accepted; or show one with its
    arguments. No server is started.

    $ playnex tool list
    $ playnex tool list "fs.*"
    $ playnex tool list file.read
    """
    return asyncio.run(_list(pattern, as_json))


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


async def _list(pattern: str, as_json: bool) -> int:
    from playnex.app.opening import opened
    from playnex.app.tool_lines import tool_lines, unaccepted
    from playnex.cli.showing_tools import tool_page, tool_table

    async with opened(door.workspace) as opened_app:
        lines, missing = tool_lines(opened_app, pattern), tuple(unaccepted(opened_app, pattern))
    if as_json:
        emit({"schema": "playnex.tools/1", "items": list(lines), "unaccepted": list(missing)})
        return 0
    if len(lines) == 1 and lines[0]["name"] == pattern:
        write("\n".join(tool_page(lines[0], door.terminal)))
    elif lines:
        write(tool_table(lines, door.terminal))
    for server in missing:
        door.terminal.say(f"the tools of the MCP server {server['server']} are not accepted ({server['state']}): {server['accept']}")
    return 0
