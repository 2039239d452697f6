"""The tables that hold capsules, and the way from a row to a record and back."""

import zlib
from dataclasses import replace
from typing import Any, TypeAlias

import apsw

from playnex.canonical import decode, encode
from playnex.capsules.capsule import Author, Capsule, CapsuleDraft, CapsuleHead
from playnex.errors import UsageError
from playnex.secrets.known import KNOWN

Row: TypeAlias = tuple[Any, ...]

PACK_FROM = 512
"""Bytes from which compressing a body is worth trying."""

INDEX = "INSERT INTO words (capsule, version, name, body) VALUES (?, ?, ?, ?)"

HEAD = "c.id, c.name, v.version, v.author_kind, v.author_run, v.author_step, v.author_agent, v.written, v.labels, v.sources, v.header"


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
    for capsule_id, version, name, packed, body in connection.execute(living):
        connection.execute(INDEX, (capsule_id, version, name, unpacked(packed, body)))


MIGRATIONS = (create_capsules, create_versions, create_words)


def fetch(connection: apsw.Connection, sql: str, *bindings: Any) -> list[Row]:
    """All rows at once: a statement left open would hold its snapshot."""
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
        "author": Author(kind=kind, run=run, step=step, agent=agent),
        "written": row[7],
        "labels": tuple(decode(row[8])),
        "sources": tuple(decode(row[9])),
        "header": decode(row[10]),
    }


def contents(draft: CapsuleDraft) -> Row:
    """The draft as the columns behind `written`. Raises UsageError for what cannot be stored."""
    draft = replace(draft, body=KNOWN.text(draft.body), header=KNOWN.value(draft.header))
    author = draft.author
    packed, body = _pack(draft)
    facts = (encode(list(draft.labels)).decode(), encode(list(draft.sources)).decode(), encode(draft.header).decode())
    return (author.kind, author.run, author.step, author.agent, *facts, packed, body)


def author_json(author: Author) -> str:
    """Who deleted a capsule, as text."""
    return encode({"kind": author.kind, "run": author.run, "step": author.step, "agent": author.agent}).decode()


def _pack(draft: CapsuleDraft) -> tuple[int, bytes]:
    try:
        body = draft.body.encode()
    except UnicodeEncodeError as fault:
        raise UsageError(
            f"the body of capsule {draft.name!r} is not Unicode text: {fault.reason} at character {fault.start}", hint="write plain text"
        ) from None
    packed = zlib.compress(body) if len(body) >= PACK_FROM else body
    return (1, packed) if len(packed) < len(body) else (0, body)
