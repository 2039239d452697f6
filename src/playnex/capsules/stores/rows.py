"""The tables that hold capsules, and the way from a row to a record and back."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Literal, TypeAlias, get_args

import apsw

from playnex.canonical import decode, encode
from playnex.capsules.capsule import Author, Capsule, CapsuleDraft, CapsuleHead
from playnex.errors import UsageError
from playnex.secrets.known import KNOWN
from playnex.spec.envelope import Label

Row: TypeAlias = tuple[Any, ...]

Index = Literal["newest", "overtaken"]
INDEXES: tuple[Index, ...] = get_args(Index)

PACK_FROM = 512
"""Bytes from which compressing a body is worth trying."""

INDEX_PAGE = 4_000
"""Bytes of a page of an index of words: one of FTS5's 4050 is a byte too long for a page of a store with checksums, and takes two."""

HEAD = (
    "c.id, c.name, v.version, v.author_kind, v.author_run, v.author_step, v.author_agent,"
    " v.written, v.labels, v.sources, v.header, c.pinned"
)


def create_capsules(connection: apsw.Connection) -> None:
    """One row per capsule: which version is the newest, and whether it is deleted. `reversed` makes the end of an id as
    quick to find as its start; a name is unique among the living only."""
    connection.execute(
        """
        CREATE TABLE capsules (
            id TEXT PRIMARY KEY, reversed TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
            written REAL NOT NULL, deleted REAL, deleted_by TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX capsules_by_name ON capsules (name) WHERE deleted IS NULL;
        CREATE INDEX capsules_by_end ON capsules (reversed) WHERE deleted IS NULL;
        CREATE INDEX capsules_by_time ON capsules (written DESC, id DESC) WHERE deleted IS NULL;
        """
    )


def create_versions(connection: apsw.Connection) -> None:
    """One row per version, never changed. The body stands last, so that reading what comes before it does not touch it."""
    connection.execute(
        """
        CREATE TABLE versions (
            capsule TEXT NOT NULL REFERENCES capsules (id), version INTEGER NOT NULL, written REAL NOT NULL,
            author_kind TEXT NOT NULL, author_run TEXT NOT NULL, author_step TEXT NOT NULL, author_agent TEXT NOT NULL,
            labels TEXT NOT NULL, sources TEXT NOT NULL, header TEXT NOT NULL, packed INTEGER NOT NULL, body BLOB NOT NULL,
            UNIQUE (capsule, version)
        ) STRICT;
        """
    )


def create_words(connection: apsw.Connection) -> None:
    """The words of every version, and nothing else of it: for search. English endings and accents make no difference."""
    connection.execute(
        """
        CREATE VIRTUAL TABLE words USING fts5 (
            capsule UNINDEXED, version UNINDEXED, name, body,
            content = '', contentless_delete = 1, contentless_unindexed = 1, tokenize = 'porter unicode61 remove_diacritics 2'
        );
        """
    )
    living = "SELECT c.id, v.version, c.name, v.packed, v.body FROM capsules c JOIN versions v ON v.capsule = c.id WHERE c.deleted IS NULL"
    index = "INSERT INTO words (capsule, version, name, body) VALUES (?, ?, ?, ?)"
    for capsule_id, version, name, packed, body in connection.execute(living):
        connection.execute(index, (capsule_id, version, name, unpacked(packed, body)))


def number_versions(connection: apsw.Connection) -> None:
    """Each version gets a number of its own, never used again, by which the indexes of words know it: `newest` has the newest version of
    each capsule that is not deleted, which is what nearly every search asks for, and `overtaken` those before it."""
    connection.execute(
        """
        ALTER TABLE capsules ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE versions RENAME TO unnumbered;
        CREATE TABLE versions (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            capsule TEXT NOT NULL REFERENCES capsules (id), version INTEGER NOT NULL, written REAL NOT NULL,
            author_kind TEXT NOT NULL, author_run TEXT NOT NULL, author_step TEXT NOT NULL, author_agent TEXT NOT NULL,
            labels TEXT NOT NULL, sources TEXT NOT NULL, header TEXT NOT NULL, packed INTEGER NOT NULL, body BLOB NOT NULL,
            UNIQUE (capsule, version)
        ) STRICT;
        INSERT INTO versions (capsule, version, written, author_kind, author_run, author_step, author_agent, labels, sources, header,
            packed, body) SELECT * FROM unnumbered ORDER BY written, capsule, version;
        DROP TABLE unnumbered;
        DROP TABLE words;
        DROP INDEX capsules_by_time;
        CREATE INDEX capsules_by_time ON capsules (written, id) WHERE deleted IS NULL;
        CREATE INDEX capsules_pinned ON capsules (name) WHERE pinned AND deleted IS NULL;
        CREATE INDEX capsules_deleted ON capsules (deleted) WHERE deleted IS NOT NULL;
        """
    )
    for where in INDEXES:
        connection.execute(
            f"CREATE VIRTUAL TABLE {where} USING fts5"
            " (name, body, folders, content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2')"
        )
        connection.execute(f"INSERT INTO {where} ({where}, rank) VALUES ('pgsz', ?)", (INDEX_PAGE,))
    for (capsule_id,) in fetch(connection, "SELECT id FROM capsules WHERE deleted IS NULL"):
        take_in(connection, capsule_id)


def create_uses(connection: apsw.Connection) -> None:
    """Which step was given which version, and which versions were made of which."""
    connection.execute(
        """
        CREATE TABLE uses (
            capsule TEXT NOT NULL, version INTEGER NOT NULL, run TEXT NOT NULL, step TEXT NOT NULL, agent TEXT NOT NULL, at REAL NOT NULL,
            PRIMARY KEY (capsule, version, run, step)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX uses_by_run ON uses (run, step);
        CREATE TABLE made_of (
            source TEXT NOT NULL, source_version INTEGER NOT NULL, capsule TEXT NOT NULL, version INTEGER NOT NULL,
            PRIMARY KEY (source, capsule, version)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX made_by_capsule ON made_of (capsule);
        """
    )


MIGRATIONS = (create_capsules, create_versions, create_words, number_versions, create_uses)


def take_in(connection: apsw.Connection, capsule_id: str) -> None:
    """Put the words of all versions of a capsule into the indexes."""
    sql = (
        "SELECT v.number, c.name, v.packed, v.body, v.version = c.version"
        " FROM capsules c JOIN versions v ON v.capsule = c.id WHERE c.id = ?"
    )
    for number, name, packed, body, is_newest in fetch(connection, sql, capsule_id):
        index(connection, "newest" if is_newest else "overtaken", number, name=name, body=unpacked(packed, body))


def index(connection: apsw.Connection, where: Index, number: int, *, name: str, body: str) -> None:
    """Put the words of a version into that index."""
    connection.execute(f"INSERT INTO {where} (rowid, name, body, folders) VALUES (?, ?, ?, ?)", (number, name, body, folders(name)))


def overtake(connection: apsw.Connection, capsule_id: str, version: int, *, name: str) -> None:
    """Move the words of what was the newest version to those that are overtaken."""
    sql = "SELECT number, packed, body FROM versions WHERE capsule = ? AND version = ?"
    for number, packed, body in fetch(connection, sql, capsule_id, version):
        connection.execute("DELETE FROM newest WHERE rowid = ?", (number,))
        index(connection, "overtaken", number, name=name, body=unpacked(packed, body))


def leave_out(connection: apsw.Connection, capsule_id: str) -> None:
    """Take the words of all versions of a capsule out of the indexes."""
    numbers = fetch(connection, "SELECT number FROM versions WHERE capsule = ?", capsule_id)
    for where in INDEXES:
        connection.executemany(f"DELETE FROM {where} WHERE rowid = ?", numbers)


def folders(name: str) -> str:
    """The name and all folders that it lies in, each as a word of digits, which no index takes apart."""
    parts = name.split("/")
    return " ".join(folder_word("/".join(parts[:count])) for count in range(1, len(parts) + 1))


def folder_word(folder: str) -> str:
    """The word that stands for a folder in the indexes."""
    return str(int.from_bytes(hashlib.sha256(folder.encode()).digest()[:8]))


def fetch(connection: apsw.Connection, sql: str, *bindings: Any) -> list[Row]:
    """All rows at once: a statement left open would hold its snapshot."""
    return list(connection.execute(sql, bindings))


def fetch_named(connection: apsw.Connection, sql: str, bindings: dict[str, Any]) -> list[Row]:
    """The same with bindings by their names."""
    return list(connection.execute(sql, bindings))


def head(row: Row) -> CapsuleHead:
    """The columns of HEAD as a record."""
    return CapsuleHead(**_head(row))


def capsule(row: Row) -> Capsule:
    """The columns of HEAD, `packed` and `body` as a record."""
    packed, body = row[-2:]
    return Capsule(**_head(row), body=unpacked(packed, body))


def unpacked(packed: int, body: bytes) -> str:
    """The text of a stored body."""
    return (zlib.decompress(body) if packed else body).decode()


def _head(row: Row) -> dict[str, Any]:
    kind, run, step, agent = row[3:7]
    return {
        "id": row[0],
        "name": row[1],
        "version": row[2],
        "author": author_in(kind, run, step, agent),
        "written": row[7],
        "labels": tuple(decode(row[8])),
        "sources": tuple(decode(row[9])),
        "header": decode(row[10]),
        "pinned": bool(row[11]),
    }


def contents(draft: "CapsuleDraft | Capsule") -> Row:
    """The columns behind `written`. Raises UsageError for what cannot be stored."""
    draft = replace(draft, body=KNOWN.text(draft.body), header=KNOWN.value(draft.header))
    author = draft.author
    packed, body = _pack(draft)
    facts = (labels_json(draft.labels), encode(list(draft.sources)).decode(), encode(draft.header).decode())
    return (author.kind, author.run, author.step, author.agent or author.name, *facts, packed, body)


def labels_json(labels: Sequence[Label]) -> str:
    """Labels as a column has them."""
    return encode(list(labels)).decode()


def author_json(author: Author) -> str:
    """Who deleted a capsule, as text."""
    return encode(asdict(author)).decode()


def author_in(*columns: Any) -> Author:
    """The four columns of an author: a person has no agent, and their name stands in its place."""
    kind, run, step, actor = columns
    return Author(kind=kind, run=run, step=step, agent="" if kind == "person" else actor, name=actor if kind == "person" else "")


def author_of(text: str) -> Author:
    """Whom `author_json` wrote down."""
    return Author(**decode(text)) if text else Author()


def _pack(draft: "CapsuleDraft | Capsule") -> tuple[int, bytes]:
    try:
        body = draft.body.encode()
    except UnicodeEncodeError as fault:
        raise UsageError(
            f"the body of capsule {draft.name!r} is not Unicode text: {fault.reason} at character {fault.start}", hint="write plain text"
        ) from None
    packed = zlib.compress(body) if len(body) >= PACK_FROM else body
    return (1, packed) if len(packed) < len(body) else (0, body)
