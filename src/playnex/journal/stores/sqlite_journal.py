"""The journal in SQLite: a table of events, a table of blobs, and one line per run that is only a projection."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import apsw

from playnex import canonical
from playnex.canonical import Json
from playnex.clock import Clock
from playnex.errors import StaleEpoch, StoreError
from playnex.journal import encoding
from playnex.journal.encoding import Base, Encoded
from playnex.journal.events import (
    END_STATES,
    STOPS,
    Event,
    Fact,
    Posted,
    RunResumed,
    RunStarted,
    RunState,
    StepFinished,
    from_json,
    to_json,
)
from playnex.journal.journal import Draft, NewRun, Outlined, RunSummary, Takeover
from playnex.journal.stores import journal_rows as rows
from playnex.secrets.known import KNOWN
from playnex.spec.context import Write
from playnex.store.database import Database

POLL = 0.1
"""Seconds between two looks at what other processes wrote."""

BASES = 4
"""Long outputs of a run that its next ones may have grown from: parallel branches each have their own."""

TEXTS = 8
"""Long outputs that are kept after reading: the next one to be read has mostly grown from them."""

BLOBS = 16
"""Long texts that are kept after reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A fact and its bytes."""

    key: str
    fact: Fact
    encoded: Encoded

    def insert(self, connection: apsw.Connection, number: int, at: float) -> int:
        """Store it in the run of that number; its position."""
        if self.encoded.blobs:
            rows.keep_blobs(connection, self.encoded.blobs)
        return rows.insert(connection, (number, at, type(self.fact).__name__, self.key, self.encoded.body))


class SqliteJournal:
    """A `Journal` over a `Database`; several processes may have the same file open."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._bases: dict[str, deque[Base]] = {}
        self._texts: dict[int, bytes] = {}
        self._blobs: dict[str, bytes] = {}
        self._mailmen: list[Callable[[], None]] = []

    async def create(self, new: NewRun) -> str:
        first, inputs = _entry("", new.started), encoding.encode(KNOWN.value(new.started.inputs))
        flow, key, now = new.started.flow, new.idempotency_key, self._clock.now()

        def work(connection: apsw.Connection) -> str:
            if key and (known := rows.run_by_key(connection, flow, key)):
                return known
            rows.keep_blobs(connection, inputs.blobs)
            number = rows.insert_run(connection, (new.id, flow, now, now, now, key, new.started.concurrency, inputs.body))
            first.insert(connection, number, now)
            for position in new.inherited:
                rows.copy(connection, number, position)
            return new.id

        return await self._database.write(work)

    async def claim(self, run: str, worker: str, reopened: str = "") -> Takeover:
        now = self._clock.now()

        def work(connection: apsw.Connection) -> Takeover:
            number, epoch = rows.line(connection, run)
            newest = rows.newest(connection, number)
            fact = RunResumed(epoch=epoch + 1, worker=worker, reopened=reopened)
            connection.execute("UPDATE runs SET epoch = ? WHERE number = ?", (epoch + 1, number))
            _entry("", fact).insert(connection, number, now)
            rows.project(connection, number, (fact,), now=now)
            return Takeover(epoch=epoch + 1, after=newest)

        return await self._database.write(work)

    async def append(self, run: str, epoch: int, drafts: Sequence[Draft], writes: Sequence[Write] = ()) -> None:
        bases = self._bases.get(run, ())
        entries = [_entry(draft.key, draft.fact, bases) for draft in drafts]
        stops = [draft.fact for draft in drafts if isinstance(draft.fact, STOPS)]
        inserting = self._inserting(run, epoch, entries, stops)

        def work(connection: apsw.Connection) -> list[int]:
            positions = inserting(connection)
            for write in writes:
                write(connection)
            return positions

        write = self._database.write_last if stops else self._database.write
        positions = await write(work if writes else inserting)
        for entry, position in zip(entries, positions, strict=True):
            if entry.encoded.output:
                self._bases.setdefault(run, deque(maxlen=BASES)).append(Base(position=position, text=entry.encoded.output))
        if stops:
            self._bases.pop(run, None)

    def forget(self) -> None:
        """Drop all texts that are kept at hand: something was taken out of the store."""
        self._texts.clear()
        self._blobs.clear()
        self._bases.clear()

    def note(self, run: str, epoch: int, drafts: Sequence[Draft]) -> None:
        self._database.note(self._inserting(run, epoch, [_entry(draft.key, draft.fact) for draft in drafts], ()))

    async def post(self, run: str, key: str, fact: Posted) -> None:
        entry, now = _entry(key, fact), self._clock.now()

        def work(connection: apsw.Connection) -> None:
            number, _ = rows.line(connection, run)
            entry.insert(connection, number, now)
            rows.project(connection, number, (fact,), now=now)

        await self._database.write(work)
        for ring in tuple(self._mailmen):
            ring()

    def _inserting(self, run: str, epoch: int, entries: Sequence[Entry], stops: Sequence[Fact]) -> Callable[[apsw.Connection], list[int]]:
        now = self._clock.now()

        def work(connection: apsw.Connection) -> list[int]:
            number, current = rows.line(connection, run)
            if current != epoch:
                message = f"run {run} was taken over (epoch {current}, this worker has {epoch})"
                raise StaleEpoch(message, hint="stop; its new holder goes on")
            if stops:
                rows.project(connection, number, stops, now=now)
            return [entry.insert(connection, number, now) for entry in entries]

        return work

    async def events(self, run: str, after: int = 0) -> tuple[Event, ...]:
        return tuple([await self._filled(event) for event in self._skimmed(run, after)])

    async def skim(self, run: str) -> tuple[Event, ...]:
        return tuple(self._skimmed(run, 0))

    async def fill(self, value: Json) -> Json:
        return canonical.decode(self._output(value.position)) if isinstance(value, Outlined) else value

    def _skimmed(self, run: str, after: int) -> list[Event]:
        sql = (
            "SELECT e.position, e.at, e.kind, e.key, e.body FROM runs r LEFT JOIN events e ON e.run = r.number AND e.position > ?2"
            " WHERE r.id = ?1 ORDER BY e.position"
        )
        found = self._database.read.execute(sql, (run, after)).fetchall()
        if not found:
            raise rows.unknown(run)
        return [self._event(run, row) for row in found if row[0] is not None]

    def _event(self, run: str, row: Sequence[Any]) -> Event:
        position, at, kind, key, body = row
        grown = encoding.grown(body)
        parts = grown.parts | {encoding.OUTPUT: Outlined(position=position)} if grown else encoding.decode(body, self._blob)
        return Event(run=run, position=position, at=at, key=key, fact=from_json(kind, parts))

    async def _filled(self, event: Event) -> Event:
        match event.fact:
            case StepFinished(envelope={"output": Outlined() as output}) as fact:
                whole = replace(fact, envelope=fact.envelope | {"output": await self.fill(output)})
                return replace(event, fact=whole)
            case _:
                return event

    def _output(self, position: int) -> bytes:
        """The JSON text of an event's output, put together from what it has grown from."""
        links, at, start = [], position, self._texts.get(position)
        while start is None:
            body = rows.body(self._database.read, at)
            if link := encoding.grown(body):
                links.append(link)
                at = link.origin
                start = self._texts.get(at)
            else:
                start = canonical.encode(encoding.decode(body, self._blob)[encoding.OUTPUT])
        text = encoding.grown_text(start, reversed(links))
        if len(self._texts) >= TEXTS:
            del self._texts[next(iter(self._texts))]
        self._texts[position] = text
        return text

    def _blob(self, name: str) -> bytes:
        """The text of that hash; a few are kept, for runs of one flow have the same."""
        if (known := self._blobs.get(name)) is None:
            known = self._blobs[name] = self._read_blob(name)
            if len(self._blobs) > BLOBS:
                del self._blobs[next(iter(self._blobs))]
        return known

    def _read_blob(self, name: str) -> bytes:
        row = self._database.read.execute("SELECT data, compressed FROM blobs WHERE hash = ?", (name,)).fetchone()
        if row is None:
            raise StoreError(f"the store lost the text {name[:12]}…", hint="restore the store from a backup")
        return encoding.checked(name, row[0], bool(row[1]))

    async def tail(self, run: str, after: int = 0) -> AsyncIterator[Event]:
        async for _ in self._changes(self._database.listen):
            for event in await self.events(run, after):
                after = event.position
                yield event

    async def posts(self, after: int) -> AsyncIterator[Event]:
        sql = f"SELECT r.id, e.position, e.at, e.kind, e.key, e.body FROM {rows.POSTS} WHERE e.position BETWEEN ? AND ? ORDER BY e.position"
        async for _ in self._changes(self._when_posted):
            newest = await self.position()  # what lies up to here is never looked at again, however few of it was posted
            for row in self._database.read.execute(sql, (after + 1, newest)).fetchall():
                yield self._event(str(row[0]), row[1:])
            after = max(after, newest)

    def _when_posted(self, ring: Callable[[], None]) -> Callable[[], None]:
        """Call `ring` after each post of this process; returns the call that ends it."""
        self._mailmen.append(ring)
        return lambda: self._mailmen.remove(ring)

    async def _changes(self, listen: Callable[[Callable[[], None]], Callable[[], None]]) -> AsyncIterator[None]:
        """Once now, then each time that `listen` says so, and often enough to see what other processes wrote."""
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(changed.set)

        end = listen(wake)
        try:
            while True:
                changed.clear()
                yield
                await _either(changed, POLL)
        finally:
            end()

    async def position(self) -> int:
        return int(self._database.read.execute("SELECT coalesce(max(position), 0) FROM events").get)

    async def summary(self, run: str) -> RunSummary:
        row = self._database.read.execute(f"SELECT {rows.SUMMARY} FROM runs WHERE id = ?", (run,)).fetchone()
        if row is None:
            raise rows.unknown(run)
        return self.summary_of(row)

    async def runs(self, *, limit: int = 50, state: RunState | None = None) -> tuple[RunSummary, ...]:
        of_state, values = ("WHERE state = ?", (state, limit)) if state else ("", (limit,))  # one condition for both would scan all runs
        found = self._database.read.execute(f"SELECT {rows.SUMMARY} FROM runs {of_state} ORDER BY number DESC LIMIT ?", values)
        return tuple(self.summary_of(row) for row in found.fetchall())

    async def tokens_of(self, flow: str, *, before: str, limit: int) -> tuple[int, ...]:
        return rows.tokens_of(self._database.read, (flow, before, limit))

    async def line_of(self, group: str) -> tuple[RunSummary, ...]:
        ends = ", ".join(f"'{state}'" for state in END_STATES)
        sql = f"SELECT {rows.SUMMARY} FROM runs WHERE concurrency = ? AND concurrency <> '' AND state NOT IN ({ends}) ORDER BY number"
        return tuple(self.summary_of(row) for row in self._database.read.execute(sql, (group,)).fetchall())

    def summary_of(self, row: Sequence[Any]) -> RunSummary:
        """The columns of SUMMARY as a record."""
        return rows.summary(row, encoding.decode(row[-1], self._blob))

    async def due(self, now: float, limit: int = 1000) -> tuple[str, ...]:
        sql = "SELECT id FROM runs WHERE due <= ? ORDER BY due LIMIT ?"
        return tuple(str(row[0]) for row in self._database.read.execute(sql, (now, limit)).fetchall())

    async def next_due(self) -> float | None:
        found: float | None = self._database.read.execute("SELECT min(due) FROM runs").get
        return found


def _entry(key: str, fact: Fact, bases: Sequence[Base] = ()) -> Entry:
    return Entry(key=key, fact=fact, encoded=_encoded(fact, KNOWN.value(to_json(fact)), bases))


def _encoded(fact: Fact, parts: dict[str, Json], bases: Sequence[Base]) -> Encoded:
    match fact:
        case StepFinished():
            return encoding.encode_result(parts, bases)
        case RunStarted():
            return encoding.encode_start(parts)
        case _:
            return encoding.encode(parts)


async def _either(changed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return
