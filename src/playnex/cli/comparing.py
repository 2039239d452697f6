"""Carries a comparison out while a person watches, and shows what came of it."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from playnex.app.answers import Met
from playnex.app.batch_results import as_line, replacing
from playnex.app.batches import Batches
from playnex.app.comparing import Comparison, ComparisonOrder, plan
from playnex.app.comparison_report import case_line, document
from playnex.app.opening import App, opened
from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.asking import confirmed
from playnex.cli.batching import watched
from playnex.cli.running import INTERRUPTED, WAITING, see_to_models
from playnex.cli.showing_comparison import page_of
from playnex.cli.terminal import counted, emit, gist, write
from playnex.errors import PlaynexError, RunBusy, UsageError
from playnex.ids import short
from playnex.journal.batch import Batch

AGAIN = "the same command goes on where it stopped, and no answer is paid for twice"
CODES = {"complete": 0, "incomplete": 1, "waiting": WAITING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the person wants of a comparison beside what is compared."""

    out: str = ""
    yes: bool = False
    as_json: bool = False


async def compare_arms(order: ComparisonOrder, wish: Wish) -> int:
    """Carry the comparison out, as far as it can go, and show it; the exit code."""
    async with opened(door.workspace) as app:
        comparison = plan(app, order)
        out = _out(wish.out)
        await see_to_models(app, comparison.models)
        await _agreed(comparison, wish)
        try:
            met = await _carried(comparison)
        except asyncio.CancelledError:
            door.terminal.say(f"paused; {AGAIN}")
            return INTERRUPTED
        except PlaynexError as error:
            raise _with_the_way_on(error) from None
        shown = document(comparison, met)
        _written(out, met)
        if wish.as_json:
            emit(shown)
        else:
            write(page_of(shown))
        _last_lines(shown, wish.out)
        return CODES[shown["state"]]


async def _agreed(comparison: Comparison, wish: Wish) -> None:
    """Begin the batches, once the person has said yes where they can be asked and something is left to pay for. Raises UsageError."""
    order, app = comparison.order, comparison.app
    left = [batch.cases - (await Batches(app=app).brief(batch)).ended for batch in await comparison.begin()]
    if not any(left):
        return
    asks = f", and agent {order.judge} is asked twice about each" if order.judge else ""
    question = f"flow {order.flow} answers up to {counted(left[0], 'case')} and agent {order.baseline} up to {left[1]:,}{asks}; go on?"
    if door.terminal.interactive and not wish.yes and not confirmed(question, "--yes"):
        raise UsageError("nothing was compared: nobody said yes", hint="say it with --yes")
    for alias in sorted(comparison.models):
        await app.models.get(alias)  # now, so that no arm is slower for having opened it


async def _carried(comparison: Comparison) -> list[Met]:
    """Both arms, one after the other, and then the judge; what they gave."""
    order, (flow, baseline) = comparison.order, comparison.batches[:2]
    await _arm(comparison.app, flow, f"flow {order.flow}")
    await _arm(comparison.app, baseline, f"agent {order.baseline} alone")
    met = await comparison.meet()
    if (judging := await comparison.begin_to_judge(met)) is not None:
        await _arm(comparison.app, judging, f"judge {order.judge}")
    await comparison.rule(met)
    return met


async def _arm(app: App, batch: Batch, name: str) -> None:
    head = f"{door.terminal.symbol('run')} {name}  batch {short(batch.id)}  {counted(batch.cases, 'case')}, {batch.at_most} at a time"
    door.terminal.say(head)
    await watched(app, batch)


def _out(typed: str) -> Path | None:
    """Where the cases are to go: a new file, or that of an earlier comparison. Raises UsageError."""
    if not typed:
        return None
    path = Path(typed).expanduser().resolve()
    if not path.parent.is_dir():
        raise UsageError(f"--out {typed}: there is no folder for it", hint="make it first")
    if path.exists():
        with path.open("rb") as file:
            if not file.readline().startswith(b'{"case":1,"line":'):
                raise UsageError(f"--out {typed}: another file is there already", hint="name a new file, or move that one away")
    return path


def _written(path: Path | None, met: Sequence[Met]) -> None:
    if path is not None:
        with replacing(path) as file:
            file.writelines(as_line(case_line(one)) for one in met)


def _with_the_way_on(error: PlaynexError) -> PlaynexError:
    if not isinstance(error, (RunBusy, UsageError)):
        error.hint = f"{error.hint + '; ' if error.hint else ''}{AGAIN}"
    return error


def _last_lines(shown: Json, out: str) -> None:
    say, symbol = door.terminal.say, door.terminal.symbol
    reused = shown["reused"]["flow"] + shown["reused"]["baseline"]
    if reused:
        say(f"  {counted(reused, 'answer')} of {2 * shown['cases']:,} were there already; --trial NAME has all answered anew")
    if shown["state"] == "waiting":
        say(f"{symbol('waiting')} some wait for a person (playnex inbox list) or a time; then the same command goes on")
    for line in _left_out(shown):
        say(line)
    if shown["judging"] and shown["judging"]["unjudged"] and shown["judging"]["batch"]:
        say(f"{symbol('failed')} the judge gave no verdict on {counted(shown['judging']['unjudged'], 'case')}")
        say(f"  ask it again with: playnex batch retry-failed {short(shown['judging']['batch'])}; then give the same command")
    if out:
        say(f"  cases in {out}")


def _left_out(shown: Json) -> Iterator[str]:
    """The cases that could not be compared, and what helps each kind."""
    sign = door.terminal.symbol("failed")
    for arm in ("flow", "baseline"):
        name, batch = shown["arms"][arm]["name"], short(shown["arms"][arm]["batch"])
        lost = [one for one in shown["left_out"] if one["arm"] == arm]
        if failed := [one for one in lost if one["status"] == "failed"]:
            yield f"{sign} {name}: {counted(len(failed), 'case')} left out: {gist(failed[0]['message'] or failed[0]['reason'], 100)}"
            yield f"  try again with: playnex batch retry-failed {batch}; then give the same command"
        if cancelled := [one for one in lost if one["status"] == "cancelled"]:
            yield f"{sign} {name}: {counted(len(cancelled), 'case')} left out, for somebody cancelled the run"
    if open_ones := [one for one in shown["left_out"] if one["status"] in ("pending", "running", "paused")]:
        yield f"{door.terminal.symbol('waiting')} {counted(len(open_ones), 'answer')} not finished; the same command goes on"
