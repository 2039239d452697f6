"""What a list says: pages of heads, now and as of a moment, what is pinned, and what was made of what."""

from typing import Any, Literal

import apsw

from playnex.capsules.capsule import Author, CapsuleHead, Use
from playnex.capsules.stores import rows
from playnex.capsules.stores.words import VISIBLE
from playnex.errors import UsageError
from playnex.spec.envelope import CapsuleRef
from playnex.spec.memory import Moment

FEW = 2_000
"""Names below a prefix that are quicker to sort than to look for among all, last written first."""

NEWEST = f"SELECT {rows.HEAD} FROM capsules c{{by}} JOIN versions v ON v.capsule = c.id AND v.version = c.version WHERE c.deleted IS NULL"


def page(connection: apsw.Connection, *, prefix: str, limit: int, after: str) -> tuple[CapsuleHead, ...]:
    """A page of the newest versions, last written first."""
    behind, place = (" AND (c.written, c.id) < (?, ?)", _place(after)) if after else ("", ())
    below, bounds = (" AND c.name >= ? AND c.name < ?", _bounds(prefix)) if prefix else ("", ())
    by = " INDEXED BY capsules_by_name" if prefix and _are_few(connection, prefix) else " INDEXED BY capsules_by_time"
    sql = f"{NEWEST.format(by=by)}{below}{behind} ORDER BY c.written DESC, c.id DESC LIMIT ?"
    return tuple(rows.head(row) for row in rows.fetch(connection, sql, *bounds, *place, limit))


def page_as_of(connection: apsw.Connection, moment: Moment, *, prefix: str, limit: int) -> tuple[CapsuleHead, ...]:
    """What a list said at that moment."""
    sql = (
        f"SELECT {rows.HEAD} FROM capsules c JOIN versions v ON v.capsule = c.id AND v.version = ({VISIBLE})"
        " WHERE c.deleted IS NULL AND c.name >= :low AND c.name < :high ORDER BY v.written DESC, c.id DESC LIMIT :limit"
    )
    low, high = _bounds(prefix)
    bindings = _moment(moment) | {"low": low, "high": high, "limit": limit}
    return tuple(rows.head(row) for row in rows.fetch_named(connection, sql, bindings))


def visible(connection: apsw.Connection, capsule_id: str, moment: Moment) -> int | None:
    """The version of a capsule that is seen at a moment."""
    found = rows.fetch_named(connection, f"SELECT ({VISIBLE}) FROM capsules c WHERE c.id = :id", _moment(moment) | {"id": capsule_id})
    return found[0][0] if found else None


def pinned(connection: apsw.Connection) -> tuple[CapsuleHead, ...]:
    """The newest versions of what is marked as long-term memory, by name."""
    sql = f"{NEWEST.format(by=' INDEXED BY capsules_pinned')} AND c.pinned ORDER BY c.name"
    return tuple(rows.head(row) for row in rows.fetch(connection, sql))


def standing(connection: apsw.Connection, capsule_id: str) -> Literal["here", "deleted", "purged", "unknown"]:
    """What has become of the capsule of that id."""
    found = rows.fetch(connection, "SELECT name, deleted FROM capsules WHERE id = ?", capsule_id)
    if not found:
        return "unknown"
    name, deleted = found[0]
    return "here" if deleted is None else "deleted" if name else "purged"


def uses(connection: apsw.Connection, capsule_id: str) -> tuple[Use, ...]:
    """Who was given it, and what was made of it, newest first."""
    given = rows.fetch(connection, "SELECT version, run, step, agent, at FROM uses WHERE capsule = ?", capsule_id)
    made = rows.fetch(
        connection,
        "SELECT m.source_version, v.author_kind, v.author_run, v.author_step, v.author_agent, v.written, c.name, c.id, v.version"
        " FROM made_of m JOIN versions v ON v.capsule = m.capsule AND v.version = m.version JOIN capsules c ON c.id = m.capsule"
        " WHERE m.source = ? AND c.deleted IS NULL",
        capsule_id,
    )
    found = [Use(version=version, by=Author(kind="run", run=run, step=step, agent=agent), at=at) for version, run, step, agent, at in given]
    found += [Use(version=row[0], by=rows.author_in(*row[1:5]), at=row[5], made=_ref(*row[6:])) for row in made]
    return tuple(sorted(found, key=lambda use: use.at, reverse=True))


def given(connection: apsw.Connection, run: str, step: str) -> tuple[CapsuleRef, ...]:
    """The versions that a step of a run, and all below it, was given, by name; of those that are not deleted."""
    sql = (
        "SELECT DISTINCT c.name, c.id, u.version FROM uses u JOIN capsules c ON c.id = u.capsule"
        " WHERE u.run = ? AND (u.step = ? OR u.step >= ? AND u.step < ?) AND c.deleted IS NULL ORDER BY c.name, u.version"
    )
    return tuple(_ref(*row) for row in rows.fetch(connection, sql, run, step, *_bounds(f"{step}/")))


def given_and_gone(connection: apsw.Connection, run: str) -> tuple[str, ...]:
    """The steps of a run that were given a capsule which is deleted by now."""
    sql = "SELECT DISTINCT u.step FROM uses u JOIN capsules c ON c.id = u.capsule WHERE u.run = ? AND c.deleted IS NOT NULL"
    return tuple(step for (step,) in rows.fetch(connection, sql, run))


def runs_with(connection: apsw.Connection, capsule_id: str) -> tuple[str, ...]:
    """The runs that were given it, or wrote a version of it."""
    sql = "SELECT run FROM uses WHERE capsule = ?1 UNION SELECT author_run FROM versions WHERE capsule = ?1 AND author_run <> ''"
    return tuple(run for (run,) in rows.fetch(connection, sql, capsule_id))


def _ref(name: str, capsule_id: str, version: int) -> CapsuleRef:
    return CapsuleRef(name=name, id=capsule_id, version=version)


def _are_few(connection: apsw.Connection, prefix: str) -> bool:
    sql = "SELECT count(*) FROM (SELECT 1 FROM capsules c WHERE c.deleted IS NULL AND c.name >= ? AND c.name < ? LIMIT ?)"
    return int(connection.execute(sql, (*_bounds(prefix), FEW + 1)).get) <= FEW


def _bounds(prefix: str) -> tuple[str, str]:
    return prefix, prefix + "\U0010ffff"


def _moment(moment: Moment) -> dict[str, Any]:
    return {"at": moment.at, "run": moment.run, "until": moment.until}


def _place(after: str) -> tuple[float, str]:
    written, _, capsule_id = after.partition("/")
    try:
        return float(written), capsule_id
    except ValueError:
        raise UsageError(f"{after!r} is no place in a list", hint="take what the page before gave as `next`") from None
