"""Are the lines of `run list` what the journals say? They are only a projection, and can be made anew."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from playnex.journal.encoding import decode
from playnex.journal.events import POSTED, STOPS, Event, RunFinished, RunResumed, from_json
from playnex.journal.projection import Standing, after

TOLD_BY = tuple(kind.__name__ for kind in (*STOPS, *POSTED, RunResumed))
"""The kinds of facts that a run's line is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Astray:
    """A run whose line says something else than its journal."""

    run: str
    says: Standing
    right: Standing


def astray(connection: apsw.Connection) -> tuple[Astray, ...]:
    """The runs whose line is wrong, as of one moment."""
    with connection:
        rows: Sequence[Any] = connection.execute("SELECT number, id, started, state, reason, due FROM runs").fetchall()
        found = [(run, Standing(state=state, reason=why, due=due), _right(connection, n, began)) for n, run, began, state, why, due in rows]
    return tuple(Astray(run=run, says=says, right=right) for run, says, right in found if says != right)


def mend(connection: apsw.Connection) -> int:
    """Write what the journals say into the lines that are wrong, in the writer's transaction; how many were."""
    wrong = astray(connection)
    for one in wrong:
        values = (one.right.state, one.right.reason, one.right.due, one.run)
        connection.execute("UPDATE runs SET state = ?, reason = ?, due = ? WHERE id = ?", values)
    return len(wrong)


def _right(connection: apsw.Connection, number: int, started: float) -> Standing:
    standing, posts = Standing(state="pending", due=started), list[Event]()
    for event in _told(connection, number, started):
        if isinstance(event.fact, POSTED):
            posts.append(event)
        standing = after(standing, event.fact, event.at)
        if isinstance(event.fact, STOPS) and not isinstance(event.fact, RunFinished):
            for missed in posts:
                if missed.position > event.fact.seen:
                    standing = after(standing, missed.fact, event.at)
    return standing


def _told(connection: apsw.Connection, number: int, started: float) -> Iterator[Event]:
    """The facts that count; what a fork inherited is older than the fork, and does not."""
    sql = f"SELECT position, at, kind, key, body FROM events WHERE run = ? AND at >= ? AND kind IN ({', '.join('?' * len(TOLD_BY))})"
    rows: Sequence[Any] = connection.execute(f"{sql} ORDER BY position", (number, started, *TOLD_BY)).fetchall()
    for position, at, kind, key, body in rows:
        yield Event(run="", position=position, at=at, key=key, fact=from_json(kind, decode(body, lambda _: b"")))
