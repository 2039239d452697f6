"""What long runs cost: `python benchmarks/growth.py [--quick]`; bytes on disk against bytes produced, and the time until a run goes on.

Each step adds a message of about 200 bytes to a transcript. "Produced" is the last transcript, once: what a reader of the run is
interested in. LangGraph runs 600 steps only: its bytes grow with the square of the steps.
"""

import argparse
import statistics
import sys
from collections.abc import Sequence

from peers import PLAYNEX, Figures, Subject, folder, langgraph, load
from results import machine, record, table

STEPS = 10_000
OF_LANGGRAPH = 600
LENGTHS = (100, 1_000, 10_000)
RATIO = 1.5
FIRST_MS = 50.0


def main() -> int:
    """Measures, prints, records."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")
    busy = load()
    part = 10 if parser.parse_args().quick else 1
    peers = langgraph()
    versions = ", ".join(subject.version() for subject in (PLAYNEX, *peers))
    body = f"{bytes_on_disk(part, peers)}\n\n{until_it_goes_on(tuple(length // part for length in LENGTHS))}"
    print(body)
    record("Growth", f"{machine()} · {busy} · {versions}\n\n{body}")
    return 0


def bytes_on_disk(part: int, peers: Sequence[Subject]) -> str:
    """Runs that pass a growing transcript along."""
    asked = [
        (PLAYNEX, "whole", STEPS // part, "the whole transcript"),
        (PLAYNEX, "new", STEPS // part, "the new message"),
        *((subject, "whole", OF_LANGGRAPH, "the new message, to a list that it keeps whole") for subject in peers),
        (PLAYNEX, "whole", OF_LANGGRAPH, "the whole transcript"),
    ]
    rows = []
    for subject, mode, steps, returns in asked:
        figures = grown(subject, mode, steps)
        ratio = figures["closed"] / figures["produced"]
        promise = f"≤ {RATIO}: {'kept' if ratio <= RATIO else 'missed'}" if subject is PLAYNEX and steps == STEPS // part else ""
        sizes = (f"{figures['produced'] / 1e6:.2f} MB", f"{figures['closed'] / 1e6:.2f} MB", f"{figures['disk'] / 1e6:.2f} MB")
        rows.append((subject.name, f"{steps:,}", returns, *sizes, f"{ratio:.2f}", promise, f"{figures['seconds']:.1f} s"))
    return table(("subject", "steps", "a step returns", "produced", "closed", "open", "closed / produced", "promised", "took"), rows)


def grown(subject: Subject, mode: str, steps: int) -> Figures:
    """One run; bytes of its store while it was open, log included, and after it was closed."""
    with folder() as at:
        figures = subject.run(mode, at, steps)
        closed = sum(path.stat().st_size for path in at.rglob("*") if path.is_file())
    print(f"{subject.name} {mode}: {figures}", file=sys.stderr, flush=True)
    return figures | {"closed": closed}


def until_it_goes_on(lengths: Sequence[int]) -> str:
    """How long a new process takes to find a killed run and to bring its code to the next step."""
    rows = []
    for steps in lengths:
        seconds = statistics.median(_resumed(steps) for _ in range(3))
        promise = f"< {FIRST_MS:.0f} ms: {'kept' if seconds * 1000 < FIRST_MS else 'missed'}" if steps == lengths[0] else "linear"
        rows.append((f"{steps:,}", f"{seconds * 1000:.0f} ms", f"{seconds / steps * 1e6:.0f} µs", promise))
    return table(("finished steps", "until it goes on", "a step", "promised"), rows)


def _resumed(steps: int) -> float:
    with folder() as at:
        killed = PLAYNEX.start("resume", at, steps)
        killed.communicate()
        return PLAYNEX.run("resume", at, steps)["seconds"]


if __name__ == "__main__":
    sys.exit(main())
