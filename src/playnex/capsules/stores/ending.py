"""How a capsule ends: deleted, which can be undone, and purged, which cannot."""

import apsw

from playnex.capsules.capsule import Author, Capsule, Deleted
from playnex.capsules.stores import naming, rows
from playnex.errors import CapsuleConflict
from playnex.ids import short
from playnex.spec.envelope import CapsuleRef

ALL = f"SELECT {rows.HEAD}, v.packed, v.body FROM capsules c JOIN versions v ON v.capsule = c.id WHERE c.id = ? ORDER BY v.version"


def delete(connection: apsw.Connection, typed: str, *, at: float, by: Author) -> CapsuleRef:
    """Mark it; nothing finds it from now on."""
    capsule_id = naming.resolve(connection, typed)
    ((name, version),) = rows.fetch(
        connection,
        "UPDATE capsules SET deleted = ?, deleted_by = ? WHERE id = ? RETURNING name, version",
        at,
        rows.author_json(by),
        capsule_id,
    )
    rows.leave_out(connection, capsule_id)
    return CapsuleRef(name=name, id=capsule_id, version=version)


def deleted(connection: apsw.Connection, before: float) -> tuple[Deleted, ...]:
    """What is deleted, and was so before that time; last deleted first."""
    found = rows.fetch(
        connection,
        f"SELECT id, name, version, deleted, deleted_by FROM capsules WHERE {naming.DELETED} AND deleted < ? ORDER BY deleted DESC",
        before,
    )
    return tuple(
        Deleted(ref=CapsuleRef(name=name, id=capsule_id, version=version), deleted=at, by=rows.author_of(by))
        for capsule_id, name, version, at, by in found
    )


def restore(connection: apsw.Connection, typed: str) -> CapsuleRef:
    """Take the mark away, and its words in again."""
    capsule_id = naming.resolve_deleted(connection, typed)
    ((name, version),) = rows.fetch(connection, "SELECT name, version FROM capsules WHERE id = ?", capsule_id)
    if (taken := naming.newest(connection, name)) is not None:
        raise CapsuleConflict(
            f"capsule {name!r} cannot be restored: another one has its name now ({short(taken.id)})",
            hint=f"export or delete that one first: playnex capsule delete {name}",
        )
    connection.execute("UPDATE capsules SET deleted = NULL, deleted_by = NULL WHERE id = ?", (capsule_id,))
    rows.take_in(connection, capsule_id)
    return CapsuleRef(name=name, id=capsule_id, version=version)


def versions(connection: apsw.Connection, capsule_id: str) -> tuple[Capsule, ...]:
    """All versions of a capsule, deleted or not, the first one first."""
    return tuple(rows.capsule(row) for row in rows.fetch(connection, ALL, capsule_id))


def purge(connection: apsw.Connection, capsule_id: str, at: float) -> tuple[Capsule, ...]:
    """Take all of it out of the store but its id, which says that it is purged. What was freed is overwritten."""
    found = versions(connection, capsule_id)
    connection.execute("PRAGMA secure_delete = ON").fetchall()
    try:
        rows.leave_out(connection, capsule_id)
        connection.execute("DELETE FROM versions WHERE capsule = ?", (capsule_id,))
        connection.execute("DELETE FROM uses WHERE capsule = ?", (capsule_id,))
        connection.execute("DELETE FROM made_of WHERE source = ?1 OR capsule = ?1", (capsule_id,))
        connection.execute(
            "UPDATE capsules SET name = '', version = 0, pinned = 0, deleted = ?, deleted_by = NULL WHERE id = ?", (at, capsule_id)
        )
        for index in rows.INDEXES:  # a deleted row's words stay in an index until its parts are merged
            connection.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")
    finally:
        connection.execute("PRAGMA secure_delete = OFF").fetchall()
    return found
