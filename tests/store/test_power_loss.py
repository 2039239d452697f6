"""The power goes at any moment: what was acknowledged is there, nothing is there by half, and the store goes on."""

import asyncio
import itertools
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from playnex.errors import StoreError
from playnex.store.file import Opening
from playnex.testing.disks import Image, Record, RecordingLayer, images
from store.stage import Plot, Shelf, faults_of, integrity, play

LIVES = 3
ENTRIES = 24
"""In each life of the store: opened, written to, closed."""

LOG_PAGES = 24
"""So few that the log is carried over and begun anew many times."""

NUMBERS = itertools.count()


@pytest.mark.slow
def test_a_power_cut_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    assert lost(tmp_path, "FULL", count=1_000, seed=fresh_seed()) == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousand_power_cuts_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    first = fresh_seed()
    assert [fault for seed in range(first, first + 10) for fault in lost(tmp_path / str(seed), "FULL", count=1_000, seed=seed)] == []


@pytest.mark.slow
@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_a_store_that_does_not_sync_each_group_fails_the_same_test(tmp_path: Path, synchronous: Literal["NORMAL", "OFF"]) -> None:
    faults = lost(tmp_path, synchronous, count=200, seed=fresh_seed())
    assert any("acknowledged and is lost" in fault for fault in faults)


def test_a_store_without_its_log_would_be_seen_to_lose_what_was_acknowledged(tmp_path: Path) -> None:
    def robbed(image: Image) -> Image:
        return Image(files={name: data for name, data in image.files.items() if not name.endswith("-wal")}, mark=image.mark)

    assert any("acknowledged and is lost" in fault for fault in lost(tmp_path, "FULL", count=30, seed=1, spoil=robbed))


def lost(
    folder: Path,
    synchronous: Literal["FULL", "NORMAL", "OFF"],
    *,
    count: int,
    seed: int,
    spoil: Callable[[Image], Image] = lambda image: image,
) -> list[str]:
    """What is wrong with so many disks that a power cut could have left."""
    folder.mkdir(parents=True, exist_ok=True)
    plot, record = Plot(seed=seed), Record()
    written(folder / "whole", plot, record, synchronous)
    chance, faults = random.Random(seed), []
    for number, image in enumerate(images(record, chance, count)):
        desk = folder / "image"
        for fault in faults_after(desk, plot, spoil(image)):
            faults.append(f"seed {seed}, image {number}: {fault}")
        shutil.rmtree(desk)
    return faults


def written(folder: Path, plot: Plot, record: Record, synchronous: Literal["FULL", "NORMAL", "OFF"]) -> None:
    """Write the plot into a store, and remember each write and sync on the way to the disk."""
    name = f"recording-{next(NUMBERS)}"
    layer = RecordingLayer(name, record)
    opening = Opening(layer=name, synchronous=synchronous, log_pages=LOG_PAGES)
    for life in range(LIVES):
        with Shelf(folder, opening) as shelf:
            play(lived(shelf, plot, record, life * ENTRIES))
    layer.unregister()


async def lived(shelf: Shelf, plot: Plot, record: Record, first: int) -> None:
    """One life of the store; now and then some entries at once, so that they share a group."""
    await shelf.begin()
    numbers = list(range(first, first + ENTRIES))
    while numbers:
        together = [numbers.pop(0) for _ in range(min(len(numbers), 1 + numbers[0] % 3))]
        await asyncio.gather(*(shelf.add(plot.entry(number)) for number in together))
        record.mark(together[-1] + 1)


def faults_after(folder: Path, plot: Plot, image: Image) -> list[str]:
    """What is wrong with the disk, as the real store sees it when it is opened and written to again."""
    folder.mkdir(mode=0o700)
    for name, data in image.files.items():
        (folder / name).write_bytes(data)
    try:
        with Shelf(folder) as shelf:
            return [*integrity(shelf.database), *play(compared(shelf, plot, image.mark))]
    except StoreError as error:
        return [f"the store says: {error}"]


async def compared(shelf: Shelf, plot: Plot, mark: int) -> list[str]:
    """What is wrong with what is there, and with going on."""
    faults = await faults_of(shelf, plot, acknowledged=range(mark), tried=LIVES * ENTRIES)
    await shelf.begin()
    after = Plot(seed=0)
    await shelf.add(after.entry(0))
    again = await faults_of(shelf, after, acknowledged=range(1), tried=1)
    return faults + [f"going on: {fault}" for fault in again]


def fresh_seed() -> int:
    """Another one each day, printed with what it found."""
    return int(time.time()) // 86_400
