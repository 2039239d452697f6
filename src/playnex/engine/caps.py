"""What no setting removes: how many steps a run may do in loops and on ways back (requirement F11), how many flows it may call, and how
many agents may be asked by agents (requirement A5).

All are counted from the journal, as it was when a worker took the run over, and from there on as they begin: a run that was killed
comes to the same cap at the same place.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from playnex.engine.keys import calls_around
from playnex.errors import BudgetExhausted
from playnex.journal.events import StepFinished

IN_LOOPS = 1_000
"""Steps in loops and on routes that lead back, all taken together (rulings)."""

CALLS = 1_000
"""Flows that a run calls, and these call, all taken together."""

ASKED = 200
"""Agents that agents ask in the course of their own work, all taken together."""

DEFINITION = "run.definition"
"""Where a called flow's definition is recorded; a step's id has no dot, so none can be taken for it."""


@dataclass(slots=True)
class Caps:
    """How much of all that a run has taken."""

    in_loops: int = 0
    calls: int = 0
    asked: int = 0

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

    def ask(self, key: str) -> None:
        """Count an agent that an agent asks. Raises BudgetExhausted where it is one too many."""
        if self.asked >= ASKED:
            raise _exhausted(key, f"the agents of a run may ask {ASKED:,} others, and have")
        self.asked += 1


def caps_of(results: Mapping[str, StepFinished]) -> Caps:
    """What a run has taken according to these results."""
    rounds = sum(fact.envelope["output"]["steps"] for fact in results.values() if fact.kind == "round")
    asked = sum(fact.kind == "agent" and calls_around(key) > 0 for key, fact in results.items())
    return Caps(rounds, sum(key.endswith(f"/{DEFINITION}") for key in results), asked)


def _exhausted(key: str, what: str) -> BudgetExhausted:
    hint = "no setting raises this cap; end the loop earlier, or make it several runs"
    return BudgetExhausted(what, step=key, reason="exhausted", hint=hint)
