"""`playnex batch`: one flow over a file of cases."""

import asyncio
import time
from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import App, Parameter

from playnex.cli import door
from playnex.cli.flags import AsJson, BatchId, FlowName, Limit
from playnex.cli.terminal import ago, columns, emit, emit_list, write
from playnex.errors import UsageError
from playnex.ids import short
from playnex.spec import units

app = App(name="batch", help="Batches: one flow over a file of cases.", result_action="return_value")

CasesFile = Annotated[str, Parameter(help="the cases: a .jsonl file (one JSON object a line) or a .csv file (a head, then rows)")]
AtMost = Annotated[int, Parameter(name="--at-most", metavar="N", help="how many cases at the same time")]
Rate = Annotated[str, Parameter(metavar="N/s", help="how many cases may begin in a second, a minute (600/m) or an hour (5000/h)")]
Out = Annotated[str, Parameter(metavar="FILE", help="a new file for the results: one JSON object a line, written as they come")]
Key = Annotated[str, Parameter(metavar="COLUMN", help="the column that names each case: the same flow and name are the same case")]
Form = Annotated[Literal["jsonl", "csv"], Parameter(name="--format", help="one JSON object a line, or a table with a head")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """How fast a batch may go."""

    at_most: AtMost = 64
    rate: Rate = ""


@app.command
def run(name: FlowName, cases: CasesFile, /, *, tempo: Tempo = Tempo(), out: Out = "", key: Key = "", as_json: AsJson = False) -> int:
    """Run a flow for every case of a file, each case as a run of its own.

    The whole file is checked first. A case that fails or waits for a person touches no other. Ends with 0 where all succeeded, 1 where
    some failed, 6 where some wait, 130 where it was interrupted.

    $ playnex batch run triage tickets.jsonl --out results.jsonl
    $ playnex batch run triage tickets.csv --at-most 8 --rate 10/s --key id
    """
    from playnex.app.batches import BatchOrder  # late, here and below: the engine is needed only by who carries a batch on
    from playnex.cli.batching import run_batch

    order = BatchOrder(flow=name, file=cases, key=key, at_most=checked(tempo.at_most), rate=per_second(tempo.rate), out=out)
    return asyncio.run(run_batch(order, as_json))


@app.command
def resume(batch: BatchId = "last", /, *, as_json: AsJson = False) -> int:
    """Carry a batch on after a Ctrl-C, a kill or an answer: cases that have begun go on, the others begin, nothing runs twice.

    $ playnex batch resume last
    """
    from playnex.cli.batching import resume_batch

    return asyncio.run(resume_batch(batch, ("paused",), as_json))


@app.command(name="retry-failed")
def retry_failed(batch: BatchId = "last", /, *, as_json: AsJson = False) -> int:
    """Try the failed cases of a batch again, each at the step that failed; and carry the batch on.

    $ playnex batch retry-failed last
    """
    from playnex.cli.batching import resume_batch

    return asyncio.run(resume_batch(batch, ("paused", "failed"), as_json))


@app.command
def status(batch: BatchId = "last", /, *, as_json: AsJson = False) -> int:
    """Show how the cases of a batch stand, and which failed or wait.

    $ playnex batch status last
    """
    return asyncio.run(_status(batch, as_json))


@app.command(name=["list", "ls"])
def list_(*, limit: Limit = 30, as_json: AsJson = False) -> int:
    """List the newest batches.

    $ playnex batch list
    """
    return asyncio.run(_list(limit, as_json))


@app.command
def export(batch: BatchId = "last", /, *, form: Form = "jsonl") -> int:
    """Print the results of a batch, a line for each case that has ended, in the order of the cases.

    $ playnex batch export last
    $ playnex batch export last --format csv
    """
    return asyncio.run(_export(batch, form))


def checked(at_most: int) -> int:
    """The number, which must be above zero. Raises UsageError."""
    if at_most < 1:
        raise UsageError(f"--at-most cannot be {at_most}", hint="give a number from 1 on")
    return at_most


def per_second(rate: str) -> float | None:
    """The rate in cases a second, None for none. Raises UsageError."""
    try:
        return units.rate(rate) if rate else None
    except ValueError as fault:
        raise UsageError(f"--rate: {fault}") from None


async def _status(typed: str, as_json: bool) -> int:
    from playnex.app.batches import Batches
    from playnex.app.opening import opened
    from playnex.cli.batching import page_of

    async with opened(door.workspace) as opened_app:
        batches = Batches(app=opened_app)
        document = await batches.document(await batches.find(typed))
    if as_json:
        emit(document)
    else:
        write(page_of(document))
    return 0


async def _list(limit: int, as_json: bool) -> int:
    from playnex.app.batches import BATCHES_SCHEMA, Batches, counts_of, line_of
    from playnex.app.opening import opened

    async with opened(door.workspace) as opened_app:
        batches = Batches(app=opened_app)
        lines = [line_of(one) | counts_of(await batches.brief(one)) for one in await opened_app.batches.batches(limit)]
    if as_json:
        emit_list(BATCHES_SCHEMA, lines)
    elif lines:
        now = time.time()
        rows = [
            (
                short(line["batch"]),
                line["flow"],
                line["state"],
                *(f"{line[name]:,}" for name in COUNTED),
                ago(line["started"], now),
                line["file"],
            )
            for line in lines
        ]
        write(columns(("BATCH", "FLOW", "STATE", *(name.upper() for name in COUNTED), "STARTED", "CASES OF"), rows, door.terminal))
    else:
        door.terminal.say("there are no batches here yet; start one with: playnex batch run FLOW cases.jsonl")
    return 0


COUNTED = ("cases", "succeeded", "failed", "waiting")


async def _export(typed: str, form: str) -> int:
    from playnex.app.batches import Batches
    from playnex.app.opening import opened
    from playnex.cli.batching import written

    async with opened(door.workspace) as opened_app:
        await written(opened_app, await Batches(app=opened_app).find(typed), form)
    return 0
