"""What can be done with batches: make one, find it, see how its cases stand, let those go on that failed."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from playnex.app.batch_results import BatchResults
from playnex.app.case_files import form_of, opened_cases
from playnex.app.fitness import Fitness
from playnex.app.opening import App
from playnex.app.person import somebody
from playnex.app.pinning import Pinned, pin
from playnex.app.runs import Runs
from playnex.app.typed_ids import meant, reach
from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.ids import new_id
from playnex.journal.batch import Batch
from playnex.journal.events import ResumeRequested, RunState
from playnex.spec.cases import CaseReader
from playnex.workspace import shown

BATCH_SCHEMA = "playnex.batch/1"
BATCHES_SCHEMA = "playnex.batches/1"
AT_MOST = 64
NAMED = 10
"""Cases that are named one by one where a batch is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOrder:
    """What is to become a batch: `key` is the column that holds each case's key, `rate` how many cases may begin in a second, `out` the
    file of results; each empty or None where it is not wanted."""

    flow: str
    file: str
    key: str = ""
    at_most: int = AT_MOST
    rate: float | None = None
    out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a batch stands: how many cases there are, and how many of them are in each state; `fallback` counts those, among the succeeded,
    in which a step fell back, where somebody asked."""

    cases: int
    counts: dict[RunState, int]
    fallback: int | None = None
    is_held: bool = False

    @property
    def begun(self) -> int:
        """Cases that have a run."""
        return sum(self.counts.values())

    @property
    def ended(self) -> int:
        """Cases that have ended."""
        return self.counts.get("succeeded", 0) + self.failed

    @property
    def failed(self) -> int:
        """Cases that have ended without success."""
        return self.counts.get("failed", 0) + self.counts.get("cancelled", 0)

    @property
    def waiting(self) -> int:
        """Cases that only a person, a signal or a time can help."""
        return self.counts.get("waiting", 0) + self.counts.get("parked", 0)

    @property
    def state(self) -> str:
        """`running`, `interrupted`, `waiting`, `failed` or `succeeded`."""
        if self.is_held:
            return "running"
        if self.ended + self.waiting < self.cases:
            return "interrupted"
        return "waiting" if self.waiting else "failed" if self.failed else "succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """The batches of an open workspace."""

    app: App

    async def create(self, order: BatchOrder) -> Batch:
        """A new batch, durable; nothing of it has begun. Raises NotFoundError for the flow, UsageError, DefinitionError with the faults of
        the flow or of the cases."""
        return await self.create_of(self.app.definitions.flow(order.flow), order)

    async def create_of(self, pinned: Pinned, order: BatchOrder) -> Batch:
        """The same of a flow that need not be one of the workspace; the order's own name of it is not looked at."""
        await Fitness(app=self.app).require(pinned)
        path = _found(order.file)
        out, reader = self._new_file(order.out), self.reader(pinned, path, order.key)
        with opened_cases(path) as opened:
            cases = opened.check(reader)
        batch = Batch(
            id=new_id(),
            flow=pinned.flow.name,
            started=self.app.clock.now(),
            file=self.kept(path),
            digest=opened.digest,
            cases=cases,
            key=order.key,
            at_most=order.at_most,
            rate=order.rate,
            out=self.kept(out) if out else "",
        )
        await self.app.batches.create(batch, pin(pinned))
        return batch

    def reader(self, pinned: Pinned, path: Path, key: str, *, takes_more: bool = False) -> CaseReader:
        """What reads cases of that flow."""
        runs = Runs(app=self.app)
        return CaseReader(
            flow=pinned.flow,
            resolve=lambda given: runs.inputs_of(pinned, given),
            form=form_of(path),
            path=shown(path),
            key=key,
            takes_more=takes_more,
        )

    def path(self, kept: str) -> Path:
        """A file that a batch names."""
        return self.app.workspace.root / kept

    def kept(self, path: Path) -> str:
        """How a batch names a file: from the workspace on, where it lies in it, so that both can move."""
        root = self.app.workspace.root
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)

    def _new_file(self, typed: str) -> Path | None:
        """Where results are to go. Raises UsageError where something is there already, or no folder is."""
        if not typed:
            return None
        path = _found(typed)
        if path.exists():
            raise UsageError(f"--out {typed}: it is there already", hint="name a new file, or move that one away")
        if not path.parent.is_dir():
            raise UsageError(f"--out {typed}: there is no folder {shown(path.parent)}", hint="make it first")
        return path

    async def find(self, typed: str) -> Batch:
        """The batch of that id, of an id that starts or ends like this, or `last`. Raises NotFoundError, UsageError."""
        newest = await self.app.batches.batches(reach(typed))
        return meant(typed, newest, noun="batch", plural="batches", begin="playnex batch run FLOW cases.jsonl")

    async def standing(self, batch: Batch) -> Standing:
        """How its cases stand."""
        return replace(await self.brief(batch), fallback=await BatchResults(app=self.app, batch=batch).fallbacks())

    async def brief(self, batch: Batch) -> Standing:
        """The same without the fallbacks, for which journals are read."""
        counts = await self.app.batches.counts(batch.id)
        return Standing(cases=batch.cases, counts=counts, is_held=self.app.leases.is_held(batch.id))

    async def let_go_on(self, batch: Batch, *states: RunState) -> None:
        """Let the runs of its cases that stand so go on. Raises AllStopped."""
        self.app.halt.refuse()
        after = 0
        while page := await self.app.batches.page(batch.id, after, states=states):
            request = ResumeRequested(by=somebody())
            await asyncio.gather(*(self.app.journal.post(line.run, "", request) for line in page))
            after = page[-1].number

    async def document(self, batch: Batch) -> dict[str, Json]:
        """The batch as `playnex.batch/1`."""
        standing = await self.standing(batch)
        return (
            {"schema": BATCH_SCHEMA}
            | line_of(batch)
            | counts_of(standing)
            | {
                "failures": await self._named(batch, "failed", "cancelled"),
                "waits": await self._named(batch, "waiting", "parked"),
            }
        )

    async def _named(self, batch: Batch, *states: RunState) -> list[Json]:
        lines = await self.app.batches.page(batch.id, 0, limit=NAMED, states=states)
        return [{"case": line.number, "key": line.key, "run": line.run, "status": line.state, "reason": line.reason} for line in lines]


def _found(typed: str) -> Path:
    """The file that the person means."""
    return Path(typed).expanduser().resolve()


def line_of(batch: Batch) -> dict[str, Json]:
    """What a batch is."""
    return {
        "batch": batch.id,
        "flow": batch.flow,
        "file": batch.file,
        "key": batch.key,
        "at_most": batch.at_most,
        "rate": batch.rate,
        "out": batch.out,
        "started": batch.started,
        "cases": batch.cases,
    }


def counts_of(standing: Standing) -> dict[str, Json]:
    """How it stands."""
    return {
        "state": standing.state,
        "succeeded": standing.counts.get("succeeded", 0),
        **({} if standing.fallback is None else {"fallback": standing.fallback}),
        "failed": standing.failed,
        "waiting": standing.waiting,
        "open": standing.cases - standing.ended - standing.waiting,
    }
