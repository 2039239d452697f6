"""Lets through what the dashboard's own page sends, and nothing else: host, origin, method, content type, size, token."""

import json
import re
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playnex.dashboard.tickets import Tickets

LARGEST = 2_000_000
"""Bytes of a request's body."""

LONGEST = 8_000
"""Bytes of an address with its query."""

HEADS = 16_000
"""Bytes of all headers together."""

READS = ("GET", "HEAD")
WRITES = ("POST", "PUT", "DELETE")
SIGN_IN = "/api/session"
API = "/api/"
PLAIN_PATH = re.compile(r"/(?:[\w.~%@:+,=-]+(?:/[\w.~%@:+,=-]+)*/?)?", re.ASCII)

SECURITY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=(), payment=()",
}
HEADERS = [(name.encode(), value.encode()) for name, value in SECURITY.items()]

LOADED = re.compile(r"/page/.*(?<!_worker)\.(?:js|css)")
OF_LOADED = [(name, value) for name, value in HEADERS if name in (b"x-content-type-options", b"cross-origin-resource-policy")]
"""All that a browser heeds on a script or style sheet that a document loads. A worker is under the policy that came with its own file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a request goes no further."""

    status: int
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Heads:
    """A request's headers; names are lower case."""

    pairs: Iterable[tuple[bytes, bytes]]

    def all(self, name: str) -> list[str]:
        """Each value of that name."""
        return [value.decode("latin-1") for key, value in self.pairs if key == name.encode()]

    def one(self, name: str) -> str | None:
        """The value, None where there is none; two of them count as a value that nobody expects."""
        found = self.all(name)
        return "\n".join(found) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Stands before the site; `port` is the one that the server listens on."""

    site: ASGIApp
    tickets: Tickets
    port: Callable[[], int]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self.site(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        refused = self.refusal(scope)
        if refused is not None:
            await _answer(refused, send)
            return
        await self.site(scope, _bounded(receive), _guarded(send, OF_LOADED if LOADED.fullmatch(scope["path"]) else HEADERS))

    def refusal(self, scope: MutableMapping[str, Any]) -> Refused | None:
        """Why that request goes no further; None where it does."""
        heads, method, path = Heads(scope["headers"]), scope["method"], scope["path"]
        return (
            _address(heads, scope, self.port())
            or _sender(heads, method, path, self.port())
            or _content(heads, method)
            or self._token(heads, path)
        )

    def _token(self, heads: Heads, path: str) -> Refused | None:
        """All of the API but the exchange of a code needs the token."""
        if not (path + "/").startswith(API) or path == SIGN_IN:
            return None
        given = heads.one("authorization") or ""
        if given.startswith("Bearer ") and self.tickets.is_token(given.removeprefix("Bearer ")):
            return None
        return Refused(status=401, message="sign in first", hint="make a link with: playnex dashboard")


def _address(heads: Heads, scope: MutableMapping[str, Any], port: int) -> Refused | None:
    """A name that leads here from elsewhere, and a path that is not what it looks like."""
    if heads.one("host") not in hosts(port):
        return Refused(status=421, message="this server answers to 127.0.0.1 and localhost only")
    raw = scope.get("raw_path") or b""
    if len(raw) + len(scope.get("query_string", b"")) > LONGEST or sum(len(name) + len(value) for name, value in scope["headers"]) > HEADS:
        return Refused(status=431, message="the address or the headers are too long")
    path = scope["path"]
    if not PLAIN_PATH.fullmatch(raw.decode("latin-1")) or "\\" in path or any(sign < " " for sign in path):
        return Refused(status=400, message="there is no such address")
    if any(part in (".", "..") for part in path.split("/")) or b"%2f" in raw.lower():
        return Refused(status=400, message="there is no such address")
    if heads.one("upgrade") is not None:
        return Refused(status=400, message="this server speaks HTTP only")
    return None


def _sender(heads: Heads, method: str, path: str, port: int) -> Refused | None:
    """What another site's page has a browser send."""
    if method not in (*READS, *WRITES):
        return Refused(status=405, message=f"{method[:20]} is no way to ask here")
    origin, site = heads.one("origin"), heads.one("sec-fetch-site")
    if origin is not None and origin != f"http://{heads.one('host')}":
        return Refused(status=403, message="another site's page may not ask here")
    if origin is None and method not in READS:
        return Refused(status=403, message="a change needs an Origin")
    if site not in (None, "same-origin") and not (site == "none" and method in READS and not path.startswith(API)):
        return Refused(status=403, message="another site's page may not ask here")
    return None


def _content(heads: Heads, method: str) -> Refused | None:
    """A body of a kind or size that is never needed."""
    length, coding = heads.one("content-length"), heads.one("transfer-encoding")
    if (length is not None and not (length.isascii() and length.isdigit())) or coding not in (None, "chunked") or (length and coding):
        return Refused(status=400, message="the body has no certain end")
    if int(length or 0) > LARGEST:
        return Refused(status=413, message=f"a request holds {LARGEST:,} bytes at most")
    has_body = bool(int(length or 0)) or coding is not None
    if method in READS:
        return Refused(status=400, message="a question has no body") if has_body else None
    kind = (heads.one("content-type") or "").lower().replace(" ", "")
    if heads.one("content-encoding") is not None:
        return Refused(status=415, message="a body must be sent as it is")
    if (has_body or method != "DELETE") and kind not in ("application/json", "application/json;charset=utf-8"):
        return Refused(status=415, message="a body must be application/json")
    return None


def hosts(port: int) -> tuple[str, str]:
    """The names that the server answers to."""
    return f"127.0.0.1:{port}", f"localhost:{port}"


def error_body(refused: Refused) -> bytes:
    """The refusal as JSON."""
    kind = {401: "credential", 404: "not-found"}.get(refused.status, "refused")
    said = {"kind": kind, "message": refused.message, "hint": refused.hint, "faults": []}
    return json.dumps({"error": said}, ensure_ascii=False).encode()


async def _answer(refused: Refused, send: Send) -> None:
    body = error_body(refused)
    heads = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    heads += [(b"connection", b"close"), *HEADERS]
    await send({"type": "http.response.start", "status": refused.status, "headers": heads})
    await send({"type": "http.response.body", "body": body})


class TooLarge(Exception):
    """A body without a declared length grew beyond what is taken."""


def _bounded(receive: Receive) -> Receive:
    """Bodies end at the limit, whatever their length was said to be."""
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST:
            raise TooLarge
        return message

    return bounded


def _guarded(send: Send, heads: list[tuple[bytes, bytes]]) -> Send:
    """Every answer tells the browser how little it may do with it."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *heads]}
        await send(message)

    return guarded
