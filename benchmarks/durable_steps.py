"""What a durable step costs: `python benchmarks/durable_steps.py [--quick]`; 100 flows of ten steps, a fan of eight, and one flow alone.

Every step is committed and synced before the next one starts. The subjects take turns, so that a busy machine slows all of them,
and each ratio is taken within one turn. A flow counts from its creation to its end; the bare writer has steps only.
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from peers import BARE, PLAYNEX, Figures, Subject, dbos, langgraph, load
from results import machine, record, table

FLOWS = 100
ALONE = 300
"""Steps of a flow that is alone."""

ROUNDS = {"bare writer": 20, "Playnex": 10}
"""Rounds of 100 flows in a turn: enough to last about a second; slow subjects need one."""

TURNS = 3

PER_SYNC = 1.5
CPU_US = 100.0
SHARE_OF_BARE = 1 / 3
TIMES = {"LangGraph": 30.0, "DBOS, SQLite": 60.0, "DBOS, Postgres": 60.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn: each subject's figures, by mode and name."""

    figures: dict[str, dict[str, Figures]]

    def ratio(self, mode: str, other: str) -> float:
        """How many times as many steps Playnex made as the other one."""
        of = self.figures[mode]
        return of["Playnex"]["per_second"] / of[other]["per_second"]


def main() -> int:
    """Measures, prints, records."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one turn, and few rounds")
    busy = load()
    quick = parser.parse_args().quick
    with dbos() as over:
        subjects = [BARE, PLAYNEX, *langgraph(), *over]
        turns = [turn(subjects, quick) for _ in range(1 if quick else TURNS)]
        versions = ", ".join(dict.fromkeys(subject.version() for subject in subjects if subject is not BARE))
    absent = [name for name in TIMES if name not in {subject.name for subject in subjects}]
    body = text(subjects, turns)
    missing = f"\n\nNot measured, for it could not be installed here: {', '.join(absent)}." if absent else ""
    head = f"{machine()} · {busy} · {versions} · medians of {len(turns)} turns"
    print(body + missing)
    record("Durable steps", f"{head}\n\n{body}{missing}")
    return 0


def turn(subjects: Sequence[Subject], quick: bool) -> Turn:
    """Every subject once in every mode."""
    figures: dict[str, dict[str, Figures]] = {mode: {} for mode in ("flows", "fan", "alone")}
    for mode, of in figures.items():
        for subject in subjects:
            if mode == "alone":
                of[subject.name] = subject.fresh(mode, ALONE // 3 if quick else ALONE)
            else:
                rounds = ROUNDS.get(subject.name, 1)
                of[subject.name] = subject.fresh(mode, FLOWS, min(2, rounds) if quick else rounds)
            print(f"{mode} {subject.name}: {of[subject.name]}", file=sys.stderr, flush=True)
    return Turn(figures=figures)


def text(subjects: Sequence[Subject], turns: Sequence[Turn]) -> str:
    """The figures for people: what each subject did, and what was promised."""

    def middle(mode: str, name: str, figure: str) -> float:
        return statistics.median(turn.figures[mode][name][figure] for turn in turns)

    rows = []
    for name in (subject.name for subject in subjects):
        cells = [f"{middle(mode, name, 'per_second'):,.0f}" for mode in ("flows", "fan")]
        cpu = middle("flows", name, "cpu_us")
        rows.append((name, cells[0], f"{cpu:,.0f} µs", cells[1], f"{middle('alone', name, 'step_us'):,.0f} µs"))
    heads = ("subject", "steps/s, 100 flows", "CPU a step", "steps/s, 1 → 8 → merge", "one flow alone, a step")
    note = "The CPU is that of the subject's process; that of the Postgres server comes on top."
    return "\n\n".join((table(heads, rows), note, promised(turns, [subject.name for subject in subjects])))


def promised(turns: Sequence[Turn], names: Sequence[str]) -> str:
    """The ratios, each the median over the turns, against their limits."""

    def line(what: str, values: Sequence[float], limit: float, is_kept_above: bool) -> tuple[str, str, str, str]:
        value = statistics.median(values)
        is_kept = value >= limit if is_kept_above else value <= limit
        return what, f"{value:.2f}", f"{'≥' if is_kept_above else '≤'} {limit:.2f}", "kept" if is_kept else "missed"

    of = [turn.figures for turn in turns]
    rows = [
        line("steps/s, of the bare writer's", [turn.ratio("flows", "bare writer") for turn in turns], SHARE_OF_BARE, True),
        *(
            line(f"steps/s, {mode}, times {name}", [turn.ratio(mode, name) for turn in turns], TIMES[name], True)
            for name in names
            if name in TIMES
            for mode in ("flows", "fan")
        ),
        line(
            "one flow alone, a step / a bare commit beside it",
            [each["alone"]["Playnex"]["step_us"] / each["alone"]["Playnex"]["commit_us"] for each in of],
            PER_SYNC,
            False,
        ),
        line(
            "one flow alone, a step / a bare sync beside it",
            [each["alone"]["Playnex"]["step_us"] / each["alone"]["Playnex"]["sync_us"] for each in of],
            PER_SYNC,
            False,
        ),
        line("CPU a step, µs, 100 flows", [each["flows"]["Playnex"]["cpu_us"] for each in of], CPU_US, False),
    ]
    return table(("ratio", "measured", "promised", ""), rows)


if __name__ == "__main__":
    sys.exit(main())
