"""A store and a folder of files in a temporary place, and somebody who edits the files."""

import asyncio
import os
from collections.abc import Coroutine
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from playnex.capsules.capsule import Author, Capsule, CapsuleDraft
from playnex.capsules.mirror import index
from playnex.capsules.mirror.mirror import Mirror, Place
from playnex.capsules.mirror.notice import Notice
from playnex.capsules.stores import rows
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.clock import SystemClock
from playnex.store.database import Database

T = TypeVar("T")

MIGRATIONS = (*rows.MIGRATIONS, *index.MIGRATIONS)
ADA = Author(name="ada")
AGENT = Author(kind="run", run="R", step="write", agent="writer")


class Desk(AbstractContextManager["Desk"]):
    """One process's view of a workspace: its capsules, its mirror, and what it has told."""

    def __init__(self, folder: Path, *, settle: float = 0.001, database: Database | None = None) -> None:
        self.files = folder / "capsules"
        self.aside = folder / "mirror"
        self.database = database or Database(folder / "store.db", MIGRATIONS)
        self.capsules = SqliteCapsules(self.database, SystemClock())
        self.mirror = Mirror(
            self.capsules, self.database, Place(files=self.files, aside=self.aside), person=ADA, clock=SystemClock(), settle=settle
        )
        self.told: list[Notice] = []
        self.mirror.tell = self.told.append

    def __exit__(self, *_: object) -> None:
        self.database.close()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    def scan(self) -> None:
        self.do(self.mirror.scan())

    def look(self, name: str) -> None:
        self.do(self.mirror.look(name))

    def save(self, path: str, text: str | bytes) -> Path:
        """What an editor does that writes into the file."""
        file = self.files / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def write(self, name: str, body: str, *, expected: int | None = None, **more: Any) -> Capsule:
        """What an agent writes, and the file does not say yet."""
        return self.do(self.capsules.write(CapsuleDraft(name=name, body=body, expected=expected, **{"author": AGENT} | more)))

    def read(self, name: str) -> Capsule:
        return self.do(self.capsules.read(name))

    def names(self) -> list[str]:
        return sorted(head.name for head in self.do(self.capsules.list()))

    def bodies(self, name: str) -> list[tuple[str, str]]:
        """Who wrote each version (a person's name or the agent's), and what, oldest first."""
        versions = self.do(self.capsules.history(name))
        read = [self.do(self.capsules.read(name, head.version)) for head in reversed(versions)]
        return [(one.author.name or one.author.agent, one.body) for one in read]

    def text(self, path: str) -> str:
        return (self.files / path).read_bytes().decode()

    def paths(self) -> list[str]:
        """All files, however they are called."""
        found = (Path(top, name) for top, _, names in os.walk(self.files) for name in names)
        return sorted(path.relative_to(self.files).as_posix() for path in found)
