"""Prints the reference of all commands as Markdown, from their own `--help`; `--write` puts it into docs/cli.md.

The page keeps what stands above its marker; what is below is made anew.
"""

import os
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
MARKER = "<!-- below this line: python scripts/cli_reference.py --write -->\n"
PLAYNEX = str(Path(sys.executable).parent / "playnex")
PLAIN = {"NO_COLOR": "1", "COLUMNS": "100", "TERM": "dumb"}

COMMANDS = (
    *("demo", "init", "check", "flow list", "flow show", "flow run", "run list", "run show", "run resume"),
    *("agent list", "agent run", "model list", "model test", "model install"),
    *("capsules", "capsule list", "capsule create", "capsule view", "capsule delete"),
)


def main(arguments: list[str]) -> int:
    """Prints the reference, or writes it into the page."""
    reference = "\n".join(section(command, asked(command)) for command in COMMANDS)
    if arguments == ["--write"]:
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), reference), encoding="utf-8")
    else:
        print(reference, end="")
    return 0


def asked(command: str) -> str:
    """What `--help` of the command prints."""
    done = subprocess.run(
        (PLAYNEX, *command.split(), "--help"), env=os.environ | PLAIN, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def section(command: str, text: str) -> str:
    """A command under its own heading."""
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return f"\n## playnex {command}\n\n```text\n{lines}\n```\n"


def page(old: str, reference: str) -> str:
    """The page with its hand-written top and the reference below the marker."""
    return f"{old.partition(MARKER)[0].rstrip()}\n\n{MARKER}{reference}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
