"""A bit turns somewhere in the store's files: it is found before it is used, and nothing false is ever served."""

import random
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from playnex.errors import StoreError
from playnex.store.file import SAFE, Opening
from store.stage import Plot, Shelf, faults_of, play
from store.test_power_loss import fresh_seed

ENTRIES = 40
IN_THE_LOG = 15
"""Entries behind the last carrying over, which a killed process leaves in the log."""

LAST = 2
"""Entries at the end of a broken log that cannot be told from what a power cut left: they are taken back as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A store as it lay on the disk, by file name."""

    plot: Plot
    files: dict[str, bytes]

    def flipped(self, chance: random.Random) -> dict[str, bytes]:
        """The files with one bit turned."""
        name = chance.choice(sorted(self.files))
        data = bytearray(self.files[name])
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return self.files | {name: bytes(data)}


@pytest.mark.parametrize("flips", [60, pytest.param(2_000, marks=(pytest.mark.slow, pytest.mark.timeout(1200)))])
@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
def test_no_turned_bit_is_served_as_data(tmp_path: Path, killed: bool, flips: int) -> None:
    seed = fresh_seed()
    found = outcomes(tmp_path, SAFE, killed=killed, flips=flips // 2, seed=seed)
    assert {what for what in found if what not in ("told", "harmless")} == set(), f"seed {seed}"
    assert found["told"] > flips // 8, "most of the file is data"


def test_without_checksums_turned_bits_are_served_as_data(tmp_path: Path) -> None:
    found = outcomes(tmp_path, Opening(checksums=False), killed=False, flips=120, seed=7)
    assert any("is not what was written" in what for what in found)


def outcomes(folder: Path, opening: Opening, *, killed: bool, flips: int, seed: int) -> Counter[str]:
    """How often what became of a turned bit: told, harmless, or what is wrong."""
    copy, chance = made(folder / "whole", opening, killed=killed), random.Random(seed)
    return Counter(outcome(folder / "copy", opening, copy, copy.flipped(chance)) for _ in range(flips))


def made(folder: Path, opening: Opening, *, killed: bool) -> Copy:
    """A store with the plot in it; as a killed process leaves it, with a log, or closed."""
    plot = Plot(seed=1)
    with Shelf(folder, opening) as shelf:
        play(filled(shelf, plot, 0, ENTRIES - IN_THE_LOG))
    with Shelf(folder, opening) as shelf:
        play(filled(shelf, plot, ENTRIES - IN_THE_LOG, ENTRIES))
        if killed:
            return Copy(plot=plot, files={name: (folder / name).read_bytes() for name in ("store.db", "store.db-wal")})
    return Copy(plot=plot, files={"store.db": (folder / "store.db").read_bytes()})


async def filled(shelf: Shelf, plot: Plot, first: int, end: int) -> None:
    """Write these entries of the plot."""
    await shelf.begin()
    for number in range(first, end):
        await shelf.add(plot.entry(number))


def outcome(folder: Path, opening: Opening, copy: Copy, files: dict[str, bytes]) -> str:
    """What the real store makes of the files."""
    folder.mkdir(mode=0o700)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    try:
        with Shelf(folder, opening) as shelf:
            faults = play(faults_of(shelf, copy.plot, acknowledged=range(ENTRIES - LAST), tried=ENTRIES))
    except StoreError as error:
        return "told" if "damaged" in error.message or "not a SQLite database" in error.message else f"badly told: {error.message}"
    except Exception as error:  # what only a store without checksums comes to
        return f"nobody knows what to do: {error!r}"
    finally:
        shutil.rmtree(folder)
    return " and ".join(faults[:2]) or "harmless"
