"""What no setting removes: how many steps a run may do in loops and on ways back, and how many flows it may call (requirement F11).

Both are counted from the journal, as it was when a worker took the run over, and from there on as they begin: a run that was killed
comes to the same cap at the same place.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from playnex.errors import BudgetExhausted
from playnex.journal.events import StepFinished

IN_LOOPS = 1_000
"""Steps in loops and on routes that lead back, all taken together (rulings)."""

CALLS = 1_000
"""Flows that a run calls, and these call, all taken together."""

DEFINITION = "run.definition"
"""Where a called flow's definition is recorded; a step's id has no dot, so none can be taken for it."""


@dataclass(slots=True)
class Caps:
    """How much of both a run has taken."""

    in_loops: int = 0
    calls: int = 0

    def loop(self, key: str, steps: int) -> None:
        """Count the steps of a round that begins. Raises BudgetExhausted where they are too many."""
        if self.in_loops + steps > IN_LOOPS:
            raise _exhausted(key, f"a run may do {IN_LOOPS:,} steps in loops, {self.in_loops:,} are done and this round has {steps:,}")
        self.in_loops += steps

    def call(self, key: str) -> None:
        """Count a call of a flow. Raises BudgetExhausted where it is one too many."""
        if self.calls >= CALLS:
            raise _exhausted(key, f"a run may call {CALLS:,} flows, and has")
        self.calls += 1


def caps_of(results: Mapping[str, StepFinished]) -> Caps:
    """What a run has taken according to these results."""
    rounds = sum(fact.envelope["output"]["steps"] for fact in results.values() if fact.kind == "round")
    return Caps(rounds, sum(key.endswith(f"/{DEFINITION}") for key in results))


def _exhausted(key: str, what: str) -> BudgetExhausted:
    hint = "no setting raises this cap; end the loop earlier, or make it several runs"
    return BudgetExhausted(what, step=key, reason="exhausted", hint=hint)
