"""Capsules with files: what a person saved is taken up before anybody reads, and what anybody wrote goes into the file afterwards."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import apsw

from playnex.capsules.capsule import PERSON, Author, Capsule, CapsuleDraft, CapsuleHead, Prepared
from playnex.capsules.mirror import index
from playnex.capsules.mirror.mirror import Mirror
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.clock import Clock
from playnex.spec.envelope import CapsuleRef
from playnex.spec.memory import Moment
from playnex.store.database import Database


class MirroredCapsules(SqliteCapsules):
    """The Capsules contract over one SQLite file and a folder of Markdown files. Close it before the store."""

    def __init__(self, database: Database, clock: Clock, mirror: Mirror) -> None:
        super().__init__(database, clock)
        self.mirror = mirror
        self._loop = asyncio.get_running_loop()
        self._written: dict[str, CapsuleRef] = {}
        self._mirroring: asyncio.Task[None] | None = None
        self._end_listening = database.listen(self._committed)

    async def close(self) -> None:
        """Bring what was written into the files."""
        self._end_listening()
        if self._mirroring is not None:
            await self._mirroring
        await self._mirror_written()

    async def prepare(self, draft: CapsuleDraft) -> Prepared:
        await self.mirror.look(draft.name)
        prepared = await super().prepare(draft)

        def write(connection: apsw.Connection) -> None:
            prepared.write(connection)
            self._written[draft.name] = prepared.ref  # it is in the file once somebody has committed it

        return replace(prepared, write=write)

    async def write(self, draft: CapsuleDraft) -> Capsule:
        await self.mirror.look(draft.name)
        written = await super().write(draft)
        await self.mirror.look(draft.name)
        return written

    async def read(self, typed: str, version: int | None = None) -> Capsule:
        await self.mirror.look(typed)
        found = await super().read(typed, version)
        if found.name != typed and version is None:
            await self.mirror.look(found.name)
            found = await super().read(found.id)
        return found

    async def read_at(self, typed: str, moment: Moment) -> Capsule:
        await self.mirror.look(typed)
        return await super().read_at(typed, moment)

    async def list(self, *, prefix: str = "", limit: int = 200, after: str = "") -> tuple[CapsuleHead, ...]:
        await self.mirror.look_at_all()
        return await super().list(prefix=prefix, limit=limit, after=after)

    async def list_as_of(self, moment: Moment, *, prefix: str = "", limit: int = 200) -> tuple[CapsuleHead, ...]:
        await self.mirror.look_at_all()
        return await super().list_as_of(moment, prefix=prefix, limit=limit)

    async def pinned(self) -> tuple[CapsuleHead, ...]:
        await self.mirror.look_at_all()
        return await super().pinned()

    async def search(
        self, text: str, *, within: str = "", patterns: tuple[str, ...] = ("*",), limit: int = 10, moment: Moment | None = None
    ) -> tuple[Capsule, ...]:
        await self.mirror.look_at_all()
        return await super().search(text, within=within, patterns=patterns, limit=limit, moment=moment)

    async def history(self, typed: str) -> tuple[CapsuleHead, ...]:
        await self.read(typed)
        return await super().history(typed)

    async def delete(self, typed: str, author: Author = PERSON) -> CapsuleRef:
        await self.read(typed)  # an edit that nobody has seen yet is in the history of what is deleted
        return await self._mirrored(await super().delete(typed, author))

    async def restore(self, typed: str) -> CapsuleRef:
        await self.mirror.look(typed)
        return await self._mirrored(await super().restore(typed))

    async def purge(self, typed: str) -> tuple[Capsule, ...]:
        purged = await super().purge(typed)
        for name in {version.name for version in purged}:
            await self.mirror.forget(name)
        return purged

    async def adopt(self, versions: Sequence[Capsule], after: int = 0) -> None:
        for name in {version.name for version in versions}:
            await self.mirror.look(name)
        await super().adopt(versions, after)
        for name in {version.name for version in versions}:
            await self.mirror.look(name)

    async def _mirrored(self, ref: CapsuleRef) -> CapsuleRef:
        await self.mirror.look(ref.name)
        return ref

    def _committed(self) -> None:
        """Called in whatever thread has committed something."""
        if self._written:
            self._loop.call_soon_threadsafe(self._begin_mirroring)

    def _begin_mirroring(self) -> None:
        if self._mirroring is None or self._mirroring.done():
            self._mirroring = asyncio.create_task(self._mirror_written())

    async def _mirror_written(self) -> None:
        """Bring what was committed into the files; what is still on its way waits for its own commit."""
        for name, ref in list(self._written.items()):
            stored = index.state(self._database.read, name).stored
            if stored and stored.id == ref.id and stored.version >= ref.version:
                if self._written.get(name) == ref:
                    del self._written[name]
                await self.mirror.look(name)
