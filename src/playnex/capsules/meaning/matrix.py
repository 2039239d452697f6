"""All vectors of one embedder as a matrix in memory, for this process: what is most like a query, best first.

A hundred thousand vectors of 384 numbers take 150 MB, and a query is compared with all of them (the times are in
benchmarks/RESULTS.md): no index is as exact, and none is quicker to keep.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import apsw
import numpy

LOADED = 1_024
"""Rows that are read at a time."""

SPARE = 8
"""The part of the room that is added where it does not suffice."""

NEW = "SELECT {} FROM vectors WHERE model = ? AND number > ?"

STEPS = (64, 1_024)
"""How many of the best are put in order first; hardly anybody looks further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A piece: of which version (its number), where in the body, and how alike it is to the query."""

    of: int
    start: int
    length: int
    likeness: float


class Matrix:
    """The vectors of one model. `refresh` brings in what came since; what is gone stays, for whoever searches asks the store about
    each version anyway."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._last = 0
        self._count = 0
        self._vectors: Any = numpy.empty((0, 0), dtype=numpy.float32)
        self._places: Any = numpy.empty((0, 3), dtype=numpy.int64)

    def __len__(self) -> int:
        return self._count

    def refresh(self, connection: apsw.Connection) -> None:
        """Take in the vectors that are new."""
        self._make_room(int(connection.execute(NEW.format("count(*)"), (self._model, self._last)).get))
        sql = f"{NEW.format('number, of, start, length, vector')} ORDER BY number LIMIT ?"
        while found := list(connection.execute(sql, (self._model, self._last, LOADED))):
            self._last = found[-1][0]
            self._take_in(found)

    def _take_in(self, found: list[Any]) -> None:
        if not self._count:
            self._vectors = numpy.empty((len(self._places), len(found[0][4]) // 4), dtype=numpy.float32)
        size = self._vectors.shape[1]
        fitting = [row for row in found if len(row[4]) == 4 * size]
        self._make_room(len(fitting))
        here = slice(self._count, self._count + len(fitting))
        self._vectors[here] = numpy.frombuffer(b"".join(row[4] for row in fitting), dtype="<f4").reshape(-1, size)
        self._places[here] = [row[1:4] for row in fitting]
        self._count += len(fitting)

    def _make_room(self, more: int) -> None:
        """Room for so many more; where what is there has to be copied, for some beyond them."""
        needed, there = self._count + more, len(self._places)
        if needed <= there:
            return
        room = max(needed, self._count + self._count // SPARE)
        vectors, places = numpy.empty((room, self._vectors.shape[1]), dtype=numpy.float32), numpy.empty((room, 3), dtype=numpy.int64)
        vectors[: self._count], places[: self._count] = self._vectors[: self._count], self._places[: self._count]
        self._vectors, self._places = vectors, places

    def nearest(self, query: bytes, floor: float, among: "set[int] | None" = None) -> Iterator[Near]:
        """The pieces that are at least so much like the query, best first; only those of the versions in `among`, if it is said."""
        count = self._count
        if not count or len(query) != 4 * self._vectors.shape[1]:
            return
        vectors, places = self._vectors[:count], self._places[:count]
        if among is not None:
            chosen = numpy.flatnonzero(numpy.isin(places[:, 0], numpy.fromiter(among, dtype=numpy.int64, count=len(among))))
            vectors, places = vectors[chosen], places[chosen]
        likeness = vectors @ numpy.frombuffer(query, dtype="<f4")
        for place in self._in_order(likeness):
            if likeness[place] < floor:
                return
            of, start, length = (int(number) for number in places[place])
            yield Near(of=of, start=start, length=length, likeness=float(likeness[place]))

    def _in_order(self, likeness: Any) -> Iterator[int]:
        """The places of the greatest numbers; the first of them without ordering the rest."""
        given, count = 0, len(likeness)
        for most in (*(step for step in STEPS if step < count), count):
            best = numpy.argpartition(likeness, count - most)[count - most :] if most < count else numpy.arange(count)
            yield from best[numpy.argsort(-likeness[best], kind="stable")][given:]
            given = most
