"""Reads a file once it stays as it is: what an editor has only half written is never a version."""

import asyncio
from dataclasses import dataclass

from playnex.capsules.mirror.folder import BeingWritten, Content, Folder, Stamp
from playnex.clock import Clock

SETTLE = 0.1
"""Seconds for which a file must have stayed as it is before it is read, or must have been away to be deleted."""

EMPTY = 10
"""An empty file has to stay so this many times longer: some editors empty a file first and then write it."""

PATIENCE = 30
"""A file that does not come to rest in so many times that long is left for the next look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steadiness:
    """Waits for files; `settle` is in seconds."""

    folder: Folder
    clock: Clock
    settle: float = SETTLE

    async def read(self, path: str, *, was_there: bool) -> Content | None:
        """The file at rest; None where there is none, which takes a while to believe of one that `was_there`. Raises BeingWritten where
        it does not come to rest, Unusable."""
        begun = since = self.clock.monotonic()
        stamp = self.folder.stamp(path)
        while stamp is not None or was_there:
            if self._is_at_rest(stamp, self.clock.monotonic() - since):
                if stamp is None:
                    return None
                try:
                    content = await asyncio.to_thread(self.folder.read, path)
                    if content.stamp == stamp:
                        return content
                except (BeingWritten, FileNotFoundError):
                    since = self.clock.monotonic()
            if self.clock.monotonic() - begun > PATIENCE * self.settle:
                raise BeingWritten
            await self.clock.sleep(self.settle)
            before, stamp = stamp, self.folder.stamp(path)
            since = since if stamp == before else self.clock.monotonic()
        return None

    def _is_at_rest(self, stamp: Stamp | None, unchanged: float) -> bool:
        """Whether the file was last touched long enough ago, by its own time or by ours, for clocks of file servers may be wrong."""
        if stamp is None:
            return unchanged >= self.settle
        return self.is_old(stamp) or unchanged >= self._needed(stamp)

    def is_old(self, stamp: Stamp) -> bool:
        """Whether the file was last touched long enough ago, by its own time."""
        return self.clock.now() - max(stamp.modified, stamp.changed) / 1e9 >= self._needed(stamp)

    def _needed(self, stamp: Stamp) -> float:
        return self.settle if stamp.size else EMPTY * self.settle
