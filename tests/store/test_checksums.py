"""Checksums are on in every store: in new ones from the start, in older ones once nobody else has them open."""

import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from playnex.app.opening import MIGRATIONS
from playnex.errors import StoreError
from playnex.store import checksums
from playnex.store.file import Opening, close, open_reader, open_writer
from store.stage import Plot, Shelf, faults_of, integrity, play

PLAIN = Opening(checksums=False)
ENTRIES = 30
BYTE_OF_RESERVE = 20
"""Where a SQLite file says how many bytes at the end of each page are not SQLite's."""


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A folder with a store that has no checksums."""
    with Shelf(tmp_path, PLAIN) as shelf:
        play(filled(shelf))
    return tmp_path


def test_a_new_store_has_checksums_on_all_its_pages(tmp_path: Path) -> None:
    with Shelf(tmp_path) as shelf:
        play(filled(shelf))
        assert checksums.are_on(shelf.database.read)
    assert wrong_pages(tmp_path / "store.db") == []


def test_an_older_store_gets_checksums_when_it_is_opened(older: Path) -> None:
    assert wrong_pages(older / "store.db") != []
    with Shelf(older) as shelf:
        assert checksums.are_on(shelf.database.read)
        assert integrity(shelf.database) + play(faults_of(shelf, Plot(seed=7), acknowledged=range(ENTRIES), tried=ENTRIES)) == []
    assert wrong_pages(older / "store.db") == []


def test_an_older_store_that_somebody_has_open_gets_checksums_the_next_time(older: Path) -> None:
    with Shelf(older, PLAIN) as other:
        with Shelf(older) as shelf:
            assert not checksums.are_on(shelf.database.read)
            play(shelf.add(Plot(seed=7).entry(ENTRIES)))
        play(other.add(Plot(seed=7).entry(ENTRIES + 1)))
    with Shelf(older) as shelf:
        assert checksums.are_on(shelf.database.read)
        assert play(faults_of(shelf, Plot(seed=7), acknowledged=range(ENTRIES + 2), tried=ENTRIES + 2)) == []


@pytest.mark.parametrize("bit", range(8))
def test_a_turned_bit_cannot_switch_the_checksums_off(tmp_path: Path, bit: int) -> None:
    with Shelf(tmp_path) as shelf:
        play(filled(shelf))
    store = tmp_path / "store.db"
    data = bytearray(store.read_bytes())
    data[BYTE_OF_RESERVE] ^= 1 << bit
    store.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"), Shelf(tmp_path):
        pass
    assert store.read_bytes() == data, "it is left as it was"


def test_what_writes_without_the_checksums_is_found(tmp_path: Path) -> None:
    with Shelf(tmp_path) as shelf:
        play(filled(shelf))
    connection = apsw.Connection(str(tmp_path / "store.db"), vfs="unix")
    connection.execute("UPDATE runs SET flow = 'other'")
    connection.close()
    with pytest.raises(StoreError, match="does not fit its checksum"), Shelf(tmp_path) as shelf:
        play(shelf.journal.runs())


def test_other_databases_of_the_process_are_left_alone() -> None:
    code = (
        "import apsw; from playnex.store import checksums; default = apsw.vfs_names()[0]; "
        "assert checksums.is_available() and apsw.vfs_names()[0] == default"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_an_apsw_without_the_layer_is_told_what_to_do(tmp_path: Path) -> None:
    with Shelf(tmp_path) as shelf:
        play(filled(shelf))
    with pytest.raises(StoreError, match="cannot keep them"):
        open_writer(tmp_path / "store.db", MIGRATIONS, PLAIN)


def test_a_damaged_page_is_told_by_readers_and_writers(tmp_path: Path) -> None:
    with Shelf(tmp_path) as shelf:
        play(filled(shelf))
    store = tmp_path / "store.db"
    reader = open_reader(store)
    ((page,),) = reader.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'runs'")
    close(reader)
    data = bytearray(store.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    store.write_bytes(data)
    reader = open_reader(store)
    with pytest.raises(StoreError, match="does not fit its checksum"):
        reader.execute("SELECT * FROM runs").fetchall()
    close(reader)


async def filled(shelf: Shelf) -> None:
    """Write the plot."""
    await shelf.begin()
    for number in range(ENTRIES):
        await shelf.add(Plot(seed=7).entry(number))


def wrong_pages(store: Path) -> list[int]:
    """The pages of a closed store whose checksum is wrong, by SQLite's own function."""
    data, connection = store.read_bytes(), open_reader(store)
    pages = [data[start : start + 4096] for start in range(0, len(data), 4096)]
    found = [number for number, page in enumerate(pages) if connection.execute("SELECT verify_checksum(?)", (page,)).get != 1]
    close(connection)
    return found
