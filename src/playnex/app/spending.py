"""What a run has spent of its budget, what is held for requests whose outcome nobody knows, and what its flow's runs usually take."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from playnex.canonical import Json
from playnex.engine.history import History, reserved_json
from playnex.engine.spending import NOTHING
from playnex.errors import UsageError
from playnex.journal.journal import Journal
from playnex.spec.flow import Budget

RUNS = 20
"""The newest runs of a flow that are looked at."""

FEWEST = 3
"""Runs that have to have succeeded before anything is expected of the next one."""

TIMES = 2
"""A run that takes more than so many times what is expected is worth a warning (requirement A6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """The tokens that a run of a flow takes: the median of its last `runs` that succeeded."""

    tokens: int
    runs: int

    def warning(self, tokens: int) -> str:
        """What to say of a run that has taken so many; nothing where that is no surprise."""
        if tokens <= TIMES * self.tokens:
            return ""
        return f"{tokens:,} tokens: more than twice the {self.tokens:,} that the flow's last {self.runs} runs took (their median)"


async def expectation(journal: Journal, flow: str, run: str) -> Expectation | None:
    """What is expected of the run, from those of its flow that were started before it; None as long as too few have succeeded."""
    taken = await journal.tokens_of(flow, before=run, limit=RUNS)
    if len(taken) < FEWEST:
        return None
    return Expectation(tokens=int(statistics.median(taken)), runs=len(taken))


def spending(history: History, expected: Expectation | None) -> dict[str, Json]:
    """The parts of a run's document that tell of it, those left out that say nothing: `budget` with the limits and the `seconds` that
    were used, `held`, `expected`, and `warnings`."""
    budget, held = limits(budget_of(history)), history.doubtful
    warning = expected.warning(history.spent.tokens) if expected is not None else ""
    parts: dict[str, Json] = {
        "budget": budget and budget | {"seconds": round(history.time.used, 3)},
        "held": {"requests": held.requests} | reserved_json(held) if held != NOTHING else None,
        "expected": {"tokens": expected.tokens, "runs": expected.runs} if expected is not None else None,
        "warnings": [warning] if warning else [],
    }
    return {name: part for name, part in parts.items() if part}


def budget_of(history: History) -> Budget:
    """The budget that the run was started with, and what a person has set since."""
    definition = history.started.definition
    pinned = definition.get("flow") if isinstance(definition, dict) else None
    return Budget(**((pinned or {}).get("budget") or {}) | history.raised)


def typed_budget(pairs: Sequence[str]) -> Budget:
    """Limits as a person types them, `tokens=400k`, in the units of a flow file. Raises UsageError."""
    # late: the YAML library and all that reads flows, for a flag that is hardly ever given
    from playnex.spec.read_flow import read_budget
    from playnex.spec.reading import Reading
    from playnex.spec.yaml_source import read_yaml

    text = "{ " + ", ".join(pair.replace("=", ": ", 1) for pair in pairs) + " }"
    yaml = read_yaml(text, "--budget")
    reading = Reading(path="--budget", faults=list(yaml.faults))
    budget = read_budget(reading, yaml.root, "a budget")
    if reading.faults:
        hint = reading.faults[0].hint or "write tokens=400k, turns=50, usd=1.5 or time=30m"
        raise UsageError(f"--budget {' '.join(pairs)}: {reading.faults[0].message}", hint=hint)
    return budget


def limits(budget: Budget) -> dict[str, Json]:
    """The limits that are set; time in seconds."""
    pairs = (("turns", budget.turns), ("tokens", budget.tokens), ("usd", budget.usd), ("time", budget.time))
    return {name: value for name, value in pairs if value is not None}
