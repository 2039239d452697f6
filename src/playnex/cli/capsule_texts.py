"""How capsules and their versions are shown to people, as lines."""

import difflib
import re
import sys
import time
from collections.abc import Iterator, Sequence

from playnex.app.capsule_lines import author_text
from playnex.capsules.capsule import Capsule, CapsuleHead, Use
from playnex.cli.terminal import Style, Terminal, ago, columns
from playnex.ids import short
from playnex.spec.envelope import CapsuleRef

MARKS: dict[str, tuple[Style, Style]] = {"-": ("red", "bold red"), "+": ("green", "bold green")}


def about(capsule: Capsule, uses: Sequence[Use], terminal: Terminal) -> str:
    """One line on where a version comes from and what became of it."""
    used = sum(use.version == capsule.version for use in uses)
    parts = (
        f"{capsule.name} ({short(capsule.id)})",
        f"version {capsule.version} by {author_text(capsule.author)}, {ago(capsule.written, time.time())}",
        f"from {', '.join(capsule.sources)}" if capsule.sources else "",
        ", ".join(capsule.labels),
        "pinned" if capsule.pinned else "",
        f"used {used} times" if used else "",
    )
    return terminal.styled(" · ".join(part for part in parts if part), "dim")


def history_page(versions: Sequence[CapsuleHead], uses: Sequence[Use], terminal: Terminal) -> str:
    """Every version, and below them what used which."""
    now = time.time()
    rows = [
        (str(one.version), author_text(one.author), ago(one.written, now), ", ".join(one.labels), ", ".join(one.sources))
        for one in versions
    ]
    page = columns(("VERSION", "BY", "WRITTEN", "LABELS", "SOURCES"), rows, terminal)
    if not uses:
        return page
    used = [(str(use.version), author_text(use.by), _place(use), ago(use.at, now), _made(use.made)) for use in uses]
    return f"{page}\n\n{columns(('USED', 'BY', 'STEP', 'WHEN', 'MADE'), used, terminal)}"


def _place(use: Use) -> str:
    return use.by.step


def _made(made: CapsuleRef | None) -> str:
    return f"{made.name}@{made.version}" if made else "read"


def colored(lines: Sequence[str], terminal: Terminal) -> Iterator[str]:
    """A unified diff for a terminal: where a line gave way to another, the words that differ stand out."""
    at = 0
    while at < len(lines):
        removed = _run(lines, at, "-")
        added = _run(lines, at + len(removed), "+")
        if not removed and not added:
            yield terminal.styled(lines[at], "dim", sys.stdout) if lines[at].startswith("@@") else lines[at]
            at += 1
            continue
        pairs = list(zip(removed, added, strict=False))
        yield from (_words(line, pairs[number][1] if number < len(pairs) else "", terminal) for number, line in enumerate(removed))
        yield from (_words(line, pairs[number][0] if number < len(pairs) else "", terminal) for number, line in enumerate(added))
        at += len(removed) + len(added)


def _run(lines: Sequence[str], at: int, mark: str) -> list[str]:
    """The lines from there on that bear the mark; the names of the files, which look so too, stand alone."""
    end = at
    while end < len(lines) and lines[end].startswith(mark) and not (end < 2 and lines[end].startswith(mark * 3)):
        end += 1
    return list(lines[at:end])


def _words(line: str, other: str, terminal: Terminal) -> str:
    """The line in its mark's colour, with what the other line does not have in bold."""
    color, bold = MARKS[line[0]]
    if not other:
        return terminal.styled(line, color, sys.stdout)
    here, there = re.findall(r"\s+|\w+|[^\w\s]", line[1:]), re.findall(r"\s+|\w+|[^\w\s]", other[1:])
    pieces = [terminal.styled(line[0], color, sys.stdout)]
    for kind, start, end, _, _ in difflib.SequenceMatcher(None, here, there, autojunk=False).get_opcodes():
        if start < end:
            pieces.append(terminal.styled("".join(here[start:end]), color if kind == "equal" else bold, sys.stdout))
    return "".join(pieces)
