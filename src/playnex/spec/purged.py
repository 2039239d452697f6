"""What stands in the place of a text that was purged."""

import re

MARK = "[purged]"
FILL = "-"
FILLED = re.compile(r"\[purged\]-*|-{1,7}")


class Purged(str):
    """A text of which nothing is kept: all of it was purged."""

    __slots__ = ()


def filler(size: int) -> str:
    """So many bytes that stand for a purged text."""
    return (MARK + FILL * size)[:size] if size >= len(MARK) else FILL * size


def shown(text: str) -> str:
    """The text as people read it: a Purged where nothing is left of it, and each filler as its mark."""
    if FILLED.fullmatch(text.strip()) and MARK in text:
        return Purged(MARK)
    return re.sub(r"\[purged\]-*", MARK, text)
