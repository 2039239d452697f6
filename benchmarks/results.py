"""Figures as a table, on the screen and in RESULTS.md: one section per benchmark, replaced each time it is run."""

import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
TITLE = "# Results\n\nWhat the programs in this folder measured last, each on the machine that its section names.\n"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with aligned columns."""
    widths = [max(len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    lines = [heads, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines)


def machine() -> str:
    """What the figures were measured on, without names or addresses."""
    system = f"{platform.system()} {platform.machine()}"
    return f"{datetime.now(UTC):%Y-%m-%d} · {system} · {platform.python_implementation()} {platform.python_version()}"


def replaced(page: str, name: str, body: str) -> str:
    """The page with the section of that name new, and all others as they were."""
    section = f"## {name}\n\n{body.strip()}\n"
    found = re.search(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    if not found:
        return f"{page.rstrip()}\n\n{section}"
    rest = page[found.end() :]
    return page[: found.start()] + section + ("\n" + rest if rest else "")


def record(name: str, body: str) -> None:
    """Writes the section into RESULTS.md."""
    page = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else TITLE
    RESULTS.write_text(replaced(page, name, body), encoding="utf-8")
