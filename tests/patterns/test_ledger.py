"""The ledger of a pattern: what the calls of its tool have come to, through deaths, and nobody else's calls."""

import asyncio
from collections.abc import Awaitable

from playnex.canonical import Json
from playnex.patterns.ledger import Ledger, Noted, Notes, ledger_of
from playnex.spec.context import Attempt, StepContext
from playnex.spec.envelope import Envelope
from playnex.testing.memory_context import MemoryContext


def counted(before: Notes, new: Noted) -> Json:
    return {"number": len(before) + 1, "turns": len({noted.turn for noted in (*before, new)})}


async def call(turn: StepContext, ledger: Ledger, name: str = "tool-1") -> Json:
    """A call in that turn, with its result; its note, unless the journal has answered it."""
    kept: list[Json] = [None]

    async def do(attempt: Attempt) -> Envelope:
        kept[0] = await ledger.noted(attempt.context, {}, counted)
        return ledger.close(attempt.context, Envelope(output="done"))

    await turn.perform(name, do)
    return kept[0]


def in_time(work: Awaitable[Json]) -> Json:
    async def bounded() -> Json:
        async with asyncio.timeout(10):
            return await work

    return asyncio.run(bounded())


def test_calls_are_counted_with_those_before_a_death_and_judged_once() -> None:
    context = MemoryContext()

    async def life(context: StepContext) -> Json:
        ledger = await ledger_of(context, "lead")
        lead = context.scope("lead")
        first, second = lead.scope("turn-1"), lead.scope("turn-2")
        notes = [await call(first, ledger), await call(first, ledger, "tool-2"), await call(second, ledger)]
        return notes, list(ledger.results)

    notes = [{"number": 1, "turns": 1}, {"number": 2, "turns": 1}, {"number": 3, "turns": 2}]
    calls = [f"lead/{name}" for name in ("turn-1/tool-1", "turn-1/tool-2", "turn-2/tool-1")]
    assert in_time(life(context)) == (notes, calls)
    context.forget("lead/turn-2/tool-1")
    context.forget("lead/turn-2/tool-1/note")
    assert in_time(life(context.again())) == ([None, None, notes[2]], calls)


def test_calls_of_others_below_are_not_counted() -> None:
    context = MemoryContext()

    async def life() -> Json:
        ledger = await ledger_of(context, "lead")
        await call(context.scope("lead").scope("turn-1").scope("tool-1").scope("finder").scope("turn-1"), ledger)
        return (await ledger_of(context.again(), "lead")).notes

    assert in_time(life()) == {}
