"""DBOS over SQLite, or over the Postgres that `DBOS_SYSTEM_DATABASE_URL` names."""

import asyncio
import os
import time
from importlib.metadata import version
from typing import Any

from dbos import DBOS, DBOSConfig

from subjects.workload import HALF, STEPS, WIDTH, Halt, Order, flows_at_once, order, report, step

HALTS: list[Halt] = []
"""Where the runs are held, if they are."""

durable_step: Any = DBOS.step()(step)


async def in_a_row() -> None:
    """Ten steps, one after the other."""
    for number in range(STEPS):
        if number == HALF and HALTS:
            await HALTS[0].hold()
        await durable_step()


async def side_by_side() -> None:
    """One step, eight at once, one that merges."""
    await durable_step()
    await asyncio.gather(*(durable_step() for _ in range(WIDTH)))
    await durable_step()


row: Any = DBOS.workflow()(in_a_row)
fan: Any = DBOS.workflow()(side_by_side)


def launched(asked: Order) -> None:
    """DBOS over the database of this run, without its own server and telemetry."""
    url = os.environ.get("DBOS_SYSTEM_DATABASE_URL") or f"sqlite:///{asked.folder / 'dbos.sqlite'}"
    config: DBOSConfig = {
        "name": "benchmark",
        "system_database_url": url,
        "run_admin_server": False,
        "enable_otlp": False,
        "application_version": "1",
        "log_level": "CRITICAL",
    }
    DBOS(config=config)
    DBOS.launch()


async def main(asked: Order) -> None:
    """Does what is asked."""
    if asked.mode == "version":
        report(version=f"dbos {version('dbos')}")
        return
    if asked.mode == "half":
        HALTS.append(Halt(asked.count))
    began = time.perf_counter()
    launched(asked)
    match asked.mode:
        case "flows":
            await flows_at_once(asked, lambda: _to_its_end(row))
        case "fan":
            await flows_at_once(asked, lambda: _to_its_end(fan))
        case "alone":
            await alone(asked)
        case "half":
            await asyncio.gather(*(_to_its_end(row) for _ in range(asked.count)))
        case "finish":
            await finish(asked, began)
    DBOS.destroy()


async def _to_its_end(workflow: Any) -> None:
    handle = await DBOS.start_workflow_async(workflow)
    await handle.get_result()


async def alone(asked: Order) -> None:
    """One flow after the other; the time of a step is a tenth of a flow's."""
    began, flows = time.perf_counter(), max(1, asked.count // STEPS)
    for _ in range(flows):
        await _to_its_end(row)
    report(step_us=(time.perf_counter() - began) / flows / STEPS * 1e6)


async def finish(asked: Order, began: float) -> None:
    """DBOS takes its unfinished runs up by itself; looks until none is left."""
    while await DBOS.list_workflows_async(status=["PENDING", "ENQUEUED"], limit=1):  # noqa: ASYNC110 - it is another system's
        await asyncio.sleep(0.02)
    seconds = time.perf_counter() - began
    done = await DBOS.list_workflows_async(status="SUCCESS", limit=asked.count)
    report(seconds=seconds, finished=len(done))


if __name__ == "__main__":
    asyncio.run(main(order()))
