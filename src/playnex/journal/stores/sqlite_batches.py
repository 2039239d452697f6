"""Batches in SQLite, beside the runs of their cases."""

import zlib
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import apsw

from playnex.canonical import Json, decode, encode
from playnex.journal.batch import Batch, CaseLine, CaseRun
from playnex.journal.events import RunState
from playnex.store.database import Database

LINE_NAMES = tuple(each.name for each in fields(CaseLine))
COLUMNS = tuple(each.name for each in fields(Batch))
LINE = "c.number, c.key, r.id, r.state, r.reason, r.due"
CASES = "cases c JOIN runs r ON r.number = c.run"
RUNS = "runs r CROSS JOIN cases c ON c.run = r.number"
"""The same rows, looked for by the runs first: the few that are due or at work, not the many cases of the batch."""

OF = "c.batch = (SELECT number FROM batches WHERE id = ?1)"


class SqliteBatches:
    """The batches of a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, batch: Batch, definition: Json) -> None:
        """A new batch and what each of its cases carries out; durable when it returns."""
        packed = zlib.compress(encode(definition))
        values = (*(getattr(batch, name) for name in COLUMNS), packed)
        sql = f"INSERT INTO batches ({', '.join(COLUMNS)}, definition) VALUES ({', '.join('?' * len(values))})"
        await self._database.write(lambda connection: connection.execute(sql, values))

    async def begin(self, batch: str, cases: Sequence[CaseRun]) -> None:
        """Note the runs of cases; one that is noted already stays as it is. Durable when it returns."""
        sql = (
            "INSERT INTO cases (batch, number, key, run) SELECT b.number, ?, ?, r.number FROM batches b, runs r WHERE b.id = ? AND r.id = ?"
        )
        rows = [(case.number, case.key, batch, case.run) for case in cases]

        def work(connection: apsw.Connection) -> None:
            connection.executemany(f"{sql} ON CONFLICT DO NOTHING", rows)

        await self._database.write(work)

    async def definition(self, batch: str) -> Json:
        """What each of its cases carries out."""
        ((packed,),) = self._read("SELECT definition FROM batches WHERE id = ?", batch)
        return decode(zlib.decompress(packed))

    async def batches(self, limit: int) -> tuple[Batch, ...]:
        """The newest batches first."""
        rows = self._read(f"SELECT {', '.join(COLUMNS)} FROM batches ORDER BY number DESC LIMIT ?", limit)
        return tuple(Batch(**dict(zip(COLUMNS, row, strict=True))) for row in rows)

    async def begun(self, batch: Batch) -> bytearray:
        """For each case, by its number, whether it has begun."""
        flags = bytearray(batch.cases + 1)
        for (number,) in self._database.read.execute(f"SELECT c.number FROM cases c WHERE {OF}", (batch.id,)):
            flags[number] = True
        return flags

    async def counts(self, batch: str) -> dict[RunState, int]:
        """How many of the cases that have begun stand in which state."""
        sql = f"SELECT r.state, count(*) FROM {CASES} WHERE {OF} GROUP BY r.state"
        return {row[0]: row[1] for row in self._read(sql, batch)}

    async def page(self, batch: str, after: int, *, limit: int = 500, states: tuple[RunState, ...] = ()) -> tuple[CaseLine, ...]:
        """The cases behind that number, in order, in any of the states (none named: in any at all)."""
        wanted = f" AND r.state IN ({', '.join('?' * len(states))})" if states else ""
        sql = f"SELECT {LINE} FROM {CASES} WHERE {OF} AND c.number > ?{wanted} ORDER BY c.number LIMIT ?"
        return _lines(self._read(sql, batch, after, *states, limit))

    async def case_of(self, batch: str, run: str) -> CaseLine:
        """The case whose run that is."""
        (line,) = _lines(self._read(f"SELECT {LINE} FROM {RUNS} WHERE {OF} AND r.id = ?", batch, run))
        return line

    async def due(self, batch: str, now: float) -> tuple[CaseLine, ...]:
        """The cases that nobody carries on and whose time has come."""
        return _lines(self._read(f"SELECT {LINE} FROM {RUNS} WHERE {OF} AND r.due <= ?", batch, now))

    async def running(self, batch: str) -> tuple[CaseLine, ...]:
        """The cases that somebody carries on, or died of."""
        return _lines(self._read(f"SELECT {LINE} FROM {RUNS} WHERE {OF} AND r.state = 'running'", batch))

    async def runs_with_a_fallback(self, batch: str) -> tuple[str, ...]:
        """The runs, of those that succeeded, in which a step may have fallen back: their journal says for certain."""
        sql = (
            f"SELECT DISTINCT r.id FROM {CASES} JOIN events e ON e.run = r.number"
            f" WHERE {OF} AND r.state = 'succeeded' AND e.kind = 'StepFinished'"
            " AND (substr(e.body, 1, 1) IN (CAST('x' AS BLOB), CAST('+' AS BLOB)) OR instr(e.body, CAST('\"fallback\"' AS BLOB)))"
        )
        return tuple(row[0] for row in self._read(sql, batch))

    def _read(self, sql: str, *values: Any) -> list[Any]:
        rows: list[Any] = self._database.read.execute(sql, values).fetchall()
        return rows


def _lines(rows: Sequence[Sequence[Any]]) -> tuple[CaseLine, ...]:
    return tuple(CaseLine(**dict(zip(LINE_NAMES, row, strict=True))) for row in rows)
