"""Serves the dashboard of an open workspace in this process: a socket on loopback, the site behind its guard, and the stream."""

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn

from playnex.app.opening import App
from playnex.app.run_lines import RunLines
from playnex.app.serving_place import HOST, Served, ServingPlace
from playnex.dashboard.desk import Desk
from playnex.dashboard.site import site
from playnex.dashboard.stream import Streams
from playnex.dashboard.tickets import Tickets, new_code, secret_of
from playnex.errors import UsageError

PORT = 7777
"""Where a workspace is served that was never served before; the next free one where another workspace has it."""

LAST_PORT = 65_535
NEIGHBOURS = 20
PATIENCE = 1.0
"""Seconds that answers under way have when the server ends."""

QUEUE = 128


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers: Ctrl-C is the command's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs this."""
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A dashboard that is served."""

    app: App
    served: Served

    def link(self, path: str = "") -> str:
        """A new way in, good for one use within ten minutes."""
        return link_of(self.app, self.served, path)


def link_of(app: App, served: Served, path: str = "") -> str:
    """A way in to whoever serves: any process of the same user can make one."""
    return f"{served.address}{path}#code={new_code(secret_of(app.workspace.own), app.clock.now())}"


@asynccontextmanager
async def dashboard(app: App, port: int = 0) -> AsyncIterator[Dashboard]:
    """Serve until the block ends; at that port, or for 0 where it was last, or near 7777. The caller holds the lease of who serves. Raises
    UsageError where the port is taken."""
    place = ServingPlace(own=app.workspace.own)
    last = place.last()
    listening = bound(port, last.port if last else PORT)
    served = Served(port=listening.getsockname()[1], process=os.getpid(), since=app.clock.now())
    lines = RunLines(app=app)
    tickets = Tickets(secret=secret_of(app.workspace.own), since=served.since)
    streams = Streams(app=app, lines=lines)
    desk = Desk(app=app, tickets=tickets, lines=lines, streams=streams)
    server = Server(_config(site(desk, lambda: served.port)))
    telling = asyncio.create_task(streams.run())
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await _until_up(server, serving)
        place.announce(served)
        yield Dashboard(app=app, served=served)
    finally:
        telling.cancel()
        await asyncio.wait([telling])
        server.should_exit = server.force_exit = True
        await asyncio.wait([serving], timeout=PATIENCE)
        serving.cancel()
        await asyncio.wait([serving])
        listening.close()


def _config(application: object) -> uvicorn.Config:
    return uvicorn.Config(
        application,  # type: ignore[arg-type]
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        limit_concurrency=200,
        h11_max_incomplete_event_size=32_768,
    )


async def _until_up(server: Server, serving: "asyncio.Task[None]") -> None:
    while not server.started:
        if serving.done():
            serving.result()
            raise UsageError("the dashboard did not start")
        await asyncio.sleep(0.005)


def bound(port: int, usual: int) -> socket.socket:
    """A listening socket on loopback: at that port, or for 0 at the usual one or the next that is free. Raises UsageError."""
    if not 0 <= port <= LAST_PORT:
        raise UsageError(f"there is no port {port}", hint=f"choose one from 1 to {LAST_PORT}, or let one be found: --port 0")
    for wanted in (port,) if port else (usual, *range(PORT, PORT + NEIGHBOURS), 0):
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, so that asyncio sets TCP_NODELAY
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, wanted))
            found.listen(QUEUE)
        except OSError as fault:
            found.close()
            if fault.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            continue
        found.setblocking(False)
        return found
    raise UsageError(f"port {port} is taken, or not for everybody", hint="choose another with --port N, or let one be found: --port 0")
