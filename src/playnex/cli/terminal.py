"""What the terminal is and how text looks on it: data to stdout, everything else to stderr, colour only where it is wanted."""

import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TextIO

from playnex.app.phrasing import counted, gist, seconds, tokens, visible
from playnex.canonical import Json

__all__ = ["counted", "gist", "seconds", "tokens", "visible"]

Style = Literal["bold", "dim", "red", "green", "yellow", "blue", "cyan", "bold red", "bold green"]
Color = Literal["auto", "always", "never"]

CODES: dict[Style, str] = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
CODES |= {"bold red": "1;31", "bold green": "1;32"}

SYMBOLS = {"succeeded": "✓", "running": "●", "retry": "↻", "fallback": "!", "failed": "✕", "pending": "○", "run": "▶", "waiting": "◌"}
SYMBOLS |= {"skipped": "○", "cancelled": "✕"}
ASCII = {"succeeded": "ok", "running": "..", "retry": "~", "fallback": "!", "failed": "x", "pending": "-", "run": ">", "waiting": "?"}
ASCII |= {"skipped": "-", "cancelled": "x"}
STYLES: dict[str, Style] = {
    "succeeded": "green",
    "running": "blue",
    "retry": "yellow",
    "fallback": "yellow",
    "failed": "red",
    "pending": "dim",
    "skipped": "dim",
    "cancelled": "red",
    "run": "bold",
    "waiting": "yellow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """How this process may talk to a person; made once from the flags and the environment."""

    color: Color = "auto"
    quiet: bool = False
    interactive: bool = False

    def styled(self, text: str, style: Style, stream: TextIO | None = None) -> str:
        """The text in that style where the stream shows styles, else the text."""
        return f"\x1b[{CODES[style]}m{text}\x1b[0m" if self.shows_color(stream or sys.stderr) else text

    def shows_color(self, stream: TextIO) -> bool:
        """Whether the stream gets colour: --color, then NO_COLOR and FORCE_COLOR, then what it is."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")

    def symbol(self, name: str, stream: TextIO | None = None) -> str:
        """The sign of a state; plain letters where the stream cannot show more."""
        target = stream or sys.stderr
        return self.styled((SYMBOLS if shows_signs(target) else ASCII)[name], STYLES[name], target)

    def head(self, text: str) -> str:
        """A heading of a page on stdout."""
        return self.styled(text, "bold", sys.stdout)

    def tell(self, text: str) -> None:
        """A line that the person must see, on stderr, even under --quiet: what went wrong."""
        sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def say(self, text: str = "") -> None:
        """A line for the person, on stderr; nothing under --quiet."""
        if not self.quiet:
            self.tell(text)


def shows_signs(stream: TextIO) -> bool:
    """Whether the stream can show more than plain letters."""
    encoding = stream.encoding or getattr(sys.__stderr__, "encoding", "")  # rich's stand-in for stderr names none
    return (encoding or "").lower().replace("-", "") == "utf8"


def emit(document: Json) -> None:
    """One JSON document on stdout, and nothing else."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def emit_list(schema: str, items: Iterable[Json]) -> None:
    """A list as `{"schema", "items": […]}`."""
    emit({"schema": schema, "items": list(items)})


def write(text: str) -> None:
    """Data for stdout, ending in a line break."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]], terminal: Terminal) -> str:
    """Rows under their heads, aligned; the last column is as wide as it likes."""
    table = [tuple(heads), *(tuple(row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row[:-1], widths[:-1], strict=True)) + ("  " if len(row) > 1 else "") + row[-1]
        for row in table
    ]
    head = terminal.styled(lines[0].rstrip(), "dim", sys.stdout)
    return "\n".join([head, *(line.rstrip() for line in lines[1:])])


def whole(value: Json) -> str:
    """All of a value, for people: a text as it is, anything else as JSON, nothing for none."""
    match value:
        case None:
            return ""
        case str():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False, indent=2)


def spent(usage: Json) -> str:
    """A usage in words: `154 tokens in 4 requests`."""
    return f"{counted(usage['input_tokens'] + usage['output_tokens'], 'token')} in {counted(usage['requests'], 'request')}"


def moment(at: float) -> str:
    """A moment as the clock on the wall has it, to the second."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def indented(text: str) -> str:
    """Each line two columns further in, of a text that anybody may have written."""
    return "\n".join(f"  {line}" for line in visible(text).splitlines())


def ago(then: float, now: float) -> str:
    """How long ago, in one unit: `3 min ago`."""
    gone = max(0, int(now - then))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if gone >= size:
            return f"{gone // size} {unit} ago"
    return f"{gone} s ago"
