"""The results of a batch: a line for each case that has ended, read from its run's journal, and the file that they are written to.

The file is only a copy. It is written anew when a batch is resumed and when it ends, so a kill in the midst of a line does no harm.
"""

import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from playnex.app.opening import App
from playnex.canonical import Json, encode
from playnex.engine.history import History, fold
from playnex.journal.batch import Batch, CaseLine
from playnex.journal.events import END_STATES
from playnex.spec.envelope import usage_json

NUMBER = re.compile(rb'\{"case":(\d+),')
"""How each line begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResults:
    """Reads the results of one batch."""

    app: App
    batch: Batch

    async def all(self) -> AsyncIterator[dict[str, Json]]:
        """The results of the cases that have ended, in the order of the cases."""
        after = 0
        while page := await self.app.batches.page(self.batch.id, after, states=END_STATES):
            for line in page:
                yield await self.of(line)
            after = page[-1].number

    async def of(self, line: CaseLine) -> dict[str, Json]:
        """The result of a case that has ended."""
        return result_of(line, fold(await self.app.journal.skim(line.run)))

    async def fallbacks(self) -> int:
        """How many cases succeeded though a step fell back."""
        runs = await self.app.batches.runs_with_a_fallback(self.batch.id)
        return sum([bool(steps_that_fell_back(fold(await self.app.journal.skim(run)))) for run in runs])


def result_of(line: CaseLine, history: History) -> dict[str, Json]:
    """What became of a case."""
    ending = history.finished
    assert ending is not None
    result: dict[str, Json] = {
        "case": line.number,
        "key": line.key,
        "inputs": history.started.inputs,
        "run": line.run,
        "status": ending.status,
        "reason": ending.reason,
        "message": ending.message,
        "fallback": steps_that_fell_back(history),
        "output": ending.output,
        "usage": usage_json(history.spent),
    }
    return result


def steps_that_fell_back(history: History) -> list[Json]:
    """The keys of the steps whose result came from a fallback."""
    return sorted(key for key, fact in history.results.items() if fact.envelope["status"] == "fallback")


@dataclass(slots=True, kw_only=True)
class ResultsFile:
    """The file of results, open to add to. `path` is None where nobody wanted one."""

    path: Path | None
    file: BinaryIO | None = field(default=None)

    async def write_anew(self, results: BatchResults) -> None:
        """Put all results of the store into it, in the order of the cases; the old file stays until the new one is whole."""
        if self.path is None:
            return
        self.close()
        with replacing(self.path) as file:
            async for result in results.all():
                file.write(as_line(result))
        self.file = self.path.open("ab", buffering=0)

    def put_in_order(self, count: int) -> bool:
        """Put its lines into the order of the cases, where it is the file that was written and these are so many; whether it was."""
        if self.path is None:
            return True
        self.close()
        with suppress(FileNotFoundError, ValueError), self.path.open("rb") as old:
            places = places_of(old)
            if len(places) == count:
                with replacing(self.path) as file:
                    for _, place in sorted(places.items()):
                        old.seek(place)
                        file.write(old.readline())
                return True
        return False

    def add(self, result: dict[str, Json]) -> None:
        """One more, at the end."""
        if self.file is not None:
            self.file.write(as_line(result))

    def close(self) -> None:
        """Safe to call twice."""
        if self.file is not None:
            self.file.close()
            self.file = None


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file, which takes the place of that one once it is whole and on the disk."""
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def places_of(file: BinaryIO) -> dict[int, int]:
    """Where in the file the line of each case begins. Raises ValueError for a line that is none."""
    places, place = dict[int, int](), 0
    for line in file:
        if (found := NUMBER.match(line)) is None:
            raise ValueError(line)
        places[int(found[1])] = place
        place += len(line)
    return places


def as_line(result: dict[str, Json]) -> bytes:
    """The result as a line of JSON."""
    return encode(result) + b"\n"


FLAT = ("case", "key", "run", "status", "reason", "message")
USED = ("requests", "input_tokens", "output_tokens", "usd")


def as_cells(result: dict[str, Json], inputs: tuple[str, ...]) -> list[str]:
    """The result as the cells of a table: its inputs, each in a column, and all else beside them."""
    given = [cell_of(result["inputs"].get(name)) for name in inputs]
    flat = [cell_of(result[name]) for name in FLAT]
    return [*flat, *given, " ".join(result["fallback"]), cell_of(result["output"]), *(cell_of(result["usage"][name]) for name in USED)]


def heads_of(inputs: tuple[str, ...]) -> list[str]:
    """The names of these columns."""
    return [*FLAT, *(f"input.{name}" for name in inputs), "fallback", "output", *USED]


def cell_of(value: Json) -> str:
    """A text as it is, nothing for none, anything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
