"""One of several processes that write into the same store: `python -m store.writer FOLDER SEED ENTRIES PATIENCE`."""

import sys
from pathlib import Path

from playnex.store.file import Opening
from store.stage import Plot, Shelf, play


async def wrote(shelf: Shelf, plot: Plot, entries: int) -> None:
    """Write the first entries of the plot, one after another."""
    await shelf.begin()
    for number in range(entries):
        await shelf.add(plot.entry(number))


if __name__ == "__main__":
    folder, seed, entries, patience = sys.argv[1:]
    with Shelf(Path(folder), Opening(patience=int(patience))) as shelf:
        play(wrote(shelf, Plot(seed=int(seed)), int(entries)))
