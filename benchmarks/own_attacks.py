"""Attacks of our own that know the policy: `python benchmarks/own_attacks.py`; the list that the tests go through (tests/tools/attacks.py),
counted by their ways, with the policy and without."""

import runpy
import sys
from collections import Counter
from pathlib import Path

from results import machine, record, table

from playnex.tools.policy import Policy

LIST = runpy.run_path(str(Path(__file__).resolve().parents[1] / "tests/tools/attacks.py"), run_name="attacks")
ATTACKS, LANDING, landed = LIST["ATTACKS"], LIST["LANDING"], LIST["landed"]
OFF = Policy(untrusted="run", private="run")


def main() -> int:
    """Counts, prints, records."""
    tried = Counter(attack.way for attack in ATTACKS)
    through = Counter(attack.way for attack in ATTACKS if landed(attack))
    without = Counter(attack.way for attack in ATTACKS if landed(attack, OFF))
    rows = [(way, str(count), str(without[way]), str(through[way])) for way, count in tried.items()]
    rows.append(("all", str(tried.total()), str(without.total()), str(through.total())))
    known = ", ".join(f"{attack.way} ({attack.name})" for attack in LANDING if landed(attack))
    body = table(("way", "tried", "land without the policy", "land"), rows)
    body += f"\n\nBeside these, {len(LANDING)} that the policy is not there for, and that land: {known}."
    print(body)
    record("Attacks of our own", f"{machine()}\n\n{body}")
    return 0 if not through.total() else 1


if __name__ == "__main__":
    sys.exit(main())
