"""The one stream: what changes in the workspace, whoever changes it, told to every page that listens.

One task looks, for all who listen; each listener has a queue of lines. A line of a run is what its events changed since the position that
the listener has, so a page that comes back with its positions misses nothing.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from playnex.app.inbox import OPEN, Inbox
from playnex.app.opening import App
from playnex.app.run_lines import RunLines
from playnex.app.run_view import RunView, merged
from playnex.canonical import Json
from playnex.errors import NotFoundError, UsageError

LOG = logging.getLogger("playnex.dashboard")

LOOK = 0.1
"""Seconds between two looks at what other processes wrote."""

GATHER = 0.04
"""Seconds in which what happens is put into one line."""

ROWS = 0.25
"""Seconds between two lines about the list."""

SPOKEN = 0.25
"""Seconds between two lines about what a run's models say just now."""

LEASES = 1.0
"""Seconds between two looks whether workers are alive."""

BEAT = 10.0
AGAIN = 1.0
"""Seconds until another try, after what changed could not be read."""

BEHIND = 2_000
"""Lines that a listener may be behind; one that is further is cut off, and comes back with its positions."""

NEWEST = 50
"""Capsules, the last written, that are looked at for what was written since."""

MOST = 64
"""Listeners at the same time."""


@dataclass(slots=True, eq=False)
class Listener:
    """One connection: its lines, and what it wants to hear of: runs with the position that it has, and batches."""

    id: str
    lines: "asyncio.Queue[bytes | None]"
    runs: dict[str, int] = field(default_factory=dict)
    batches: set[str] = field(default_factory=set)

    def tell(self, line: bytes) -> None:
        """Have it sent."""
        if self.lines.qsize() >= BEHIND:
            self.cut()
        else:
            self.lines.put_nowait(line)

    def cut(self) -> None:
        """End it."""
        while not self.lines.empty():
            self.lines.get_nowait()
        self.lines.put_nowait(None)


@dataclass(slots=True)
class Live:
    """A run that somebody looks at; `worker` and `spoken`, what its models say just now, are what was told last."""

    view: RunView
    worker: Mapping[str, Json]
    spoken: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Streams:
    """All listeners of one server, and what they are told. `seen` is the position up to which all was told, -1 before the first look. Who
    has the `turn` may read events and say so; else what comes between two readings would be told to nobody."""

    app: App
    lines: RunLines
    listeners: dict[str, Listener] = field(default_factory=dict)
    live: dict[str, Live] = field(default_factory=dict)
    seen: int = -1
    changed: set[str] = field(default_factory=set)
    asking: dict[str, int] = field(default_factory=dict)
    held: dict[str, bool] = field(default_factory=dict)
    said: dict[str, Json] = field(default_factory=dict)
    written: int = 0
    heads: set[tuple[str, int]] | None = None
    is_closed: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Look and tell, until this is cancelled. What breaks it off, such as a disk that cannot be read, is logged; all who listen come
        back with their positions."""
        try:
            while True:
                try:
                    await self._look_and_tell()
                except Exception:
                    LOG.exception("what changes could not be told; again in a moment")
                    self._cut_all()
                    await asyncio.sleep(AGAIN)
        finally:
            self.is_closed = True
            self._cut_all()

    def _cut_all(self) -> None:
        self.live.clear()
        for listener in tuple(self.listeners.values()):
            listener.cut()

    async def _look_and_tell(self) -> None:
        if self.seen < 0:
            self.seen = await self.app.journal.position()
        await self._count_all()
        awake = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(awake.set)

        end = self.app.database.listen(wake)
        last = {does: loop.time() for _, does in self._rounds()}
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await awake.wait()
                        await asyncio.sleep(GATHER)
                awake.clear()
                await self._look()
                for every, does in self._rounds():
                    if (now := loop.time()) - last[does] >= every:
                        last[does] = now
                        await does()
        finally:
            end()

    def _rounds(self) -> tuple[tuple[float, Callable[[], Awaitable[None]]], ...]:
        """What is looked at now and then: every so many seconds."""
        return (
            (LEASES, self._see_to_leases),
            (LEASES, self._see_to_capsules),
            (LEASES, self._let_go),
            (ROWS, self._tell_rows),
            (SPOKEN, self._tell_spoken),
            (BEAT, self._beat),
        )

    async def _beat(self) -> None:
        """Go on to listen to models, as long as somebody looks at a run that goes on; and say that this is alive."""
        if any(live.worker["worker"] for live in self.live.values()):
            self.app.live.listen()
        self._all({"beat": self.app.clock.now()})

    async def listen(self) -> AsyncIterator[bytes]:
        """The lines of a new listener, until it goes. Raises UsageError where there are too many."""
        if self.is_closed or len(self.listeners) >= MOST:
            raise UsageError(f"{MOST} pages listen already", hint="close some")
        listener = Listener(secrets.token_hex(8), asyncio.Queue())
        self.listeners[listener.id] = listener
        listener.tell(_line({"stream": listener.id, "position": max(self.seen, 0)}))
        return self._sent(listener)

    async def _sent(self, listener: Listener) -> AsyncIterator[bytes]:
        try:
            while (line := await listener.lines.get()) is not None:
                yield line
        finally:
            self.listeners.pop(listener.id, None)

    async def watch(self, stream: str, runs: Mapping[str, int], batches: set[str]) -> None:
        """All that a listener wants from now on. Raises NotFoundError."""
        listener = self.listeners.get(stream)
        if listener is None:
            raise NotFoundError("there is no such stream", hint="open one: GET /api/stream")
        if runs:
            self.app.live.listen()
        async with self.turn:
            listener.batches = set(batches)
            followed: dict[str, int] = {}
            for run, position in runs.items():
                with suppress(NotFoundError):  # a page may be older than the store
                    live = await self._live(run)
                    await self._catch_up(listener, live, position)
                    followed[run] = live.view.position
                    live.spoken = {}  # who comes later is told from the beginning
            listener.runs = followed

    async def _live(self, run: str) -> Live:
        if (known := self.live.get(run)) is None:
            view = await self.lines.view(run)
            known = self.live.setdefault(run, Live(view, self.lines.worker_of(view)))
        return known

    async def _catch_up(self, listener: Listener, live: Live, position: int) -> None:
        """What the listener has missed; and in any case whether somebody is at work, which no position tells."""
        view, run = live.view, live.view.run
        patch: Json = {"run": {}, "steps": []}
        if position < view.position:
            events = await self.app.journal.events(run)
            earlier = RunView(run).fold_all(event for event in events if event.position <= position)
            patch = merged([earlier.fold(event) for event in events if position < event.position <= view.position]).document()
        live.worker = self.lines.worker_of(view)
        patch["run"] |= live.worker | {"position": view.position}
        listener.tell(_line({"run": run, "position": view.position, "at": self.app.clock.now(), "patch": patch}))

    async def _let_go(self) -> None:
        """Forget the runs that nobody looks at any more."""
        async with self.turn:
            wanted = {run for listener in self.listeners.values() for run in listener.runs}
            for run in [run for run in self.live if run not in wanted]:
                del self.live[run]

    async def _look(self) -> None:
        newest = await self.app.journal.position()
        if newest <= self.seen:
            return
        changed = self.app.overview.changed(self.seen, newest)
        self.seen = newest
        self.changed.update(changed)
        async with self.turn:
            for run in changed:
                if run in self.live:
                    await self._advance(self.live[run])

    async def _advance(self, live: Live) -> None:
        view = live.view
        events = await self.app.journal.events(view.run, view.position)
        if not events:
            return
        patch = merged([view.fold(event) for event in events]).document()
        if "state" in patch["run"]:
            live.worker = self.lines.worker_of(view)
            patch["run"] |= live.worker
        patch["run"]["position"] = view.position
        self._tell_patch(view, patch, events[-1].at)

    def _tell_patch(self, view: RunView, patch: Json, at: float) -> None:
        self._tell_run(view, {"run": view.run, "position": view.position, "at": at, "patch": patch})

    def _tell_run(self, view: RunView, line: Json) -> None:
        raw = _line(line)
        for listener in tuple(self.listeners.values()):
            if view.run in listener.runs:
                listener.tell(raw)
                listener.runs[view.run] = view.position

    async def _tell_spoken(self) -> None:
        """What models say just now to the runs that somebody looks at; an empty text where a request is over."""
        for run, live in self.live.items():
            spoken = self.app.live.said(run)
            changed: dict[str, Json] = {step: text for step, text in spoken.items() if live.spoken.get(step) != text}
            changed |= dict.fromkeys(live.spoken.keys() - spoken.keys(), "")
            live.spoken = spoken
            if changed:
                self._tell_run(live.view, {"run": run, "said": changed})

    async def _see_to_leases(self) -> None:
        """Notice workers that died, of the runs that somebody looks at and of the list."""
        for live in self.live.values():
            worker = self.lines.worker_of(live.view)
            if worker != live.worker:
                live.worker = worker
                patch: Json = {"run": dict(worker), "steps": []}
                self._tell_patch(live.view, patch, self.app.clock.now())
        held = {run: self.app.leases.is_held(run) for run in self.app.overview.of_state("running")}
        self.changed.update(run for run, is_held in held.items() if self.held.get(run, True) != is_held)
        self.held = held

    async def _tell_rows(self) -> None:
        if not self.changed:
            return
        changed, self.changed = self.changed, set()
        summaries = [await self.app.journal.summary(run) for run in changed]
        for summary in summaries:
            await self._count(summary.id)
        if self.listeners:
            await self._tell_batches()
            self._all({"runs": await self.lines.lines(summaries)})
            self._all_changed("inbox", sum(self.asking.values()))
            self._all_changed("workspace", {"counts": await self.counts()})

    async def _tell_batches(self) -> None:
        """How many cases stand in which state, of the batches that somebody looks at, where that has changed."""
        for batch in {batch for listener in self.listeners.values() for batch in listener.batches}:
            counts = dict(await self.app.batches.counts(batch))
            if self.said.get(batch) != counts:
                self.said[batch] = counts
                for listener in tuple(self.listeners.values()):
                    if batch in listener.batches:
                        listener.tell(_line({"batch": batch, "changed": counts}))

    async def _see_to_capsules(self) -> None:
        """Notice which capsules were written or deleted, by whatever process."""
        written = self.app.database.read.pragma("data_version")
        if not self.listeners or written == self.written:
            return
        self.written = written
        heads = {(head.name, head.version) for head in await self.app.capsules.list(limit=NEWEST)}
        heads |= {(gone.ref.name, -1) for gone in await self.app.capsules.deleted()}
        before, self.heads = self.heads, heads
        if before is not None and (names := sorted({name for name, _ in heads - before})):
            self._all({"capsules": names})

    async def _count_all(self) -> None:
        for state in OPEN:
            for run in self.app.overview.of_state(state, 10_000):
                await self._count(run)

    async def _count(self, run: str) -> None:
        header = (await self.lines.current(run)).header
        may_ask = header.state == "parked" or header.unknown or any(wait["ask"] for wait in header.waits)
        waiting = len(await Inbox(app=self.app).of(run)) if may_ask else 0
        self.asking.pop(run, None)
        if waiting:
            self.asking[run] = waiting

    async def counts(self) -> Json:
        """How many runs go on, how many wait, and what waits for a person."""
        running, waiting = (self.app.overview.count(state) for state in ("running", "waiting"))
        return {"running": running, "waiting": waiting, "inbox": sum(self.asking.values())}

    def _all_changed(self, name: str, value: Json) -> None:
        if self.said.get(name) != value:
            self.said[name] = value
            self._all({name: value})

    def _all(self, line: Json) -> None:
        raw = _line(line)
        for listener in tuple(self.listeners.values()):
            listener.tell(raw)


def _line(said: Json) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace") + b"\n"
