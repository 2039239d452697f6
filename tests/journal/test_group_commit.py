"""Writes that are handed over together share one commit, and none pays for another's failure."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from playnex.errors import StaleEpoch
from playnex.journal.stores.journal_rows import MIGRATIONS
from playnex.store import checksums
from playnex.store.database import Database

WRITES = 50


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "store.db", MIGRATIONS)
    yield opened
    opened.close()


def test_writes_of_one_round_of_the_loop_share_one_commit(database: Database) -> None:
    commits: list[None] = []
    database.listen(lambda: commits.append(None))

    async def play() -> None:
        await asyncio.gather(*(database.write(keeping(f"{number}")) for number in range(WRITES)))

    asyncio.run(play())
    database.close()
    assert len(commits) == 1


def test_a_note_that_nobody_waited_for_is_written_when_the_store_closes(database: Database, tmp_path: Path) -> None:
    async def play() -> None:
        database.note(keeping("noted"))
        database.close()

    asyncio.run(play())
    assert kept(tmp_path) == ["noted"]


def test_a_write_that_fails_takes_only_its_own_changes_back(database: Database, tmp_path: Path) -> None:
    def failing(connection: apsw.Connection) -> None:
        keeping("half")(connection)
        raise StaleEpoch("somebody else has the run")

    async def play() -> list[object]:
        works = (keeping("before"), failing, keeping("after"))
        return await asyncio.gather(*(database.write(work) for work in works), return_exceptions=True)

    before, failed, after = asyncio.run(play())
    assert isinstance(failed, StaleEpoch)
    assert (before, after) == (None, None)
    assert kept(tmp_path) == ["after", "before"]


def keeping(name: str) -> Callable[[apsw.Connection], None]:
    """A write that keeps a blob of that name."""

    def work(connection: apsw.Connection) -> None:
        connection.execute("INSERT INTO blobs (hash, compressed, data) VALUES (?, 0, x'00')", (name,))

    return work


def kept(folder: Path) -> list[str]:
    """The names of the blobs in the file."""
    rows = checksums.connect(folder / "store.db").execute("SELECT hash FROM blobs ORDER BY hash").fetchall()
    return [str(name) for (name,) in rows]
