"""How a version comes to be, inside the writer's transaction: compared with what is there, set, indexed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import apsw

from playnex.canonical import decode
from playnex.capsules.capsule import Author, Capsule, CapsuleDraft
from playnex.capsules.stores import naming, rows
from playnex.errors import CapsuleConflict
from playnex.ids import new_id
from playnex.spec.envelope import CapsuleRef, Label

COLUMNS = "capsule, version, written, author_kind, author_run, author_step, author_agent, labels, sources, header, packed, body"
INSERT = f"INSERT INTO versions ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number"
LABELS = 5
"""Where they stand in a row that begins with `written`."""

UPSERT = (
    "INSERT INTO capsules (id, reversed, name, version, written) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET version = excluded.version, written = excluded.written RETURNING pinned"
)


def expect(draft: CapsuleDraft, found: CapsuleRef | None) -> None:
    """Raise CapsuleConflict where the draft was made from another version than the one that is there."""
    at = found.version if found else 0
    if draft.expected is not None and draft.expected != at:
        raise conflict(draft.name, expected=draft.expected, found=found)


def following(draft: CapsuleDraft, found: CapsuleRef | None) -> CapsuleRef:
    """What the draft's version will be called."""
    if found is None:
        return CapsuleRef(name=draft.name, id=new_id(), version=1)
    return replace(found, version=found.version + 1)


def conflict(name: str, *, expected: int, found: CapsuleRef | None) -> CapsuleConflict:
    """Somebody was faster."""
    wanted = f"version {expected}" if expected else "no capsule of that name"
    there = f"version {found.version}" if found else "none"
    if found and found.version == expected:
        there += " of a newer capsule of that name"
    return CapsuleConflict(
        f"capsule {name!r} is not as its writer had read it: expected {wanted}, found {there}",
        hint="read it again, merge, and write with the version you read" if found else "it was deleted: write it as a new capsule",
    )


def kept(connection: apsw.Connection, draft: CapsuleDraft, found: CapsuleRef | None) -> CapsuleDraft:
    """The draft with the labels that it keeps of the version before it."""
    if found is None or draft.clears or draft.author.kind != "person":
        return draft
    labels = labels_of(connection, found)
    return replace(draft, labels=tuple(dict.fromkeys((*draft.labels, *labels))))


def labels_of(connection: apsw.Connection, ref: CapsuleRef) -> tuple[Label, ...]:
    """What is known of where that version comes from."""
    found = rows.fetch(connection, "SELECT labels FROM versions WHERE capsule = ? AND version = ?", ref.id, ref.version)
    return tuple(decode(found[0][0])) if found else ()


def insert(connection: apsw.Connection, ref: CapsuleRef, row: Sequence[Any]) -> Capsule:
    """Store the version and its words; `row` is `written` and the columns behind it."""
    ((pinned,),) = rows.fetch(connection, UPSERT, ref.id, ref.id[::-1], ref.name, ref.version, row[0])
    if ref.version > 1:
        rows.overtake(connection, ref.id, ref.version - 1, name=ref.name)
    ((number,),) = rows.fetch(connection, INSERT, ref.id, ref.version, *row)
    written, *author, labels, sources, header, packed, body = row
    found = rows.capsule((ref.id, ref.name, ref.version, *author, written, labels, sources, header, pinned, packed, body))
    rows.index(connection, "newest", number, name=ref.name, body=found.body)
    return found


def relabelled(row: Sequence[Any], labels: Sequence[Label]) -> Sequence[Any]:
    """The same row with these labels."""
    return (*row[:LABELS], rows.labels_json(labels), *row[LABELS + 1 :])


def note_sources(connection: apsw.Connection, ref: CapsuleRef, draft: CapsuleDraft | Capsule) -> None:
    """Note which of the sources are capsules: at the version that the author's run was given last, else at the newest."""
    for name in draft.sources:
        if (source := naming.newest(connection, name)) is None or source.id == ref.id:
            continue
        version = _given(connection, source.id, draft.author) or source.version
        connection.execute(
            "INSERT INTO made_of (source, source_version, capsule, version) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (source.id, version, ref.id, ref.version),
        )


def _given(connection: apsw.Connection, capsule_id: str, author: Author) -> int:
    sql = "SELECT version FROM uses WHERE capsule = ? AND run = ? ORDER BY at DESC, version DESC LIMIT 1"
    found = rows.fetch(connection, sql, capsule_id, author.run) if author.run else []
    return int(found[0][0]) if found else 0
