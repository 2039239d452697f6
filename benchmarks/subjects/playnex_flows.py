"""Playnex: its engine over a real SQLite file, and the leases that a worker takes."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playnex import __version__
from playnex.canonical import Json
from playnex.clock import SystemClock
from playnex.engine.code import Code
from playnex.engine.engine import Engine
from playnex.engine.worker import Worker
from playnex.ids import new_id
from playnex.journal.events import RunStarted
from playnex.journal.journal import NewRun
from playnex.journal.lease import FileLeases
from playnex.journal.stores.journal_rows import MIGRATIONS
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.spec.context import StepContext
from playnex.spec.flow import NO_LIMITS
from playnex.store.database import Database
from subjects.raw_commits import RawCommits
from subjects.workload import (
    HALF,
    STEPS,
    WIDTH,
    Halt,
    Order,
    flows_at_once,
    median_us,
    memory_kb,
    message,
    on_disk,
    order,
    produced,
    report,
    step,
)

Body = Callable[[StepContext], Awaitable[Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An engine and its journal."""

    journal: SqliteJournal
    leases: FileLeases
    engine: Engine

    async def new(self) -> str:
        """A pending run."""
        return await self.journal.create(NewRun(id=new_id(), started=RunStarted(flow="flow", inputs={}, definition={}, version="0")))

    async def carry_out(self, body: Body) -> str:
        """A new run, to its end."""
        run = await self.new()
        await self.engine.advance(run, lambda _: Code(body=body, budget=NO_LIMITS))
        return run

    def worker(self, body: Body) -> Worker:
        """One that finds what can go on."""
        return Worker(
            engine=self.engine, journal=self.journal, held=self.leases, load=lambda _: lambda _: Code(body=body, budget=NO_LIMITS)
        )


@contextmanager
def desk(asked: Order) -> Iterator[Desk]:
    """Over the folder's store, closed at the end."""
    clock = SystemClock()
    database = Database(asked.folder / "store.db", MIGRATIONS)
    journal, leases = SqliteJournal(database, clock), FileLeases(asked.folder / "leases")
    engine = Engine(journal=journal, leases=leases, clock=clock, jitter=lambda: 0.5, worker="benchmark")
    yield Desk(journal=journal, leases=leases, engine=engine)
    database.close()


async def main(asked: Order) -> None:
    """Does what is asked."""
    with desk(asked) as at:
        match asked.mode:
            case "flows":
                await flows_at_once(asked, lambda: at.carry_out(in_a_row))
            case "fan":
                await flows_at_once(asked, lambda: at.carry_out(side_by_side))
            case "alone":
                await alone(asked, at)
            case "half":
                await stop_half_way(asked, at)
            case "finish":
                await finish(at)
            case "wait":
                await wait(asked, at)
            case "load-waiting":
                await load_waiting(asked, at)
            case "whole":
                await grow(asked, at, with_whole_transcript)
            case "new":
                await grow(asked, at, with_new_messages)
            case "resume":
                await resume(asked, at)
            case "version":
                report(version=__version__)


async def in_a_row(context: StepContext) -> Json:
    """Ten steps, one after the other."""
    for _ in range(STEPS):
        await context.step("step", step)
    return None


async def side_by_side(context: StepContext) -> Json:
    """One step, eight at once, one that merges."""
    await context.step("first", step)
    await context.all(*[lambda branch: branch.step("step", step)] * WIDTH)
    await context.step("merge", step)
    return None


async def alone(asked: Order, at: Desk) -> None:
    """One run's steps, one after the other, among single commits."""
    raw, steps = RawCommits(asked.folder), []

    async def body(context: StepContext) -> Json:
        for number in range(asked.count):
            began = time.perf_counter()
            await context.step("step", step)
            steps.append(time.perf_counter() - began)
            if number % STEPS == 0:
                raw.take(STEPS)

    await at.carry_out(body)
    report(step_us=median_us(steps), commit_us=median_us(raw.commits), sync_us=median_us(raw.syncs))


async def stop_half_way(asked: Order, at: Desk) -> None:
    """Runs that are half done when the process is killed."""
    halt = Halt(asked.count)

    async def body(context: StepContext) -> Json:
        for _ in range(HALF):
            await context.step("step", step)
        await halt.hold()

    await asyncio.gather(*[at.carry_out(body) for _ in range(asked.count)])


async def finish(at: Desk) -> None:
    """What a new process does with the runs of a dead one."""
    began = time.perf_counter()
    endings = await at.worker(in_a_row).work_off()
    report(seconds=time.perf_counter() - began, finished=len(endings))


async def for_a_signal(context: StepContext) -> Json:
    """Half of the steps, then a wait for somebody."""
    for _ in range(HALF):
        await context.step("step", step)
    return await context.wait_for("go")


async def wait(asked: Order, at: Desk) -> None:
    """Runs that wait, as they come, a hundred at a time."""
    await at.carry_out(for_a_signal)
    before = memory_kb()
    for _ in range(asked.count // 100):
        await asyncio.gather(*[at.carry_out(for_a_signal) for _ in range(100)])
    report(memory_kb=memory_kb() - before, disk=on_disk(asked.folder))


async def load_waiting(asked: Order, at: Desk) -> None:
    """What a process needs that would take up the waiting runs."""
    before = memory_kb()
    began = time.perf_counter()
    endings = await at.worker(for_a_signal).work_off()
    lines = await at.journal.runs(limit=asked.count, state="waiting")
    report(memory_kb=memory_kb() - before, waiting=len(lines), taken_up=len(endings), seconds=time.perf_counter() - began)


def with_whole_transcript(count: int) -> Body:
    """A run whose steps return all that was said so far."""

    async def body(context: StepContext) -> Json:
        transcript: Json = []
        for number in range(count):
            transcript = await context.step("say", _saying(transcript, number))
        return {"messages": len(transcript), "bytes": produced(transcript)}

    return body


def _saying(transcript: Json, number: int) -> Callable[[], Awaitable[Json]]:
    async def say() -> Json:
        return [*transcript, message(number)]

    return say


def with_new_messages(count: int) -> Body:
    """A run whose steps return the new message alone."""

    async def body(context: StepContext) -> Json:
        transcript: Json = []
        for number in range(count):
            transcript.append((await context.step("say", _saying([], number)))[0])
        return {"messages": len(transcript), "bytes": produced(transcript)}

    return body


async def grow(asked: Order, at: Desk, flow: Callable[[int], Body]) -> None:
    """One run with a growing transcript."""
    began, sizes = time.perf_counter(), []

    async def body(context: StepContext) -> Json:
        said = await flow(asked.count)(context)
        sizes.append(said["bytes"])
        return said

    await at.carry_out(body)
    report(seconds=time.perf_counter() - began, produced=sizes[0], disk=on_disk(asked.folder))


async def resume(asked: Order, at: Desk) -> None:
    """How long it takes until a run with so many finished steps is at its next one."""
    kill = asked.folder / "kill"
    if not kill.exists():
        kill.touch()
        await at.carry_out(_then(asked.count, lambda: os._exit(0)))
    times: list[float] = []
    began = time.perf_counter()
    await at.worker(_then(asked.count, lambda: times.append(time.perf_counter() - began))).work_off()
    report(seconds=times[0])


def _then(count: int, act: Callable[[], object]) -> Body:
    async def body(context: StepContext) -> Json:
        for _ in range(count):
            await context.step("step", step)
        act()

    return body


if __name__ == "__main__":
    asyncio.run(main(order()))
