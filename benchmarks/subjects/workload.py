"""The same work for every system, and how it is measured; nothing but the standard library, for it runs in every environment."""

import argparse
import asyncio
import gc
import json
import os
import resource
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

RESULT = "x" * 200
STEPS = 10
"""Steps of a flow: ten in a row, or one, then eight side by side, then one that merges."""

WIDTH = 8
HALF = STEPS // 2
SELDOM = (50_000, 20, 20)
"""How often every subject looks for garbage in circles: as often as the `playnex` command does, which is more seldom than Python does by
itself. It makes all of them faster."""

READY = "ready"
"""What a program prints when all its runs are half done, and it may be killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the program is asked for: `count` runs (or steps) in `folder`, `rounds` times."""

    mode: str
    folder: Path
    count: int
    rounds: int


def order() -> Order:
    """What the command line says; from here on garbage is looked for seldom."""
    gc.set_threshold(*SELDOM)
    parser = argparse.ArgumentParser()
    parser.add_argument("mode")
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("rounds", type=int)
    return Order(**vars(parser.parse_args()))


def report(**figures: object) -> None:
    """Prints the figures."""
    print(json.dumps(figures), flush=True)


def cpu() -> float:
    """Seconds of CPU of this process, user and system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def flows_at_once(asked: Order, flow: Callable[[], Awaitable[object]]) -> None:
    """One round that does not count, then `rounds` rounds of `count` flows at once; reports steps a second and CPU a step."""
    await asyncio.gather(*(flow() for _ in range(min(asked.count, 10))))
    began, spent = time.perf_counter(), cpu()
    for _ in range(asked.rounds):
        await asyncio.gather(*(flow() for _ in range(asked.count)))
    steps = asked.count * asked.rounds * STEPS
    report(per_second=steps / (time.perf_counter() - began), cpu_us=(cpu() - spent) / steps * 1e6)


class Halt:
    """Lets the first steps of `runs` runs pass, and holds every run before its sixth until the process is killed."""

    def __init__(self, runs: int) -> None:
        self._left = runs

    async def hold(self) -> None:
        """Never returns; says READY once all runs have come here."""
        self._left -= 1
        if not self._left:
            print(READY, flush=True)
        await asyncio.Event().wait()


async def step() -> str:
    """The work of a step."""
    return RESULT


def message(number: int) -> dict[str, str]:
    """One message of a transcript, about 200 bytes, no two alike."""
    return {"role": "assistant" if number % 2 else "user", "content": f"{number} " + os.urandom(82).hex()}


def produced(transcript: Sequence[dict[str, str]]) -> int:
    """Bytes of the transcript as JSON."""
    return len(json.dumps(transcript, separators=(",", ":")).encode())


def on_disk(folder: Path) -> int:
    """Bytes of all files in the folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def memory_kb() -> int:
    """Kilobytes that this process has in memory now."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def median_us(seconds: Sequence[float]) -> float:
    """Their median in microseconds."""
    return statistics.median(seconds) * 1e6
