"""How much CPU (user and system) a command takes before its own work begins: `python benchmarks/startup.py [--json] [--runs N]`.

Ends with 1 when a command is over its limit or fails, and writes the figures to RESULTS.md. CPU time, not wall time: it says
the same on a busy machine.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from results import machine, record, table

PLAYNEX = str(Path(sys.executable).parent / "playnex")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A command, its limit in milliseconds of CPU (None for the baseline), and what each run took."""

    name: str
    command: tuple[str, ...]
    limit: float | None
    runs: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """Milliseconds."""
        return statistics.median(self.runs)

    @property
    def is_over(self) -> bool:
        """True where the limit is broken."""
        return self.limit is not None and self.median > self.limit


SUBJECTS = (
    Measured(name="python -c pass", command=(sys.executable, "-c", "pass"), limit=None),
    Measured(name="playnex --version", command=(PLAYNEX, "--version"), limit=60),
    Measured(name="playnex flow list", command=(PLAYNEX, "flow", "list"), limit=200),
)


def main() -> int:
    """Measures, prints, records."""
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "news"
        once((PLAYNEX, "init", str(workspace), "--template", "research"), Path(folder))
        results = [measured(subject, workspace, options.runs) for subject in SUBJECTS]
    print(json.dumps(document(results)) if options.json else lines(results))
    record("Startup", f"{machine()} · median of {options.runs} runs\n\n{lines(results)}")
    return int(any(result.is_over for result in results))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--runs", type=int, default=15, help="runs of each command (default: %(default)s)")
    return parser.parse_args()


def measured(subject: Measured, workspace: Path, runs: int) -> Measured:
    """The subject with its runs; the first, which fills the caches, does not count."""
    once(subject.command, workspace)
    return Measured(
        name=subject.name,
        command=subject.command,
        limit=subject.limit,
        runs=tuple(once(subject.command, workspace) for _ in range(runs)),
    )


def once(command: tuple[str, ...], folder: Path) -> float:
    """Milliseconds of CPU of one run of the command, its children included. Ends the program where the command fails."""
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("PLAYNEX_")}
    before = spent()
    done = subprocess.run(command, cwd=folder, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[1:])!r} ended with {done.returncode}:\n{done.stderr}")
    return (spent() - before) * 1000


def spent() -> float:
    """Seconds of CPU of all children so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def document(results: list[Measured]) -> dict[str, object]:
    """The figures for other programs."""
    items = [{"name": result.name, "cpu_ms": round(result.median, 1), "limit_ms": result.limit} for result in results]
    return {"schema": "playnex.benchmark.startup/1", "machine": machine(), "items": items}


def lines(results: list[Measured]) -> str:
    """The figures for people."""
    base = results[0].median
    rows = [
        (
            result.name,
            f"{result.median:.0f} ms",
            f"{result.median - base:+.0f} ms",
            "" if result.limit is None else f"{result.limit:.0f} ms",
            "" if result.limit is None else "over" if result.is_over else "kept",
        )
        for result in results
    ]
    return table(("command", "CPU", "above Python", "limit", ""), rows)


if __name__ == "__main__":
    sys.exit(main())
