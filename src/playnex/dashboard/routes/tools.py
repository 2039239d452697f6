"""Tools and MCP servers: what there is, how it stands, what was called, what failed, what was refused."""

from playnex.app.mcp_servers import look
from playnex.app.tool_record import tools_page
from playnex.canonical import Json
from playnex.dashboard.declared import Given, Nothing, Route
from playnex.dashboard.desk import Desk


class Server(Given, frozen=True, kw_only=True):
    """An MCP server of `.mcp.json`."""

    server: str


async def show(desk: Desk, _given: Nothing) -> Json:
    """All of it."""
    return {"schema": "playnex.tools/1"} | await tools_page(desk.app)


async def test(desk: Desk, given: Server) -> Json:
    """Start a server and see what it offers; the first look accepts it, as `playnex mcp test` does."""
    return (await look(desk.app, given.server)).document()


ROUTES = (
    Route(method="GET", path="/api/tools", takes=Nothing, does=show, says="MCP servers and tools, their calls and errors."),
    Route(method="POST", path="/api/servers/{server}/test", takes=Server, does=test, says="Start an MCP server and see what it offers."),
)
