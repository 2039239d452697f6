"""Lays the first files of many capsules at once: a workspace without files has them soon, however many they are.

The texts are written aside, brought to the disk together, moved to their names inside one transaction, and remembered in another. So no
file is ever half there, and a crash at any moment leaves a file that is some version's text, or none. Nothing that lies there already
is touched: such a name is left to be looked at by itself.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import apsw

from playnex.canonical import digest
from playnex.capsules.mirror import index
from playnex.capsules.mirror.asides import Asides
from playnex.capsules.mirror.deciding import Agreed, Stored
from playnex.capsules.mirror.folder import Folder, Stamp, Unusable
from playnex.capsules.mirror.index import Known, State
from playnex.capsules.mirror.names import in_groups, path_of
from playnex.capsules.mirror.syncing import sync_folders, sync_together
from playnex.capsules.mirror.text import LARGEST, Text, rendered
from playnex.clock import Clock
from playnex.store.database import Database

FILES = 500
"""Files that are laid in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A text on its way into its file."""

    name: str
    stored: Stored
    digest: str
    spare: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Laying:
    """Lays files for capsules that never had one."""

    database: Database
    folder: Folder
    asides: Asides
    clock: Clock

    async def lay(self, names: Sequence[str]) -> list[str]:
        """Lay the files of these capsules; the names that have to be looked at by themselves. Raises OSError, StoreError."""
        laid = set[str]()
        for group in in_groups(names, FILES):
            aside = self.asides.room()
            try:
                laid |= await self._laid(group, aside)
            finally:
                self.asides.drop(aside)
        return [name for name in names if name not in laid]

    async def _laid(self, names: Sequence[str], aside: Path) -> set[str]:
        looked = round(self.clock.now() * 1e9)
        sheets = await asyncio.to_thread(self._written, names, aside)
        seen = {sheet.name: State(stored=sheet.stored) for sheet in sheets}
        stamps: dict[str, Stamp] = {}

        def move(connection: apsw.Connection) -> None:
            free = index.unmoved(connection, seen)
            for sheet in sheets:
                if sheet.name in free and sheet.name not in stamps:  # a transaction may be carried out twice
                    with suppress(FileExistsError, FileNotFoundError, Unusable):
                        stamps[sheet.name] = self.folder.move_in(sheet.spare, path_of(sheet.name))

        def remember(connection: apsw.Connection) -> None:
            free = index.unmoved(connection, {name: seen[name] for name in stamps})
            known = {sheet.name: _known(sheet, stamps[sheet.name], looked) for sheet in sheets if sheet.name in free}
            index.put_all(connection, known)

        await self.database.write(move)
        await asyncio.to_thread(sync_folders, {(self.folder.root / path_of(name)).parent for name in stamps})
        await self.database.write(remember)
        return set(stamps)

    def _written(self, names: Sequence[str], aside: Path) -> list[Sheet]:
        """The texts, on the disk."""
        sheets = []
        for number, (name, (stored, header, body)) in enumerate(index.texts(self.database.read, names).items()):
            data = rendered(Text(header=header, body=body))
            if len(data) <= LARGEST:
                (spare := aside / str(number)).write_bytes(data)
                sheets.append(Sheet(name=name, stored=stored, digest=digest(data), spare=spare))
        sync_together(aside, (sheet.spare for sheet in sheets))
        return sheets


def _known(sheet: Sheet, stamp: Stamp, looked: int) -> Known:
    return Known(agreed=Agreed(stored=sheet.stored, digest=sheet.digest), stamp=stamp, looked=looked)
