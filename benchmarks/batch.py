"""A batch, alone and killed: `python benchmarks/batch.py [--quick]`; 10,000 cases of three tool steps, 64 at a time.

Once undisturbed, and once killed with SIGKILL three times on its way and resumed; both must give the same table, run ids apart. The tools
are asynchronous and only compute, so what is measured is Playnex itself. Ends with 1 where the tables differ or the memory is over.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers import load
from results import machine, record, table

from playnex.app.templates import lay_out

CASES = 10_000
STEPS = 3
KILLS = 3
MEGABYTES = 300
SEED = 20261124
COUNTRIES = ("AT", "DE", "ES", "IT", "JP", "US")
OUT = "quotes.jsonl"
RUN = ("batch", "run", "quote", "cases.jsonl", "--key", "id", "--at-most", "64", "--out", OUT)
RESUME = ("batch", "resume", "last")


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One process: seconds of the clock and of the CPU, and the most memory that it had, in megabytes."""

    seconds: float
    cpu: float
    megabytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A batch, in one or several processes, and the table that it gave."""

    lives: tuple[Life, ...]
    table: list[object]

    @property
    def seconds(self) -> float:
        """Of all lives."""
        return sum(life.seconds for life in self.lives)


def main() -> int:
    """Measures, prints, records."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the cases")
    busy = load()
    cases = CASES // 10 if parser.parse_args().quick else CASES
    with workspace(cases) as folder:
        alone = undisturbed(folder)
    with workspace(cases) as folder:
        killed = killed_on_the_way(folder, cases)
    is_same = alone.table == killed.table and len(alone.table) == cases
    body = text(cases, alone, killed, is_same=is_same)
    print(body)
    record("Batch", f"{machine()} · {busy} · seed {SEED}\n\n{body}")
    return int(not is_same or most(alone, killed) > MEGABYTES)


@contextmanager
def workspace(cases: int) -> Iterator[Path]:
    """The template's workspace, with that many cases, in which every hundredth fails and every third falls back."""
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out("batch", folder)
        with (folder / "cases.jsonl").open("w", encoding="utf-8") as file:
            for number in range(cases):
                kilos = 31.0 if number % 100 == 99 else round(chance.uniform(0.1, 30), 2)
                case = {"id": f"A-{number}", "customer": f"customer {number}", "country": chance.choice(COUNTRIES), "kilos": kilos}
                file.write(json.dumps(case) + "\n")
        yield folder


def undisturbed(folder: Path) -> Trial:
    """One process from the first case to the last."""
    child, began = start(folder, *RUN), time.perf_counter()
    return Trial(lives=(end(child, began, expected=1),), table=lines(folder))


def killed_on_the_way(folder: Path, cases: int) -> Trial:
    """A process that is killed once a quarter of the cases has ended, one at the half, one at three quarters, and one more."""
    lives: list[Life] = []
    words: tuple[str, ...] = RUN
    for number in range(1, KILLS + 1):
        child, began = start(folder, *words), time.perf_counter()
        while ended(folder) < number * cases // (KILLS + 1) and not has_ended(child):
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGKILL)
        lives.append(end(child, began, expected=-signal.SIGKILL))
        words = RESUME
    child, began = start(folder, *words), time.perf_counter()
    return Trial(lives=(*lives, end(child, began, expected=1)), table=lines(folder))


def start(folder: Path, *words: str) -> "subprocess.Popen[bytes]":
    """The command, running."""
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("PLAYNEX_")}
    command = (sys.executable, "-m", "playnex", *words, "--quiet")
    return subprocess.Popen(command, cwd=folder, env=quiet, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def has_ended(child: "subprocess.Popen[bytes]") -> bool:
    """Whether the process is there no more; it is left for `end` to be asked for."""
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def end(child: "subprocess.Popen[bytes]", began: float, *, expected: int) -> Life:
    """What the process took, once it has ended. Ends the program where it ended otherwise than expected."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != expected:
        raise SystemExit(f"a batch ended with {child.returncode}, not with {expected}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Life(seconds=time.perf_counter() - began, cpu=usage.ru_utime + usage.ru_stime, megabytes=usage.ru_maxrss / unit)


def ended(folder: Path) -> int:
    """Cases of which the results are there."""
    path = folder / OUT
    return path.read_bytes().count(b"\n") if path.exists() else 0


def lines(folder: Path) -> list[object]:
    """The table of results, without what no two batches have in common."""
    read = (json.loads(line) for line in (folder / OUT).read_text(encoding="utf-8").splitlines())
    return [{name: value for name, value in line.items() if name != "run"} for line in read]


def most(*trials: Trial) -> float:
    """The most memory that any of the processes had."""
    return max(life.megabytes for trial in trials for life in trial.lives)


def text(cases: int, alone: Trial, killed: Trial, *, is_same: bool) -> str:
    """The figures for people."""
    rows = [_row(name, trial, cases) for name, trial in (("undisturbed", alone), (f"killed {KILLS} times", killed))]
    promised: Sequence[Sequence[str]] = (
        ("the same table, run ids apart", f"{len(killed.table):,} lines", f"{cases:,} lines", "kept" if is_same else "missed"),
        ("peak memory", f"{most(alone, killed):.0f} MB", f"≤ {MEGABYTES} MB", "kept" if most(alone, killed) <= MEGABYTES else "missed"),
    )
    note = "The memory is the resident set of the batch's process at its peak (ru_maxrss); asynchronous tools need no other process."
    heads = (f"{cases:,} cases of {STEPS} steps", "seconds", "cases/s", "steps/s", "CPU a case", "peak memory")
    return "\n\n".join((table(heads, rows), note, table(("what", "measured", "promised", ""), promised)))


def _row(name: str, trial: Trial, cases: int) -> tuple[str, ...]:
    cpu = sum(life.cpu for life in trial.lives) / cases * 1e3
    each = cases / trial.seconds
    return name, f"{trial.seconds:.1f}", f"{each:,.0f}", f"{each * STEPS:,.0f}", f"{cpu:.2f} ms", f"{most(trial):.0f} MB"


if __name__ == "__main__":
    sys.exit(main())
