"""`playnex serve`: the process that shows the dashboard, fires schedules and carries runs on; `playnex dashboard`: a way in."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from playnex.cli import door
from playnex.cli.flags import AsJson
from playnex.cli.terminal import emit, write

AtMost = Annotated[int, Parameter(name="--at-most", metavar="N", help="how many runs at the same time")]
AsLines = Annotated[bool, Parameter(name="--jsonl", negative=(), help="print each line as one JSON object on stdout")]
Opens = Annotated[bool, Parameter(name="--open", negative=(), help="show the dashboard in a browser")]
Port = Annotated[int, Parameter(name="--port", metavar="N", help="the port on 127.0.0.1; 0 for the usual one, or the next that is free")]


def serve(*, open_: Opens = False, port: Port = 0, at_most: AtMost = 100, as_lines: AsLines = False) -> int:
    """Serve the dashboard on this machine, fire the schedules that are on and carry on every run that can go on, until Ctrl-C.

    $ playnex serve
    $ playnex serve --open
    $ playnex serve --jsonl
    """
    from playnex.cli.serving import Wishes  # late, here and below: the engine is needed only here
    from playnex.cli.serving import serve as serve_until_stopped

    return asyncio.run(serve_until_stopped(Wishes(at_most=at_most, as_lines=as_lines, opens=open_, port=port)))


def dashboard(*, port: Port = 0, as_json: AsJson = False) -> int:
    """Open the dashboard in a browser: with a new link to whoever serves this workspace, else by serving it.

    $ playnex dashboard
    $ playnex dashboard --json
    """
    return asyncio.run(_dashboard(port, as_json))


async def _dashboard(port: int, as_json: bool) -> int:
    from playnex.app.opening import opened
    from playnex.app.serving_place import ServingPlace
    from playnex.cli.serving import Wishes, open_page, serve
    from playnex.dashboard.serving import link_of

    async with opened(door.workspace) as app:
        found = ServingPlace(own=app.workspace.own).now(app.leases)
        link = link_of(app, found) if found else ""
    if as_json:
        emit({"schema": "playnex.dashboard/1", "is_served": bool(link), "link": link})
        return 0
    if not link:
        return await serve(Wishes(opens=True, port=port))
    write(link)
    door.terminal.say("  the link is good for one use within ten minutes")
    if door.terminal.interactive:
        open_page(link)
    return 0
