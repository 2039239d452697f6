"""The achievable line: tasks that hand rows to a thread, which commits all that wait in one synced transaction. No engine at all."""

import asyncio
import queue
import threading
import time

import apsw

from subjects.raw_commits import BODY, RawCommits, opened
from subjects.workload import STEPS, WIDTH, Order, flows_at_once, median_us, order, report

INSERT = "INSERT INTO events (run, key, body) VALUES (?, ?, ?)"


class Writer:
    """A thread and its connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.SimpleQueue[asyncio.Future[None]] = queue.SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def write(self) -> "asyncio.Future[None]":
        """Done when the row is durable."""
        future = self._loop.create_future()
        self._waiting.put(future)
        return future

    def _run(self) -> None:
        while True:
            group = [self._waiting.get()]
            while not self._waiting.empty():
                group.append(self._waiting.get())
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(INSERT, [(1, "step", BODY)] * len(group))
            self._connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_wake, group)


def _wake(group: "list[asyncio.Future[None]]") -> None:
    for future in group:
        future.set_result(None)


async def main(asked: Order) -> None:
    """Does what is asked."""
    writer = Writer(opened(asked.folder / "bare.db"))

    async def in_a_row() -> None:
        for _ in range(STEPS):
            await writer.write()

    async def side_by_side() -> None:
        await writer.write()
        await asyncio.gather(*(writer.write() for _ in range(WIDTH)))
        await writer.write()

    match asked.mode:
        case "flows":
            await flows_at_once(asked, in_a_row)
        case "fan":
            await flows_at_once(asked, side_by_side)
        case "alone":
            await alone(asked, writer)


async def alone(asked: Order, writer: Writer) -> None:
    """One task's rows, one after the other, among single commits."""
    raw, steps = RawCommits(asked.folder), []
    for number in range(asked.count):
        began = time.perf_counter()
        await writer.write()
        steps.append(time.perf_counter() - began)
        if number % STEPS == 0:
            raw.take(STEPS)
    report(step_us=median_us(steps), commit_us=median_us(raw.commits), sync_us=median_us(raw.syncs))


if __name__ == "__main__":
    asyncio.run(main(order()))
