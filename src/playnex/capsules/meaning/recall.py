"""Recall: capsules by words and by meaning.

First those that have all words of the query, in the order of the word search: whoever types a name or a number means it. Then those
that are most like the query; merging the two ranks made every good embedder worse (docs/memory.md). Last, where there is still room,
those that have any of the words. Without an embedder, or where it fails, the words have to do, and the answer says so.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Literal, TypeAlias

import apsw

from playnex.capsules.capsule import Capsule
from playnex.capsules.meaning.indexing import Indexing
from playnex.capsules.stores import rows, words
from playnex.capsules.stores.sqlite_capsules import BODY
from playnex.capsules.stores.words import Found, Wanted
from playnex.errors import PlaynexError
from playnex.spec.embedder import Embedder
from playnex.spec.memory import Moment
from playnex.store.database import Database

if TYPE_CHECKING:
    from playnex.capsules.meaning.matrix import Matrix, Near

By = Literal["words", "meaning"]
Look: TypeAlias = Callable[[], Awaitable[None]]

ASKED = 2_000
"""Characters of a query that are embedded."""

WALKED = 1_024
"""Pieces that are looked at one after another before the store is asked which versions fit at all."""

AT_A_TIME = 64

FEW = 4_096
"""Versions that fit a folder or a pattern, up to which they alone are compared."""

FITTING = """
SELECT v.number, c.id, v.version FROM {tables} WHERE c.deleted IS NULL{narrowed}{seen}
"""
BY_NUMBER = "json_each(:numbers) n CROSS JOIN versions v ON v.number = n.value CROSS JOIN capsules c ON c.id = v.capsule"
BY_NAME = "capsules c JOIN versions v ON v.capsule = c.id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A capsule that was found, and why: it has all the words (`words`), or is like the query (`meaning`, with its `likeness`). From
    `start` stands the part of its body that was found, of `length` characters; of one found by words the whole."""

    capsule: Capsule
    by: By
    start: int = 0
    length: int = 0
    likeness: float = 0.0

    @property
    def excerpt(self) -> str:
        """The part that was found."""
        return self.capsule.body[self.start : self.start + self.length] if self.length else self.capsule.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What was found, best first. `why` says why meaning had no part in it, where it was to have one; `is_whole` whether all
    capsules have their vectors; `sent_to` names the embedder on another machine that was asked, if one was."""

    hits: tuple[Hit, ...]
    why: str = ""
    is_whole: bool = True
    sent_to: str = ""


async def _at_nothing() -> None:
    return


class Recall:
    """Searches one store; by words alone where there is no embedder. `look` sees first to what was changed
    beside the store."""

    def __init__(self, database: Database, embedder: Embedder | None = None, *, look: Look = _at_nothing) -> None:
        self._database = database
        self._look = look
        self._embedder = embedder
        self._matrix: Matrix | None = None
        self.indexing = Indexing(database, embedder) if embedder else None

    @property
    def place(self) -> str:
        """The host that what is looked for, and what is found, is sent to; empty where it stays on this machine."""
        return self._embedder.place if self._embedder else ""

    async def recall(self, wanted: Wanted) -> Recalled:
        """What is found of what is wanted."""
        await self._look()
        if self._embedder is None or self.indexing is None or wanted.limit < 1 or not wanted.patterns or not wanted.text.strip():
            return Recalled(hits=self._by_words(wanted))
        read = self._database.read
        exact = words.exact(read, wanted)
        if len(exact) >= wanted.limit:
            return Recalled(hits=self._read((found, None) for found in exact[: wanted.limit]))
        if self.place and wanted.is_private:
            return Recalled(hits=self._by_words(wanted), why=f"something private is looked for, and {self.place} is another machine")
        try:
            is_whole = await self.indexing.keep_up()
            (query,) = await self._embedder.embed([wanted.text[:ASKED]], "query")
            near = await asyncio.to_thread(self._near, wanted, query, {capsule for capsule, _ in exact})
        except PlaynexError as fault:
            return Recalled(hits=self._by_words(wanted), why=fault.message, is_whole=False, sent_to=self._away)
        found: dict[Found, Near | None] = dict.fromkeys(exact) | near
        if len(found) < wanted.limit:
            found = found | {each: None for each in words.found(read, wanted) if each not in found}
        return Recalled(hits=self._read(islice(found.items(), wanted.limit)), is_whole=is_whole, sent_to=self._away)

    async def search(
        self, text: str, *, within: str = "", patterns: tuple[str, ...] = ("*",), limit: int = 10, moment: Moment | None = None
    ) -> tuple[Capsule, ...]:
        """The capsules alone, in the words of the contract of `Capsules`."""
        found = await self.recall(Wanted(text=text, within=within, patterns=patterns, limit=limit, moment=moment))
        return tuple(hit.capsule for hit in found.hits)

    async def close(self) -> None:
        """End what goes on in the background."""
        if self.indexing is not None:
            await self.indexing.close()
        if self._embedder is not None:
            await self._embedder.close()

    @property
    def _away(self) -> str:
        """Who was asked, where that is another machine."""
        return f"{self._embedder.model.partition(' ')[0]} at {self.place}" if self._embedder and self.place else ""

    def _by_words(self, wanted: Wanted) -> tuple[Hit, ...]:
        return self._read((found, None) for found in words.found(self._database.read, wanted))

    def _read(self, found: "Iterator[tuple[Found, Near | None]]") -> tuple[Hit, ...]:
        """The hits with their bodies; one that was deleted meanwhile is left out."""
        hits = []
        for (capsule, version), near in found:
            for row in rows.fetch(self._database.read, BODY, capsule, version):
                hit = Hit(capsule=rows.capsule(row), by="words")
                hits.append(replace(hit, by="meaning", start=near.start, length=near.length, likeness=near.likeness) if near else hit)
        return tuple(hits)

    def _near(self, wanted: Wanted, query: bytes, known: set[str]) -> "dict[Found, Near | None]":
        """The versions that are most like the query and fit, each with its best piece, without the capsules that are known already."""
        assert self._embedder is not None
        from playnex.capsules.meaning.matrix import Matrix  # late: numpy, only where there are vectors to compare

        connection, floor = self._database.read, self._embedder.floor
        if self._matrix is None:
            self._matrix = Matrix(self._embedder.model)
        self._matrix.refresh(connection)
        chosen = _Choice(connection, wanted, known)
        if chosen.is_narrow and len(few := chosen.fitting(at_most=FEW + 1)) <= FEW:
            return chosen.best_of(self._matrix.nearest(query, floor, few))
        nearest = self._matrix.nearest(query, floor)
        for _ in range(WALKED // AT_A_TIME):
            if chosen.is_full or not (some := list(islice(nearest, AT_A_TIME))):
                return chosen.found
            chosen.take(some)
        return chosen.best_of(self._matrix.nearest(query, floor, chosen.fitting()))


class _Choice:
    """Which of the pieces are taken: of each capsule its best one, of the versions that are seen and fit."""

    def __init__(self, connection: apsw.Connection, wanted: Wanted, known: set[str]) -> None:
        self._connection = connection
        self._wanted = wanted
        self._known = set(known)
        self._needed = wanted.limit - len(known)
        self.found: dict[Found, Near | None] = {}

    @property
    def is_full(self) -> bool:
        return len(self.found) >= self._needed

    def take(self, some: "list[Near]") -> None:
        fitting = self._fitting([near.of for near in some])
        for near in some:
            version = fitting.get(near.of)
            if version is None or version[0] in self._known or self.is_full:
                continue
            self._known.add(version[0])
            self.found[version] = near

    def best_of(self, nearest: "Iterator[Near]") -> "dict[Found, Near | None]":
        """What is chosen of pieces that fit."""
        while not self.is_full and (some := list(islice(nearest, AT_A_TIME))):
            self.take(some)
        return self.found

    @property
    def is_narrow(self) -> bool:
        """Whether a name or tags decide what fits."""
        return bool(words.narrowing(self._wanted)[0])

    def fitting(self, at_most: int = -1) -> set[int]:
        """The numbers of the versions that are seen and fit, all (-1) or so many of them."""
        return set(self._ask(BY_NAME, {"at_most": at_most}, " LIMIT :at_most"))

    def _fitting(self, numbers: list[int]) -> dict[int, Found]:
        return self._ask(BY_NUMBER, {"numbers": str(numbers)})

    def _ask(self, tables: str, bindings: dict[str, object], limit: str = "") -> dict[int, Found]:
        narrowed, more = words.narrowing(self._wanted)
        moment = self._wanted.moment
        seen = " AND v.version = c.version" if moment is None else f" AND v.version = ({words.VISIBLE})"
        if moment is not None:
            more |= {"at": moment.at, "run": moment.run, "until": moment.until}
        sql = FITTING.format(tables=tables, narrowed=narrowed, seen=seen) + limit
        return {number: (capsule, version) for number, capsule, version in rows.fetch_named(self._connection, sql, bindings | more)}
