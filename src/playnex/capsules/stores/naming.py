"""From what somebody typed to the one capsule that they mean: by name, or by the start or end of its id."""

import apsw

from playnex.capsules.stores import rows
from playnex.errors import NotFoundError, UsageError
from playnex.ids import normalize, short
from playnex.spec.envelope import CapsuleRef
from playnex.spec.faults import did_you_mean

SUGGESTIONS = 500
"""How many names, the last written, are looked at for a did-you-mean."""

LISTED = 10
"""How many capsules an ambiguity names."""

SHORTEST = 4
"""Letters of an id that are taken for one: with fewer, a name that is not there would mean whatever capsule has an id that ends so."""

LIVING = "deleted IS NULL"
DELETED = "deleted IS NOT NULL AND name <> ''"
"""Deleted, and not purged: a purged capsule has no name."""


def newest(connection: apsw.Connection, name: str) -> CapsuleRef | None:
    """The newest version of the living capsule of that name."""
    found = rows.fetch(connection, "SELECT id, version FROM capsules WHERE name = ? AND deleted IS NULL", name)
    return CapsuleRef(name=name, id=found[0][0], version=found[0][1]) if found else None


def resolve(connection: apsw.Connection, typed: str) -> str:
    """The id of the one living capsule of that name, or whose id begins or ends so. Raises NotFoundError, UsageError."""
    if found := newest(connection, typed):
        return found.id
    return _by_id(connection, typed, LIVING) or _raise(no_capsule(connection, typed))


def resolve_deleted(connection: apsw.Connection, typed: str) -> str:
    """The same of a deleted capsule; of several of that name the one that was deleted last."""
    found = rows.fetch(connection, f"SELECT id FROM capsules WHERE name = ? AND {DELETED} ORDER BY deleted DESC LIMIT 1", typed)
    if found:
        return str(found[0][0])
    if by_id := _by_id(connection, typed, DELETED):
        return by_id
    if newest(connection, typed):
        hint = f"playnex capsule restore {typed} --version N makes an older version the newest one"
        raise NotFoundError(f"capsule {typed!r} is not deleted", hint=hint)
    return _raise(NotFoundError(f"there is no deleted capsule {typed!r}", hint="playnex capsule list --deleted shows what can be restored"))


def no_capsule(connection: apsw.Connection, typed: str) -> NotFoundError:
    """There is none; a slip is told, and one that was deleted."""
    names = rows.fetch(connection, "SELECT name FROM capsules WHERE deleted IS NULL ORDER BY written DESC, id DESC LIMIT ?", SUGGESTIONS)
    suggestion = did_you_mean(typed, (name for (name,) in names))
    return NotFoundError(f"there is no capsule {typed!r}", hint=suggestion or "playnex capsules lists them")


def no_version(connection: apsw.Connection, typed: str, version: int | None) -> NotFoundError:
    """There is no such version of it; None for a capsule that was deleted since its id was found."""
    if version is None:
        return no_capsule(connection, typed)
    return NotFoundError(f"capsule {typed!r} has no version {version}", hint=f"playnex capsule history {typed} lists them")


def _by_id(connection: apsw.Connection, typed: str, which: str) -> str:
    candidates = _candidates(connection, normalize(typed), which)
    if len(candidates) > 1:
        named = ", ".join(f"{name} ({short(capsule_id)})" for capsule_id, name in candidates[:LISTED])
        raise UsageError(f"{typed!r} fits several capsules: {named}", hint="type the name, or more of the id")
    return candidates[0][0] if candidates else ""


def _candidates(connection: apsw.Connection, wanted: str, which: str) -> list[tuple[str, str]]:
    if len(wanted) < SHORTEST:
        return []
    ends = wanted[::-1]
    return rows.fetch(
        connection,
        f"SELECT id, name FROM capsules WHERE {which} AND id >= ? AND id < ?"
        f" UNION SELECT id, name FROM capsules WHERE {which} AND reversed >= ? AND reversed < ? LIMIT ?",
        *(wanted, wanted + "\U0010ffff", ends, ends + "\U0010ffff", LISTED + 1),
    )


def _raise(fault: NotFoundError) -> str:
    raise fault
