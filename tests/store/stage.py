"""A stage for tests of the store: a writer whose every word is known, and a reader that compares."""

import asyncio
import random
from collections.abc import Container, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import apsw

from playnex.app.opening import MIGRATIONS
from playnex.capsules.capsule import Author, CapsuleDraft
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.errors import NotFoundError
from playnex.journal.events import Fact, RunStarted, StepFinished
from playnex.journal.journal import Draft, NewRun
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.store.database import Database
from playnex.store.file import SAFE, Opening
from playnex.testing.clock import FakeClock

RUNS = tuple(f"01STORE{number:019d}" for number in range(3))
T = TypeVar("T")
WHO = Author(kind="person")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was appended in one call: a run's drafts, and the capsule that was written with them, if any."""

    run: str
    drafts: tuple[Draft, ...]
    capsule: str = ""
    body: str = ""


@dataclass
class Plot:
    """A list of entries, each derived from its number: small, long, grown and compressed ones, some with a capsule."""

    seed: int
    entries: list[Entry] = field(default_factory=list)

    def entry(self, number: int) -> Entry:
        """Entry number `number`, the same each time."""
        while len(self.entries) <= number:
            self.entries.append(self._made(len(self.entries)))
        return self.entries[number]

    def _made(self, number: int) -> Entry:
        chance = random.Random(f"{self.seed}/{number}")
        text = "".join(chance.choices("abcdefghij klmnop", k=chance.choice((20, 200, 700, 5000))))
        facts: list[Fact] = [
            StepFinished(kind="call", envelope={"status": "succeeded", "output": {"text": text, "number": number}})
            for _ in range(chance.choice((1, 1, 3)))
        ]
        drafts = tuple(Draft(key=f"plot-{self.seed}/step-{number}-{place}", fact=fact) for place, fact in enumerate(facts))
        with_capsule = chance.random() < 0.3
        return Entry(
            run=RUNS[number % len(RUNS)],
            drafts=drafts,
            capsule=f"notes/of-{self.seed}-{number}" if with_capsule else "",
            body=text[::-1] if with_capsule else "",
        )


@dataclass
class Shelf:
    """An open store with its journal and capsules."""

    folder: Path
    opening: Opening = SAFE

    def __enter__(self) -> "Shelf":
        self.database = Database(self.folder / "store.db", MIGRATIONS, self.opening)
        self.journal = SqliteJournal(self.database, FakeClock())
        self.capsules = SqliteCapsules(self.database, FakeClock())
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    async def begin(self) -> None:
        """Make the runs that are not there yet."""
        for run in RUNS:
            await self.journal.create(
                NewRun(id=run, started=RunStarted(flow="trial", inputs={}, definition={}, version="1"), idempotency_key=run)
            )

    async def add(self, entry: Entry) -> None:
        """Append the entry; durable when it returns."""
        draft = CapsuleDraft(name=entry.capsule, body=entry.body, author=WHO)
        writes = ((await self.capsules.prepare(draft)).write,) if entry.capsule else ()
        await self.journal.append(entry.run, 0, entry.drafts, writes)


async def faults_of(shelf: Shelf, plot: Plot, *, acknowledged: Container[int], tried: int) -> list[str]:
    """What is wrong with a store into which `tried` entries were written one after another; the `acknowledged` ones must be there."""
    faults = []
    there = {}
    for run in RUNS:
        try:
            there[run] = {event.key: event.fact for event in await shelf.journal.events(run)}
        except NotFoundError:
            there[run] = {}
    for number in range(tried):
        entry = plot.entry(number)
        found = [there[entry.run].get(draft.key) for draft in entry.drafts]
        kept = sum(fact is not None for fact in found)
        if kept not in (0, len(found)):
            faults.append(f"entry {number} is half there")
        if number in acknowledged and not kept:
            faults.append(f"entry {number} was acknowledged and is lost")
        if any(fact is not None and fact != draft.fact for fact, draft in zip(found, entry.drafts, strict=True)):
            faults.append(f"entry {number} is not what was written")
        faults += [] if not entry.capsule else await _capsule_faults(shelf, entry, is_there=kept > 0)
    return faults


async def _capsule_faults(shelf: Shelf, entry: Entry, *, is_there: bool) -> list[str]:
    try:
        body = (await shelf.capsules.read(entry.capsule)).body
    except NotFoundError:
        return [f"{entry.capsule} is lost"] if is_there else []
    if not is_there:
        return [f"{entry.capsule} is there without its step"]
    return [] if body == entry.body else [f"{entry.capsule} is not what was written"]


def integrity(database: Database) -> list[str]:
    """What SQLite finds wrong with the file."""
    try:
        found = [str(row[0]) for row in database.read.execute("PRAGMA integrity_check").fetchall()]
    except apsw.SQLError as fault:  # an index of words in such a state that it cannot even be looked at
        return [str(fault)]
    return [] if found == ["ok"] else found


def play(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine to its end, within a minute."""

    async def bounded() -> T:
        async with asyncio.timeout(60):
            return await work

    return asyncio.run(bounded())
