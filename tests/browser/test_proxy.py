"""The proxy over real connections: what it passes on, what it refuses without opening anything, and that it says so."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import pytest

from playnex.spec.browser import host_rule
from playnex.tools.browser.boundary import Allowed
from playnex.tools.browser.heads import body_length, passed_on, read_head
from playnex.tools.browser.proxy import Proxy, Seen

SECONDS = 10


@dataclass
class Outside:
    """A server that notes what it is sent and answers `hello`, and the proxy before it."""

    port: int = 0
    proxy: Proxy = field(init=False)
    through: int = 0
    heard: list[bytes] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = await reader.readuntil(b"\r\n\r\n")
        length = int(said.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        self.heard.append(said + await reader.readexactly(length))
        opened = b"HTTP/1.1 101 go on\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"
        writer.write(opened if b"upgrade: websocket" in said else b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello")
        await writer.drain()
        writer.close()

    async def ask(self, said: str) -> str:
        """What comes back for these bytes, until the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.through)
        writer.write(said.replace("PORT", str(self.port)).replace("\n", "\r\n").encode())
        answer = await reader.read()
        writer.close()
        return answer.decode()


def outside(scenario: Callable[[Outside], Awaitable[None]], *hosts: str, names: dict[str, Sequence[str]] | None = None) -> Outside:
    """Play a scenario with a proxy that allows these hosts, in which PORT is the server's."""
    stage = Outside()

    async def look_up(name: str, _port: int) -> Sequence[str]:
        found = (names or {}).get(name)
        if found is None:
            raise OSError(f"no such name: {name}")
        return found

    async def play() -> None:
        server = await asyncio.start_server(stage.answer, "127.0.0.1", 0)
        stage.port = server.sockets[0].getsockname()[1]
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setblocking(False)
        stage.through = listening.getsockname()[1]
        allowed = tuple(host_rule(host.replace("PORT", str(stage.port))) for host in hosts or ("127.0.0.1:PORT",))
        stage.proxy = Proxy(hosts=allowed, tell=stage.seen.append, look_up=look_up)
        await stage.proxy.serve(listening)
        try:
            await asyncio.wait_for(scenario(stage), SECONDS)
        finally:
            stage.proxy.close()
            server.close()

    asyncio.run(play())
    return stage


def test_an_allowed_request_is_passed_on_as_one_request_and_told() -> None:
    async def scenario(stage: Outside) -> None:
        said = "GET http://127.0.0.1:PORT/a?b=c HTTP/1.1\nHost: 127.0.0.1:PORT\nProxy-Connection: keep-alive\nAccept: */*\n\n"
        assert (await stage.ask(said)).endswith("hello")

    stage = outside(scenario)
    assert stage.heard == [f"GET /a?b=c HTTP/1.1\r\nhost: 127.0.0.1:{stage.port}\r\naccept: */*\r\nconnection: close\r\n\r\n".encode()]
    assert [(seen.method, seen.refused) for seen in stage.seen] == [("GET", "")]


def test_a_refused_request_is_answered_with_the_reason_and_reaches_nobody() -> None:
    async def scenario(stage: Outside) -> None:
        said = await stage.ask("GET http://localhost:PORT/ HTTP/1.1\nHost: localhost:PORT\n\n")
        assert said.startswith("HTTP/1.1 403") and f"localhost:{stage.port} is not among the allowed hosts" in said

    stage = outside(scenario)
    assert stage.heard == [] and stage.seen[0].refused


def test_a_second_request_on_the_same_connection_is_never_passed_on() -> None:
    async def scenario(stage: Outside) -> None:
        first = "GET http://127.0.0.1:PORT/ HTTP/1.1\nHost: 127.0.0.1:PORT\n\n"
        await stage.ask(first + first.replace("GET", "POST"))

    assert len(outside(scenario).heard) == 1


@pytest.mark.parametrize(
    "said",
    [
        "POST http://127.0.0.1:PORT/ HTTP/1.1\nHost: 127.0.0.1:PORT\nTransfer-Encoding: chunked\n\n0\n\n",
        "POST http://127.0.0.1:PORT/ HTTP/1.1\nContent-Length: 1\nContent-Length: 2\n\nab",
        "GET http://127.0.0.1:PORT/ HTTP/1.1\nHost : 127.0.0.1:PORT\n\n",
        "GET http://127.0.0.1:PORT/ HTTP/1.1\nA: b\n c: d\n\n",
        "GET http://127.0.0.1:PORT/ HTTP/1.1 \nA: b\n\n",
        "GET  http://127.0.0.1:PORT/ HTTP/1.1\n\n",
        "GET http://127.0.0.1:PORT/ HTTP/2.0\n\n",
        "\n\n",
    ],
)
def test_what_could_be_read_in_two_ways_reaches_nobody(said: str) -> None:
    async def scenario(stage: Outside) -> None:
        stage.proxy.may_write = True
        assert "403" in await stage.ask(said)

    assert outside(scenario).heard == []


def test_a_form_is_sent_only_while_a_call_may_and_with_all_that_is_in_it() -> None:
    said = "POST http://127.0.0.1:PORT/order HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Length: 5\n\nlamps"

    async def scenario(stage: Outside) -> None:
        assert "403" in await stage.ask(said)
        stage.proxy.may_write = True
        assert (await stage.ask(said)).endswith("hello")

    stage = outside(scenario)
    assert [heard[-5:] for heard in stage.heard] == [b"lamps"]
    assert [bool(seen.refused) for seen in stage.seen] == [True, False]


def test_a_tunnel_with_tls_is_not_looked_into() -> None:
    async def scenario(stage: Outside) -> None:
        said = await stage.ask("CONNECT 127.0.0.1:PORT HTTP/1.1\nHost: 127.0.0.1:PORT\n\n\x16\x03 and what nobody can read\n\n")
        assert "200 opened" in said and said.endswith("hello")

    stage = outside(scenario)
    assert stage.heard[0].startswith(b"\x16\x03")
    assert [(seen.method, seen.refused) for seen in stage.seen] == [("CONNECT", "")]


def test_plain_text_in_a_tunnel_is_a_request_like_any_other() -> None:
    tunnel = "CONNECT 127.0.0.1:PORT HTTP/1.1\nHost: 127.0.0.1:PORT\n\n"
    upgrade = "GET /live HTTP/1.1\nHost: 127.0.0.1:PORT\nConnection: Upgrade\nUpgrade: websocket\n\n"

    async def scenario(stage: Outside) -> None:
        assert "403" in await stage.ask(tunnel + "POST /order HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Length: 0\n\n")
        assert "403" in await stage.ask(tunnel + "GET / HTTP/1.1\nHost: 127.0.0.1:PORT\n\n")
        assert "403" in await stage.ask(tunnel + upgrade)
        stage.proxy.may_write = True
        assert "101" in await stage.ask(tunnel + upgrade)

    assert [heard.split()[1] for heard in outside(scenario).heard] == [b"/live"]


def test_a_name_is_opened_at_the_address_that_was_checked_and_one_that_leads_inside_is_refused() -> None:
    async def scenario(stage: Outside) -> None:
        assert (await stage.ask("GET http://near.example:PORT/ HTTP/1.1\n\n")).endswith("hello")
        assert "stands for 127.0.0.2" in await stage.ask("GET http://rebound.example:PORT/ HTTP/1.1\n\n")
        assert "cannot be reached" in await stage.ask("GET http://nobody.example:PORT/ HTTP/1.1\n\n")

    hosts = ("127.0.0.1:PORT", "near.example:PORT", "rebound.example:PORT", "nobody.example:PORT")
    stage = outside(scenario, *hosts, names={"near.example": ["127.0.0.1"], "rebound.example": ["127.0.0.1", "127.0.0.2"]})
    assert len(stage.heard) == 1 and b"host: near.example:" in stage.heard[0]


def test_a_name_that_is_not_allowed_is_not_even_looked_up() -> None:
    async def scenario(stage: Outside) -> None:
        assert "not among the allowed hosts" in await stage.ask("GET http://secret-in-a-name.evil.example/ HTTP/1.1\n\n")

    outside(scenario, names={})


def test_a_proxy_that_is_closed_passes_nothing_more() -> None:
    async def scenario(stage: Outside) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.through)
        writer.write(b"GET http")
        await writer.drain()
        await asyncio.sleep(0)
        stage.proxy.close()
        assert await reader.read() == b""
        writer.close()
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", stage.through)

    assert outside(scenario).heard == []


def test_a_head_is_written_anew_without_what_belongs_to_one_connection() -> None:
    said = "GET http://a.example/x HTTP/1.1\nHost: a.example\nConnection: close, X-Mine\nX-Mine: 1\nTE: trailers\nCookie: c=1\n\n"
    head = read_head(said.replace("\n", "\r\n").encode())
    assert head is not None and body_length(head) == 0
    passed = passed_on(head, Allowed(host="::1", port=8000, path="/x"))
    assert passed == b"GET /x HTTP/1.1\r\nhost: [::1]:8000\r\ncookie: c=1\r\nconnection: close\r\n\r\n"


def test_the_length_of_a_body_is_passed_on_though_the_page_says_it_belongs_to_the_connection() -> None:
    said = "GET http://a.example/x HTTP/1.1\nConnection: Content-Length\nContent-Length: 30\n\n"
    head = read_head(said.replace("\n", "\r\n").encode())
    assert head is not None and body_length(head) == 30
    assert b"content-length: 30\r\n" in passed_on(head, Allowed(host="a.example", port=80, path="/x"))
