"""Goes beside a running browser: its proxy, and what came by, told to the call that was under way."""

import asyncio
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from playnex.spec.browser import HostRule
from playnex.tools.browser.proxy import Proxy, Seen

KEPT = 200
"""Requests of one call that are recorded; of more, only how many there were."""

LOG_BYTES = 4_000_000


@dataclass(slots=True, eq=False)
class Visit:
    """One call of the browser. `seen` are the requests that came by since the call before, `unseen` how many more there were."""

    may_write: bool = False
    seen: list[Seen] = field(default_factory=list)
    unseen: int = 0

    def note(self, seen: Seen) -> None:
        """Take up a request."""
        if len(self.seen) < KEPT:
            self.seen.append(seen)
        else:
            self.unseen += 1


@dataclass(slots=True, eq=False)
class Escort:
    """`log` is a file of one JSON object for each request; `end` ends the browser; `has_page` says that a page was opened since it
    began."""

    log: Path
    hosts: tuple[HostRule, ...]
    end: Callable[[], None]
    has_page: bool = False
    proxy: Proxy = field(init=False)
    _under_way: list[Visit] = field(default_factory=list)
    _between: Visit = field(default_factory=Visit)
    _end: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        self.proxy = Proxy(hosts=self.hosts, tell=self._tell)

    async def take(self, way_out: socket.socket) -> None:
        """Wait for the port that the doorway hands out, and serve it. Raises OSError where none comes."""
        way_out.setblocking(False)
        await self.proxy.serve(await _handed_out(way_out))

    @contextmanager
    def during(self, visit: Visit) -> Iterator[None]:
        """While the block runs, what comes by is the visit's, and what it may is allowed."""
        visit.seen, visit.unseen = self._between.seen, self._between.unseen
        self._between = Visit()
        self._under_way.append(visit)
        self._allow()
        try:
            yield
        finally:
            self._under_way.remove(visit)
            self._allow()

    def end_in(self, seconds: float) -> None:
        """End the browser in so many seconds, if that was not said before."""
        self._end = self._end or asyncio.get_running_loop().call_later(seconds, self.end)

    def close(self) -> None:
        """End: from now on nothing passes."""
        if self._end:
            self._end.cancel()
        self.proxy.close()

    def _allow(self) -> None:
        self.proxy.may_write = any(visit.may_write for visit in self._under_way)

    def _tell(self, seen: Seen) -> None:
        (self._under_way[-1] if self._under_way else self._between).note(seen)
        with suppress(OSError):
            _append(self.log, json.dumps(asdict(seen)))


async def _handed_out(way_out: socket.socket) -> socket.socket:
    """The listening socket that comes through this one."""
    loop = asyncio.get_running_loop()
    came = asyncio.Event()
    loop.add_reader(way_out, came.set)
    try:
        await came.wait()
    finally:
        loop.remove_reader(way_out)
    _, descriptors, _, _ = socket.recv_fds(way_out, 1, 1)
    if not descriptors:
        raise OSError("its doorway closed before it had opened")
    listening = socket.socket(fileno=descriptors[0])
    listening.setblocking(False)
    return listening


def _append(log: Path, line: str) -> None:
    is_full = log.exists() and log.stat().st_size > LOG_BYTES
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if is_full else os.O_APPEND)
    with open(os.open(log, flags, 0o600), "a", encoding="utf-8") as file:
        file.write(f"{line}\n")
