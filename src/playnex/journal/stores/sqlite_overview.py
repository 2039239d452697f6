"""Runs as lists show them, and what changed since: reads only, over all runs of a store, quick with a hundred thousand of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playnex.journal.events import RunState
from playnex.journal.journal import RunSummary
from playnex.journal.stores import journal_rows as rows
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which runs: empty for all; `text` is looked for in their flow, id and inputs. `before` is where a page begins, the
    cursor of the one before it."""

    states: tuple[RunState, ...] = ()
    flow: str = ""
    text: str = ""
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Runs, newest first; `next` is the cursor of the next page, None where there is none."""

    runs: tuple[RunSummary, ...]
    next: int | None
    total: int


class SqliteOverview:
    """The runs of a `Database`."""

    def __init__(self, database: Database, journal: SqliteJournal) -> None:
        self._database = database
        self._journal = journal

    def page(self, wanted: Wanted) -> Page:
        """One page."""
        where, values = _where(wanted)
        total = int(self._read(f"SELECT count(*) FROM runs {where}", *values)[0][0])
        more = f"{where} {'AND' if where else 'WHERE'} number < ?" if wanted.before is not None else where
        given = (*values, *((wanted.before,) if wanted.before is not None else ()))
        sql = f"SELECT number, {rows.SUMMARY} FROM runs {more} ORDER BY number DESC LIMIT ?"
        found = self._read(sql, *given, wanted.limit + 1)
        page = found[: wanted.limit]
        return Page(
            runs=tuple(self._journal.summary_of(row[1:]) for row in page),
            next=page[-1][0] if len(found) > wanted.limit else None,
            total=total,
        )

    def changed(self, after: int, until: int) -> tuple[str, ...]:
        """The runs that have events behind one position, up to another."""
        sql = "SELECT DISTINCT r.id FROM events e JOIN runs r ON r.number = e.run WHERE e.position > ? AND e.position <= ?"
        return tuple(row[0] for row in self._read(sql, after, until))

    def of_state(self, state: RunState, limit: int = 1000) -> tuple[str, ...]:
        """The newest runs of that state."""
        return tuple(row[0] for row in self._read("SELECT id FROM runs WHERE state = ? ORDER BY number DESC LIMIT ?", state, limit))

    def count(self, state: RunState) -> int:
        """How many runs stand in that state."""
        return int(self._read("SELECT count(*) FROM runs WHERE state = ?", state)[0][0])

    def _read(self, sql: str, *values: Any) -> list[Any]:
        found: list[Any] = self._database.read.execute(sql, values).fetchall()
        return found


def _where(wanted: Wanted) -> tuple[str, Sequence[Any]]:
    clauses: list[str] = []
    values: list[Any] = []
    if wanted.states:
        clauses.append(f"state IN ({', '.join('?' * len(wanted.states))})")
        values += wanted.states
    if wanted.flow:
        clauses.append("flow = ?")
        values.append(wanted.flow)
    if wanted.text:
        clauses.append("(flow LIKE ? ESCAPE '!' OR id LIKE ? ESCAPE '!' OR CAST(inputs AS TEXT) LIKE ? ESCAPE '!')")
        text = wanted.text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        values += [f"%{text}%"] * 3
    return (f"WHERE {' AND '.join(clauses)}" if clauses else ""), values
