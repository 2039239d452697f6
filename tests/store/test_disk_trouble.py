"""A disk that fails at any write or sync: a clear error, nothing acknowledged is lost, and the same store goes on afterwards."""

import errno
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from playnex.errors import StoreError, StoreFull
from playnex.store.file import Opening
from playnex.testing.disks import FailingLayer, Trouble
from store.stage import Plot, Shelf, faults_of, integrity, play

NONE = Trouble(at=1, lasting=0)
ENTRIES = 12
LASTING = 3
NUMBERS = itertools.count()
KINDS: tuple[tuple[Literal["write", "sync"], int], ...] = (("write", errno.EIO), ("write", errno.ENOSPC), ("sync", errno.EIO))


@pytest.mark.parametrize(("deed", "error"), KINDS)
@pytest.mark.parametrize("at", [1, 2, 3, 7, 15, 24])
def test_a_disk_that_fails_for_a_while_is_told_and_loses_nothing(
    tmp_path: Path, deed: Literal["write", "sync"], error: int, at: int
) -> None:
    survives(tmp_path, Trouble(at=at, lasting=LASTING, deed=deed, error=error))


@pytest.mark.slow
@pytest.mark.parametrize(("deed", "error"), KINDS)
def test_a_disk_that_fails_at_any_moment_is_told_and_loses_nothing(tmp_path: Path, deed: Literal["write", "sync"], error: int) -> None:
    for at in range(1, 70 if deed == "write" else 25):
        for lasting in (1, 5):
            survives(tmp_path / f"{at}-{lasting}", Trouble(at=at, lasting=lasting, deed=deed, error=error))


@pytest.mark.parametrize(("deed", "error"), KINDS)
@pytest.mark.parametrize("at", range(1, 12, 2))
def test_a_disk_that_fails_while_the_store_is_made_is_told_and_the_next_try_succeeds(
    tmp_path: Path, deed: Literal["write", "sync"], error: int, at: int
) -> None:
    with failing(Trouble(at=at, lasting=1_000, deed=deed, error=error)) as (layer, opening):
        with pytest.raises(StoreFull if error == errno.ENOSPC else StoreError), Shelf(tmp_path, opening) as shelf:
            play(shelf.begin())
        layer.trouble = NONE
        with Shelf(tmp_path, opening) as shelf:
            play(shelf.begin())
            assert integrity(shelf.database) == []


def survives(folder: Path, trouble: Trouble) -> None:
    """Write while the disk fails; see that each refusal was told rightly and that what was acknowledged is there."""
    folder.mkdir(exist_ok=True)
    plot, kept = Plot(seed=trouble.at), set[int]()
    with failing(NONE) as (layer, opening):
        with Shelf(folder, opening) as shelf:
            play(shelf.begin())
            layer.trouble = trouble
            for number in range(ENTRIES):
                kept |= play(tried(shelf, plot, number, trouble))
            assert ENTRIES - 1 in kept or trouble.count < trouble.at + trouble.lasting, "it goes on when the cause has ended"
            assert play(faults_of(shelf, plot, acknowledged=kept, tried=ENTRIES)) == []
        layer.trouble = NONE
        with Shelf(folder, opening) as shelf:
            assert integrity(shelf.database) + play(faults_of(shelf, plot, acknowledged=kept, tried=ENTRIES)) == []


async def tried(shelf: Shelf, plot: Plot, number: int, trouble: Trouble) -> set[int]:
    """Add the entry; its number if that was acknowledged."""
    before = trouble.count
    try:
        await shelf.add(plot.entry(number))
    except StoreError as error:
        assert trouble.at <= trouble.count and before < trouble.at + trouble.lasting, f"{error} though the disk was well"
        assert isinstance(error, StoreFull) == (trouble.error == errno.ENOSPC)
        assert error.hint
        return set()
    return {number}


@contextmanager
def failing(trouble: Trouble) -> Iterator[tuple[FailingLayer, Opening]]:
    """A file layer that meets trouble, and how to open a store over it."""
    name = f"failing-{next(NUMBERS)}"
    layer = FailingLayer(name, trouble)
    yield layer, Opening(layer=name, log_pages=24)
    layer.unregister()
