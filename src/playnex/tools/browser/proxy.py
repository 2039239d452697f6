"""The proxy that is a browser's only way out: it reads each request's head, asks the boundary, and passes on what is allowed.

It decides nothing itself. Names are looked up here and opened at the very addresses that were checked, so that no second answer of a name
server counts. One connection carries one request or one tunnel.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

from playnex.spec.browser import LOCALHOST, HostRule, is_address
from playnex.tools.browser.boundary import Allowed, Boundary, Head, Refused, rule, rule_addresses, rule_within, shown
from playnex.tools.browser.heads import END, LONGEST, answer, body_length, passed_on, read_head

CHUNK = 65_536
HEAD_SECONDS = 30.0
OPEN_SECONDS = 20.0
AT_ONCE = 200
"""Connections that are open at the same time; more wait."""

TLS = 0x16
"""The first byte of a TLS handshake (RFC 8446, 5.1)."""

SHOWN = 300

Lookup: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name; raises OSError where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request that came by: `at` in seconds since 1970, `url` cut to a length for people, `refused` is why it was; empty where it
    passed."""

    at: float
    method: str
    url: str
    refused: str = ""


async def look_up(name: str, port: int) -> Sequence[str]:
    """The addresses that this machine knows for the name."""
    if name == LOCALHOST:
        return ("127.0.0.1", "::1")
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(slots=True, eq=False)
class Proxy:
    """Serves connections from its listening socket until it is closed. `tell` hears of every request; `may_write` lets those pass that may
    change something."""

    hosts: tuple[HostRule, ...]
    tell: Callable[[Seen], None]
    look_up: Lookup = look_up
    now: Callable[[], float] = time.time
    may_write: bool = False
    _server: asyncio.Server | None = None
    _open: set["asyncio.Task[None]"] = field(default_factory=set)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def serve(self, listening: socket.socket) -> None:
        """Begin."""
        self._server = await asyncio.start_server(self._accept, sock=listening, limit=LONGEST)

    def close(self) -> None:
        """End, with all that is open."""
        if self._server:
            self._server.close()
        for connection in self._open:
            connection.cancel()

    def boundary(self) -> Boundary:
        """What is allowed at this moment."""
        return Boundary(hosts=self.hosts, may_write=self.may_write)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own = asyncio.current_task()
        assert own is not None
        self._open.add(own)
        try:
            async with self._room:
                await self._answer((reader, writer))
        except (OSError, EOFError, asyncio.LimitOverrunError, TimeoutError):
            pass  # a connection that breaks off concerns nobody but the page
        except asyncio.CancelledError:
            pass  # by `close`; asyncio's own server would print it
        finally:
            self._open.discard(own)
            writer.close()

    async def _answer(self, page: "Streams") -> None:
        head = await _head(page[0])
        if head is None:
            self._refuse(Head(method="?", target="?"), Refused(why="it is no request that can be read in one way only"), page)
            return
        place = rule(head, self.boundary())
        server = place if isinstance(place, Refused) else await self._opened(place)
        if isinstance(place, Refused) or isinstance(server, Refused):
            self._refuse(head, place if isinstance(place, Refused) else server, page)
            return
        try:
            await (self._tunnel if head.method == "CONNECT" else self._pass_on)(head, place, page, server)
        finally:
            server[1].close()

    async def _opened(self, place: Allowed) -> "Streams | Refused":
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                addresses = (place.host,) if is_address(place.host) else await self.look_up(place.host, place.port)
                return rule_addresses(place, addresses, self.boundary()) or await _connected(addresses, place.port)
        except (OSError, TimeoutError) as fault:
            return Refused(why=f"{place.host}:{place.port} cannot be reached: {str(fault) or 'no answer in time'}")

    async def _pass_on(self, head: Head, place: Allowed, page: "Streams", server: "Streams") -> None:
        length = body_length(head)
        if length is None:
            self._refuse(head, Refused(why="it does not say how long it is"), page)
            return
        self._seen(head)
        server[1].write(passed_on(head, place))
        if head.all("upgrade"):
            await _joined(page, server)
            return
        sending = asyncio.create_task(_copy(page[0], server[1], length))
        try:
            await _copy(server[0], page[1])
        finally:
            sending.cancel()

    async def _tunnel(self, head: Head, place: Allowed, page: "Streams", server: "Streams") -> None:
        """Open the tunnel, and look at what comes through it first: what is not encrypted is a request like any other."""
        page[1].write(b"HTTP/1.1 200 opened" + END)
        await page[1].drain()
        async with asyncio.timeout(HEAD_SECONDS):
            first = await page[0].readexactly(1)
        if first[0] == TLS:
            self._seen(head)
            server[1].write(first)
            await _joined(page, server)
            return
        within = await _head(page[0], first)
        inner = rule_within(within, place, self.boundary()) if within else Refused(why="what came through the tunnel is no request")
        if within is None or isinstance(inner, Refused):
            self._refuse(within or head, inner, page, through=place)
            return
        self._seen(within, through=place)
        server[1].write(passed_on(within, inner))
        await _joined(page, server)

    def _refuse(self, head: Head, refused: "Refused | Streams | Allowed", page: "Streams", *, through: Allowed | None = None) -> None:
        assert isinstance(refused, Refused)
        self._seen(head, refused.why, through=through)
        page[1].write(answer("403 Forbidden", f"Playnex has refused this request: {refused.why}."))

    def _seen(self, head: Head, refused: str = "", *, through: Allowed | None = None) -> None:
        url = f"{shown(through.host, through.port)}{head.target}" if through and head.method != "CONNECT" else head.target
        self.tell(Seen(at=self.now(), method=head.method, url=url[:SHOWN], refused=refused))


Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _head(reader: asyncio.StreamReader, begun: bytes = b"") -> Head | None:
    async with asyncio.timeout(HEAD_SECONDS):
        return read_head(begun + await reader.readuntil(END))


async def _connected(addresses: Sequence[str], port: int) -> Streams:
    """The first of the addresses that answers."""
    for address in addresses[:-1]:
        with suppress(OSError):
            return await asyncio.open_connection(address, port)
    return await asyncio.open_connection(addresses[-1], port)


async def _joined(page: Streams, server: Streams) -> None:
    """Pass on what both say until one of them ends."""
    ways = [asyncio.create_task(_copy(page[0], server[1])), asyncio.create_task(_copy(server[0], page[1]))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, length: int | None = None) -> None:
    """Pass on so many bytes, or all there are."""
    with suppress(OSError):
        while length is None or length > 0:
            chunk = await reader.read(CHUNK if length is None else min(CHUNK, length))
            if not chunk:
                return
            writer.write(chunk)
            await writer.drain()
            length = None if length is None else length - len(chunk)
