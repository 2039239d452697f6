"""Many simulated worlds, and what came of them: `python benchmarks/simulation.py [--seeds 20000] [--first N]` writes RESULTS.md.

Each world has runs of made-up flows, workers that die, stall past their leases and have clocks that jump, and people who answer
late and meddle; the laws are those of playnex.testing.simulation. The known-bad arm is the same worlds without fencing.
"""

import argparse
import random
import time
from collections import Counter
from itertools import count

from results import machine, record, table

from playnex.testing.simulation.simulation import simulated


def main() -> None:
    """Measures and writes the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=random.SystemRandom().randrange(10**9))
    options = parser.parse_args()
    began, deaths, facts, broken = time.monotonic(), 0, Counter[str](), list[int]()
    for seed in range(options.first, options.first + options.seeds):
        world = simulated(seed)
        deaths += world.deaths
        facts += world.facts
        if world.faults:
            broken.append(seed)
            print(seed, *world.faults, sep="\n  ")
    took = time.monotonic() - began
    rows = (
        ("seeds", f"{options.first} to {options.first + options.seeds - 1}"),
        ("workers that died", f"{deaths:,}"),
        ("facts recorded", f"{facts.total():,}"),
        ("step results", f"{facts['StepFinished']:,}"),
        ("takeovers", f"{facts['RunResumed']:,}"),
        ("seeds that broke a law", str(len(broken))),
        ("seconds", f"{took:.0f}"),
        ("without fencing, broken after", unfenced()),
    )
    body = f"{machine()}\n\n{table(('simulated worlds', f'{options.seeds:,}'), rows)}"
    print(body)
    record("Simulation", body)


def unfenced() -> str:
    """How soon the known-bad arm breaks a law."""
    began = time.monotonic()
    tried = next(number for number in count(1) if simulated(number, is_fenced=False).faults)
    return f"{tried} seeds, {time.monotonic() - began:.1f} s"


if __name__ == "__main__":
    main()
