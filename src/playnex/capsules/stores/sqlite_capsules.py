"""Capsules in the workspace's SQLite file: immutable versions, compare-and-set inside the writer's transaction."""

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import apsw

from playnex.capsules.capsule import PERSON, Author, Capsule, CapsuleDraft, CapsuleHead, Prepared, check_name
from playnex.capsules.stores import rows, words
from playnex.clock import Clock
from playnex.errors import CapsuleConflict, NotFoundError, UsageError
from playnex.ids import new_id, normalize, short
from playnex.spec.envelope import CapsuleRef
from playnex.spec.faults import did_you_mean
from playnex.store.database import Database

SUGGESTIONS = 500
"""How many names, the last written, are looked at for a did-you-mean."""

LISTED = 10
"""How many capsules an ambiguity names."""

BODY = (
    f"SELECT {rows.HEAD}, v.packed, v.body FROM capsules c JOIN versions v ON v.capsule = c.id"
    " WHERE c.id = ? AND c.deleted IS NULL AND v.version = coalesce(?, c.version)"
)
"""A living capsule's version; the newest for none."""


class SqliteCapsules:
    """The Capsules contract over one SQLite file."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def prepare(self, draft: CapsuleDraft) -> Prepared:
        check_name(draft.name)
        found = _newest(self._database.read, draft.name)
        _expect(draft, found)
        ref = _next(draft, found)
        contents, written = rows.contents(draft), self._clock.now()

        def write(connection: apsw.Connection) -> None:
            now = _newest(connection, draft.name)
            if now != found:
                raise _conflict(draft.name, expected=found.version if found else 0, found=now)
            _insert(connection, ref, written, *contents)

        return Prepared(ref=ref, write=write)

    async def write(self, draft: CapsuleDraft) -> Capsule:
        check_name(draft.name)
        contents, written = rows.contents(draft), self._clock.now()

        def work(connection: apsw.Connection) -> CapsuleRef:
            found = _newest(connection, draft.name)
            _expect(draft, found)
            ref = _next(draft, found)
            _insert(connection, ref, written, *contents)
            return ref

        ref = await self._database.write(work)
        return _written(draft, ref, written=written)

    async def read(self, typed: str, version: int | None = None) -> Capsule:
        connection = self._database.read
        capsule_id = _resolve(connection, typed)
        found = rows.fetch(connection, BODY, capsule_id, version)
        if not found:
            raise _no_version(connection, typed, version=version)
        return rows.capsule(found[0])

    async def read_as_of(self, typed: str, at: float, run: str) -> Capsule:
        connection = self._database.read
        found = rows.fetch(
            connection,
            f"SELECT {rows.HEAD}, v.packed, v.body FROM capsules c JOIN versions v ON v.capsule = c.id"
            " WHERE c.id = ? AND c.deleted IS NULL AND (v.written <= ? OR v.author_run = ?) ORDER BY v.version DESC LIMIT 1",
            _resolve(connection, typed),
            at,
            run,
        )
        if not found:
            raise NotFoundError(
                f"there was no capsule {typed!r} yet when the run was forked", hint="playnex capsule history shows its versions"
            )
        return rows.capsule(found[0])

    async def list(self, *, prefix: str = "", limit: int = 200) -> tuple[CapsuleHead, ...]:
        below, bounds = (" AND c.name >= ? AND c.name < ?", (prefix, prefix + "\U0010ffff")) if prefix else ("", ())
        found = rows.fetch(
            self._database.read,
            f"SELECT {rows.HEAD} FROM capsules c JOIN versions v ON v.capsule = c.id AND v.version = c.version"
            f" WHERE c.deleted IS NULL{below} ORDER BY c.written DESC, c.id DESC LIMIT ?",
            *bounds,
            limit,
        )
        return tuple(rows.head(row) for row in found)

    async def search(
        self, text: str, *, within: str = "", patterns: tuple[str, ...] = ("*",), limit: int = 10, at: float | None = None, run: str = ""
    ) -> tuple[Capsule, ...]:
        connection = self._database.read
        found = words.found(connection, text, at=at, run=run)
        fitting = [hit for hit in found if words.is_below(hit.name, within) and any(fnmatchcase(hit.name, each) for each in patterns)]
        read = [rows.fetch(connection, BODY, hit.capsule, hit.version) for hit in fitting[:limit]]
        return tuple(rows.capsule(row) for (row,) in filter(None, read))  # one that was deleted meanwhile is left out

    async def history(self, typed: str) -> tuple[CapsuleHead, ...]:
        connection = self._database.read
        found = rows.fetch(
            connection,
            f"SELECT {rows.HEAD} FROM capsules c JOIN versions v ON v.capsule = c.id"
            " WHERE c.id = ? AND c.deleted IS NULL ORDER BY v.version DESC",
            _resolve(connection, typed),
        )
        if not found:
            raise _no_version(connection, typed)
        return tuple(rows.head(row) for row in found)

    async def delete(self, typed: str, author: Author = PERSON) -> CapsuleRef:
        deleted, deleted_by = self._clock.now(), rows.author_json(author)

        def work(connection: apsw.Connection) -> CapsuleRef:
            capsule_id = _resolve(connection, typed)
            row = rows.fetch(
                connection,
                "UPDATE capsules SET deleted = ?, deleted_by = ? WHERE id = ? RETURNING name, version",
                deleted,
                deleted_by,
                capsule_id,
            )[0]
            words.forget(connection, capsule_id)
            return CapsuleRef(name=row[0], id=capsule_id, version=row[1])

        return await self._database.write(work)


def _newest(connection: apsw.Connection, name: str) -> CapsuleRef | None:
    found = rows.fetch(connection, "SELECT id, version FROM capsules WHERE name = ? AND deleted IS NULL", name)
    return CapsuleRef(name=name, id=found[0][0], version=found[0][1]) if found else None


def _expect(draft: CapsuleDraft, found: CapsuleRef | None) -> None:
    at = found.version if found else 0
    if draft.expected is not None and draft.expected != at:
        raise _conflict(draft.name, expected=draft.expected, found=found)


def _next(draft: CapsuleDraft, found: CapsuleRef | None) -> CapsuleRef:
    if found is None:
        return CapsuleRef(name=draft.name, id=new_id(), version=1)
    return replace(found, version=found.version + 1)


def _insert(connection: apsw.Connection, ref: CapsuleRef, *row: Any) -> None:
    """`row` is `written` and the columns behind it."""
    connection.execute(
        "INSERT INTO capsules (id, reversed, name, version, written) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET version = excluded.version, written = excluded.written",
        (ref.id, ref.id[::-1], ref.name, ref.version, row[0]),
    )
    connection.execute("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (ref.id, ref.version, *row))
    connection.execute(rows.INDEX, (ref.id, ref.version, ref.name, rows.unpacked(*row[-2:])))


def _written(draft: CapsuleDraft, ref: CapsuleRef, *, written: float) -> Capsule:
    return Capsule(
        id=ref.id,
        name=ref.name,
        version=ref.version,
        body=draft.body,
        author=draft.author,
        written=written,
        labels=draft.labels,
        sources=draft.sources,
        header=draft.header,
    )


def _resolve(connection: apsw.Connection, typed: str) -> str:
    """The id of the one living capsule of that name, or whose id begins or ends so."""
    if found := _newest(connection, typed):
        return found.id
    candidates = _by_id(connection, normalize(typed))
    if len(candidates) > 1:
        named = ", ".join(f"{name} ({short(capsule_id)})" for capsule_id, name in candidates[:LISTED])
        raise UsageError(f"{typed!r} fits several capsules: {named}", hint="type the name, or more of the id")
    if not candidates:
        raise _no_capsule(connection, typed)
    return candidates[0][0]


def _by_id(connection: apsw.Connection, wanted: str) -> list[tuple[str, str]]:
    if not wanted:
        return []
    ends = wanted[::-1]
    return rows.fetch(
        connection,
        "SELECT id, name FROM capsules WHERE deleted IS NULL AND id >= ? AND id < ?"
        " UNION SELECT id, name FROM capsules WHERE deleted IS NULL AND reversed >= ? AND reversed < ? LIMIT ?",
        *(wanted, wanted + "\U0010ffff", ends, ends + "\U0010ffff", LISTED + 1),
    )


def _no_capsule(connection: apsw.Connection, typed: str) -> NotFoundError:
    names = rows.fetch(connection, "SELECT name FROM capsules WHERE deleted IS NULL ORDER BY written DESC, id DESC LIMIT ?", SUGGESTIONS)
    suggestion = did_you_mean(typed, (name for (name,) in names))
    return NotFoundError(f"there is no capsule {typed!r}", hint=suggestion or "playnex capsules lists them")


def _no_version(connection: apsw.Connection, typed: str, *, version: int | None = None) -> NotFoundError:
    if version is None:  # deleted since its id was found
        return _no_capsule(connection, typed)
    return NotFoundError(f"capsule {typed!r} has no version {version}", hint=f"playnex capsule history {typed} lists them")


def _conflict(name: str, *, expected: int, found: CapsuleRef | None) -> CapsuleConflict:
    wanted = f"version {expected}" if expected else "no capsule of that name"
    there = f"version {found.version}" if found else "none"
    if found and found.version == expected:
        there += " of a newer capsule of that name"
    return CapsuleConflict(
        f"capsule {name!r} is not as its writer had read it: expected {wanted}, found {there}",
        hint="read it again, merge, and write with the version you read" if found else "it was deleted: write it as a new capsule",
    )
