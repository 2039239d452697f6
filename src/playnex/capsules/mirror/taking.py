"""Takes many new files in at once: a folder that comes from elsewhere, a clone or a backup, is read soon, however many files it has.

Only what is plain is taken here: a file at rest, of a name that the store does not know. Whatever is not so, or goes wrong, is left to
be looked at by itself.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import apsw

from playnex.canonical import digest
from playnex.capsules.capsule import Author, CapsuleDraft, Capsules
from playnex.capsules.mirror import index
from playnex.capsules.mirror.deciding import Agreed, Stored
from playnex.capsules.mirror.folder import BeingWritten, Content, Folder, Unusable
from playnex.capsules.mirror.index import Known, State
from playnex.capsules.mirror.names import in_groups, path_of
from playnex.capsules.mirror.steady import Steadiness
from playnex.capsules.mirror.syncing import sync_together
from playnex.capsules.mirror.text import NotText, parsed
from playnex.clock import Clock
from playnex.errors import PlaynexError
from playnex.spec.context import Write
from playnex.store.database import Database

FILES = 200
"""Files that are taken in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A file's text as a version to be, and what will be remembered of the file."""

    write: Write
    known: Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """Takes new files in; `person` is who made them."""

    capsules: Capsules
    database: Database
    folder: Folder
    steadiness: Steadiness
    person: Author
    clock: Clock

    async def take(self, names: Sequence[str]) -> list[str]:
        """Take in the new ones among these files; the names that have to be looked at by themselves. Raises OSError, StoreError."""
        taken = set[str]()
        for group in in_groups(names, FILES):
            taken |= await self._taken(group)
        return [name for name in names if name not in taken]

    async def _taken(self, names: Sequence[str]) -> set[str]:
        looked = round(self.clock.now() * 1e9)
        contents = await asyncio.to_thread(self._at_rest, names)
        prepared = dict[str, Taken]()
        for name, content in contents.items():
            if (found := await self._prepared(name, content, looked)) is not None:
                prepared[name] = found

        def work(connection: apsw.Connection) -> set[str]:
            free = index.unmoved(connection, dict.fromkeys(prepared, State()))
            for name in free:
                prepared[name].write(connection)
            index.put_all(connection, {name: prepared[name].known for name in free})
            return free

        return await self.database.write(work)

    def _at_rest(self, names: Sequence[str]) -> dict[str, Content]:
        """The files at rest among them, on the disk for good: many editors do not see to it."""
        new = index.unmoved(self.database.read, dict.fromkeys(names, State())) - index.ever_deleted(self.database.read, names)
        found = dict[str, Content]()
        with self.folder.reading() as read:
            for name in names:
                if name in new and (content := self._read(name, read)) is not None:
                    found[name] = content
        sync_together(self.folder.root, (self.folder.root / path_of(name) for name in found))
        return found

    def _read(self, name: str, read: Callable[[str], Content]) -> Content | None:
        with suppress(OSError, BeingWritten, Unusable):
            content = read(path_of(name))
            return content if self.steadiness.is_old(content.stamp) else None
        return None

    async def _prepared(self, name: str, content: Content, looked: int) -> Taken | None:
        """The version that the file is going to be; None where it is to be looked at by itself."""
        try:
            text, bytes_digest = parsed(content.data), digest(content.data)
            labels = index.labels_of(self.database.read, bytes_digest)
            draft = CapsuleDraft(name=name, body=text.body, header=text.header, author=self.person, expected=0, labels=labels)
            prepared = await self.capsules.prepare(draft)
        except (NotText, PlaynexError):
            return None
        stored = Stored(id=prepared.ref.id, version=prepared.ref.version)
        known = Known(agreed=Agreed(stored=stored, digest=bytes_digest), stamp=content.stamp, looked=looked)
        return Taken(write=prepared.write, known=known)
