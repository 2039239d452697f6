"""How long the files of capsules hold up whoever starts: `python benchmarks/capsule_files.py [--files 10000]`.

Each figure is that of a new process, as a command is one, and beside it stands what the bare system takes for a look at each file, or for
making them, one sync in all. `laid`:
the store has all capsules and the folder is empty; `taken`: the folder has all files and the store is empty; `just after` is the
first scan behind them, which reads each file once more, for one so young may change without another time.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from results import machine, record, table

from playnex.capsules.capsule import Author, CapsuleDraft
from playnex.capsules.mirror import index
from playnex.capsules.mirror.mirror import Mirror, Place
from playnex.capsules.stores import rows
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.clock import SystemClock
from playnex.store.database import Database

MIGRATIONS = (*rows.MIGRATIONS, *index.MIGRATIONS)
FILES = 10_000
TIMES = 5
EDITS = 100
YOUNG = 2.1
"""Seconds for which a file counts as young."""

PROMISED = 1.0
"""Seconds in which so many files start."""

SMALL = "A note, and what is in it.\n" * 20


@contextmanager
def opened(folder: Path) -> Iterator[tuple[SqliteCapsules, Mirror]]:
    """The capsules and their mirror."""
    database, clock = Database(folder / "store.db", MIGRATIONS), SystemClock()
    capsules = SqliteCapsules(database, clock)
    place = Place(files=folder / "capsules", aside=folder / "mirror")
    yield capsules, Mirror(capsules, database, place, person=Author(name="ada"), clock=clock)
    database.close()


def fill(folder: Path, files: int) -> None:
    """Write so many capsules into the store."""

    async def write(capsules: SqliteCapsules) -> None:
        for first in range(0, files, 500):
            names = [f"notes/{number // 100}/n{number}" for number in range(first, min(files, first + 500))]
            await asyncio.gather(*(capsules.write(CapsuleDraft(name=name, body=f"# {name}\n{SMALL}")) for name in names))

    with opened(folder) as (capsules, _):
        asyncio.run(write(capsules))


def edit(folder: Path, count: int) -> None:
    """Save so many files, as an editor does."""
    for number in range(count):
        (folder / f"capsules/notes/{number}/n{number * 100}.md").write_text(f"edited at {time.time_ns()}")


def scanned(folder: Path) -> dict[str, float]:
    """In this process: wall and processor seconds of a scan, of bare looks at the files, and of a look at one name."""
    bare = bare_looks(folder / "capsules") if (folder / "capsules").exists() else bare_files(folder / "bare")
    with opened(folder) as (_, mirror):
        began, used = time.perf_counter(), time.process_time()
        asyncio.run(scan(mirror))
        wall, used = time.perf_counter() - began, time.process_time() - used
        look = statistics.median(asyncio.run(looks(mirror))) if (folder / "capsules/notes/0").exists() else 0.0
    return {"wall": wall, "cpu": used, "bare": bare, "look": look}


def bare_looks(folder: Path) -> float:
    """Seconds that the system takes to stat each file."""
    began = time.perf_counter()
    for top, _, names in os.walk(folder):
        for name in names:
            os.stat(os.path.join(top, name))
    return time.perf_counter() - began


def bare_files(folder: Path) -> float:
    """Seconds that the system takes to make as many files, in as many folders, and to sync once."""
    began = time.perf_counter()
    for number in range(FILES):
        if number % 100 == 0:
            (folder / str(number // 100)).mkdir(parents=True)
        (folder / str(number // 100) / f"n{number}.md").write_text(SMALL)
    os.sync()
    taken = time.perf_counter() - began
    shutil.rmtree(folder)
    return taken


async def scan(mirror: Mirror) -> None:
    """Go through all files and capsules."""
    await mirror.scan()


async def looks(mirror: Mirror) -> list[float]:
    """Seconds of looks at one name each."""
    taken = []
    for number in range(200):
        began = time.perf_counter()
        await mirror.look(f"notes/0/n{number % 100}")
        taken.append(time.perf_counter() - began)
    return taken


def in_a_new_process(folder: Path) -> dict[str, float]:
    """The figures of a process of its own."""
    said = subprocess.run([sys.executable, __file__, "--measure", str(folder)], capture_output=True, text=True, check=True).stdout
    figures: dict[str, float] = json.loads(said)
    return figures


def measured(folder: Path, files: int) -> list[tuple[str, list[dict[str, float]]]]:
    """What was done, and its figures, each time it was done."""
    fill(folder, files)
    laid = in_a_new_process(folder)
    after_laying = in_a_new_process(folder)
    time.sleep(YOUNG)
    in_a_new_process(folder)
    unchanged = [in_a_new_process(folder) for _ in range(TIMES)]
    edits = [after(lambda: edit(folder, min(EDITS, files // 100)), folder) for _ in range(TIMES)]
    for gone in (folder / "mirror", *folder.glob("store.db*")):
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    taken = in_a_new_process(folder)
    return [
        ("nothing changed", unchanged),
        (f"after {min(EDITS, files // 100)} edits", edits),
        ("just after they were laid", [after_laying]),
        ("laid: an empty folder", [laid]),
        ("taken: an empty store", [taken]),
    ]


def after(deed: Callable[[], None], folder: Path) -> dict[str, float]:
    """The figures of a start after that was done, and its files are not young any more."""
    in_a_new_process(folder)
    deed()
    time.sleep(YOUNG)
    return in_a_new_process(folder)


def report(found: list[tuple[str, list[dict[str, float]]]], files: int) -> str:
    """The figures as tables."""

    def median(figures: list[dict[str, float]], what: str) -> float:
        return statistics.median(each[what] for each in figures)

    lines = [
        (what, *(f"{median(figures, key):.2f} s" for key in ("wall", "cpu", "bare")), f"{max(each['wall'] for each in figures):.2f} s")
        for what, figures in found
    ]
    start, look = median(found[0][1], "wall"), median(found[0][1], "look")
    kept = "kept" if start <= PROMISED * files / FILES else "missed"
    return "\n\n".join(
        (
            machine(),
            table((f"{files:,} files, a start", "wall", "CPU", "the bare system", "worst wall"), lines),
            f"A look at one name that nobody changed takes {look * 1e3:.2f} ms. Promised: a start in {PROMISED:g} s: {kept}.",
        )
    )


def main() -> None:
    """Measure, print, and record what was measured in full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--measure", type=Path)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(scanned(given.measure)))
        return
    with tempfile.TemporaryDirectory() as folder:
        said = report(measured(Path(folder), given.files), given.files)
    print(said)
    if given.files == FILES:
        record("Capsule files", said)


if __name__ == "__main__":
    main()
