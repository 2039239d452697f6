"""The tables that hold journals, and the way from a row to a record."""

from collections.abc import Iterable, Sequence
from typing import Any

import apsw

from playnex.errors import NotFoundError, StoreError
from playnex.journal.encoding import Blob, decode
from playnex.journal.events import POSTED, Fact, RunParked, RunPaused, RunWaiting, from_json
from playnex.journal.journal import RunSummary
from playnex.journal.projection import Standing, after
from playnex.store.file import Migration

SUMMARY = "id, flow, state, reason, started, updated, epoch, due, idempotency_key, concurrency, inputs"
POSTED_KINDS = ", ".join(f"'{kind.__name__}'" for kind in POSTED)
POSTS = f"(SELECT * FROM events WHERE kind IN ({POSTED_KINDS})) e JOIN runs r ON r.number = e.run"
"""What was posted, as a table to select from."""


def create_tables(connection: apsw.Connection) -> None:
    """Version 1 of the journal's tables."""
    connection.execute("""
        CREATE TABLE runs (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, flow TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
            started REAL NOT NULL, updated REAL NOT NULL, epoch INTEGER NOT NULL, inputs BLOB NOT NULL);
        CREATE TABLE events (
            position INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs (number), at REAL NOT NULL,
            kind TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL);
        CREATE INDEX events_of_run ON events (run, position);
        CREATE INDEX runs_by_state ON runs (state, number);
        CREATE TABLE blobs (hash TEXT PRIMARY KEY, compressed INTEGER NOT NULL, data BLOB NOT NULL) WITHOUT ROWID;
    """)


def add_due_and_keys(connection: apsw.Connection) -> None:
    """Version 2: when a worker should look at a run again, and what its starter calls it."""
    connection.execute("""
        ALTER TABLE runs ADD COLUMN due REAL;
        ALTER TABLE runs ADD COLUMN idempotency_key TEXT NOT NULL DEFAULT '';
        CREATE INDEX runs_due ON runs (due) WHERE due IS NOT NULL;
        CREATE UNIQUE INDEX runs_by_key ON runs (flow, idempotency_key) WHERE idempotency_key <> '';
        UPDATE runs SET due = updated WHERE state = 'pending';
    """)


def add_concurrency(connection: apsw.Connection) -> None:
    """Version 3: the group whose runs go one at a time."""
    connection.execute("""
        ALTER TABLE runs ADD COLUMN concurrency TEXT NOT NULL DEFAULT '';
        CREATE INDEX runs_by_concurrency ON runs (concurrency, number) WHERE concurrency <> '';
    """)


MIGRATIONS: tuple[Migration, ...] = (create_tables, add_due_and_keys, add_concurrency)


def line(connection: apsw.Connection, run: str) -> tuple[int, int]:
    """The run's number and epoch. Raises NotFoundError."""
    row: tuple[int, int] | None = connection.execute("SELECT number, epoch FROM runs WHERE id = ?", (run,)).fetchone()
    if row is None:
        raise unknown(run)
    return row


def unknown(run: str) -> NotFoundError:
    """There is no such run."""
    return NotFoundError(f"there is no run {run!r}", hint="playnex run list shows them")


def run_by_key(connection: apsw.Connection, flow: str, key: str) -> str:
    """The id of the run of that flow that its starter called so, or nothing."""
    row = connection.execute("SELECT id FROM runs WHERE flow = ? AND idempotency_key = ?", (flow, key)).fetchone()
    return str(row[0]) if row else ""


def insert_run(connection: apsw.Connection, row: Sequence[Any]) -> int:
    """A pending run (id, flow, started, updated, due, idempotency key, concurrency group, inputs); its number."""
    connection.execute(
        "INSERT INTO runs (id, flow, state, reason, started, updated, epoch, due, idempotency_key, concurrency, inputs)"
        " VALUES (?, ?, 'pending', '', ?, ?, 0, ?, ?, ?, ?)",
        row,
    )
    return connection.last_insert_rowid()


def keep_blobs(connection: apsw.Connection, blobs: Iterable[Blob]) -> None:
    """Store what is not there yet."""
    for blob in blobs:
        connection.execute(
            "INSERT INTO blobs (hash, compressed, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (blob.hash, int(blob.compressed), blob.data),
        )


def insert(connection: apsw.Connection, row: tuple[int, float, str, str, bytes]) -> int:
    """One event (run's number, time, kind, key, body); its position."""
    connection.execute("INSERT INTO events (run, at, kind, key, body) VALUES (?, ?, ?, ?, ?)", row)
    return connection.last_insert_rowid()


def newest(connection: apsw.Connection, number: int) -> int:
    """The position of the run's newest event."""
    return int(connection.execute("SELECT max(position) FROM events WHERE run = ?", (number,)).get)


def copy(connection: apsw.Connection, number: int, position: int) -> None:
    """Another run's event as an event of the run of that number, at the same time and with the same bytes."""
    connection.execute(
        "INSERT INTO events (run, at, kind, key, body) SELECT ?, at, kind, key, body FROM events WHERE position = ?", (number, position)
    )


def body(connection: apsw.Connection, position: int) -> bytes:
    """The bytes of an event. Raises StoreError where there is none."""
    row: tuple[bytes] | None = connection.execute("SELECT body FROM events WHERE position = ?", (position,)).fetchone()
    if row is None:
        raise StoreError(f"the store lost event {position}", hint="restore the store from a backup")
    return row[0]


def tokens_of(connection: apsw.Connection, bounds: tuple[str, str, int]) -> tuple[int, ...]:
    """What the newest runs of a flow took (its name, the run they were started before, how many at most); those that asked no model are
    left out."""
    sql = """
        SELECT (SELECT e.body FROM events e WHERE e.run = r.number AND e.kind = 'RunFinished' ORDER BY e.position DESC LIMIT 1)
        FROM runs r WHERE r.state = 'succeeded' AND r.flow = ? AND r.number < (SELECT number FROM runs WHERE id = ?)
        ORDER BY r.number DESC LIMIT ?"""
    bodies: Sequence[Any] = connection.execute(sql, bounds).fetchall()
    ends = [decode(body, lambda _: b'""') for (body,) in bodies]
    return tuple(int(end["tokens"]) for end in ends if end.get("tokens"))


def project(connection: apsw.Connection, number: int, facts: Iterable[Fact], *, now: float) -> None:
    """Bring the run's line up to date. What came from outside while the run was advanced, and was not acted upon, counts once it
    stops: no message is lost between a worker that stops and one that may start."""
    row: Sequence[Any] = connection.execute("SELECT state, reason, due FROM runs WHERE number = ?", (number,)).get
    before = standing = Standing(state=row[0], reason=row[1], due=row[2])
    for fact in facts:
        standing = after(standing, fact, now)
        if isinstance(fact, (RunPaused, RunParked, RunWaiting)):
            for missed in _posted(connection, number, fact.seen):
                standing = after(standing, missed, now)
    if standing != before:
        values = (standing.state, standing.reason, standing.due, now, number)
        connection.execute("UPDATE runs SET state = ?, reason = ?, due = ?, updated = ? WHERE number = ?", values)


def _posted(connection: apsw.Connection, number: int, seen: int) -> list[Fact]:
    """What came from outside behind that position, as far as its kind goes."""
    sql = f"SELECT kind, body FROM events WHERE run = ? AND position > ? AND kind IN ({POSTED_KINDS}) ORDER BY position"
    rows: Sequence[Any] = connection.execute(sql, (number, seen)).fetchall()
    return [from_json(kind, decode(body, lambda _: b"")) for kind, body in rows]


def summary(row: Sequence[Any], inputs: Any) -> RunSummary:
    """The columns of SUMMARY as a record, with the inputs decoded."""
    fields = dict(zip(SUMMARY.split(", "), row, strict=True))
    return RunSummary(**fields | {"inputs": inputs})
