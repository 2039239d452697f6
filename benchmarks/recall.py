"""How well recall finds, and how quickly: words alone, meaning alone, and as Playnex searches.

    python benchmarks/recall.py quality [--embedder embedded]   the labelled questions over the docs' sections: R@1, R@5, MRR
    python benchmarks/recall.py speed [--count 100000]          searches over so many capsules, with vectors

The questions (recalled/questions.tsv) are written in other words than the section that answers them, a few in its very words; each is
labelled with one section. The corpus is every section of the docs but the glossary and the list of commands, which repeat the others.
"""

import argparse
import asyncio
import os
import random
import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy
from results import machine, record, table

from playnex.app.opening import MIGRATIONS
from playnex.capsules.capsule import CapsuleDraft
from playnex.capsules.meaning.matrix import Matrix
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
COUNT = 100_000
DIMENSIONS = 384
LIMIT = 60
"""Milliseconds that a hybrid search may take."""


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
    rows = []
    for what, recall in (("words", words), ("words first, then meaning", hybrid)):
        places = []
        for question in asked:
            found = await recall.recall(Wanted(text=question.text, limit=TOP))
            order = [hit.capsule.name for hit in found.hits]
            places.append(order.index(names[question.section]) + 1 if names[question.section] in order else 0)
        rows.append((what, *_figures(places)))
    alone = [await _likenesses(database, embedder, question.text) for question in asked]
    answers = [names[question.section] for question in asked]
    rows.insert(1, ("meaning", *_figures([_place(likenesses, answer) for likenesses, answer in zip(alone, answers, strict=True)])))
    await hybrid.close()
    told = f"{len(asked)} questions, {len(names)} sections, {embedder.model}"
    return [told, "", table(("found by", "R@1", "R@5", f"MRR@{TOP}"), rows), "", _floor(embedder.floor, alone, answers)]


async def _likenesses(database: Database, embedder: Embedder, question: str) -> dict[str, float]:
    """How like the question each section is, most like first: as its best piece is."""
    matrix = Matrix(embedder.model)
    matrix.refresh(database.read)
    (query,) = await embedder.embed([question], "query")
    of = dict(database.read.execute("SELECT v.number, c.name FROM versions v JOIN capsules c ON c.id = v.capsule"))
    found: dict[str, float] = {}
    for near in matrix.nearest(query, -1.0):
        found.setdefault(of[near.of], near.likeness)
    return found


def _place(likenesses: dict[str, float], answer: str) -> int:
    order = list(likenesses)[:TOP]
    return order.index(answer) + 1 if answer in order else 0


def _floor(floor: float, alone: Sequence[dict[str, float]], answers: Sequence[str]) -> str:
    """What the embedder's floor keeps and what it leaves out."""
    right = [likenesses[answer] for likenesses, answer in zip(alone, answers, strict=True)]
    others = [
        likeness for likenesses, answer in zip(alone, answers, strict=True) for name, likeness in likenesses.items() if name != answer
    ]
    return (
        f"Below the floor of {floor:g} lie {_share(right, floor)} of the answers and {_share(others, floor)} of the other sections;"
        f" an answer's likeness is {statistics.median(right):.2f} in the median, another section's {statistics.median(others):.2f}."
    )


def _share(likenesses: Sequence[float], floor: float) -> str:
    return f"{sum(likeness < floor for likeness in likenesses) / len(likenesses):.1%}"


def _figures(places: Sequence[int]) -> tuple[str, str, str]:
    count = len(places)
    first, five = (sum(1 for place in places if 0 < place <= most) / count for most in (1, 5))
    return f"{first:.3f}", f"{five:.3f}", f"{sum(1 / place for place in places if place) / count:.3f}"


class RandomEmbedder:
    """Stands for the embedder where a hundred thousand texts would take it a quarter of an hour: vectors of its size by chance. A query is
    embedded by the real one, so that its time counts."""

    model = "by chance"
    place = ""
    floor = -1.0

    def __init__(self, real: MiniLM) -> None:
        self._real = real
        self._chance = numpy.random.default_rng(SEED)
        self.took: list[float] = []

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> list[bytes]:
        if purpose == "query":
            began = time.perf_counter()
            found = await self._real.embed(texts, purpose)
            self.took.append((time.perf_counter() - began) * 1000)
            return found
        numbers = self._chance.standard_normal((len(texts), DIMENSIONS))
        lengths = numpy.linalg.norm(numbers, axis=1, keepdims=True)
        return [vector.tobytes() for vector in (numbers / lengths).astype("<f4")]

    async def close(self) -> None:
        await self._real.close()


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
    embedder = RandomEmbedder(MiniLM(data_folder(os.environ)))
    recall = Recall(database, embedder)
    assert recall.indexing is not None
    await recall.indexing.complete(lambda _count: None)
    began = time.perf_counter()
    await recall.recall(Wanted(text="the first one brings the vectors in"))
    told = f"{count:,} capsules, a piece each; the first search of a process takes {(time.perf_counter() - began) * 1000:.0f} ms"
    rows = []
    for what, narrowed in (("everywhere", ""), ("in one folder of 97", "notes/13")):
        embedder.took.clear()
        taken, busy = [], []
        for _ in range(200):
            query = " ".join(chance.choices(vocabulary, k=4))
            began, worked = time.perf_counter(), time.process_time()
            await recall.recall(Wanted(text=query, limit=5, within=narrowed))
            busy.append((time.process_time() - worked) * 1000)
            taken.append((time.perf_counter() - began) * 1000)
        rest = [whole - part for whole, part in zip(taken, embedder.took, strict=True)]
        kept = f"p95 ≤ {LIMIT} ms: {'kept' if _p95(taken) <= LIMIT else 'missed'}"
        rows.append(
            (what, f"{statistics.median(taken):.1f} ms", *(f"{_p95(times):.1f} ms" for times in (taken, embedder.took, rest, busy)), kept)
        )
    await recall.close()
    return [told, "", table(("hybrid search", "p50", "p95", "the query's vector, p95", "all else, p95", "CPU, p95", "promised"), rows)]


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


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
    parser.add_argument("--count", type=int, default=COUNT)
    options = parser.parse_args()
    install(data_folder(os.environ))
    measure = partial(quality, MiniLM(data_folder(os.environ))) if options.what == "quality" else partial(speed, options.count)
    load = os.getloadavg()[0]
    body = f"{machine()} · load {load:.1f} when it began\n\n" + "\n".join(measure())
    print(body)
    if options.what == "quality" or options.count == COUNT:
        record(f"Recall, {options.what}", body)


if __name__ == "__main__":
    main()
