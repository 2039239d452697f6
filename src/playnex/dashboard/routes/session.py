"""Signing in, and what stands at the edge of every page."""

from playnex import __version__
from playnex.canonical import Json
from playnex.dashboard.declared import Given, Nothing, Route
from playnex.dashboard.desk import Desk


class Code(Given, frozen=True, kw_only=True):
    """The code of a link."""

    code: str


async def sign_in(desk: Desk, given: Code) -> Json:
    """The token for a code."""
    return {"token": desk.tickets.exchange(given.code, desk.app.clock.now())}


async def workspace(desk: Desk, _given: Nothing) -> Json:
    """What stands at the edge of every page."""
    app = desk.app
    said = app.halt.said()
    return {
        "name": app.workspace.root.name,
        "version": __version__,
        "position": await app.journal.position(),
        "halted": {"by": said.by, "at": said.at} if said else None,
        "counts": await desk.streams.counts(),
        "now": app.clock.now(),
    }


ROUTES = (
    Route(method="POST", path="/api/session", takes=Code, does=sign_in, says="Exchange the code of a link for the token."),
    Route(method="GET", path="/api/workspace", takes=Nothing, does=workspace, says="The workspace: its name, and what waits in it."),
)
