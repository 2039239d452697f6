"""What the store remembers of the files: for each the version that it agreed with, its digest, and the stamp it had then."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import apsw

from playnex.canonical import Json, decode, encode
from playnex.capsules.mirror.deciding import Agreed, Stored
from playnex.capsules.mirror.folder import Stamp
from playnex.capsules.mirror.names import folded
from playnex.capsules.stores.naming import DELETED
from playnex.capsules.stores.rows import unpacked
from playnex.spec.envelope import Label

RACY = 2_000_000_000
"""Nanoseconds: a file that changed so shortly before it was looked at may have changed once more without another stamp, for some
file systems count time in steps of two seconds."""

COLUMNS = "m.capsule, m.version, m.digest, m.size, m.modified, m.changed, m.inode, m.looked"

PUT = "INSERT OR REPLACE INTO mirrored VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

NAMES = "IN (SELECT value FROM json_each(?))"
STORED_OF = f"SELECT name, id, version FROM capsules WHERE deleted IS NULL AND name {NAMES}"
DELETED_OF = f"SELECT name FROM capsules WHERE {DELETED} AND name {NAMES}"
KNOWN_OF = f"SELECT m.name, {COLUMNS} FROM mirrored m WHERE m.name {NAMES}"
LIKE = f"SELECT folded, name FROM mirrored WHERE folded {NAMES}"
TEXTS = (
    "SELECT c.name, c.id, c.version, v.header, v.packed, v.body"
    " FROM capsules c JOIN versions v ON v.capsule = c.id AND v.version = c.version"
    f" WHERE c.deleted IS NULL AND c.name NOT IN (SELECT name FROM mirrored) AND c.name {NAMES}"
)

Row: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is remembered of a file; `looked` is when, in nanoseconds since 1970."""

    agreed: Agreed
    stamp: Stamp
    looked: int

    def is_untouched(self, stamp: Stamp | None) -> bool:
        """Whether a file with that stamp surely has the bytes that it had."""
        return stamp == self.stamp and max(stamp.modified, stamp.changed) + RACY < self.looked


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the store says of a name: the newest version of its living capsule, and what is remembered of its file."""

    stored: Stored | None = None
    known: Known | None = None

    @property
    def agreed(self) -> Agreed | None:
        """The last agreement."""
        return self.known.agreed if self.known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A capsule that was deleted, and when, in seconds since 1970."""

    id: str
    at: float


class Overtaken(Exception):
    """Somebody changed the store or the memory of the file since it was looked at: look again."""


def create_mirror(connection: apsw.Connection) -> None:
    """One row for each file; `folded` is what systems that do not tell large letters from small ones take for its name. `moved` has the
    labels of files that were deleted: under another name they come back with them."""
    connection.execute(
        """
        CREATE TABLE mirrored (
            name TEXT PRIMARY KEY, folded TEXT NOT NULL UNIQUE, capsule TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL,
            size INTEGER NOT NULL, modified INTEGER NOT NULL, changed INTEGER NOT NULL, inode INTEGER NOT NULL, looked INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX mirrored_by_digest ON mirrored (digest);
        CREATE TABLE moved (digest TEXT PRIMARY KEY, labels TEXT NOT NULL) STRICT, WITHOUT ROWID;
        """
    )


MIGRATIONS = (create_mirror,)


def state(connection: apsw.Connection, name: str) -> State:
    """What is known of one name."""
    stored = connection.execute("SELECT id, version FROM capsules WHERE name = ? AND deleted IS NULL", (name,)).fetchall()
    known = connection.execute(f"SELECT {COLUMNS} FROM mirrored m WHERE m.name = ?", (name,)).fetchall()
    return State(stored=_stored(stored[0]) if stored else None, known=_known(known[0]) if known else None)


def states(connection: apsw.Connection) -> dict[str, State]:
    """What is known of all names, as of one moment."""
    with_file = f"SELECT m.name, c.id, c.version, {COLUMNS} FROM mirrored m LEFT JOIN capsules c ON c.name = m.name AND c.deleted IS NULL"
    without = (
        f"SELECT c.name, c.id, c.version, {COLUMNS} FROM capsules c LEFT JOIN mirrored m ON m.name = c.name"
        " WHERE c.deleted IS NULL AND m.name IS NULL"
    )
    rows: list[Row] = connection.execute(f"{with_file} UNION ALL {without}").fetchall()
    return {row[0]: State(stored=_stored(row[1:3]), known=_known(row[3:])) for row in rows}


def put(connection: apsw.Connection, name: str, known: Known) -> None:
    """Remember this of the name's file."""
    put_all(connection, {name: known})


def put_all(connection: apsw.Connection, known: Mapping[str, Known]) -> None:
    """Remember this of the names' files."""
    connection.executemany(PUT, [_row(name, each) for name, each in known.items()])


def unmoved(connection: apsw.Connection, seen: Mapping[str, State]) -> set[str]:
    """Those of the names of which the store still says what was seen, and whose files, where there were none, no other name has."""
    names = encode(list(seen)).decode()
    stored = connection.execute(STORED_OF, (names,)).fetchall()
    known = connection.execute(KNOWN_OF, (names,)).fetchall()
    newest = {row[0]: _stored_of(row[1:]) for row in stored}
    agreed = {row[0]: found.agreed for row in known if (found := _known(row[1:]))}
    same = {name for name, each in seen.items() if (newest.get(name), agreed.get(name)) == (each.stored, each.agreed)}
    spelled = encode([folded(name) for name in same]).decode()
    like: list[Row] = connection.execute(LIKE, (spelled,)).fetchall()
    taken = {row[0]: row[1] for row in like}
    return {name for name in same if name in agreed or taken.get(folded(name), name) == name}


def agreements(connection: apsw.Connection) -> dict[str, str]:
    """The digests of all files that living capsules should have, by name."""
    sql = "SELECT m.name, m.digest FROM mirrored m JOIN capsules c ON c.name = m.name AND c.deleted IS NULL"
    rows: list[Row] = connection.execute(sql).fetchall()
    return {row[0]: row[1] for row in rows}


def deleted(connection: apsw.Connection, name: str) -> Gone | None:
    """The last deleted capsule of that name that can be restored."""
    found: list[Row] = connection.execute(f"SELECT id, deleted FROM capsules WHERE {DELETED} AND name = ?", (name,)).fetchall()
    return max((Gone(id=row[0], at=row[1]) for row in found), key=lambda gone: gone.at, default=None)


def ever_deleted(connection: apsw.Connection, names: Sequence[str]) -> set[str]:
    """Those of the names that a deleted capsule had."""
    rows: list[Row] = connection.execute(DELETED_OF, (encode(list(names)).decode(),)).fetchall()
    return {row[0] for row in rows}


def texts(connection: apsw.Connection, names: Sequence[str]) -> dict[str, tuple[Stored, Json, str]]:
    """The newest versions of those of the names that have no file: their headers and bodies."""
    rows: list[Row] = connection.execute(TEXTS, (encode(list(names)).decode(),)).fetchall()
    return {row[0]: (_stored_of(row[1:]), decode(row[3]), unpacked(*row[4:])) for row in rows}


def drop(connection: apsw.Connection, name: str) -> None:
    """Remember nothing of it."""
    connection.execute("DELETE FROM mirrored WHERE name = ?", (name,))


def drop_all(connection: apsw.Connection, names: Iterable[str]) -> None:
    """Remember nothing of these."""
    connection.executemany("DELETE FROM mirrored WHERE name = ?", [(name,) for name in names])


def forget_all(connection: apsw.Connection) -> bool:
    """Remember nothing of any file; whether there was something."""
    connection.execute("DELETE FROM mirrored")
    return connection.changes() > 0


def require(connection: apsw.Connection, name: str, seen: State) -> None:
    """Raise Overtaken where the store says something else by now than was seen."""
    now = state(connection, name)
    if (now.stored, now.agreed) != (seen.stored, seen.agreed):
        raise Overtaken


def like(connection: apsw.Connection, name: str) -> str:
    """Another name with a file, which some systems take for this one; empty for none."""
    found: list[Row] = connection.execute("SELECT name FROM mirrored WHERE folded = ? AND name != ?", (folded(name), name)).fetchall()
    return found[0][0] if found else ""


def labels_of(connection: apsw.Connection, digest: str) -> tuple[Label, ...]:
    """The labels of the versions whose files have or had these bytes: a copy of a file has them too."""
    rows: list[Row] = connection.execute(
        "SELECT v.labels FROM mirrored m JOIN versions v ON v.capsule = m.capsule AND v.version = m.version WHERE m.digest = ?1"
        " UNION SELECT labels FROM moved WHERE digest = ?1",
        (digest,),
    ).fetchall()
    return tuple(dict.fromkeys(label for (labels,) in rows for label in decode(labels)))


def note_deleted(connection: apsw.Connection, name: str) -> None:
    """Remember nothing of the file but the labels of its text."""
    connection.execute(
        "INSERT OR REPLACE INTO moved SELECT m.digest, v.labels FROM mirrored m"
        " JOIN versions v ON v.capsule = m.capsule AND v.version = m.version WHERE m.name = ? AND v.labels != '[]'",
        (name,),
    )
    drop(connection, name)


def _row(name: str, known: Known) -> Row:
    agreed, stamp = known.agreed, known.stamp
    about = (name, folded(name), agreed.stored.id, agreed.stored.version, agreed.digest)
    return (*about, stamp.size, stamp.modified, stamp.changed, stamp.inode, known.looked)


def _stored_of(row: Row) -> Stored:
    return Stored(id=row[0], version=row[1])


def _stored(row: Row) -> Stored | None:
    return _stored_of(row) if row[0] is not None else None


def _known(row: Row) -> Known | None:
    if row[0] is None:
        return None
    size, modified, changed, inode, looked = row[3:8]
    return Known(
        agreed=Agreed(stored=_stored_of(row), digest=row[2]),
        stamp=Stamp(size=size, modified=modified, changed=changed, inode=inode),
        looked=looked,
    )
