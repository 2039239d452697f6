"""The table of vectors: a row for each piece of a version, as one embedder saw it.

A version never changes, so neither do its vectors; which version is seen is asked anew with every search. Whoever purges a version
purges them with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import apsw

from playnex.capsules.meaning.pieces import Piece, pieces
from playnex.capsules.stores import rows

KEPT_VERSIONS = 8
"""Versions of a capsule whose vectors are kept, for runs that see memory as it was at their fork."""

WITHOUT = """
SELECT v.number, c.name, v.packed, v.body FROM versions v CROSS JOIN capsules c ON c.id = v.capsule
WHERE v.number > :after AND v.version = c.version AND c.deleted IS NULL AND {kept}
AND NOT EXISTS (SELECT 1 FROM vectors x WHERE x.of = v.number AND x.model = :model) ORDER BY v.number LIMIT :limit
"""

NOT_PRIVATE = "v.labels NOT LIKE '%private%'"

OUTDATED = """
DELETE FROM vectors WHERE of IN (
    SELECT o.number FROM versions v JOIN versions o ON o.capsule = v.capsule AND o.version <= v.version - :kept WHERE v.number = :of
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A version without vectors, known by its number."""

    of: int
    pieces: tuple[Piece, ...]


def create_vectors(connection: apsw.Connection) -> None:
    """The table; `of` is the number of the version."""
    connection.execute(
        """
        CREATE TABLE vectors (
            number INTEGER PRIMARY KEY AUTOINCREMENT, of INTEGER NOT NULL REFERENCES versions (number) ON DELETE CASCADE,
            model TEXT NOT NULL, piece INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, vector BLOB NOT NULL,
            UNIQUE (of, model, piece)
        ) STRICT;
        CREATE INDEX vectors_by_model ON vectors (model, number);
        """
    )


def without(connection: apsw.Connection, model: str, *, after: int, limit: int, skips_private: bool = False) -> list[Unread]:
    """The newest versions, of capsules that are not deleted, that this model has not seen yet: those with numbers behind `after`."""
    sql = WITHOUT.format(kept=NOT_PRIVATE if skips_private else "true")
    found = rows.fetch_named(connection, sql, {"model": model, "after": after, "limit": limit})
    return [Unread(of=number, pieces=pieces(name, rows.unpacked(packed, body))) for number, name, packed, body in found]


def last_version(connection: apsw.Connection) -> int:
    """The greatest number of a version."""
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM versions").get)


def store(connection: apsw.Connection, model: str, unread: Unread, *, vectors: Sequence[bytes]) -> None:
    """Keep a version's vectors, all of them at once; where it was purged meanwhile, or somebody was faster, nothing is kept."""
    if not rows.fetch(connection, "SELECT 1 FROM versions WHERE number = ?", unread.of):
        return
    connection.executemany(
        "INSERT INTO vectors (of, model, piece, start, length, vector) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            (unread.of, model, number, piece.start, piece.length, vector)
            for number, (piece, vector) in enumerate(zip(unread.pieces, vectors, strict=True))
        ],
    )
    connection.execute(OUTDATED, {"of": unread.of, "kept": KEPT_VERSIONS})


def drop_others(connection: apsw.Connection, model: str, at_most: int) -> int:
    """Forget vectors of other models, so many at a time; how many are gone."""
    sql = "DELETE FROM vectors WHERE number IN (SELECT number FROM vectors WHERE model <> ? LIMIT ?)"
    connection.execute(sql, (model, at_most))
    return connection.changes()


def count(connection: apsw.Connection, model: str, *, skips_private: bool = False) -> tuple[int, int]:
    """How many of the capsules this model has seen as they are now, and how many there are for it to see."""
    seen = (
        "SELECT count(*) FROM vectors x CROSS JOIN versions v ON v.number = x.of CROSS JOIN capsules c ON c.id = v.capsule"
        " WHERE x.model = ? AND x.piece = 0 AND v.version = c.version AND c.deleted IS NULL"
    )
    done = int(connection.execute(seen, (model,)).get)
    every = "SELECT count(*) FROM capsules c WHERE deleted IS NULL"
    if skips_private:
        every += f" AND EXISTS (SELECT 1 FROM versions v WHERE v.capsule = c.id AND v.version = c.version AND {NOT_PRIVATE})"
    return done, int(connection.execute(every).get)
