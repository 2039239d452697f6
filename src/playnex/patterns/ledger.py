"""What the calls of a tool have come to that a pattern gave an agent: counted in the life of the run, so that a crash resets nothing.

A call whose result is in the journal is not made again when the run is taken up, so the pattern's code never hears of it. Each call
therefore leaves a note below itself as it begins, and the ledger starts with the notes and results that the journal has.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from playnex.canonical import Json
from playnex.spec.context import StepContext
from playnex.spec.envelope import Envelope

NOTE = "note"
CALL_OR_NOTE = rf"turn-\d+/tool-\d+(?:/{NOTE})?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A call: its note, and the answer of its agent that wished it (the key of that turn)."""

    turn: str
    note: Json


Notes: TypeAlias = Sequence[Noted]
Judge: TypeAlias = Callable[[Notes, Noted], Json]
"""What is to be noted of a call, from the notes of those before it."""


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Notes and results of the calls by their keys, in the order in which they began."""

    notes: dict[str, Json] = field(default_factory=dict)
    results: dict[str, Envelope] = field(default_factory=dict)

    async def noted(self, call: StepContext, note: Json, judge: Judge) -> Json:
        """The note of this call, judged once in the life of the run: `note` as it is handed to `judge`, which says what is kept."""
        key = call_of(call)
        if key not in self.notes:
            before = [Noted(turn=_turn_of(earlier), note=kept) for earlier, kept in self.notes.items()]
            self.notes[key] = judge(before, Noted(turn=_turn_of(key), note=note))
        kept = self.notes[key]

        async def tell() -> Json:
            return kept

        return await call.step(NOTE, tell)

    def close(self, call: StepContext, result: Envelope) -> Envelope:
        """Keep what the call came to."""
        self.results[call_of(call)] = result
        return result


async def ledger_of(ctx: StepContext, step: str) -> Ledger:
    """The calls that the agent made who is asked as `step` in this scope, whoever else was asked below them."""
    wanted = re.compile(rf"{re.escape(step)}/{CALL_OR_NOTE}")
    found = await ctx.recorded(lambda key: wanted.fullmatch(key) is not None)
    notes = {key.removesuffix(f"/{NOTE}"): record.output for key, record in found.items() if key.endswith(f"/{NOTE}")}
    return Ledger(notes=notes, results={key: found[key] for key in notes if key in found})


def call_of(call: StepContext) -> str:
    """The key of the call whose scope this is."""
    return call.key(NOTE).rpartition("/")[0]


def _turn_of(key: str) -> str:
    return key.rpartition("/")[0]
