"""Both journals keep the contract, and the same facts leave them with the same lines."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from playnex.journal.journal import Journal
from playnex.journal.stores.journal_rows import MIGRATIONS
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.spec.context import Write
from playnex.store.database import Database
from playnex.testing import journal_contract
from playnex.testing.clock import FakeClock
from playnex.testing.journal_contract import Promise
from playnex.testing.memory_journal import MemoryJournal


async def perform(writes: Sequence[Write]) -> None:
    for write in writes:
        write(None)


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[Journal]:
    database = Database(folder / "store.db", MIGRATIONS)
    try:
        yield SqliteJournal(database, FakeClock())
    finally:
        database.close()


@asynccontextmanager
async def memory(folder: Path) -> AsyncIterator[Journal]:
    yield MemoryJournal(clock=FakeClock(), commit=perform)


@pytest.mark.parametrize("opened", [sqlite, memory])
@pytest.mark.parametrize("promise", journal_contract.PROMISES, ids=lambda promise: promise.__name__)
def test_every_journal_keeps_the_contract(opened, promise: Promise, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    async def check() -> None:
        async with opened(tmp_path) as journal:
            await promise(journal)

    asyncio.run(check())


def test_a_journal_without_fencing_does_not_keep_it() -> None:
    """The known-bad arm."""
    with pytest.raises(AssertionError):
        asyncio.run(journal_contract.a_stale_epoch_writes_nothing(MemoryJournal(clock=FakeClock(), is_fenced=False)))
