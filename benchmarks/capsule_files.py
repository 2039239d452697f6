"""How long the files of capsules hold up whoever starts: a scan of many files that nobody changed, a look at one, what an edit costs.

    python benchmarks/capsule_files.py --files 10000

Writes the files once, from the store; then measures, each time in a new process as a command is one. `first` is the scan after the
files were written, which reads each of them once more, for a file so young may change without another time; `start` is every later one.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playnex.capsules.capsule import Author, CapsuleDraft
from playnex.capsules.mirror import index
from playnex.capsules.mirror.mirror import Mirror, Place
from playnex.capsules.stores import rows
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.clock import SystemClock
from playnex.store.database import Database

MIGRATIONS = (*rows.MIGRATIONS, *index.MIGRATIONS)
TIMES = 5
SMALL = "A note, and what is in it.\n" * 20


@contextmanager
def opened(folder: Path) -> Iterator[tuple[SqliteCapsules, Mirror]]:
    """The capsules and their mirror."""
    database, clock = Database(folder / "store.db", MIGRATIONS), SystemClock()
    capsules = SqliteCapsules(database, clock)
    place = Place(files=folder / "capsules", aside=folder / "mirror")
    yield capsules, Mirror(capsules, database, place, person=Author(name="ada"), clock=clock)
    database.close()


def fill(folder: Path, files: int) -> float:
    """Seconds in which so many capsules came into their files."""
    with opened(folder) as (capsules, mirror):

        async def write() -> None:
            for first in range(0, files, 500):
                names = [f"notes/{number // 100}/n{number}" for number in range(first, min(files, first + 500))]
                await asyncio.gather(*(capsules.write(CapsuleDraft(name=name, body=f"# {name}\n{SMALL}")) for name in names))

        asyncio.run(write())
        began = time.perf_counter()
        asyncio.run(mirror.scan())
        return time.perf_counter() - began


def measured(folder: Path) -> dict[str, float]:
    """In this process: seconds of a scan, and of the look at one name."""
    with opened(folder) as (_, mirror):
        began, used = time.perf_counter(), time.process_time()
        asyncio.run(mirror.scan())
        scanned, used = time.perf_counter() - began, time.process_time() - used

        async def looks() -> list[float]:
            taken = []
            for number in range(200):
                began = time.perf_counter()
                await mirror.look(f"notes/0/n{number % 100}")
                taken.append(time.perf_counter() - began)
            return taken

        look = statistics.median(asyncio.run(looks()))
        file = folder / "capsules/notes/0/n0.md"
        file.write_text(f"edited at {time.time_ns()}")
        began = time.perf_counter()
        asyncio.run(mirror.look("notes/0/n0"))
        return {"scan": scanned, "cpu": used, "look": look, "edit": time.perf_counter() - began}


def in_a_new_process(folder: Path) -> dict[str, float]:
    """The figures of a process of its own."""
    said = subprocess.run([sys.executable, __file__, "--measure", str(folder)], capture_output=True, text=True, check=True).stdout
    figures: dict[str, float] = json.loads(said)
    return figures


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--measure", type=Path)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measured(given.measure)))
        return
    with tempfile.TemporaryDirectory() as folder:
        written = fill(Path(folder), given.files)
        first, *later = [in_a_new_process(Path(folder)) for _ in range(1 + TIMES)]
    start = [figures["scan"] for figures in later]
    print(f"{given.files:,} files, written from the store in {written:.1f} s")
    print(f"first scan after that   {first['scan'] * 1e3:8.1f} ms")
    print(f"start, median           {statistics.median(start) * 1e3:8.1f} ms   (worst {max(start) * 1e3:.1f})")
    print(f"   processor time       {statistics.median(figures['cpu'] for figures in later) * 1e3:8.1f} ms")
    print(f"look at one name        {statistics.median(figures['look'] for figures in later) * 1e3:8.3f} ms")
    print(f"an edit taken up        {statistics.median(figures['edit'] for figures in later) * 1e3:8.1f} ms")


if __name__ == "__main__":
    main()
