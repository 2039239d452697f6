"""Carries a batch on while a person watches: progress, Ctrl-C, and the last lines that say what there is and what comes next."""

import asyncio
import csv
import sys

from playnex.app.batch_results import BatchResults, as_cells, as_line, heads_of
from playnex.app.batch_work import BatchWork
from playnex.app.batches import Batches, BatchOrder, Standing
from playnex.app.opening import App, opened
from playnex.app.pinning import unpin
from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.batch_progress import progress_for
from playnex.cli.running import INTERRUPTED, WAITING, see_to_models, stopping_cleanly
from playnex.cli.terminal import counted, emit
from playnex.errors import PlaynexError, RunBusy
from playnex.ids import short
from playnex.journal.batch import Batch
from playnex.journal.events import RunState
from playnex.spec.cases import OWN_KEY
from playnex.workspace import shown


async def run_batch(order: BatchOrder, as_json: bool) -> int:
    """Make the batch and carry it on; the exit code."""
    async with opened(door.workspace) as app:
        return await carry(app, await Batches(app=app).create(order), ("paused",), as_json=as_json)


async def resume_batch(typed: str, again: tuple[RunState, ...], as_json: bool) -> int:
    """Carry a batch on, its cases in the states `again` too; the exit code."""
    async with opened(door.workspace) as app:
        return await carry(app, await Batches(app=app).find(typed), again, as_json=as_json)


async def carry(app: App, batch: Batch, again: tuple[RunState, ...], *, as_json: bool) -> int:
    """Carry the batch on, watched; the exit code."""
    rate = f", {batch.rate:g} a second at most" if batch.rate else ""
    head = f"{door.terminal.symbol('run')} {batch.flow}  batch {short(batch.id)}  {counted(batch.cases, 'case')}"
    door.terminal.say(f"{head}, {batch.at_most} at a time{rate}")
    pinned = unpin(await app.batches.definition(batch.id))
    await see_to_models(app, {agent.model for agent in pinned.agents.values()})
    try:
        standing = await watched(app, batch, again)
    except asyncio.CancelledError:
        door.terminal.say(f"paused; resume with: playnex batch resume {short(batch.id)}")
        return INTERRUPTED
    except PlaynexError as error:
        raise _with_resume(error, batch) from None
    if as_json:
        emit(await Batches(app=app).document(batch))
    _last_lines(batch, standing, shown(Batches(app=app).path(batch.out)) if batch.out else "")
    return exit_code(standing)


async def watched(app: App, batch: Batch, again: tuple[RunState, ...] = ("paused",)) -> Standing:
    """How the batch stands once it was carried on, with its progress shown meanwhile. Ctrl-C cancels this, and leaves its runs paused."""
    progress = progress_for(door.terminal)
    is_named = batch.key != OWN_KEY  # the names that Playnex gives cases itself say nothing to people
    work = BatchWork(app=app, batch=batch, watch=lambda ended: progress.show(ended if is_named else ended | {"key": ""}), again=again)
    showing = asyncio.ensure_future(progress.follow(lambda: work.tally))
    try:
        with stopping_cleanly(asyncio.current_task()):
            return await work.carry()
    finally:
        showing.cancel()
        await asyncio.wait([showing])
        progress.close()


def exit_code(standing: Standing) -> int:
    """The documented exit code of a batch that nobody carries on any more."""
    match standing.state:
        case "succeeded":
            return 0
        case "failed":
            return 1
        case "waiting":
            return WAITING
        case _:
            return INTERRUPTED


def _with_resume(error: PlaynexError, batch: Batch) -> PlaynexError:
    if not isinstance(error, RunBusy) and "resume" not in error.hint:
        error.hint = f"{error.hint + '; ' if error.hint else ''}go on with: playnex batch resume {short(batch.id)}"
    return error


def _last_lines(batch: Batch, standing: Standing, out: str) -> None:
    say, name = door.terminal.say, short(batch.id)
    sign = {"succeeded": "succeeded", "failed": "failed"}.get(standing.state, "waiting")
    say(f"{door.terminal.symbol(sign)} {summary_of(standing)}")
    if out:
        say(f"  results in {out}, in the order of the cases")
    else:
        say(f"  read the results with: playnex batch export {name}")
    if standing.waiting:
        say(f"  answer them (playnex inbox list), then: playnex batch resume {name}")
    if standing.failed:
        say(f"  try what failed again with: playnex batch retry-failed {name}")
    if standing.state == "interrupted":
        say(f"  some are paused; go on with: playnex batch resume {name}")


def summary_of(standing: Standing) -> str:
    """`10,000 cases: 9,988 succeeded (3 with a fallback), 12 failed`."""
    fallback = f" ({standing.fallback:,} with a fallback)" if standing.fallback else ""
    rest = standing.cases - standing.ended - standing.waiting
    parts = [
        f"{standing.counts.get('succeeded', 0):,} succeeded{fallback}",
        *([f"{standing.failed:,} failed"] if standing.failed else []),
        *([f"{standing.waiting:,} waiting"] if standing.waiting else []),
        *([f"{rest:,} open"] if rest else []),
    ]
    return f"{counted(standing.cases, 'case')}: {', '.join(parts)}"


def page_of(document: Json) -> str:
    """A batch for people."""
    head = door.terminal.head(f"{document['flow']}  batch {short(document['batch'])}  {document['state']}")
    key = f", named by {document['key']}" if document["key"] not in ("", OWN_KEY) else ""
    lines = [head, f"  cases      {document['cases']:,} of {document['file']}{key}"]
    lines += [f"  {name:<10} {document[name]:,}" for name in ("succeeded", "fallback", "failed", "waiting", "open")]
    lines += [f"  results    {document['out']}"] if document["out"] else []
    for title, many, count in (("failed", "failures", document["failed"]), ("waiting", "waits", document["waiting"])):
        lines += ["", door.terminal.head(title)] if document[many] else []
        lines += [
            f"  case {_named(line)}  {line['status']} {line['reason']}  playnex run show {short(line['run'])}" for line in document[many]
        ]
        lines += [f"  … and {count - len(document[many]):,} more"] if count > len(document[many]) else []
    return "\n".join(lines)


def _named(line: Json) -> str:
    return f"{line['case']} ({line['key']})" if line["key"] else str(line["case"])


async def written(app: App, batch: Batch, form: str) -> None:
    """The results on stdout."""
    results = BatchResults(app=app, batch=batch)
    if form == "jsonl":
        async for result in results.all():
            sys.stdout.write(as_line(result).decode())
        return
    table = csv.writer(sys.stdout)
    names: tuple[str, ...] | None = None
    async for result in results.all():
        if names is None:
            names = tuple(result["inputs"])
            table.writerow(heads_of(names))
        table.writerow(as_cells(result, names))
