"""`playnex tool`: the tools of the workspace."""

import asyncio
from typing import TYPE_CHECKING

from cyclopts import App

from playnex.cli import door
from playnex.cli.flags import AsJson
from playnex.cli.terminal import columns, emit_list, gist, write

if TYPE_CHECKING:
    from playnex.tools.tool import Tool

app = App(name="tool", help="Tools that agents and flows can use.", result_action="return_value")


@app.command(name=["list", "ls"])
def list_(*, as_json: AsJson = False) -> int:
    """List the tools: built-in ones, and the functions of tools/*.py.

    $ playnex tool list
    """
    return asyncio.run(_list(as_json))


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
