"""A real browser behind the real proxy, a site for it to visit, and listeners next door that must hear nothing."""

import asyncio
import os
import shutil
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp
from typing import ClassVar, TypeVar

import pytest

from flows.processes import is_alive
from mcp_servers.stage import require_sandbox
from offline import online
from playnex.app.mcp_installing import install_npm
from playnex.canonical import Json
from playnex.clock import SystemClock
from playnex.errors import ToolFailed
from playnex.spec.browser import BrowserSpec, host_rule
from playnex.spec.faults import Place
from playnex.spec.server import ServerSpec
from playnex.tools.browser.calls import browser_tools
from playnex.tools.browser.launch import BROWSER_SERVER, browser_program
from playnex.tools.mcp.definition import Definition
from playnex.tools.mcp.servers import Servers
from playnex.tools.tool import CallScope, Tool, ToolResult

T = TypeVar("T")

SECONDS = 240
KNOWN: dict[str, tuple[Definition, ...]] = {}
"""What a server said of its tools when it was first asked."""

PLACE = Place(path=".mcp.json", line=3, column=5)


@cache
def browser_server() -> Path:
    """@playwright/mcp, installed once for this process; skipped where the machine has no browser or no way to the registry."""
    require_sandbox("bubblewrap")
    if not browser_program(os.environ):
        pytest.skip("no browser: Chromium is not here")
    folder = Path(mkdtemp(prefix="playnex-test-browser-"))
    try:
        with online("the browser's server comes from its registry"):
            return folder / asyncio.run(install_npm(folder, folder / "server", BROWSER_SERVER)).program
    except ToolFailed as fault:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"no network: {fault.message}")


@dataclass(frozen=True)
class Page:
    """What the site answers."""

    body: str
    kind: str = "text/html"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """A server on loopback with these pages; `asked` are method and path of what it was asked for."""

    pages: dict[str, Page]
    port: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"


@contextmanager
def site(pages: dict[str, Page]) -> Iterator[Site]:
    """Serve the pages."""
    served = Site(pages)

    class Answer(BaseHTTPRequestHandler):
        def answer(self) -> None:
            served.asked.append((self.command, self.path))
            served.cookies.append(self.headers.get("cookie", ""))
            page = served.pages.get(self.path.partition("?")[0], Page("nothing here", status=404))
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(page.status)
            body = page.body.encode()
            for name, value in {"content-type": page.kind, "content-length": str(len(body)), **page.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_HEAD = do_PUT = answer

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    served.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


class NextDoor:
    """Listens on this machine where a browser may not go: `hits` are the first lines of what came, `udp` for a datagram."""

    BYE: ClassVar[bytes] = b"HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.six = socket.create_server(("::1", self.port), family=socket.AF_INET6)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        for listening in (self.tcp, self.six):
            threading.Thread(target=self._take, args=(listening,), daemon=True).start()
        threading.Thread(target=self._hear, daemon=True).start()

    def close(self) -> None:
        for each in (self.tcp, self.six, self.udp):
            with_end = each.fileno() >= 0
            if with_end and each is not self.udp:
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _take(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    self.hits.append(connection.recv(4096).partition(b"\r\n")[0].decode(errors="replace") or "a connection")
                    connection.sendall(self.BYE)
                except OSError:
                    self.hits.append("a connection")

    def _hear(self) -> None:
        while True:
            try:
                self.udp.recvfrom(4096)
            except OSError:
                return
            self.hits.append("udp")


@contextmanager
def next_door() -> Iterator[NextDoor]:
    """The listeners."""
    neighbours = NextDoor()
    try:
        yield neighbours
    finally:
        neighbours.close()


@dataclass
class Window:
    """A workspace's browser, as the gate would call it."""

    servers: Servers
    tools: Mapping[str, Tool]

    async def call(self, tool: str, run: str = "one", **arguments: Json) -> str:
        """What the tool answers; its failure too."""
        try:
            result = await self.tools[f"browser.{tool}"].call(arguments, CallScope(run=run))
        except ToolFailed as fault:
            return f"failed: {fault.message}"
        assert isinstance(result, ToolResult)
        return str(result.output)


def entry(*hosts: str, steps: int = 100, seconds: float = 600) -> ServerSpec:
    """The entry of a browser that may reach these."""
    browser = BrowserSpec(hosts=tuple(host_rule(host) for host in hosts), steps=steps, seconds=seconds)
    return ServerSpec(name="browser", command=str(browser_server()), browser=browser, share="never", timeout=60, place=PLACE)


def at_the_window(folder: Path, spec: ServerSpec, scenario: Callable[[Window], Awaitable[T]]) -> T:
    """Play a scenario with the browser, and end it."""

    async def play() -> T:
        own = folder / ".playnex"
        own.mkdir(exist_ok=True)
        servers = Servers(root=folder, own=own, environment=os.environ, clock=SystemClock())
        try:
            KNOWN[spec.command] = KNOWN.get(spec.command) or await servers.definitions(spec)
            tools = browser_tools(spec, KNOWN[spec.command], servers)
            return await asyncio.wait_for(scenario(Window(servers, {tool.name: tool for tool in tools})), SECONDS)
        finally:
            await servers.close()

    return asyncio.run(play())


def alive_after(seconds: float, processes: list[int]) -> set[int]:
    """Those that are still there after so long at most."""
    end = time.monotonic() + seconds
    while (found := {each for each in processes if is_alive(each)}) and time.monotonic() < end:
        os.sched_yield()
    return found
