"""kill -9, modelled: every kind of step, dying before and after every append of every store, loses and repeats nothing."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from playnex.canonical import Json
from playnex.clock import Clock
from playnex.journal.events import Event, RunFinished, StepFinished
from playnex.journal.journal import Journal
from playnex.journal.stores.journal_rows import MIGRATIONS
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.spec.context import StepContext
from playnex.store.database import Database
from playnex.testing import engine_contract
from playnex.testing.engine_contract import World
from playnex.testing.passing_journal import PassingJournal
from playnex.testing.rehearsal import Rehearsal, Store, crash_everywhere, in_memory


def in_files(folder: Path) -> Callable[[], Store]:
    """Stores in SQLite, each in a file of its own."""
    numbers = count()

    def fresh() -> Store:
        path = folder / f"{next(numbers)}.db"

        @asynccontextmanager
        async def opened(clock: Clock) -> AsyncIterator[Journal]:
            database = Database(path, MIGRATIONS)
            try:
                yield SqliteJournal(database, clock)
            finally:
                database.close()

        return opened

    return fresh


@pytest.mark.parametrize("kind", engine_contract.KINDS)
def test_dying_around_any_append_repeats_and_loses_nothing_that_was_finished(kind: str, tmp_path: Path) -> None:
    assert engine_contract.sweep(kind, in_files(tmp_path)) == []


@pytest.mark.parametrize("kind", engine_contract.KINDS)
def test_the_same_holds_in_memory(kind: str) -> None:
    assert engine_contract.sweep(kind, in_memory) == []


class Forgetful(PassingJournal):
    """Loses the last result that it had acknowledged."""

    async def skim(self, run: str) -> tuple[Event, ...]:
        events = await self.journal.skim(run)
        last = max((event.position for event in events if isinstance(event.fact, StepFinished)), default=0)
        return tuple(event for event in events if event.position != last)


def test_a_store_that_loses_what_it_acknowledged_breaks_the_law() -> None:
    """A known-bad arm."""

    def forgetful() -> Store:
        store = in_memory()

        @asynccontextmanager
        async def opened(clock: Clock) -> AsyncIterator[Journal]:
            async with store(clock) as journal:
                yield Forgetful(journal)

        return opened

    faults = engine_contract.sweep("sequence", forgetful)
    assert any("ran again" in fault for fault in faults) and any("has 2 results" in fault for fault in faults)


def test_a_payment_that_is_not_declared_once_happens_twice() -> None:
    """A known-bad arm: without the intent, nobody is asked."""
    worlds: list[World] = []

    def make() -> Rehearsal:
        worlds.append(world := World())

        async def pay(context: StepContext, _: Any) -> Json:
            return await world.step(context, "pay", effect="idempotent")

        return Rehearsal(pay)

    assert all(isinstance(rehearsal.ending, RunFinished) for rehearsal in crash_everywhere(make))
    assert max(world.done["pay"] for world in worlds) == 2
