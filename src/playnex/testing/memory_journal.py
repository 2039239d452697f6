"""A journal in memory that keeps every promise of the contract but one: it is gone with the process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from playnex import canonical
from playnex.canonical import Json
from playnex.clock import Clock
from playnex.errors import NotFoundError, StaleEpoch
from playnex.journal.events import (
    END_STATES,
    POSTED,
    Event,
    Fact,
    Posted,
    RunFinished,
    RunParked,
    RunPaused,
    RunResumed,
    RunState,
    RunWaiting,
    from_json,
    to_json,
)
from playnex.journal.journal import Draft, NewRun, RunSummary, Takeover
from playnex.journal.projection import Standing, after
from playnex.spec.context import Write


async def drop(_writes: Sequence[Write]) -> None:
    """Commits nothing: for steps that write nothing."""


Commit = Callable[[Sequence[Write]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An event as it is kept: as bytes, so that nothing is shared with what went in."""

    run: str
    at: float
    kind: str
    key: str
    body: bytes


@dataclass(slots=True, eq=False, kw_only=True)
class MemoryJournal:
    """Implements `Journal`. `commit` puts the writes that go with an append into whatever store a test has; `is_fenced` off lets
    stale epochs write, for tests that must then fail."""

    clock: Clock
    commit: Commit = drop
    is_fenced: bool = True
    rows: list[Row] = field(default_factory=list)
    lines: dict[str, RunSummary] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def create(self, new: NewRun) -> str:
        return self.begin(new)

    def begin(self, new: NewRun) -> str:
        """`create`, where there is no loop yet."""
        key, started = new.idempotency_key, new.started
        for line in self.lines.values():
            if key and (line.flow, line.idempotency_key) == (started.flow, key):
                return line.id
        now = self.clock.now()
        self.lines[new.id] = RunSummary(
            id=new.id,
            flow=started.flow,
            state="pending",
            reason="",
            started=now,
            updated=now,
            epoch=0,
            inputs=canonical.decode(canonical.encode(started.inputs)),
            due=now,
            idempotency_key=key,
            concurrency=started.concurrency,
        )
        self._insert(new.id, "", started)
        self.rows += [replace(self.rows[position - 1], run=new.id) for position in new.inherited]
        return new.id

    async def claim(self, run: str, worker: str, reopened: str = "") -> Takeover:
        epoch = self._line(run).epoch + 1
        newest = next(number for number in range(len(self.rows), 0, -1) if self.rows[number - 1].run == run)
        self.lines[run] = replace(self.lines[run], epoch=epoch)
        self._insert(run, "", RunResumed(epoch=epoch, worker=worker, reopened=reopened))
        return Takeover(epoch=epoch, after=newest)

    async def append(self, run: str, epoch: int, drafts: Sequence[Draft], writes: Sequence[Write] = ()) -> None:
        self._check(run, epoch)
        encoded = [canonical.encode(to_json(draft.fact)) for draft in drafts]
        if writes:
            await self.commit(writes)
        self._check(run, epoch)
        for draft, body in zip(drafts, encoded, strict=True):
            self._insert(run, draft.key, draft.fact, body)

    def note(self, run: str, epoch: int, drafts: Sequence[Draft]) -> None:
        if self._line(run).epoch == epoch:
            for draft in drafts:
                self._insert(run, draft.key, draft.fact)

    async def post(self, run: str, key: str, fact: Posted) -> None:
        self._line(run)
        self._insert(run, key, fact)

    def _check(self, run: str, epoch: int) -> None:
        current = self._line(run).epoch
        if current != epoch and self.is_fenced:
            raise StaleEpoch(f"run {run} was taken over (epoch {current}, this worker has {epoch})", hint="stop; its new holder goes on")

    def _insert(self, run: str, key: str, fact: Fact, body: bytes = b"") -> None:
        now, line = self.clock.now(), self.lines[run]
        self.rows.append(Row(run=run, at=now, kind=type(fact).__name__, key=key, body=body or canonical.encode(to_json(fact))))
        before = Standing(state=line.state, reason=line.reason, due=line.due)
        standing = after(before, fact, now)
        if isinstance(fact, (RunPaused, RunParked, RunWaiting)):
            for missed in self.all_of(run, fact.seen):
                standing = after(standing, missed.fact, now) if isinstance(missed.fact, POSTED) else standing
        if standing != before:
            self.lines[run] = replace(line, state=standing.state, reason=standing.reason, due=standing.due, updated=now)
        self.changed.set()
        self.changed = asyncio.Event()

    def _line(self, run: str) -> RunSummary:
        if run not in self.lines:
            raise NotFoundError(f"there is no run {run!r}", hint="playnex run list shows them")
        return self.lines[run]

    async def events(self, run: str, after: int = 0) -> tuple[Event, ...]:
        return self.all_of(run, after)

    def all_of(self, run: str, after: int = 0) -> tuple[Event, ...]:
        """`events`, where there is no loop yet."""
        self._line(run)
        return tuple(self._event(number) for number, row in enumerate(self.rows, 1) if row.run == run and number > after)

    def _event(self, number: int) -> Event:
        row = self.rows[number - 1]
        fact = from_json(row.kind, canonical.decode(row.body))
        return Event(run=row.run, position=number, at=row.at, key=row.key, fact=fact)

    async def skim(self, run: str) -> tuple[Event, ...]:
        return await self.events(run)

    async def fill(self, value: Json) -> Json:
        return value

    async def tail(self, run: str, after: int = 0) -> AsyncIterator[Event]:
        while True:
            changed = self.changed
            for event in await self.events(run, after):
                after = event.position
                yield event
            await changed.wait()

    async def posts(self, after: int) -> AsyncIterator[Event]:
        kinds = {kind.__name__ for kind in POSTED}
        while True:
            changed, upto = self.changed, len(self.rows)
            for number in range(after + 1, upto + 1):
                if self.rows[number - 1].kind in kinds:
                    yield self._event(number)
            after = upto
            await changed.wait()

    async def position(self) -> int:
        return len(self.rows)

    async def summary(self, run: str) -> RunSummary:
        return self._line(run)

    async def runs(self, *, limit: int = 50, state: RunState | None = None) -> tuple[RunSummary, ...]:
        return tuple(line for line in reversed(self.lines.values()) if state in (None, line.state))[:limit]

    async def tokens_of(self, flow: str, *, before: str, limit: int) -> tuple[int, ...]:
        older = list(self.lines)[: list(self.lines).index(before)] if before in self.lines else []
        succeeded = [run for run in reversed(older) if (self.lines[run].flow, self.lines[run].state) == (flow, "succeeded")]
        facts = [[event.fact for event in self.all_of(run)] for run in succeeded[:limit]]
        ends = [next(fact for fact in reversed(of) if isinstance(fact, RunFinished)) for of in facts]
        return tuple(end.tokens for end in ends if end.tokens)

    async def line_of(self, group: str) -> tuple[RunSummary, ...]:
        return tuple(line for line in self.lines.values() if group and line.concurrency == group and line.state not in END_STATES)

    async def due(self, now: float, limit: int = 1000) -> tuple[str, ...]:
        due = [line for line in self.lines.values() if line.due is not None and line.due <= now]
        return tuple(line.id for line in sorted(due, key=lambda line: line.due or 0.0))[:limit]

    async def next_due(self) -> float | None:
        return min((line.due for line in self.lines.values() if line.due is not None), default=None)
