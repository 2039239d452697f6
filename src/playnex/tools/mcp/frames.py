"""Cuts a stream of bytes into lines, of which no longer one is ever held whole: its ends are kept, to tell which answer it was."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST = 4_000_000
"""Bytes of a line that is still taken."""

KEPT = 512
"""Bytes kept of each end of a line that is too long."""

FIRST_ID = re.compile(rb'^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d{1,15})\s*[,}]')
LAST_ID = re.compile(rb'"id"\s*:\s*(\d{1,15})\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$')


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLong:
    """A line that was thrown away: its length in bytes, and the request that it answered, where its ends say so."""

    size: int
    answers: int | None


@dataclass(slots=True)
class Frames:
    """The lines of one stream; `longest` is in bytes."""

    longest: int = LONGEST
    _begun: bytearray = field(default_factory=bytearray)
    _head: bytes = b""
    _size: int = 0

    def feed(self, chunk: bytes) -> Iterator[bytes | TooLong]:
        """The lines that the chunk completes, without their ends; blank ones are left out."""
        *ends, rest = chunk.split(b"\n")
        for part in ends:
            self._take(part)
            if line := self._finished():
                yield line
        self._take(rest)

    def _take(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self.longest:
            self._begun += part
            return
        if not self._head:
            self._head = bytes((self._begun + part[:KEPT])[:KEPT])
            self._begun = self._begun[-KEPT:]
        self._begun = (self._begun + part[-KEPT:])[-KEPT:]

    def _finished(self) -> "bytes | TooLong | None":
        line, head, size = bytes(self._begun), self._head, self._size
        self._begun, self._head, self._size = bytearray(), b"", 0
        if size > self.longest:
            return TooLong(size=size, answers=_answered(head, line))
        return line if line.strip() else None


def _answered(head: bytes, tail: bytes) -> int | None:
    found = FIRST_ID.search(head) or LAST_ID.search(tail)
    return int(found[1]) if found else None
