"""What the checksums of the store's pages cost: `python benchmarks/checksums.py [--quick]`.

The same facts are written with and without them, the two taking turns, by 100 writers at once and by one alone, and read back
by a process that knows nothing yet. Each ratio is taken within one turn.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from peers import load
from results import machine, record, table

from playnex.clock import SystemClock
from playnex.journal.events import RunStarted, StepFinished
from playnex.journal.journal import Draft, NewRun
from playnex.journal.stores.journal_rows import MIGRATIONS
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.store.database import Database
from playnex.store.file import Opening

WRITERS = 100
STEPS = 100
ALONE = 500
TURNS = 5
MEASURES = ("steps/s, 100 writers", "CPU a step, 100 writers, µs", "one writer alone, µs a step", "read and open, µs a step")


def main() -> int:
    """Measures, prints, records."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one turn")
    turns, busy = 1 if parser.parse_args().quick else TURNS, load()
    figures = [(measured(Opening(checksums=False)), measured(Opening())) for _ in range(turns)]
    rows = []
    for place, name in enumerate(MEASURES):
        without, given = (statistics.median(turn[side][place] for turn in figures) for side in (0, 1))
        ratio = statistics.median(turn[1][place] / turn[0][place] for turn in figures)
        rows.append((name, f"{without:,.1f}", f"{given:,.1f}", f"{ratio:.2f}"))
    body = table(("", "without", "with checksums", "ratio"), rows)
    print(body)
    record("Checksums", f"{machine()} · {busy} · medians of {turns} turns\n\n{body}")
    return 0


def measured(opening: Opening) -> tuple[float, ...]:
    """The measures, in their order."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        took, cpu = timed(path, opening, WRITERS, STEPS)
        alone, _ = timed(path, opening, 1, ALONE)
        read = timed_reading(path, opening)
        total = WRITERS * STEPS
        return total / took, cpu / total * 1e6, alone / ALONE * 1e6, read / (total + ALONE) * 1e6


def timed(path: Path, opening: Opening, writers: int, steps: int) -> tuple[float, float]:
    """Seconds and seconds of CPU for so many writers to write so many steps each."""
    database = Database(path, MIGRATIONS, opening)
    try:
        before, cpu = time.perf_counter(), time.process_time()
        asyncio.run(written(SqliteJournal(database, SystemClock()), writers, steps))
    finally:
        database.close()
    return time.perf_counter() - before, time.process_time() - cpu


async def written(journal: SqliteJournal, writers: int, steps: int) -> None:
    """Runs with steps of about 200 bytes."""

    async def one(number: int) -> None:
        run = f"01BENCH{writers:09d}{number:010d}"
        await journal.create(NewRun(id=run, started=RunStarted(flow="bench", inputs={}, definition={}, version="1")))
        for step in range(steps):
            fact = StepFinished(envelope={"status": "succeeded", "output": f"{run}/{step} " * 6})
            await journal.append(run, 0, (Draft(key=f"step-{step}", fact=fact),))

    ones: list[Coroutine[Any, Any, None]] = [one(number) for number in range(writers)]
    await asyncio.gather(*ones)


def timed_reading(path: Path, opening: Opening) -> float:
    """Seconds until all that was written is read."""
    before = time.perf_counter()
    database = Database(path, MIGRATIONS, opening)
    try:
        asyncio.run(read_all(SqliteJournal(database, SystemClock())))
    finally:
        database.close()
    return time.perf_counter() - before


async def read_all(journal: SqliteJournal) -> None:
    """Every event of every run."""
    for run in await journal.runs(limit=-1):
        await journal.events(run.id)


if __name__ == "__main__":
    sys.exit(main())
