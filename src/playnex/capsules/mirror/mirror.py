"""The mirror: has capsules and their Markdown files say the same, name by name or all at once, whoever changed them.

A look at one name costs a stat and a row where nothing changed; a scan of all names costs one walk and one query. Neither ever fails
whoever reads or writes a capsule: what cannot be done is told, once, and the work goes on with what the store says.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playnex.capsules.capsule import Author, Capsules
from playnex.capsules.mirror import index
from playnex.capsules.mirror.asides import Asides
from playnex.capsules.mirror.folder import BeingWritten, Folder, Unusable
from playnex.capsules.mirror.index import Overtaken, State
from playnex.capsules.mirror.laying import Laying
from playnex.capsules.mirror.mishaps import Missing, RollCall
from playnex.capsules.mirror.names import ENDING, Named, OfOthers, path_of, problem, reading_of
from playnex.capsules.mirror.notice import HELD, Notice
from playnex.capsules.mirror.settling import FolderGone, Settling, TooMany
from playnex.capsules.mirror.steady import SETTLE, Steadiness
from playnex.capsules.mirror.surveying import Survey, survey
from playnex.capsules.mirror.taking import Taking
from playnex.capsules.mirror.text import NotText
from playnex.capsules.mirror.watching import changes_below
from playnex.clock import Clock
from playnex.errors import CapsuleConflict, NotFoundError, StoreError
from playnex.store.database import Database

TRIES = 20
"""How often a name is looked at while others are faster."""

FEW = 10
"""Names that are looked at one by one; what is done to more is done to them together."""

AT_ONCE = 256
"""Names that are settled at the same time, so that they share transactions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the files lie, and Playnex's own folder for what is put aside."""

    files: Path
    aside: Path


class Mirror:
    """Keeps the files and the capsules of one store the same. `tell` hears what people should know, each thing once; without
    `is_to_watch` files are looked at when somebody reads, and no sooner."""

    def __init__(
        self, capsules: Capsules, database: Database, place: Place, *, person: Author, clock: Clock, settle: float = SETTLE
    ) -> None:
        self.folder = Folder(place.files)
        self.is_to_watch = True
        self.tell: Callable[[Notice], None] = ignore
        self._database = database
        self._clock = clock
        self._told: set[Notice] = set()
        self._asides = Asides(place.aside, self.folder)
        self._laying = Laying(database=database, folder=self.folder, asides=self._asides, clock=clock)
        steadiness = Steadiness(folder=self.folder, clock=clock, settle=settle)
        self._taking = Taking(capsules=capsules, database=database, folder=self.folder, steadiness=steadiness, person=person, clock=clock)
        self._roll = RollCall(self.folder, database, clock)
        self._settling = Settling(
            capsules=capsules,
            database=database,
            folder=self.folder,
            asides=self._asides,
            steadiness=steadiness,
            roll=self._roll,
            person=person,
            clock=clock,
            tell=self._say,
        )
        self._watchers = 0
        self._is_watched = False
        self._touched: dict[str, int] = {}
        self._news: set[asyncio.Task[None]] = set()

    async def look(self, name: str) -> None:
        """Have this capsule and its file agree."""
        try:
            if self._is_settled(name):
                return
            await self._settled(name)
        except (Unusable, NotText) as fault:
            self._say(Notice(kind="left", path=path_of(name), says=str(fault)))
        except TooMany:
            self._say(HELD)
        except BeingWritten:
            self._say(Notice(kind="left", path=path_of(name), says="somebody is writing it; it is read once they are done"))
        except OSError as fault:
            self._say(_cannot(fault))
        except StoreError as fault:
            self._say(Notice(kind="fault", path=path_of(name), says=f"what was saved is not in the store yet: {fault.message}"))

    async def look_at_all(self) -> None:
        """Have all capsules and files agree: those that the watcher saw change, or all where nobody watches."""
        if self._is_watched:
            await self._catch_up()
        else:
            await self.scan()

    async def forget(self, name: str) -> None:
        """Keep nothing of the file of a capsule that was purged."""
        await self.look(name)
        await self._rescue()
        self._asides.forget(path_of(name))

    async def scan(self) -> Survey:
        """Go through all files and capsules; what was found before it was settled."""
        found = await asyncio.to_thread(survey, self.folder, self._database, self._clock)
        if found.is_gone and await self._began_anew():
            found = await asyncio.to_thread(survey, self.folder, self._database, self._clock)
        if found.refreshed:
            with suppress(StoreError):  # where nothing can be recorded, they are read again the next time
                await self._database.write(found.refresh)
        await self._look_at(await self._left_by(self._taking.take, found.present))
        await self._look_at(found.absent)
        if len(found.gone) > FEW and (await self.missing()).is_mishap:
            self._say(HELD)
        else:
            await self._look_at(found.gone)
        await self._look_at(await self._left_by(self._laying.lay, found.bare))
        await self._rescue()
        if found.problem:
            self._say(Notice(kind="fault", path="", says=found.problem))
        return found

    async def missing(self) -> Missing:
        """Whose files are gone and whose capsules are not."""
        return await asyncio.to_thread(self._roll.count)

    async def write_missing(self) -> None:
        """Write the files anew that are gone."""
        names = (await self.missing()).names
        await self._database.write(lambda connection: index.drop_all(connection, names))
        await self.scan()

    async def delete_missing(self) -> tuple[str, ...]:
        """Delete the capsules whose files are gone; their names."""
        deleted = []
        for name in sorted((await self.missing()).names):
            seen = index.state(self._database.read, name)
            with suppress(NotFoundError):
                if seen.stored and seen.agreed and seen.stored == seen.agreed.stored:
                    await self._settling.delete(name, seen.stored)
                    deleted.append(name)
        return tuple(deleted)

    async def _left_by(self, deed: Callable[[Sequence[str]], Awaitable[list[str]]], names: Sequence[str]) -> Sequence[str]:
        """Do this to many names together; those that have to be looked at one by one."""
        if len(names) <= FEW:
            return names
        try:
            return await deed(names)
        except OSError as fault:
            self._say(_cannot(fault))
        except StoreError as fault:
            self._say(Notice(kind="fault", path="", says=f"files and capsules do not say the same yet: {fault.message}"))
        except Unusable as fault:
            self._say(Notice(kind="fault", path="", says=str(fault)))
        return ()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Take up edits as they are saved, as long as this is open; all is looked at when it begins and when it ends."""
        await self.scan()
        self._watchers += 1
        watcher = asyncio.create_task(self._watch()) if self._watchers == 1 and self.is_to_watch else None
        try:
            yield
        finally:
            self._watchers -= 1
            if watcher is not None:
                watcher.cancel()
                await asyncio.wait([watcher, *self._news])
                self._is_watched = False
            await self.scan()

    async def _watch(self) -> None:
        """Look at what changes; where the system gives no news, scans go on doing it."""
        with suppress(OSError, RuntimeError):
            async for paths in changes_below(self.folder.root, self._clock):
                if not self._is_watched or any(_is_folder(path) for path in paths):
                    await self.scan()  # of a folder that was moved the system tells only its own name
                    self._is_watched = True
                for name in _names(paths):
                    self._touched[name] = self._touched.get(name, 0) + 1
                if paths:
                    self._news.add(task := asyncio.create_task(self._catch_up()))
                    task.add_done_callback(self._news.discard)
        self._is_watched = False

    async def _catch_up(self) -> None:
        """Look at what the watcher saw; what changes once more meanwhile stays for the next time."""
        touched = dict(self._touched)
        gone = [name for name in touched if self._is_gone(name)]
        await self._look_at(name for name in touched if name not in gone)  # first, for they may be what the others are called now
        await self._look_at(gone)
        for name, times in touched.items():
            if self._touched.get(name) == times:
                del self._touched[name]

    def _is_gone(self, name: str) -> bool:
        with suppress(OSError, Unusable):
            return self.folder.stamp(path_of(name)) is None
        return False

    async def _look_at(self, names: Iterable[str]) -> None:
        waiting = list(names)
        while waiting:
            now, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            await asyncio.gather(*(self.look(name) for name in now))

    def _is_settled(self, name: str) -> bool:
        """Whether nothing can have changed. Raises Unusable."""
        seen = index.state(self._database.read, name)
        if seen == State() and problem(name):
            return True  # an id, or nothing that could have a file
        return is_settled(seen, self.folder, name)

    async def _settled(self, name: str) -> None:
        for _ in range(TRIES):
            try:
                await self._settling.settle(name)
                return
            except FolderGone:
                await self._began_anew()
            except (Overtaken, CapsuleConflict, NotFoundError, FileExistsError, FileNotFoundError):
                continue

    async def _began_anew(self) -> bool:
        """Forget the files that are gone with their folder, so that they are written again; whether there were any."""
        had_files = await self._database.write(index.forget_all)
        if had_files:
            says = "the folder was gone, and is written anew; to delete capsules, delete their files, or use playnex capsule delete"
            self._say(Notice(kind="back", path="", says=says))
        return had_files

    async def _rescue(self) -> None:
        for caught in list(self._asides.caught(self._clock.now())):
            with suppress(OSError, Unusable):
                await self._settling.rescue(caught)

    def _say(self, notice: Notice) -> None:
        if notice not in self._told:
            self._told.add(notice)
            self.tell(notice)


def is_settled(seen: State, folder: Folder, name: str) -> bool:
    """Whether the file has the stamp of the last agreement, and the store its version. Raises Unusable."""
    stamp = folder.stamp(path_of(name))
    if seen.known is None:
        return seen.stored is None and stamp is None
    return seen.stored == seen.known.agreed.stored and seen.known.is_untouched(stamp)


def _cannot(fault: OSError) -> Notice:
    return Notice(kind="fault", path="", says=f"files cannot be written or read here: {fault.strerror or fault}".lower())


def ignore(_notice: Notice) -> None:
    """Tell nobody."""


def _is_folder(path: str) -> bool:
    return not path.endswith(ENDING) and not isinstance(reading_of(f"{path}/x{ENDING}"), OfOthers)


def _names(paths: Iterable[str]) -> set[str]:
    readings = (reading_of(path) for path in paths)
    return {reading.name for reading in readings if isinstance(reading, Named)}
