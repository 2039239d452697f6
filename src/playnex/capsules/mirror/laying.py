"""Lays the first files of many capsules at once: a workspace without files has them soon, however many they are.

The texts are written aside, brought to the disk together, moved to their names inside one transaction, and remembered in another. So no
file is ever half there, and a crash at any moment leaves a file that is some version's text, or none. Nothing that lies there already
is touched: such a name is left to be looked at by itself.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import apsw

from playnex.canonical import digest
from playnex.capsules.capsule import Capsule, Capsules
from playnex.capsules.mirror import index
from playnex.capsules.mirror.asides import Asides
from playnex.capsules.mirror.deciding import Agreed, Stored
from playnex.capsules.mirror.folder import Folder, Stamp, Unusable
from playnex.capsules.mirror.index import Known, Overtaken, State
from playnex.capsules.mirror.names import folded, path_of
from playnex.capsules.mirror.syncing import sync_folders, sync_together
from playnex.capsules.mirror.text import LARGEST, Text, rendered
from playnex.clock import Clock
from playnex.errors import NotFoundError
from playnex.store.database import Database

FILES, BYTES = 2_000, 32_000_000
"""What is written between two syncs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A text on its way into its file: what the store says of the name, and where the text lies meanwhile."""

    name: str
    seen: State
    digest: str
    spare: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Laying:
    """Lays files for capsules that never had one."""

    capsules: Capsules
    database: Database
    folder: Folder
    asides: Asides
    clock: Clock

    async def lay(self, names: Iterable[str]) -> list[str]:
        """Lay the files of these capsules; the names that have to be looked at by themselves. Raises OSError, StoreError."""
        left: list[str] = []
        waiting = _without_likes(names, left)
        while group := await self._group(waiting, left):
            aside = self.asides.room()
            try:
                left += await self._laid(group, aside)
            finally:
                self.asides.drop(aside)
        return left

    async def _group(self, names: Iterator[str], left: list[str]) -> list[tuple[str, State, bytes]]:
        """The next texts; what cannot be laid is put to those that are left."""
        group, room = list[tuple[str, State, bytes]](), BYTES
        for name in names:
            seen = index.state(self.database.read, name)
            data = await self._text(seen.stored) if seen.stored and not seen.known else None
            if data is None or len(data) > LARGEST:
                left.append(name)
                continue
            group.append((name, seen, data))
            room -= len(data)
            if len(group) == FILES or room < 0:
                break
        return group

    async def _text(self, stored: Stored) -> bytes | None:
        with suppress(NotFoundError):
            return bytes_of(await self.capsules.read(stored.id, stored.version))
        return None

    async def _laid(self, group: Sequence[tuple[str, State, bytes]], aside: Path) -> list[str]:
        looked = round(self.clock.now() * 1e9)
        sheets = await asyncio.to_thread(_written, aside, group)
        stamps: dict[str, Stamp] = {}

        def move(connection: apsw.Connection) -> None:
            for sheet in sheets:
                if sheet.name not in stamps and is_free(connection, sheet.name, sheet.seen):  # a transaction may be carried out twice
                    with suppress(FileExistsError, Unusable):
                        stamps[sheet.name] = self.folder.move_in(sheet.spare, path_of(sheet.name))

        await self.database.write(move)
        await asyncio.to_thread(sync_folders, {(self.folder.root / path_of(name)).parent for name in stamps})
        laid = [sheet for sheet in sheets if sheet.name in stamps]
        await self.database.write(lambda connection: _remember(connection, laid, stamps, looked=looked))
        return [sheet.name for sheet in sheets if sheet.name not in stamps]


def bytes_of(capsule: Capsule) -> bytes:
    """The version as a file."""
    return rendered(Text(body=capsule.body, header=capsule.header))


def is_free(connection: apsw.Connection, name: str, seen: State) -> bool:
    """Whether the store still says what was seen, and no other name has the file."""
    try:
        index.require(connection, name, seen)
    except Overtaken:
        return False
    return not index.like(connection, name)


def _without_likes(names: Iterable[str], left: list[str]) -> Iterator[str]:
    """The names, each the first one of those that some systems keep in the same file."""
    taken = set[str]()
    for name in names:
        if folded(name) in taken:
            left.append(name)
        else:
            taken.add(folded(name))
            yield name


def _written(aside: Path, group: Sequence[tuple[str, State, bytes]]) -> list[Sheet]:
    sheets = []
    for number, (name, seen, data) in enumerate(group):
        (spare := aside / str(number)).write_bytes(data)
        sheets.append(Sheet(name=name, seen=seen, digest=digest(data), spare=spare))
    sync_together(aside, (sheet.spare for sheet in sheets))
    return sheets


def _remember(connection: apsw.Connection, sheets: Iterable[Sheet], stamps: dict[str, Stamp], *, looked: int) -> None:
    """Remember the files that were laid, unless somebody has been at the name since."""
    for sheet in sheets:
        if sheet.seen.stored and is_free(connection, sheet.name, sheet.seen):
            agreed = Agreed(stored=sheet.seen.stored, digest=sheet.digest)
            index.put(connection, sheet.name, Known(agreed=agreed, stamp=stamps[sheet.name], looked=looked))
