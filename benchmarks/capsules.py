"""A hundred thousand capsules: `python benchmarks/capsules.py [--quick]`; what a search, a read, a write and a page of a list take.

The texts are made up: words as frequent as in a language (Zipf), 30 to 200 of them, in names of folders and two words. A query has one to
four words, drawn from the same, without the fifty most frequent, which say nothing and are not looked for in real texts either.
"""

import argparse
import asyncio
import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from results import machine, record, table

from playnex.app.opening import MIGRATIONS
from playnex.capsules.capsule import CapsuleDraft, place_of
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.clock import SystemClock
from playnex.spec.memory import Moment
from playnex.store.database import Database

CAPSULES = 100_000
AT_ONCE = 500
VOCABULARY = 30_000
SAYS_NOTHING = 50
ASKED = 300
FOLDERS = 40
PAGE = 4_096
PAGES = 17
"""What a new capsule's commit puts into the write-ahead log, in the median."""


@dataclass(frozen=True, slots=True)
class Language:
    """Words, each as frequent as its place says."""

    chance: random.Random
    words: tuple[str, ...] = field(init=False)
    weights: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        letters = "abcdefghijklmnoprstuvw"
        words = tuple("".join(self.chance.choices(letters, k=self.chance.randint(3, 9))) for _ in range(VOCABULARY))
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "weights", tuple(itertools.accumulate(1 / (place + 2.7) for place in range(VOCABULARY))))

    def text(self, count: int) -> str:
        """So many words."""
        return " ".join(self.chance.choices(self.words, cum_weights=self.weights, k=count))

    def query(self) -> str:
        """What somebody might look for."""
        chosen: list[str] = []
        while len(chosen) < self.chance.randint(1, 4):
            (word,) = self.chance.choices(self.words, cum_weights=self.weights)
            chosen += [word] if word not in self.words[:SAYS_NOTHING] else []
        return " ".join(chosen)


def main() -> int:
    """Measures, prints, records."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the capsules, and nothing is recorded")
    parser.add_argument("--store", type=Path, help="a folder to keep the store in; one that is there already is not filled again")
    parser.add_argument("--seed", type=int, default=20261128)
    given = parser.parse_args()
    busy, count = os.getloadavg()[0], CAPSULES // 10 if given.quick else CAPSULES
    with tempfile.TemporaryDirectory(prefix="playnex-capsules-") as folder:
        place = given.store or Path(folder)
        body = asyncio.run(measured(place, count, Language(random.Random(given.seed))))
    body = f"{machine()} · load {busy:.1f} when it began · seed {given.seed} · {count:,} capsules\n\n{body}"
    print(body)
    if not given.quick:
        record("Capsules", body)
    return 0


async def measured(folder: Path, count: int, language: Language) -> str:
    """All figures, as tables."""
    database = Database(folder / "store.db", MIGRATIONS)
    capsules = SqliteCapsules(database, SystemClock())
    is_there = len(await capsules.list(limit=count)) == count
    told = "filled before" if is_there else f"{await filled(capsules, count, language):.0f} s to write them, {AT_ONCE} at a time"
    names = [head.name for head in await capsules.list(limit=2000)]
    chance = language.chance
    await capsules.search("warm up")
    moment = Moment(at=(await capsules.list(limit=1))[0].written, run="R")
    rows = [
        await asked("word search", 20.0, lambda: capsules.search(language.query())),
        await asked("word search in a folder", 20.0, lambda: capsules.search(language.query(), within=folder_of(chance))),
        await asked("word search by patterns", 20.0, lambda: capsules.search(language.query(), patterns=(f"{folder_of(chance)}/*",))),
        await asked("word search of a forked run", None, lambda: capsules.search(language.query(), moment=moment)),
        await asked("read", 1.0, lambda: capsules.read(chance.choice(names))),
        await asked("page of a list", 20.0, lambda: capsules.list(limit=50)),
        await asked("page of a list below a prefix", 20.0, lambda: capsules.list(prefix=f"{folder_of(chance)}/", limit=50)),
        await asked("page far behind", 20.0, lambda: far_behind(capsules, names, chance)),
    ]
    writes = await written(capsules, database, folder, language)
    database.close()
    kept = table(("asked", "p50", "p95", "worst", "CPU, p95", "promised"), rows)
    return f"{kept}\n\n{writes}\n\n{told}; {size_of(folder) / 1e6:.0f} MB on disk"


def size_of(folder: Path) -> int:
    """Bytes of the files in it."""
    return sum(path.stat().st_size for path in folder.iterdir())


async def filled(capsules: SqliteCapsules, count: int, language: Language) -> float:
    """Seconds that writing them all takes."""
    began = time.perf_counter()
    for first in range(0, count, AT_ONCE):
        drafts = [draft(language, number) for number in range(first, min(count, first + AT_ONCE))]
        await asyncio.gather(*(capsules.write(each) for each in drafts))
        if first % 10_000 == 0:
            print(f"{first:,} of {count:,}", file=sys.stderr, flush=True)
    return time.perf_counter() - began


def draft(language: Language, number: int) -> CapsuleDraft:
    """A capsule of its own name."""
    name = f"{folder_of(language.chance)}/{language.text(2).replace(' ', '-')}-{number}"
    return CapsuleDraft(name=name, body=f"# {language.text(3)}\n\n{language.text(language.chance.randint(30, 200))}\n", expected=0)


def folder_of(chance: random.Random) -> str:
    """One of the folders of names."""
    return f"folder-{chance.randrange(FOLDERS)}"


async def far_behind(capsules: SqliteCapsules, names: list[str], chance: random.Random) -> object:
    """The page behind some capsule."""
    return await capsules.list(limit=50, after=place_of(await capsules.read(chance.choice(names))))


async def asked(what: str, limit: float | None, question: Callable[[], Awaitable[object]]) -> tuple[str, ...]:
    """A row: how long the question takes, and what of it is CPU, in milliseconds."""
    times, busy = [], []
    for _ in range(ASKED):
        began, worked = time.perf_counter(), time.process_time()
        await question()
        busy.append((time.process_time() - worked) * 1000)
        times.append((time.perf_counter() - began) * 1000)
    p95 = ninety_fifth(times)
    promise = "" if limit is None else f"p95 ≤ {limit:g} ms: {'kept' if p95 <= limit else 'missed'}"
    return (what, f"{statistics.median(times):.2f} ms", f"{p95:.2f} ms", f"{max(times):.2f} ms", f"{ninety_fifth(busy):.2f} ms", promise)


def ninety_fifth(times: Sequence[float]) -> float:
    """What nineteen of twenty do not exceed."""
    return statistics.quantiles(times, n=20)[-1]


async def written(capsules: SqliteCapsules, database: Database, folder: Path, language: Language) -> str:
    """A durable write of one writer beside a bare sync of as many bytes, one after the other, in turns."""
    own, bare, commits, busy = [], [], [], []
    log = (folder / "bare").open("ab", buffering=0)
    database_row = "UPDATE capsules SET written = written WHERE id = (SELECT id FROM capsules LIMIT 1)"
    for number in range(ASKED):
        block = os.urandom(PAGE * PAGES)
        began = time.perf_counter()
        log.write(block)
        os.fsync(log.fileno())
        bare.append(time.perf_counter() - began)
        began = time.perf_counter()
        await database.write(lambda connection: connection.execute(database_row))
        commits.append(time.perf_counter() - began)
        new = draft(language, CAPSULES + number)
        began, worked = time.perf_counter(), time.process_time()
        await capsules.write(new)
        busy.append(time.process_time() - worked)
        own.append(time.perf_counter() - began)
    log.close()
    sync, commit, took, cpu = (statistics.median(times) * 1000 for times in (bare, commits, own, busy))
    rows = [
        (f"a bare write of {PAGES} pages and fsync", f"{sync:.2f} ms", "", "", ""),
        ("a commit of one row", f"{commit:.2f} ms", "", f"{commit / sync:.2f}", ""),
        ("a capsule", f"{took:.2f} ms", f"{cpu:.2f} ms", f"{took / sync:.2f}", f"≤ 1.30: {'kept' if took / sync <= 1.3 else 'missed'}"),
    ]
    return table(("durable, one writer, median", "takes", "CPU", "times the fsync", "promised"), rows)


if __name__ == "__main__":
    raise SystemExit(main())
