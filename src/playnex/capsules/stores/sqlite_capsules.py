"""Capsules in the workspace's SQLite file: immutable versions, compare-and-set inside the writer's transaction."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import apsw

from playnex.capsules.capsule import (
    KEPT,
    PERSON,
    Author,
    Capsule,
    CapsuleDraft,
    CapsuleHead,
    Deleted,
    Prepared,
    Use,
    check_name,
)
from playnex.capsules.stores import ending, listing, naming, rows, words, writing
from playnex.clock import Clock
from playnex.errors import NotFoundError
from playnex.spec.context import Write
from playnex.spec.envelope import CapsuleRef
from playnex.spec.memory import Moment
from playnex.store.database import Database

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

    async def close(self) -> None:
        """End what goes on beside the store; the store itself stays open."""

    async def prepare(self, draft: CapsuleDraft) -> Prepared:
        check_name(draft.name)
        read = self._database.read
        found = naming.newest(read, draft.name)
        writing.expect(draft, found)
        ref, draft = writing.following(draft, found), writing.kept(read, draft, found)
        row = (self._clock.now(), *rows.contents(draft))

        def write(connection: apsw.Connection) -> None:
            now = naming.newest(connection, draft.name)
            if now != found:
                raise writing.conflict(draft.name, expected=found.version if found else 0, found=now)
            writing.insert(connection, ref, row)
            writing.note_sources(connection, ref, draft)

        return Prepared(ref=ref, write=write)

    async def write(self, draft: CapsuleDraft) -> Capsule:
        check_name(draft.name)
        row = (self._clock.now(), *rows.contents(draft))  # what cannot be stored is told before the transaction

        def work(connection: apsw.Connection) -> Capsule:
            found = naming.newest(connection, draft.name)
            writing.expect(draft, found)
            ref, whole = writing.following(draft, found), writing.kept(connection, draft, found)
            capsule = writing.insert(connection, ref, row if whole is draft else writing.relabelled(row, whole.labels))
            writing.note_sources(connection, ref, whole)
            return capsule

        return await self._database.write(work)

    async def read(self, typed: str, version: int | None = None) -> Capsule:
        connection = self._database.read
        found = rows.fetch(connection, BODY, naming.resolve(connection, typed), version)
        if not found:
            raise naming.no_version(connection, typed, version)
        return _of(found)

    async def read_at(self, typed: str, moment: Moment) -> Capsule:
        connection = self._database.read
        capsule_id = naming.resolve(connection, typed)
        if (version := listing.visible(connection, capsule_id, moment)) is None:
            raise NotFoundError(f"there was no capsule {typed!r} yet at that moment", hint="playnex capsule history shows its versions")
        return await self.read(capsule_id, version)

    async def list(self, *, prefix: str = "", limit: int = 200, after: str = "") -> tuple[CapsuleHead, ...]:
        return listing.page(self._database.read, prefix=prefix, limit=limit, after=after)

    async def list_as_of(self, moment: Moment, *, prefix: str = "", limit: int = 200) -> tuple[CapsuleHead, ...]:
        return listing.page_as_of(self._database.read, moment, prefix=prefix, limit=limit)

    async def pinned(self) -> tuple[CapsuleHead, ...]:
        return listing.pinned(self._database.read)

    async def search(
        self, text: str, *, within: str = "", patterns: tuple[str, ...] = ("*",), limit: int = 10, moment: Moment | None = None
    ) -> tuple[Capsule, ...]:
        connection = self._database.read
        wanted = words.Wanted(text=text, within=within, patterns=patterns, limit=limit, moment=moment)
        read = [rows.fetch(connection, BODY, capsule, version) for capsule, version in words.found(connection, wanted)]
        return tuple(_of(row) for row in read if row)  # one that was deleted meanwhile is left out

    async def history(self, typed: str) -> tuple[CapsuleHead, ...]:
        connection = self._database.read
        found = rows.fetch(
            connection,
            f"SELECT {rows.HEAD} FROM capsules c JOIN versions v ON v.capsule = c.id"
            " WHERE c.id = ? AND c.deleted IS NULL ORDER BY v.version DESC",
            naming.resolve(connection, typed),
        )
        if not found:
            raise naming.no_version(connection, typed, None)
        return tuple(rows.head(row) for row in found)

    async def pin(self, typed: str) -> CapsuleRef:
        return await self._mark(typed, 1)

    async def unpin(self, typed: str) -> CapsuleRef:
        return await self._mark(typed, 0)

    async def _mark(self, typed: str, pinned: int) -> CapsuleRef:
        def work(connection: apsw.Connection) -> CapsuleRef:
            capsule_id = naming.resolve(connection, typed)
            sql = "UPDATE capsules SET pinned = ? WHERE id = ? RETURNING name, version"
            ((name, version),) = rows.fetch(connection, sql, pinned, capsule_id)
            return CapsuleRef(name=name, id=capsule_id, version=version)

        return await self._database.write(work)

    async def delete(self, typed: str, author: Author = PERSON) -> CapsuleRef:
        at = self._clock.now()
        return await self._database.write(lambda connection: ending.delete(connection, typed, at=at, by=author))

    async def deleted(self) -> tuple[Deleted, ...]:
        return ending.deleted(self._database.read, before=float("inf"))

    async def restore(self, typed: str) -> CapsuleRef:
        return await self._database.write(lambda connection: ending.restore(connection, typed))

    async def purge(self, typed: str) -> tuple[Capsule, ...]:
        at = self._clock.now()

        def work(connection: apsw.Connection) -> tuple[Capsule, ...]:
            try:
                capsule_id = naming.resolve_deleted(connection, typed)
            except NotFoundError:
                capsule_id = naming.resolve(connection, typed)
            return ending.purge(connection, capsule_id, at)

        return await self._database.write(work)

    async def due_for_purge(self) -> tuple[CapsuleRef, ...]:
        return tuple(each.ref for each in ending.deleted(self._database.read, before=self._clock.now() - KEPT))

    async def adopt(self, versions: Sequence[Capsule], after: int = 0) -> None:
        drafts = [(each.ref, (each.written, *rows.contents(each)), each) for each in versions]
        for each in versions:
            check_name(each.name)

        def work(connection: apsw.Connection) -> None:
            first = versions[0]
            found = naming.newest(connection, first.name)
            here = replace(first.ref, version=after) if after else None
            if found != here or (here is None and listing.standing(connection, first.id) != "unknown"):
                raise writing.conflict(first.name, expected=after, found=found)
            for ref, row, each in drafts:
                writing.insert(connection, ref, row)
                writing.note_sources(connection, ref, each)
            connection.execute("UPDATE capsules SET pinned = max(pinned, ?) WHERE id = ?", (int(versions[-1].pinned), first.id))

        await self._database.write(work)

    async def standing(self, id: str) -> Literal["here", "deleted", "purged", "unknown"]:
        return listing.standing(self._database.read, id)

    def noting(self, refs: Sequence[CapsuleRef], reader: Author) -> Write:
        at = self._clock.now()
        given = [(ref.id, ref.version, reader.run, reader.step, reader.agent, at) for ref in refs]

        def write(connection: apsw.Connection) -> None:
            connection.executemany("INSERT INTO uses VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", given)

        return write

    async def uses(self, typed: str) -> tuple[Use, ...]:
        connection = self._database.read
        return listing.uses(connection, naming.resolve(connection, typed))

    async def given(self, run: str, step: str) -> tuple[CapsuleRef, ...]:
        return listing.given(self._database.read, run, step)

    async def given_and_gone(self, run: str) -> tuple[str, ...]:
        return listing.given_and_gone(self._database.read, run)

    async def runs_with(self, id: str) -> tuple[str, ...]:
        return listing.runs_with(self._database.read, id)

    async def versions_of_deleted(self, typed: str) -> tuple[Capsule, ...]:
        connection = self._database.read
        return ending.versions(connection, naming.resolve_deleted(connection, typed))


def _of(found: "list[rows.Row]") -> Capsule:
    return rows.capsule(found[0])
