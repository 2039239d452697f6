"""The environment that AgentDojo runs in: made once in a folder, from the package registry that pip knows, and apart from Playnex's own.

Alone, `python environment.py FOLDER` makes it there; exit code 4 where the packages cannot be had.
"""

import subprocess
import sys
from pathlib import Path

AGENTDOJO = "agentdojo==0.1.35"
NEEDED = (
    "deepdiff>=8.6.1",
    "docstring-parser>=0.15",
    "pydantic[email]>=2.7.1",
    "pyyaml>=6.0.1",
    "rich>=13.7.1",
    "tenacity>=8.2.3",
    "click>=8.1.7",
)
"""What its tasks and graders need. The libraries of model providers are left out (server.py stands in for them)."""

MINUTES = 10


class Unreachable(Exception):
    """The packages cannot be had here; says why."""


def python_in(folder: Path) -> Path:
    """The interpreter of the environment in that folder, which is made where it is not there. Raises Unreachable."""
    python = folder / "bin" / "python"
    done = folder / "complete"
    if done.exists() and done.read_text() == AGENTDOJO:
        return python
    run([sys.executable, "-I", "-m", "venv", "--clear", str(folder)])
    run([str(python), "-I", "-m", "pip", "install", "--quiet", "--no-deps", AGENTDOJO])
    run([str(python), "-I", "-m", "pip", "install", "--quiet", *NEEDED])
    done.write_text(AGENTDOJO)
    return python


def run(words: list[str]) -> None:
    """Runs to its end. Raises Unreachable."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=MINUTES * 60, check=False)
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise Unreachable(f"{words[0]}: {type(fault).__name__}") from None
    if done.returncode:
        raise Unreachable((done.stderr.strip().splitlines() or ["no reason given"])[-1])


def main() -> int:
    """Makes it, and prints its interpreter."""
    try:
        print(python_in(Path(sys.argv[1])))
    except Unreachable as fault:
        print(f"AgentDojo cannot be had here: {fault}", file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
