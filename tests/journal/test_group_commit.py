"""Writes that are handed over together share one commit, and none pays for another's failure."""

import asyncio
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from playnex.errors import StaleEpoch
from playnex.journal.stores.journal_rows import MIGRATIONS
from playnex.store import checksums
from playnex.store.database import Database
from playnex.store.file import Opening

WRITES = 50


BY_THE_THREAD, BY_THE_LOOP = Opening(quick=0.0), Opening(quick=math.inf)


@pytest.fixture(params=[BY_THE_THREAD, BY_THE_LOOP], ids=["by the thread", "by the loop"])
def database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    opened = Database(tmp_path / "store.db", MIGRATIONS, request.param)
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


@pytest.mark.parametrize(("opening", "is_here"), [(BY_THE_THREAD, False), (BY_THE_LOOP, True)])
def test_the_loop_commits_itself_where_that_is_quick(tmp_path: Path, opening: Opening, is_here: bool) -> None:
    with closing(Database(tmp_path / "store.db", MIGRATIONS, opening)) as database:
        where = asyncio.run(database.write(lambda _: threading.current_thread()))
    assert (where is threading.current_thread()) == is_here


def test_the_loop_goes_on_and_the_order_stays_while_another_process_is_writing(tmp_path: Path) -> None:
    with (
        closing(Database(tmp_path / "store.db", MIGRATIONS, BY_THE_LOOP)) as database,
        closing(checksums.connect(tmp_path / "store.db")) as elsewhere,
    ):
        order = asyncio.run(asyncio.wait_for(waiting_for(elsewhere, database), BY_THE_LOOP.patience / 3_000))
    assert order == ["first", "noted", "second", "last"]


async def waiting_for(elsewhere: apsw.Connection, database: Database) -> list[str]:
    """Write while another connection does, as that of another process would, and after it; in which order that was done."""
    order: list[str] = []

    def doing(name: str) -> Callable[[apsw.Connection], None]:
        return lambda _: order.append(name)

    elsewhere.execute("BEGIN IMMEDIATE")
    first = asyncio.ensure_future(database.write(doing("first")))
    for _ in range(WRITES):
        await asyncio.sleep(0)
    assert not first.done()
    database.note(doing("noted"))
    second = asyncio.ensure_future(database.write(doing("second")))
    await asyncio.sleep(0)
    elsewhere.execute("COMMIT")
    await asyncio.gather(first, second)
    await database.write(doing("last"))
    return order


def keeping(name: str) -> Callable[[apsw.Connection], None]:
    """A write that keeps a blob of that name."""

    def work(connection: apsw.Connection) -> None:
        connection.execute("INSERT INTO blobs (hash, compressed, data) VALUES (?, 0, x'00')", (name,))

    return work


def kept(folder: Path) -> list[str]:
    """The names of the blobs in the file."""
    rows = checksums.connect(folder / "store.db").execute("SELECT hash FROM blobs ORDER BY hash").fetchall()
    return [str(name) for (name,) in rows]
