"""After a kill -9, and while runs wait: `python benchmarks/recovery.py [--quick]`.

A process is killed when all its runs are half done; a new one finds and finishes them. LangGraph and DBOS get a quarter of the
runs; their time for all is an extrapolation in proportion, and marked as such.
"""

import argparse
import statistics
import sys
from collections.abc import Sequence

from peers import PLAYNEX, Figures, Subject, dbos, folder, langgraph, load
from results import machine, record, table

RUNS = 1000
WAITING = 10_000
SECONDS = 2.0
KB = 12.0


def main() -> int:
    """Measures, prints, records."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs, once")
    busy = load()
    quick = parser.parse_args().quick
    part, times = (10, 1) if quick else (1, 2)
    with dbos() as over:
        subjects = [PLAYNEX, *langgraph(), *over]
        turns = [{subject.name: recovered(subject, _runs(subject) // part) for subject in subjects} for _ in range(times)]
        versions = ", ".join(dict.fromkeys(subject.version() for subject in subjects))
    body = f"{after_a_kill(turns)}\n\n{waiting(WAITING // part)}"
    print(body)
    record("Recovery", f"{machine()} · {busy} · {versions} · medians of {times} turns\n\n{body}")
    return 0


def _runs(subject: Subject) -> int:
    return RUNS if subject is PLAYNEX else RUNS // 4


def recovered(subject: Subject, runs: int) -> Figures:
    """Seconds from the start of the work until the last of the killed runs had ended."""
    with folder() as at:
        subject.kill_half_way(at, runs)
        figures = subject.run("finish", at, runs)
    if figures["finished"] != runs:
        raise SystemExit(f"{subject.name} finished {figures['finished']} of {runs} runs")
    print(f"{subject.name}: {figures}", file=sys.stderr, flush=True)
    return figures | {"runs": runs}


def after_a_kill(turns: Sequence[dict[str, Figures]]) -> str:
    """The times as a table; the ratios compare the time of one run, each within one turn."""
    rows = []
    for name in turns[0]:
        runs = int(turns[0][name]["runs"])
        seconds = statistics.median(turn[name]["seconds"] for turn in turns)
        of_all = seconds * RUNS / runs
        slower = statistics.median(_a_run(turn[name]) / _a_run(turn["Playnex"]) for turn in turns)
        promise = "" if name != "Playnex" else f"≤ {SECONDS:.0f} s: {'kept' if of_all <= SECONDS else 'missed'}"
        measured = f"{of_all:.1f} s" + ("" if runs == RUNS else " (extrapolated)")
        rows.append((name, str(runs), f"{seconds:.2f} s", measured, f"{slower:.1f}", promise))
    return table(("subject", "half-finished runs", "found and finished", f"{RUNS:,} runs", "times Playnex's", "promised"), rows)


def _a_run(figures: Figures) -> float:
    return figures["seconds"] / figures["runs"]


def waiting(runs: int) -> str:
    """What runs cost that wait for a signal after five steps: to the process that began them, to one that would take them up, on disk."""
    with folder() as at:
        began = PLAYNEX.run("wait", at, runs)
        disk = sum(path.stat().st_size for path in at.rglob("*") if path.is_file())
        taken = PLAYNEX.run("load-waiting", at, runs)
    costs = {
        "memory of the process that began them": began["memory_kb"] / runs,
        "memory of a process that finds them": taken["memory_kb"] / runs,
        "bytes on disk": disk / 1024 / runs,
    }
    rows = [(what, f"{value:.2f} KB", f"≤ {KB:.0f} KB: {'kept' if value <= KB else 'missed'}") for what, value in costs.items()]
    return table((f"{runs:,} waiting runs", "a run", "promised"), rows)


if __name__ == "__main__":
    sys.exit(main())
