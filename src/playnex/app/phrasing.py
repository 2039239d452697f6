"""Values, counts and times as people read them, on a terminal and on a page; no colour, no layout."""

import json
import unicodedata

from playnex.canonical import Json

HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Categories of Unicode whose signs are spelt out."""

BLANK = "\u115f\u1160\u3164\uffa0\u2800"
"""Letters that look like nothing."""


def gist(value: Json, width: int = 60) -> str:
    """One line that gives an idea of a result."""
    match value:
        case None:
            text = ""
        case str():
            text = next((line for line in value.splitlines() if line.strip()), "")
        case dict():
            text = " · ".join(gist(part, 40) for part in value.values())
        case list():
            text = counted(len(value), "item")
        case _:
            text = json.dumps(value)
    text = visible(" ".join(text.split()).lstrip("# "))
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def visible(text: str) -> str:
    """The text with all that would not be seen, or would move what is seen, spelt out: control characters, marks of direction, invisible
    letters. Line breaks and tabs stay."""
    return "".join(_spelt(sign) if unicodedata.category(sign) in HIDDEN or sign in BLANK else sign for sign in text)


def _spelt(sign: str) -> str:
    return sign if sign in "\n\t" else ascii(sign)[1:-1]


def counted(count: int, noun: str) -> str:
    """`1 request`, `4 requests`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def tokens(count: int) -> str:
    """`412 tok`, `12.3k tok`, or nothing for none."""
    if not count:
        return ""
    return f"{count} tok" if count < 10_000 else f"{count / 1000:.1f}k tok"


def seconds(duration: float) -> str:
    """`0.3s`, `12.4s`, `3m 05s`."""
    return f"{duration:.1f}s" if duration < 100 else f"{int(duration) // 60}m {int(duration) % 60:02d}s"
