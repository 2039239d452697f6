"""How well recall finds, and how quickly: words alone, meaning alone, and as Playnex searches.

    python benchmarks/recall.py quality [--embedder embedded]   the labelled questions over the docs' sections: R@1, R@5, MRR
    python benchmarks/recall.py speed [--count 100000]          searches over so many capsules, with vectors

The questions (recalled/questions.tsv) are written in other words than the section that answers them, a few in its very words; each is
labelled with one section. The corpus is every section of the docs but the glossary and the list of commands, which repeat the others.
"""

import argparse
import asyncio
import math
import os
import random
import re
import statistics
import struct
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playnex.app.opening import MIGRATIONS
from playnex.capsules.capsule import CapsuleDraft
from playnex.capsules.meaning.recall import Recall
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.capsules.stores.words import Wanted
from playnex.clock import SystemClock
from playnex.models.minilm import MiniLM, install
from playnex.spec.embedder import Embedder, Purpose
from playnex.store.database import Database
from playnex.workspace import data_folder

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = Path(__file__).parent / "recalled/questions.tsv"
LEFT_OUT = ("concepts.md", "cli.md")
TOP = 10
SEED = 20261128


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, and the section that answers it."""

    section: str
    text: str


def questions() -> tuple[Question, ...]:
    """The labelled ones."""
    lines = (line.split("\t") for line in QUESTIONS.read_text(encoding="utf-8").splitlines())
    return tuple(Question(section=section, text=text) for section, text in lines)


def sections() -> dict[str, str]:
    """The corpus: the text of each section by its address, such as `docs/batches.md#keys`."""
    found: dict[str, str] = {}
    for page in sorted((ROOT / "docs").rglob("*.md")):
        if page.name not in LEFT_OUT and "design" not in page.parts:
            path = page.relative_to(ROOT).as_posix()
            found |= {f"{path}#{slug}": text for slug, text in _parts(page.read_text(encoding="utf-8"))}
    return found


def _parts(page: str) -> Iterator[tuple[str, str]]:
    """Each section with its anchor; headings in blocks of code are none."""
    slug, lines, is_code = "", list[str](), False
    for line in page.splitlines():
        is_code ^= line.startswith("```")
        if not is_code and (heading := re.match(r"#{1,4} (.+)", line)):
            if lines:
                yield slug, "\n".join(lines)
            slug, lines = anchor(heading[1]), []
        lines.append(line)
    yield slug, "\n".join(lines)


def anchor(heading: str) -> str:
    """The anchor that the built page gives a heading."""
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()).replace("_", "")


def quality(embedder: Embedder) -> list[str]:
    """A line for each way to search."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "store.db", MIGRATIONS)
        try:
            return asyncio.run(_quality(database, embedder))
        finally:
            database.close()


async def _quality(database: Database, embedder: Embedder) -> list[str]:
    capsules = SqliteCapsules(database, SystemClock())
    names: dict[str, str] = {}
    for address, text in sections().items():
        name = re.sub(r"[^\w/-]+", "-", address.removeprefix("docs/").replace(".md#", "/")).strip("-")
        names[address] = name
        await capsules.write(CapsuleDraft(name=name, body=text))
    hybrid, words = Recall(database, embedder), Recall(database)
    assert hybrid.indexing is not None
    await hybrid.indexing.complete(lambda _count: None)
    asked = questions()
    lines = [f"{len(asked)} questions, {len(names)} sections, {embedder.model}"]
    for what, recall in (("words", words), ("words first, then meaning", hybrid)):
        places = []
        for question in asked:
            found = await recall.recall(Wanted(text=question.text, limit=TOP))
            order = [hit.capsule.name for hit in found.hits]
            places.append(order.index(names[question.section]) + 1 if names[question.section] in order else 0)
        lines.append(f"{what:<28}{_figures(places)}")
    await hybrid.close()
    return lines


def _figures(places: Sequence[int]) -> str:
    count = len(places)
    first, five = (sum(1 for place in places if 0 < place <= most) / count for most in (1, 5))
    return f"R@1 {first:.3f}  R@5 {five:.3f}  MRR@{TOP} {sum(1 / place for place in places if place) / count:.3f}"


class RandomEmbedder:
    """Stands for the embedder where a hundred thousand texts would take it a quarter of an hour: vectors of its size by chance. A query is
    embedded by the real one, so that its time counts."""

    model = "by chance"
    place = ""
    floor = -1.0

    def __init__(self, real: MiniLM) -> None:
        self._real = real
        self._chance = random.Random(SEED)

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> list[bytes]:
        if purpose == "query":
            return await self._real.embed(texts, purpose)
        return [self._vector() for _ in texts]

    async def close(self) -> None:
        await self._real.close()

    def _vector(self) -> bytes:
        numbers = [self._chance.gauss(0, 1) for _ in range(384)]
        length = math.sqrt(sum(number * number for number in numbers))
        return struct.pack("<384f", *(number / length for number in numbers))


async def _speed(database: Database, count: int) -> list[str]:
    """Times of searches over so many capsules, in milliseconds."""
    chance = random.Random(SEED)
    vocabulary = [
        f"{a}{b}{c}" for a in ("ka", "lo", "mi", "tu", "re") for b in ("ran", "sel", "tor", "vin") for c in ("", "a", "os", "ix", "um")
    ]
    vocabulary += [f"word{number}" for number in range(5_000)]
    capsules = SqliteCapsules(database, SystemClock())
    for start in range(0, count, 500):
        drafts = [
            CapsuleDraft(name=f"notes/{number % 97}/{number}", body=" ".join(chance.choices(vocabulary, k=60)))
            for number in range(start, min(start + 500, count))
        ]
        await asyncio.gather(*(capsules.write(draft) for draft in drafts))
    recall = Recall(database, RandomEmbedder(MiniLM(data_folder(os.environ))))
    assert recall.indexing is not None
    await recall.indexing.complete(lambda _count: None)
    began = time.perf_counter()
    await recall.recall(Wanted(text="the first one brings the vectors in"))
    lines = [f"{count:,} capsules; the first search of a process: {(time.perf_counter() - began) * 1000:.0f} ms"]
    for what, narrowed in (("everywhere", ""), ("in one folder of 97", "notes/13")):
        taken = []
        for _ in range(200):
            query = " ".join(chance.choices(vocabulary, k=4))
            began = time.perf_counter()
            await recall.recall(Wanted(text=query, limit=5, within=narrowed))
            taken.append((time.perf_counter() - began) * 1000)
        lines.append(f"{what:<24}p50 {statistics.median(taken):.1f} ms  p95 {statistics.quantiles(taken, n=20)[-1]:.1f} ms")
    await recall.close()
    return lines


def speed(count: int) -> list[str]:
    """The same, in a store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "store.db", MIGRATIONS)
        try:
            return asyncio.run(_speed(database, count))
        finally:
            database.close()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("quality", "speed"))
    parser.add_argument("--count", type=int, default=100_000)
    options = parser.parse_args()
    install(data_folder(os.environ))
    measure = partial(quality, MiniLM(data_folder(os.environ))) if options.what == "quality" else partial(speed, options.count)
    print("\n".join(measure()))


if __name__ == "__main__":
    main()
