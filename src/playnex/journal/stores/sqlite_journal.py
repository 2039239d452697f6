"""The journal in SQLite: a table of events, a table of blobs, and one line per run that is only a projection."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import apsw

from playnex import canonical
from playnex.clock import Clock
from playnex.errors import NotFoundError, StaleEpoch, StoreError
from playnex.journal import encoding
from playnex.journal.encoding import Blob
from playnex.journal.events import (
    Event,
    Fact,
    RunFinished,
    RunParked,
    RunPaused,
    RunResumed,
    RunStarted,
    RunState,
    RunWaiting,
    from_json,
    to_json,
)
from playnex.journal.journal import Draft, RunSummary
from playnex.spec.context import Write
from playnex.sqlite import Database, Migration

POLL = 0.1
"""Seconds between two looks at what other processes wrote."""

COLUMNS = "id, flow, state, reason, started, updated, epoch, inputs"


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


MIGRATIONS: tuple[Migration, ...] = (create_tables,)


class SqliteJournal:
    """A `Journal` over a `Database`; several processes may have the same file open."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(self, run: str, started: RunStarted) -> None:
        fact = encoding.encode(to_json(started))
        inputs = encoding.encode(started.inputs)
        now = self._clock.now()

        def work(connection: apsw.Connection) -> None:
            connection.execute(
                "INSERT INTO runs (id, flow, state, reason, started, updated, epoch, inputs) VALUES (?, ?, 'pending', '', ?, ?, 0, ?)",
                (run, started.flow, now, now, inputs.body),
            )
            number = connection.last_insert_rowid()
            _keep_blobs(connection, (*fact.blobs, *inputs.blobs))
            _insert(connection, number, now, (("RunStarted", "", fact.body),))

        await self._database.write(work)

    async def claim(self, run: str, worker: str, reopened: str = "") -> int:
        now = self._clock.now()

        def work(connection: apsw.Connection) -> int:
            number, epoch = _line(connection, run)
            fact = RunResumed(epoch=epoch + 1, worker=worker, reopened=reopened)
            connection.execute(
                "UPDATE runs SET epoch = ?, state = 'running', reason = '', updated = ? WHERE number = ?", (epoch + 1, now, number)
            )
            _insert(connection, number, now, (("RunResumed", "", canonical.encode(to_json(fact))),))
            return epoch + 1

        return await self._database.write(work)

    async def append(self, run: str, epoch: int, drafts: Sequence[Draft], writes: Sequence[Write] = ()) -> None:
        await self._database.write(self._appending(run, epoch, drafts, writes))

    def note(self, run: str, epoch: int, drafts: Sequence[Draft]) -> None:
        self._database.note(self._appending(run, epoch, drafts))

    def _appending(self, run: str, epoch: int, drafts: Sequence[Draft], writes: Sequence[Write] = ()) -> Write:
        encoded = [(draft, encoding.encode(to_json(draft.fact))) for draft in drafts]
        now = self._clock.now()

        def work(connection: apsw.Connection) -> None:
            number, current = _line(connection, run)
            if current != epoch:
                raise StaleEpoch(
                    f"run {run} was taken over (epoch {current}, this worker has {epoch})", hint="stop; its new holder goes on"
                )
            _keep_blobs(connection, (blob for _, fact in encoded for blob in fact.blobs))
            _insert(connection, number, now, ((type(draft.fact).__name__, draft.key, fact.body) for draft, fact in encoded))
            _project(connection, number, now, drafts)
            for write in writes:
                write(connection)

        return work

    async def events(self, run: str, after: int = 0) -> tuple[Event, ...]:
        number, _ = _line(self._database.read, run)
        rows = self._database.read.execute(
            "SELECT position, at, kind, key, body FROM events WHERE run = ? AND position > ? ORDER BY position", (number, after)
        )
        return tuple(self._event(run, row) for row in rows.fetchall())

    def _event(self, run: str, row: Sequence[Any]) -> Event:
        position, at, kind, key, body = row
        return Event(run=run, position=position, at=at, key=key, fact=from_json(kind, encoding.decode(body, self._blob)))

    async def tail(self, run: str, after: int = 0) -> AsyncIterator[Event]:
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(changed.set)

        end = self._database.listen(wake)
        try:
            while True:
                changed.clear()
                for event in await self.events(run, after):
                    after = event.position
                    yield event
                await _either(changed, POLL)
        finally:
            end()

    async def summary(self, run: str) -> RunSummary:
        row = self._database.read.execute(f"SELECT {COLUMNS} FROM runs WHERE id = ?", (run,)).fetchone()
        if row is None:
            raise _unknown(run)
        return self._summary(row)

    async def runs(self, *, limit: int = 50, state: RunState | None = None) -> tuple[RunSummary, ...]:
        rows = self._database.read.execute(
            f"SELECT {COLUMNS} FROM runs WHERE ?1 IS NULL OR state = ?1 ORDER BY number DESC LIMIT ?2", (state, limit)
        )
        return tuple(self._summary(row) for row in rows.fetchall())

    def _summary(self, row: Sequence[Any]) -> RunSummary:
        fields = dict(zip(COLUMNS.split(", "), row, strict=True))
        return RunSummary(**fields | {"inputs": encoding.decode(fields["inputs"], self._blob)})

    def _blob(self, name: str) -> bytes:
        row = self._database.read.execute("SELECT data, compressed FROM blobs WHERE hash = ?", (name,)).fetchone()
        if row is None:
            raise StoreError(f"the store lost the text {name[:12]}…", hint="restore the store from a backup")
        return encoding.text_of(row[0], bool(row[1]))


def _line(connection: apsw.Connection, run: str) -> tuple[int, int]:
    row: tuple[int, int] | None = connection.execute("SELECT number, epoch FROM runs WHERE id = ?", (run,)).fetchone()
    if row is None:
        raise _unknown(run)
    return row


def _unknown(run: str) -> NotFoundError:
    return NotFoundError(f"there is no run {run!r}", hint="playnex run list shows them")


def _keep_blobs(connection: apsw.Connection, blobs: Iterable[Blob]) -> None:
    for blob in blobs:
        connection.execute(
            "INSERT INTO blobs (hash, compressed, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (blob.hash, int(blob.compressed), blob.data),
        )


def _insert(connection: apsw.Connection, number: int, at: float, rows: Iterable[tuple[str, str, bytes]]) -> None:
    for kind, key, body in rows:
        connection.execute("INSERT INTO events (run, at, kind, key, body) VALUES (?, ?, ?, ?, ?)", (number, at, kind, key, body))


def _project(connection: apsw.Connection, number: int, at: float, drafts: Sequence[Draft]) -> None:
    for draft in drafts:
        if (line := _state_after(draft.fact)) is not None:
            connection.execute("UPDATE runs SET state = ?, reason = ?, updated = ? WHERE number = ?", (*line, at, number))


def _state_after(fact: Fact) -> tuple[RunState, str] | None:
    match fact:
        case RunFinished():
            return fact.status, fact.reason
        case RunPaused():
            return "paused", fact.reason
        case RunParked():
            return "parked", fact.reason
        case RunWaiting():
            return "waiting", fact.reason
        case _:
            return None


async def _either(changed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return
