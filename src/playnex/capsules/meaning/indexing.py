"""Keeps the vectors up: what is new is embedded when somebody searches, and a whole store in the background, in small batches.

Every batch is durable before the next one begins, so whoever is stopped goes on where it was. When all is done, the vectors
of other models go.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import apsw

from playnex.capsules.meaning import vectors
from playnex.capsules.meaning.vectors import Unread
from playnex.errors import PlaynexError
from playnex.spec.embedder import Embedder
from playnex.store.database import Database

BATCH = 16
"""Pieces that are embedded together."""

AT_ONCE = 8
"""Versions that a search waits for; of more, the background takes care."""

DROPPED = 2_000
"""Old vectors that go in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexState:
    """How far the vectors are: of how many capsules this model has seen how many as they are now."""

    model: str
    done: int
    total: int

    @property
    def is_whole(self) -> bool:
        """Whether all are there."""
        return self.done >= self.total


class Indexing:
    """The vectors of one embedder in one store."""

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database = database
        self._embedder = embedder
        self._whole_until = 0
        self._turn = asyncio.Lock()
        self._background: asyncio.Task[None] | None = None

    async def state(self) -> IndexState:
        """How far it is."""
        done, total = await asyncio.to_thread(
            lambda: vectors.count(self._database.read, self._embedder.model, skips_private=self._skips_private)
        )
        return IndexState(model=self._embedder.model, done=done, total=total)

    async def keep_up(self) -> bool:
        """Embed what came since the last time, where that is little; else begin with it in the background. Whether all is there.
        Raises ModelError, CredentialError."""
        if self._background is not None and not self._background.done():
            return False
        async with self._turn:
            if len(self._missing(AT_ONCE + 1)) > AT_ONCE:
                self._background = asyncio.create_task(self._in_background())
                return False
            while await self._next():
                pass
            return True

    async def complete(self, tell: Callable[[int], None]) -> None:
        """Embed all that is missing, and forget the vectors of other models; `tell` is told after each batch how many versions it had.
        Raises ModelError, CredentialError, StoreError."""
        async with self._turn:
            while count := await self._next():
                tell(count)
            while await self._database.write(partial(vectors.drop_others, model=self._embedder.model, at_most=DROPPED)):
                pass

    async def close(self) -> None:
        """End the background's work."""
        if self._background is not None:
            self._background.cancel()
            await asyncio.gather(self._background, return_exceptions=True)
            self._background = None

    async def _in_background(self) -> None:
        try:
            await self.complete(lambda _count: None)
        except PlaynexError:
            return  # the next search meets the same fault, and says it

    async def _next(self) -> int:
        """Embed the next few versions; how many they were."""
        seen_until = vectors.last_version(self._database.read)
        missing = self._missing(BATCH)
        if not missing:
            self._whole_until = seen_until
            return 0
        await self._embed(missing)
        self._whole_until = missing[-1].of  # the next search for what is missing begins here, and not with all that is done
        return len(missing)

    def _missing(self, limit: int) -> list[Unread]:
        model, after = self._embedder.model, self._whole_until
        return vectors.without(self._database.read, model, after=after, limit=limit, skips_private=self._skips_private)

    @property
    def _skips_private(self) -> bool:
        """What is private is not sent to another machine."""
        return bool(self._embedder.place)

    async def _embed(self, missing: Sequence[Unread]) -> None:
        texts = [piece.text for unread in missing for piece in unread.pieces]
        by_length = sorted(range(len(texts)), key=lambda place: len(texts[place]))  # what is alike in length is quicker together
        found: list[bytes] = [b""] * len(texts)
        for at in range(0, len(texts), BATCH):
            places = by_length[at : at + BATCH]
            for place, vector in zip(places, await self._embedder.embed([texts[place] for place in places], "passage"), strict=True):
                found[place] = vector
        rest = iter(found)
        model, rows = self._embedder.model, [(unread, [next(rest) for _ in unread.pieces]) for unread in missing]

        def keep(connection: apsw.Connection) -> None:
            for unread, of_it in rows:
                vectors.store(connection, model, unread, vectors=of_it)

        await self._database.write(keep)
