"""Who has which process of one server: all runs one together, each its own that the next one takes over, or each a fresh one.

A run keeps its place until nobody advances it any more. Whoever finds all taken stands in line, for a time that it names, so that two
runs of which each has what the other wants do not wait for ever.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playnex.errors import ToolFailed
from playnex.spec.server import ServerSpec

if TYPE_CHECKING:
    from playnex.tools.mcp.connection import Connection

EVERYBODY = ""
"""Who has the one process that all runs share."""


@dataclass(slots=True, eq=False)
class Place:
    """Where one process of a server stands, or is going to, once it is this place's `turn`. `asking` are the calls that wait for that."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    turn: asyncio.Event = field(default_factory=asyncio.Event)
    connection: "Connection | None" = None
    asking: int = 0

    def usable(self) -> "Connection | None":
        """The conversation that can go on here, or None."""
        return self.connection if self.connection and self.connection.is_usable() else None


@dataclass(slots=True, eq=False)
class Pool:
    """The places of one server, by the run that has each. `warm` are processes that nobody has, `leaving` is how many are being ended;
    `in_vain` is how often in a row one was started that gave no answer."""

    spec: ServerSpec
    taken: dict[str, Place] = field(default_factory=dict)
    line: deque[Place] = field(default_factory=deque)
    warm: "list[Connection]" = field(default_factory=list)
    leaving: int = 0
    in_vain: int = 0
    rests_until: float = 0.0

    async def place(self, run: str, *, seconds: float) -> Place:
        """The run's place, after so many seconds in line at most. Raises ToolFailed."""
        who = EVERYBODY if self.spec.share == "all" else run
        place = self.taken.get(who) or self._line_up(who)
        place.asking += 1
        try:
            async with asyncio.timeout(seconds):
                await place.turn.wait()
        except TimeoutError:
            raise self._full(seconds) from None
        finally:
            place.asking -= 1
            if not (place.asking or place.turn.is_set()):
                self.give_back(who)
        return place

    def give_back(self, run: str) -> None:
        """The run needs its place no more: what stands there is the next one's, or ends."""
        if (place := self.taken.pop(run, None)) is None:
            return
        if not place.turn.is_set():
            self.line.remove(place)
        elif (connection := place.usable()) is None:
            self._call_next()
        elif self.spec.share == "run" and not connection.in_flight:
            self.warm.append(connection)
            self._call_next()
        else:
            self.leaving += 1
            connection.when_over(self._left)
            connection.end()

    def _line_up(self, who: str) -> Place:
        place = self.taken[who] = Place()
        self.line.append(place)
        self._call_next()
        return place

    def _call_next(self) -> None:
        """Whoever stands in front, as long as there is room; one that is warm already is taken first."""
        while self.line and (self.warm or self._alive() < self._most()):
            place = self.line.popleft()
            place.connection = self.warm.pop() if self.warm else None
            place.turn.set()

    def _alive(self) -> int:
        return len(self.taken) - len(self.line) + len(self.warm) + self.leaving

    def _most(self) -> int:
        return 1 if self.spec.share == "all" else self.spec.processes

    def _left(self) -> None:
        self.leaving -= 1
        self._call_next()

    def _full(self, seconds: float) -> ToolFailed:
        spec = self.spec
        had = "the one process" if spec.processes == 1 else f"all {spec.processes} processes"
        return ToolFailed(
            f"other runs had {had} of the MCP server {spec.name!r} for {seconds:g} seconds",
            hint=f"raise `processes` or `timeout` at {spec.place.path}:{spec.place.line}, or let fewer runs go on at once",
        )
