"""How capsules and their versions are shown: as JSON, and as lines for people."""

import difflib
import re
import sys
import time
from collections.abc import Iterator, Sequence

from playnex.canonical import Json
from playnex.capsules.capsule import Author, Capsule, CapsuleHead, Deleted, Use
from playnex.cli.terminal import Style, Terminal, ago, columns
from playnex.ids import short
from playnex.spec.envelope import CapsuleRef, capsule_json

SCHEMA = "playnex.capsule/1"

CONTEXT = 3
"""Lines around a change."""

MARKS: dict[str, tuple[Style, Style]] = {"-": ("red", "bold red"), "+": ("green", "bold green")}


def head_json(capsule: CapsuleHead) -> dict[str, Json]:
    """All but the body, as JSON."""
    return {
        "name": capsule.name,
        "id": capsule.id,
        "version": capsule.version,
        "author": author_json(capsule.author),
        "written": capsule.written,
        "labels": list(capsule.labels),
        "sources": list(capsule.sources),
        "header": capsule.header,
        "pinned": capsule.pinned,
    }


def capsule_document(capsule: Capsule) -> dict[str, Json]:
    """`playnex.capsule/1`."""
    return {"schema": SCHEMA, **head_json(capsule), "body": capsule.body}


def author_json(author: Author) -> Json:
    """Who wrote it, as JSON."""
    return {"kind": author.kind, "run": author.run, "step": author.step, "agent": author.agent, "name": author.name}


def use_json(use: Use) -> Json:
    """A use as JSON; `made` is the capsule's version that was made, null where it was only read."""
    made = capsule_json(use.made) if use.made else None
    return {"version": use.version, "by": author_json(use.by), "at": use.at, "made": made}


def deleted_json(gone: Deleted) -> Json:
    """A deleted capsule as JSON."""
    return {**capsule_json(gone.ref), "deleted": gone.deleted, "by": author_json(gone.by)}


def author_text(author: Author) -> str:
    """A person's name or `you`, or the agent or step and its run."""
    return author.name or "you" if author.kind == "person" else f"{author.agent or author.step} in run {short(author.run)}"


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


def diff_lines(old: Capsule, new: Capsule) -> list[str]:
    """What changed between two versions, as a unified diff."""
    names = (f"{old.name}@{old.version}", f"{new.name}@{new.version}")
    return list(difflib.unified_diff(old.body.splitlines(), new.body.splitlines(), *names, lineterm="", n=CONTEXT))


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
