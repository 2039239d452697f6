"""Prints docs/cli.md, made from the commands' own help pages; `python scripts/cli_reference.py --write` keeps it there.

The page keeps what stands above its marker; what is below is made anew.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from playnex.cli.help_page import EVERYWHERE, HelpPage, Row, all_pages
from playnex.cli.tree import tree

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
MARKER = "<!-- below this line: python scripts/cli_reference.py --write -->\n"


def main(arguments: list[str]) -> int:
    """Prints the page, or writes it."""
    text = page(PAGE.read_text(encoding="utf-8"))
    if arguments == ["--write"]:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


def page(old: str) -> str:
    """The page with its hand-written top and the reference below the marker."""
    top = old.partition(MARKER)[0].rstrip()
    everywhere = ("## Flags of every command", rows("flag", EVERYWHERE))
    pages = [part for shown in all_pages(tree()) if shown.words for part in section(shown)]
    return "\n\n".join((f"{top}\n\n{MARKER}".rstrip(), *everywhere, *pages)) + "\n"


def section(shown: HelpPage) -> Iterable[str]:
    """A command under its own heading: a noun with its verbs, a verb with its examples, arguments and flags."""
    yield f"{'#' * (len(shown.words) + 1)} playnex {' '.join(shown.words)}"
    yield "\n\n".join(shown.says)
    if shown.commands:
        return
    examples = "\n".join(f"$ {example}" for example in shown.examples)
    yield f"```console\n{examples}\n```"
    if shown.arguments:
        yield rows("argument", shown.arguments)
    if shown.flags:
        yield rows("flag", shown.flags)


def rows(head: str, shown: Iterable[Row]) -> str:
    """A Markdown table."""
    lines = [f"| `{cell(row.name)}` | {cell(row.says.replace('*', chr(92) + '*'))}{environment(row)} |" for row in shown]
    return "\n".join((f"| {head} | what it says |", "|---|---|", *lines))


def environment(row: Row) -> str:
    """The variables that stand for a flag."""
    return f" (environment: {', '.join(f'`{name}`' for name in row.environment.split(', '))})" if row.environment else ""


def cell(text: str) -> str:
    """A text that keeps to its cell."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
