"""Kill -9 at random moments, for real: `python benchmarks/kills.py [SEED] [KILLS]` puts runs through that many deaths of their process
and writes what came of it to RESULTS.md."""

import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from results import machine, record, table

from flows.kills import Tally, kill_everything, kill_research

HEADS = ("flow", "runs", "kill -9", "outcomes unknown", "finished steps done again", "other faults")


def main(seed: int, kills: int) -> int:
    """Both flows; 1 where anything was lost or done again."""
    with tempfile.TemporaryDirectory() as folder:
        every = kill_everything(seed, Path(folder), kills)
        research = kill_research(seed, Path(folder), kills)
    rows = [row("every step kind, in Python", every), row("research-to-article", research)]
    faults = [*every.faults, *research.faults]
    print(table(HEADS, rows), *faults, sep="\n")
    record("Kills", f"{machine()} · seed {seed}\n\n{table(HEADS, rows)}")
    return 1 if faults else 0


def row(name: str, tally: Tally) -> tuple[str, ...]:
    """A line of the table."""
    again = sum(fault.endswith("done again") for fault in tally.faults)
    return (name, f"{tally.runs:,}", f"{tally.kills:,}", f"{tally.undecided:,}", f"{again:,}", f"{len(tally.faults) - again:,}")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:3]]
    sys.exit(main(*given, *(random.randrange(10**6), 500)[len(given) :]))
