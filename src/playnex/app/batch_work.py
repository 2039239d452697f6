"""Carries a batch on: each case as a run of its own, so many at the same time, until nothing of it can go on any more."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeAlias

from playnex.app.batch_results import BatchResults, ResultsFile
from playnex.app.batches import Batches, Standing
from playnex.app.case_files import changed, opened_cases
from playnex.app.control import OF_ALL
from playnex.app.opening import App
from playnex.app.pinning import unpin
from playnex.app.runs import Runs
from playnex.app.working import working
from playnex.canonical import Json
from playnex.clock import Clock
from playnex.engine.engine import Ending
from playnex.engine.worker import GLANCE, Shift
from playnex.errors import RunBusy, StoreError
from playnex.ids import short
from playnex.journal.batch import Batch, CaseLine, CaseRun
from playnex.journal.events import END_STATES, RunFinished, RunPaused, RunState
from playnex.spec.cases import Case

LEAST_GLANCE = 0.01
LAG = 0.05
"""Seconds of a rate that are caught up with, where this process was late."""

Watch: TypeAlias = Callable[[dict[str, Json]], None]
"""Is shown each case that has ended, as its line in the file of results says it."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """How the cases of a batch stand, counted along; `set_aside` are the runs that wait for somebody or something, or are paused."""

    cases: int
    succeeded: int = 0
    failed: int = 0
    fallback: int = 0
    set_aside: set[str] = field(default_factory=set)

    @property
    def ended(self) -> int:
        """Cases that have ended."""
        return self.succeeded + self.failed

    def add(self, result: dict[str, Json]) -> None:
        """One more has ended."""
        self.set_aside.discard(result["run"])
        is_well = result["status"] == "succeeded"
        self.succeeded += is_well
        self.failed += not is_well
        self.fallback += is_well and bool(result["fallback"])


@dataclass(slots=True, kw_only=True)
class Pace:
    """How many may begin by now, where no more than `rate` may in a second, evenly spaced; None for any number."""

    clock: Clock
    rate: float | None
    next_at: float | None = None

    def take(self, free: int) -> int:
        """How many of the free hands may begin another one now; they are counted as doing so."""
        if self.rate is None:
            return max(0, free)
        now = self.clock.monotonic()
        next_at = now if self.next_at is None else max(self.next_at, now - LAG)
        taken = 0
        while taken < free and next_at <= now:
            taken += 1
            next_at += 1 / self.rate
        self.next_at = next_at
        return taken

    @property
    def glance(self) -> float:
        """Seconds between two looks."""
        return GLANCE if self.rate is None else max(LEAST_GLANCE, min(GLANCE, 0.5 / self.rate))


@dataclass(slots=True, kw_only=True)
class BatchWork:
    """A batch being carried on; the shift's `Source` of its runs. `watch` is shown each case that ends; `again` are the states of
    cases that are let go on first."""

    app: App
    batch: Batch
    watch: Watch
    again: tuple[RunState, ...] = ("paused",)
    runs: Runs = field(init=False)
    pace: Pace = field(init=False)
    results: BatchResults = field(init=False)
    file: ResultsFile = field(init=False)
    tally: Tally = field(init=False)
    definition: Json = None
    cases: Iterator[Case] = field(default_factory=lambda: iter(()))
    is_read: bool = False
    is_elsewhere: bool = False
    looked: float = 0.0
    timers: set[str] = field(default_factory=set)
    carrier: "asyncio.Task[object] | None" = None

    def __post_init__(self) -> None:
        self.runs = Runs(app=self.app)
        self.pace = Pace(clock=self.app.clock, rate=self.batch.rate)
        self.results = BatchResults(app=self.app, batch=self.batch)
        self.file = ResultsFile(path=Batches(app=self.app).path(self.batch.out) if self.batch.out else None)
        self.tally = Tally(cases=self.batch.cases)

    async def carry(self) -> Standing:
        """Carry the batch on until nothing of it can go on any more: all cases have ended, or only people can help those that have not.

        Raises RunBusy where another process has it, UsageError where the file of its cases is another one by now, StoreError; a
        cancelled task leaves its runs paused."""
        batches, self.carrier = Batches(app=self.app), asyncio.current_task()
        async with self._held(), working(self.app):
            async with self._cases():
                await batches.let_go_on(self.batch, *self.again)
                await self._count(await batches.standing(self.batch))
                await self.file.write_anew(self.results)
                try:
                    await self._work()
                finally:
                    self.file.close()
            standing = await batches.standing(self.batch)
            if not self.file.put_in_order(standing.ended):
                await self.file.write_anew(self.results)
                self.file.close()
        return replace(standing, is_held=False)

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[None]:
        """Nobody else carries the batch on meanwhile."""
        async with AsyncExitStack() as lease:
            try:
                await lease.enter_async_context(self.app.leases.hold(self.batch.id))
            except RunBusy:
                name = short(self.batch.id)
                hint = f"wait for it, or look at it with: playnex batch status {name}"
                raise RunBusy(f"batch {name} is being carried out by another process", hint=hint) from None
            yield

    async def _count(self, standing: Standing) -> None:
        succeeded = standing.counts.get("succeeded", 0)
        self.tally = Tally(cases=standing.cases, succeeded=succeeded, failed=standing.failed, fallback=standing.fallback or 0)
        after = 0
        while page := await self.app.batches.page(self.batch.id, after, states=("waiting", "parked")):
            for line in page:
                self._set_aside(line)
            after = page[-1].number

    def _set_aside(self, line: CaseLine) -> None:
        self.tally.set_aside.add(line.run)
        if line.state == "waiting" and line.reason == "timer":
            self.timers.add(line.run)

    @asynccontextmanager
    async def _cases(self) -> AsyncIterator[None]:
        """The cases that have not begun are at hand, from the file as it was when the batch began."""
        begun = await self.app.batches.begun(self.batch)
        self.is_read = sum(begun) == self.batch.cases
        if self.is_read:
            yield
            return
        batches = Batches(app=self.app)
        path = batches.path(self.batch.file)
        self.definition = await self.app.batches.definition(self.batch.id)
        with opened_cases(path) as opened:
            if opened.digest != self.batch.digest:
                raise changed(path)
            reader = batches.reader(unpin(self.definition), path, self.batch.key)
            self.cases = (case for case in opened.cases(reader) if not begun[case.number])
            yield

    async def _work(self) -> None:
        """All that can go on, until there is nothing more."""
        shift = Shift(worker=self.runs.worker(self.batch.at_most), source=self, tell=self._tell, glance=self.pace.glance)
        try:
            await shift.work()
        except BaseExceptionGroup as group:
            raise _first(group) from None
        for error in shift.left_alone.values():
            if isinstance(error, StoreError):
                raise error

    async def ready(self, room: int) -> tuple[str, ...]:
        """The runs whose time has come and those whose process died; and, as there is room, those of the next cases of the file."""
        known = await self._known() if self._is_time() else ()
        count = 0 if self.is_read else self.pace.take(room)
        return (*known, *(await self._begin(count) if count else ()))

    def is_dry(self) -> bool:
        """Whether all cases have begun, none waits for a time, and none is carried out elsewhere."""
        return self.is_read and not self.timers and not self.is_elsewhere

    def _is_time(self) -> bool:
        """Whether to ask the store again: what others have to say to these runs can wait for a moment."""
        now = self.app.clock.monotonic()
        if not self.is_read and now - self.looked < GLANCE:
            return False
        self.looked = now
        return True

    async def _known(self) -> tuple[str, ...]:
        due = await self.app.batches.due(self.batch.id, self.app.clock.now())
        running = await self.app.batches.running(self.batch.id)
        orphans = [line.run for line in running if not self.app.leases.is_held(line.run)]
        self.is_elsewhere = len(orphans) < len(running)
        return tuple(dict.fromkeys((*(line.run for line in due), *orphans)))

    async def _begin(self, count: int) -> Sequence[str]:
        """The runs of so many more cases; of a case whose key is known, the run that there is, if it can go on."""
        cases = list(islice(self.cases, count))
        self.is_read = len(cases) < count
        runs = await asyncio.gather(*map(self._run_of, cases))
        begun = [CaseRun(number=case.number, key=case.key, run=run) for case, run in zip(cases, runs, strict=True)]
        await self.app.batches.begin(self.batch.id, begun)
        if not self.batch.key:
            return runs
        return [run for run in runs if await self._can_go_on(run)]

    async def _run_of(self, case: Case) -> str:
        return await self.runs.begin(self.definition, case.inputs, case.key or f"batch {self.batch.id} case {case.number}")

    async def _can_go_on(self, run: str) -> bool:
        """Whether there is something left to do for a case that may be another batch's too; one that has ended is counted."""
        line = await self.app.batches.case_of(self.batch.id, run)
        if line.state in END_STATES:
            await self._ended(line)
        elif line.state in ("waiting", "parked"):
            self._set_aside(line)
        self.is_elsewhere |= line.state == "running"
        return line.state in ("pending", "paused")

    async def _tell(self, run: str, ending: Ending) -> None:
        self.timers.discard(run)
        if isinstance(ending, RunPaused) and ending.reason.endswith(OF_ALL) and self.carrier is not None:
            self.carrier.cancel()
        line = await self.app.batches.case_of(self.batch.id, run)
        if isinstance(ending, RunFinished):
            await self._ended(line)
        else:
            self._set_aside(line)

    async def _ended(self, line: CaseLine) -> None:
        result = await self.results.of(line)
        self.tally.add(result)
        self.file.add(result)
        self.watch(result)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first failure of several."""
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
