"""Brings the file of one name and the store to say the same, by the deed that was decided.

A change of a file is made inside a transaction of the store that first looks whether everything is still as it was when the deed was
decided: the store's one writer is the arbiter between processes. What the store remembers of the file is written afterwards, so that a
crash between them leaves a file that is some version's text, which is known by its digest.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import apsw

from playnex.canonical import digest
from playnex.capsules.capsule import Author, Capsule, CapsuleDraft, Capsules
from playnex.capsules.mirror import index
from playnex.capsules.mirror.asides import Asides, Caught, Staged
from playnex.capsules.mirror.deciding import Agreed, Stored, decide
from playnex.capsules.mirror.folder import BeingWritten, Content, Folder, Unusable
from playnex.capsules.mirror.index import Known, Overtaken, State
from playnex.capsules.mirror.mishaps import RollCall
from playnex.capsules.mirror.names import ENDING, conflict_path, path_of, problem
from playnex.capsules.mirror.notice import Notice
from playnex.capsules.mirror.steady import Steadiness
from playnex.capsules.mirror.text import LARGEST, NotText, Text, parsed, rendered
from playnex.clock import Clock
from playnex.errors import NotFoundError, UsageError
from playnex.store.database import Database

COMPARED = 100
"""Versions back to which a file is looked for."""


class FolderGone(Exception):
    """All files are gone with their folder, which nobody means as the end of every capsule."""


class TooMany(Exception):
    """Most files are gone at once, which nobody means as the end of their capsules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """Settles names one by one; `person` is who edits the files."""

    capsules: Capsules
    database: Database
    folder: Folder
    asides: Asides
    steadiness: Steadiness
    roll: RollCall
    person: Author
    clock: Clock
    tell: Callable[[Notice], None]

    async def settle(self, name: str) -> None:
        """Have the name's file and the store agree. Raises Overtaken, CapsuleConflict, FileExistsError and FileNotFoundError where
        somebody was faster, BeingWritten, Unusable and NotText for the file, FolderGone, TooMany, OSError and StoreError."""
        seen = index.state(self.database.read, name)
        looked = round(self.clock.now() * 1e9)
        if seen.stored and not seen.known and (why := problem(name)):
            raise Unusable(why)
        try:
            content = await self.steadiness.read(path_of(name), was_there=seen.known is not None)
        except PermissionError as fault:
            raise Unusable(f"it may not be read: {(fault.strerror or str(fault)).lower()}") from None
        look = Look(name=name, seen=seen, content=content, looked=looked)
        match decide(seen.agreed, seen.stored, look.digest):
            case "rest":
                await self._note_rest(look)
            case "write":
                await self._write(look)
            case "remove":
                await self._remove(look)
            case "take":
                await self._take(look)
            case "delete":
                await self._delete(look)
            case "forget":
                await self._change(look, lambda connection: index.drop(connection, name))
            case "compare":
                await self._compare(look)
            case "keep":
                await self._keep(look)

    async def rescue(self, caught: Caught) -> None:
        """Lay an edit that came between a look and a rename beside the file."""
        path = await self._lay_beside(caught.path.removesuffix(ENDING), "edit", caught.data)
        self.asides.drop(caught.folder)
        self.tell(Notice(kind="conflict", path=caught.path, says=f"it was saved while a newer version came; what was saved is in {path}"))

    async def _note_rest(self, look: "Look") -> None:
        if look.content is not None and look.seen.stored is not None:
            await self._agree(look, look.seen.stored)

    async def _write(self, look: "Look") -> None:
        newest = await self._newest(look)
        data = _bytes(newest)
        if look.content is not None and look.digest == digest(data):
            await self._agree(look, _of(newest))
            return
        if len(data) > LARGEST:
            raise Unusable(f"version {newest.version} has more than {LARGEST // 1_000_000} MB; it is in the store alone")
        if look.seen.known and look.content is None:
            says = f"the file was deleted, but version {newest.version} had been written before: the file is there again"
            self.tell(Notice(kind="back", path=look.path, says=says))
        await self._rename(look, data)
        stamp = self.folder.stamp(look.path)
        if stamp is not None:
            known = Known(agreed=Agreed(stored=_of(newest), digest=digest(data)), stamp=stamp, looked=look.looked)
            await self._change(look, lambda connection: index.put(connection, look.name, known))

    async def _remove(self, look: "Look") -> None:
        await self._rename(look, None)
        await self._change(look, lambda connection: index.drop(connection, look.name))
        self.folder.prune(look.path)

    async def _take(self, look: "Look", also: Capsule | None = None) -> None:
        """Make the file the next version; `also` is the version of the store that it goes beside, in a conflict."""
        content = look.present
        if look.seen == State() and await self._is_of_deleted(look):
            return
        text, stored = parsed(content.data), look.seen.stored
        before = also or (await self._newest(look) if stored else None)
        draft = CapsuleDraft(
            name=look.name,
            body=text.body,
            header=text.header,
            author=self.person,
            expected=stored.version if stored else 0,
            labels=before.labels if before else index.labels_of(self.database.read, look.digest or ""),
            sources=before.sources if before else (),
        )
        try:
            prepared = await self.capsules.prepare(draft)
        except UsageError as fault:
            raise NotText(fault.message) from None
        await asyncio.to_thread(self.folder.make_durable, look.path)  # or a power cut would bring the old text back as a person's
        known = look.known_as(Stored(id=prepared.ref.id, version=prepared.ref.version))

        def work(connection: apsw.Connection) -> None:
            prepared.write(connection)
            index.put(connection, look.name, known)

        await self._change(look, work)

    async def _is_of_deleted(self, look: "Look") -> bool:
        """Whether the file says what a capsule of its name said that was deleted. One that lay there before that goes: a crash kept it from
        being noted. One that somebody has put back since brings its capsule back."""
        if (gone := index.deleted(self.database.read, look.name)) is None:
            return False
        try:
            versions = await self.capsules.versions_of_deleted(gone.id)
        except NotFoundError:
            return False
        same = [one.version for one in versions[-COMPARED:] if digest(_bytes(one)) == look.digest]
        if same and look.present.stamp.changed / 1e9 <= gone.at:
            await self._rename(look, None)
            self.folder.prune(look.path)
            return True
        if versions[-1].version in same:
            await self.capsules.restore(gone.id)
            raise Overtaken
        return False

    async def _delete(self, look: "Look") -> None:
        if not self.folder.exists():
            raise FolderGone
        if await asyncio.to_thread(self.roll.is_mishap, look.name):
            raise TooMany
        assert look.seen.stored is not None
        await self.delete(look.name, look.seen.stored)
        self.roll.note_deleted(look.name)

    async def delete(self, name: str, stored: Stored) -> None:
        """Delete the capsule whose file a person has deleted. Raises NotFoundError."""
        await self.capsules.delete(stored.id, self.person)
        await self.database.write(lambda connection: index.note_deleted(connection, name))

    async def _compare(self, look: "Look") -> None:
        newest, agreed = await self._newest(look), look.seen.agreed
        text = digest(_bytes(newest))
        if text == look.digest:
            await self._agree(look, _of(newest))
        elif agreed and agreed.stored.id == newest.id and agreed.digest == text:
            await self._take(look)
        elif (older := await self._version_like(look, newest)) is not None:
            await self._agree(look, older)
            raise Overtaken
        else:
            parsed(look.present.data)  # before anything is laid beside a file that is no text
            path = await self._lay_beside(look.name, f"v{newest.version}", _bytes(newest))
            await self._take(look, newest)
            says = f"two edits at once: the file is now version {newest.version + 1}, and version {newest.version} is in {path}"
            self.tell(Notice(kind="conflict", path=look.path, says=says))

    async def _keep(self, look: "Look") -> None:
        path = await self._lay_beside(look.name, "deleted", look.present.data)
        await self._remove(look)
        says = f"it was edited while its capsule was deleted; the edit is in {path}, which no agent reads"
        self.tell(Notice(kind="conflict", path=look.path, says=says))

    async def _version_like(self, look: "Look", newest: Capsule) -> Stored | None:
        """The version after the last agreement whose text the file has: it was written and not noted before a crash."""
        agreed = look.seen.agreed
        after = agreed.stored.version if agreed and agreed.stored.id == newest.id else 0
        for version in range(newest.version - 1, max(after, newest.version - COMPARED), -1):
            try:
                if digest(_bytes(await self.capsules.read(newest.id, version))) == look.digest:
                    return Stored(id=newest.id, version=version)
            except NotFoundError:
                break
        return None

    async def _lay_beside(self, name: str, side: str, data: bytes) -> str:
        """A file of its own for one side of a conflict; the same bytes are laid there once."""
        number = 1
        while True:
            path = conflict_path(name, side, number)
            if self._has(path, data) or await asyncio.to_thread(self.asides.lay, path, data) or self._has(path, data):
                return path
            number += 1

    def _has(self, path: str, data: bytes) -> bool:
        try:
            return self.folder.read(path).data == data
        except (OSError, Unusable, BeingWritten):
            return False

    async def _newest(self, look: "Look") -> Capsule:
        assert look.seen.stored is not None
        try:
            return await self.capsules.read(look.seen.stored.id, look.seen.stored.version)
        except NotFoundError:
            raise Overtaken from None

    async def _agree(self, look: "Look", stored: Stored) -> None:
        known = look.known_as(stored)
        await self._change(look, lambda connection: index.put(connection, look.name, known))

    async def _rename(self, look: "Look", data: bytes | None) -> None:
        """Change the file, if all is still as it was; what was there is kept aside, and laid beside if it is not what was seen."""
        staged = await asyncio.to_thread(self.asides.stage, look.path, data, old=look.digest or "")
        made: list[Staged] = []

        def work(_connection: apsw.Connection) -> None:
            if not made:  # a transaction may be carried out twice
                self.asides.make(staged)
                made.append(staged)

        try:
            await self._change(look, work)
        except Exception:  # whoever is cancelled leaves it to the next look: the change may be under way
            if not made:
                self.asides.drop(staged.folder)
            raise
        if not staged.about.old:
            self.asides.drop(staged.folder)
        await asyncio.to_thread(self.asides.finish, staged)
        if staged.about.old and (caught := self.asides.caught_by(staged)):
            await self.rescue(caught)

    async def _change(self, look: "Look", work: Callable[[apsw.Connection], object]) -> None:
        """Do this in a transaction, if the store and the memory of the file still say what was seen. Raises Overtaken."""

        def checked(connection: apsw.Connection) -> None:
            index.require(connection, look.name, look.seen)
            if look.seen.known is None and (other := index.like(connection, look.name)):
                raise Unusable(f"some systems take it for the file of {other!r}: names must differ in more than large and small letters")
            work(connection)

        await self.database.write(checked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen of a name, and when, in nanoseconds since 1970."""

    name: str
    seen: State
    content: Content | None
    looked: int

    @property
    def path(self) -> str:
        return path_of(self.name)

    @property
    def digest(self) -> str | None:
        """That of the file's bytes."""
        return digest(self.content.data) if self.content is not None else None

    @property
    def present(self) -> Content:
        """The file, where the deed needs one."""
        assert self.content is not None
        return self.content

    def known_as(self, stored: Stored) -> Known:
        """The memory of a file that says what that version says."""
        return Known(agreed=Agreed(stored=stored, digest=digest(self.present.data)), stamp=self.present.stamp, looked=self.looked)


def _bytes(capsule: Capsule) -> bytes:
    """The version as a file."""
    return rendered(Text(body=capsule.body, header=capsule.header))


def _of(capsule: Capsule) -> Stored:
    return Stored(id=capsule.id, version=capsule.version)
