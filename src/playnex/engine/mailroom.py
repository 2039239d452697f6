"""Hands what is posted to runs from outside to those that are advanced in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playnex.journal.events import Event
from playnex.journal.journal import Journal


@dataclass(slots=True, eq=False, kw_only=True)
class Box:
    """What comes for one run; kept until somebody takes it."""

    kept: list[Event] = field(default_factory=list)
    take: Callable[[Event], None] | None = None
    after: int = 0

    def put(self, event: Event) -> None:
        """One more, unless its position is known already: the reader may be behind the one who opened the box."""
        if self.take is None:
            self.kept.append(event)
        elif event.position > self.after:
            self.take(event)

    def open(self, after: int, take: Callable[[Event], None]) -> None:
        """From now on each event behind that position goes to `take`, those that were kept too."""
        self.after, self.take = after, take
        for event in self.kept:
            self.put(event)


@dataclass(slots=True, eq=False)
class Mailroom:
    """One reader for all runs of this process; it reads while there is a box."""

    journal: Journal
    boxes: dict[str, list[Box]] = field(default_factory=dict)
    reader: "asyncio.Task[None] | None" = None
    door: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def box(self, run: str) -> AsyncIterator[Box]:
        """A box of the run, for as long as it is advanced: nothing that is posted from here on is missed. One whose lease ran out
        may have another one beside it for a while."""
        box = Box()
        self.boxes.setdefault(run, []).append(box)
        try:
            async with self.door:
                if self.reader is None or self.reader.done():
                    self.reader = asyncio.ensure_future(self._read(await self.journal.position()))
            yield box
        finally:
            self.boxes[run].remove(box)
            if not self.boxes[run]:
                del self.boxes[run]
            if not self.boxes:
                await self._close()

    async def _read(self, after: int) -> None:
        async for event in self.journal.posts(after):
            for box in self.boxes.get(event.run, ()):
                box.put(event)

    async def _close(self) -> None:
        reader, self.reader = self.reader, None
        if reader is not None:
            reader.cancel()
            await asyncio.wait([reader])
            if not reader.cancelled():
                reader.result()
