"""A batch as a picture: one letter a case, how fast its cases end, and what those that failed have in common."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from playnex.app.batches import Batches
from playnex.app.opening import App
from playnex.canonical import Json
from playnex.engine.history import fold
from playnex.journal.batch import Batch, CaseLine
from playnex.journal.events import END_STATES, RunState
from playnex.journal.stores.sqlite_records import SqliteRecords

LETTERS: dict[RunState, str] = {
    "pending": "p",
    "running": "r",
    "waiting": "w",
    "paused": "z",
    "parked": "k",
    "succeeded": "s",
    "failed": "f",
    "cancelled": "c",
}
NOT_BEGUN = "."

BARS = 60
"""Stretches of time of equal length in which ended cases are counted."""

READ = 300
"""Failed cases whose messages are read; more are grouped by their reason alone."""

EXAMPLES = 5
NAMED = 200
"""Cases of a window that are named one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView:
    """The picture of one batch."""

    app: App
    batch: Batch

    async def document(self) -> dict[str, Json]:
        """`playnex.batch/1` with `squares`, `throughput` and `errors`."""
        states = SqliteRecords(self.app.database).states_of(self.batch.id)
        document = await Batches(app=self.app).document(self.batch)
        return document | {
            "squares": squares(self.batch.cases, ((number, state) for number, state, _ in states)),
            "throughput": throughput(self.batch.started, [at for _, state, at in states if state in END_STATES]),
            "errors": await self.errors(),
        }

    async def errors(self) -> list[Json]:
        """What went wrong, most frequent first: the message, the reason, how many cases, and some of them."""
        groups: dict[tuple[str, str], list[CaseLine]] = {}
        read = after = 0
        while page := await self.app.batches.page(self.batch.id, after, states=("failed",)):
            for line in page:
                message = await self._message(line) if read < READ else ""
                read += 1
                groups.setdefault((line.reason, message), []).append(line)
            after = page[-1].number
        ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
        return [
            {"reason": reason, "message": message, "count": len(lines), "cases": [case_json(line) for line in lines[:EXAMPLES]]}
            for (reason, message), lines in ordered
        ]

    async def cases(self, first: int, last: int) -> list[Json]:
        """The cases with these numbers, as far as they have begun; NAMED at most."""
        page = await self.app.batches.page(self.batch.id, first - 1, limit=min(NAMED, max(0, last - first + 1)))
        return [case_json(line) for line in page if line.number <= last]

    async def _message(self, line: CaseLine) -> str:
        ending = fold(await self.app.journal.skim(line.run)).finished
        return ending.message if ending else ""


def case_json(line: CaseLine) -> Json:
    """A case as JSON."""
    return {"case": line.number, "key": line.key, "run": line.run, "state": line.state, "reason": line.reason}


def squares(cases: int, states: Iterable[tuple[int, RunState]]) -> str:
    """A letter for each case, in order."""
    letters = [NOT_BEGUN] * cases
    for number, state in states:
        letters[number - 1] = LETTERS[state]
    return "".join(letters)


def throughput(started: float, ended: Sequence[float]) -> dict[str, Json]:
    """How many cases ended in each of BARS stretches of `seconds` each, from the batch's start to the last end; and how many a second in
    all."""
    if not ended:
        return {"seconds": 0.0, "bars": [], "rate": 0.0}
    whole = max(max(ended) - started, 0.001)
    bars = [0] * BARS
    for at in ended:
        bars[min(BARS - 1, max(0, int((at - started) / whole * BARS)))] += 1
    return {"seconds": whole / BARS, "bars": bars, "rate": len(ended) / whole}
