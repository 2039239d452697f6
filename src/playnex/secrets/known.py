"""The secrets that this process has fetched, and their removal from texts; each is replaced by its name in brackets.

A secret is looked for as it stands and as it is commonly spelt: in JSON, in Python, in HTML, in a URL, as hex, as base64 wherever in the
encoded bytes it begins. Who cuts it up, turns it around or encrypts it gets past this: what must not leave is not to be granted.
"""

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

from playnex.canonical import Json

SHORTEST = 6
"""Characters; a shorter value hides too little and would hide too much."""

SHORTEST_CORE = 8
"""Characters that an encoded spelling must have: fewer stand in innocent texts too."""

SHORTEST_LINE = 16
"""Characters of a line of a longer secret that is looked for by itself, since many places keep texts line by line."""

URLSAFE = str.maketrans("+/", "-_")
AT_OFFSET = (0, 2, 3)
"""Characters of base64 that also hold bits of what stands before, by how many bytes that are behind a multiple of three."""


class Known:
    """Values with their names. Nothing is ever forgotten: what was once read may come back at any time."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def remember(self, name: str, value: str) -> None:
        """Take that value out of every text from now on; one that is too short is left alone."""
        fresh = {spelt: name for spelt in spellings(value) if spelt not in self._names} if len(value) >= SHORTEST else {}
        if fresh:
            self._names |= fresh
            longest_first = sorted(self._names, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def text(self, text: str) -> str:
        """The text without secrets."""
        return text if self._pattern is None else self._pattern.sub(lambda found: f"[{self._names[found[0]]}]", text)

    def line(self, line: bytes) -> bytes:
        """The same of bytes that need not be UTF-8."""
        if self._pattern is None:
            return line
        return self.text(line.decode(errors="surrogateescape")).encode(errors="surrogateescape")

    def value(self, value: Json) -> Json:
        """The same of every text in a value; the value itself where nothing is known."""
        return value if self._pattern is None else self._within(value)

    def environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment of a child that was granted no secret: without the variables that hold one."""
        return {name: value for name, value in environment.items() if self.text(value) == value}

    def _within(self, value: Json) -> Json:
        match value:
            case str():
                return self.text(value)
            case dict():
                return {self.text(key) if isinstance(key, str) else key: self._within(part) for key, part in value.items()}
            case list():
                return [self._within(part) for part in value]
            case tuple():
                return tuple(self._within(part) for part in value)
            case _:
                return value


KNOWN = Known()
"""Those of this process."""


def spellings(value: str) -> frozenset[str]:
    """How the value may stand in a text."""
    lines = (line for line in value.splitlines() if len(line.strip()) >= SHORTEST_LINE)
    return frozenset(spelt for part in {value, value.strip(), *lines} if len(part) >= SHORTEST for spelt in _spellings(part))


def _spellings(part: str) -> Iterator[str]:
    yield part
    for ascii_only in (True, False):
        once = json.dumps(part, ensure_ascii=ascii_only)[1:-1]
        yield once
        yield json.dumps(once, ensure_ascii=ascii_only)[1:-1]
    yield repr(part)[1:-1]
    yield html.escape(part)
    yield quote(part, safe="", errors="surrogateescape")
    yield quote_plus(part, errors="surrogateescape")
    data = part.encode(errors="surrogateescape")
    encoded = (data.hex(), data.hex().upper(), *_base64(data))
    yield from (spelt for spelt in encoded if len(spelt) >= SHORTEST_CORE)


def _base64(data: bytes) -> Iterator[str]:
    """The part of the encoding that is the same whatever stands before and after it, for each place where it can begin."""
    for offset, skipped in enumerate(AT_OFFSET):
        whole = (offset + len(data)) // 3 * 4
        core = base64.b64encode(bytes(offset) + data).decode()[skipped:whole]
        yield core
        yield core.translate(URLSAFE)
