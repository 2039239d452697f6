"""`playnex mcp`: servers that bring tools, started on this machine and spoken to over stdio."""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from playnex.cli import door
from playnex.cli.flags import AsJson
from playnex.cli.mcp_said import Adding
from playnex.cli.terminal import emit, emit_list, write

app = App(name="mcp", help="MCP servers: tools that come with a program of their own.", result_action="return_value")

Name = Annotated[str, Parameter(help="a server, as .mcp.json names it")]
NewName = Annotated[str, Parameter(help="what the server is to be called: its tools are NAME.TOOL")]
Command = Annotated[
    str, Parameter(help="the program and its arguments, behind --; with --npm or --pypi its arguments alone", allow_leading_hyphen=True)
]
Accept = Annotated[bool, Parameter(negative=(), help="take the server's tools as they are now")]
File = Annotated[str, Parameter(help="a file with `mcpServers`, such as another program's settings")]


NOTHING_SAID = Adding()


@app.command(name=["list", "ls"])
def list_(*, as_json: AsJson = False) -> int:
    """List the servers of .mcp.json and what is known of them. None is started.

    $ playnex mcp list
    """
    return asyncio.run(_list(as_json))


@app.command
def test(name: Name, /, *, accept: Accept = False, as_json: AsJson = False) -> int:
    """Start a server and see what it offers. The first look accepts its tools; if they change later, they are refused until you accept.

    $ playnex mcp test fs
    $ playnex mcp test fs --accept
    """
    return asyncio.run(_test(name, accept, as_json))


@app.command
def add(name: NewName, /, *command: Command, adding: Annotated[Adding, Parameter(name="*")] = NOTHING_SAID, as_json: AsJson = False) -> int:
    """Add a server to .mcp.json, start it once and accept its tools. A package is installed into .playnex/mcp, at a fixed version.

    $ playnex mcp add time --pypi mcp-server-time
    $ playnex mcp add fs --npm @modelcontextprotocol/server-filesystem -- notes
    $ playnex mcp add mine -- python3 tools_server.py --quiet
    $ playnex mcp add browser --browser --host example.com --host 127.0.0.1:8000
    """
    from playnex.cli.mcp_adding import add_server  # late, here and below: a command imports only what it needs

    return asyncio.run(add_server(name, command, adding, as_json=as_json))


@app.command(name="import")
def import_(file: File, /, *, as_json: AsJson = False) -> int:
    """Take over the servers of another program's file. None is started: look at each with playnex mcp test.

    $ playnex mcp import ~/.config/other/mcp.json
    """
    from playnex.app.listing import workspace_of
    from playnex.app.mcp_importing import import_from
    from playnex.cli.showing_mcp import imported_page

    done = import_from(workspace_of(door.workspace).root, Path(file).expanduser())
    if as_json:
        emit(done.document())
    else:
        write("\n".join(imported_page(done.document(), door.terminal)))
    return 0


@app.command
def serve() -> int:
    """Serve this workspace to another program, over stdio: its flows are tools, its capsules are resources.

    $ playnex mcp serve
    """
    return asyncio.run(_serve())


async def _serve() -> int:
    from playnex.app.opening import opened
    from playnex.mcp_server.serving import serve as serve_client

    async with opened(door.workspace) as opened_app:
        await serve_client(opened_app)
    return 0


async def _list(as_json: bool) -> int:
    from playnex.app.mcp_servers import server_lines
    from playnex.app.opening import opened
    from playnex.cli.showing_mcp import STATES, server_table

    async with opened(door.workspace) as opened_app:
        lines, faults = list(server_lines(opened_app)), opened_app.offer.faults
    for fault in faults:
        door.terminal.tell(str(fault))
    if as_json:
        emit_list("playnex.mcp-servers/1", lines)
    elif lines:
        write(server_table(lines, door.terminal))
        for line in lines:
            if line["state"] != "accepted":
                door.terminal.say(f"{line['name']}: {STATES[line['state']]}; look at it: playnex mcp test {line['name']}")
    elif not faults:
        door.terminal.say("there are no MCP servers here yet; add one with: playnex mcp add NAME -- COMMAND")
    return 3 if faults else 0


async def _test(name: str, accepting: bool, as_json: bool) -> int:
    from playnex.app.mcp_servers import accept, look
    from playnex.app.opening import opened
    from playnex.cli.showing_mcp import looked_page

    async with opened(door.workspace) as opened_app:
        looked = await (accept if accepting else look)(opened_app, name)
    if as_json:
        emit(looked.document())
    else:
        write("\n".join(looked_page(looked.document(), door.terminal)))
    return int(looked.verdict == "changed")
