"""Reads the head of a request strictly, and writes the one that is passed on: whatever could be understood in two ways is refused. Pure."""

import re
from collections.abc import Iterable

from playnex.tools.browser.boundary import Allowed, Head

LONGEST = 65_536
"""Bytes of a head that is still taken."""

END = b"\r\n\r\n"
FIRST = re.compile(r"([A-Z]{1,20}) ([!-~]+) HTTP/1\.[01]")
FIELD = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*")
LENGTH = re.compile(r"[0-9]{1,12}")

OF_THE_WAY = (
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
)
"""Fields that speak of one connection alone (RFC 9110, 7.6.1), and the host, which is written anew."""


def read_head(raw: bytes) -> Head | None:
    """The head up to and with its empty line, or None where it is none. Bare line feeds, folded lines and spaces before a colon are not
    taken (RFC 9112, 5)."""
    lines = raw.removesuffix(END).decode("latin-1").split("\r\n")
    first = FIRST.fullmatch(lines[0])
    found = [FIELD.fullmatch(line) for line in lines[1:]]
    if not raw.endswith(END) or first is None or any(field is None for field in found):
        return None
    return Head(method=first[1], target=first[2], fields=tuple((field[1].lower(), field[2]) for field in found if field))


def body_length(head: Head) -> int | None:
    """Bytes that follow the head; None where that is not said in the one way that is taken, a single `Content-Length`."""
    said = set(head.all("content-length"))
    if head.all("transfer-encoding") or len(said) > 1:
        return None
    length = said.pop() if said else "0"
    return int(length) if LENGTH.fullmatch(length) else None


def passed_on(head: Head, place: Allowed) -> bytes:
    """The head as the server is sent it: one request, after which the connection ends; an upgrade stays what it is. Where its body ends is
    always said: without that the server could take the body for one more request."""
    host = f"[{place.host}]" if ":" in place.host else place.host
    authority = host if place.port == 80 else f"{host}:{place.port}"
    named = {word.strip().lower() for value in head.all("connection") for word in value.split(",")} - {"content-length"}
    left = [(name, value) for name, value in head.fields if name not in OF_THE_WAY and name not in named]
    upgrade = head.all("upgrade")
    ways = [("connection", "upgrade"), ("upgrade", upgrade[0])] if upgrade else [("connection", "close")]
    return _written(f"{head.method} {place.path} HTTP/1.1", [("host", authority), *left, *ways])


def answer(status: str, text: str) -> bytes:
    """A whole answer of our own."""
    body = f"{text}\n".encode()
    fields = [("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(body))), ("connection", "close")]
    return _written(f"HTTP/1.1 {status}", fields) + body


def _written(first: str, fields: Iterable[tuple[str, str]]) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join(lines).encode("latin-1") + END
