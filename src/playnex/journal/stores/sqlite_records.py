"""What became of the runs of flows, and how long their steps took: reads only, for pages of figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playnex.journal.events import RunState
from playnex.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRecord:
    """The runs of one flow: how many stand in each state, and when the newest began (seconds since 1970)."""

    counts: dict[RunState, int]
    newest: float

    @property
    def success(self) -> float | None:
        """The part of those that have ended that ended well, 0 to 1; those that a person cancelled say nothing. None where none has."""
        good, bad = self.counts.get("succeeded", 0), self.counts.get("failed", 0)
        return good / (good + bad) if good + bad else None


class SqliteRecords:
    """The runs of a `Database`, counted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def flows(self) -> dict[str, FlowRecord]:
        """The record of each flow that ever ran."""
        found: dict[str, FlowRecord] = {}
        for flow, state, count, newest in self._read("SELECT flow, state, count(*), max(started) FROM runs GROUP BY flow, state"):
            before = found.get(flow, FlowRecord(counts={}, newest=0.0))
            found[flow] = FlowRecord(counts=before.counts | {state: count}, newest=max(before.newest, newest))
        return found

    def newest(self, flow: str, limit: int) -> tuple[str, ...]:
        """The newest runs of a flow that have ended, by their ids."""
        sql = "SELECT id FROM runs WHERE flow = ? AND state IN ('succeeded', 'failed') ORDER BY number DESC LIMIT ?"
        return tuple(row[0] for row in self._read(sql, flow, limit))

    def states_of(self, batch: str) -> Sequence[tuple[int, RunState, float]]:
        """Each case of a batch that has begun: its number, how its run stands, and since when."""
        sql = (
            "SELECT c.number, r.state, r.updated FROM cases c JOIN runs r ON r.number = c.run"
            " WHERE c.batch = (SELECT number FROM batches WHERE id = ?) ORDER BY c.number"
        )
        return self._read(sql, batch)

    def _read(self, sql: str, *values: Any) -> list[Any]:
        found: list[Any] = self._database.read.execute(sql, values).fetchall()
        return found
