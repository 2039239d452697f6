"""A capsule's text in pieces short enough for an embedder, each with the words that say what it belongs to."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from playnex.capsules.capsule import HEADING

LENGTH = 800
"""Characters of a piece at most: with its title it fits into the 256 tokens that small embedders read."""

MOST = 64
"""Pieces of one capsule; what stands behind them is found by its words alone."""

BREAK = re.compile(r"\n(?=#{1,6}[ \t])|\n[ \t]*\n|\n|(?<=[.!?])[ \t]+")
"""Where a text may be taken apart: before a heading, between paragraphs, lines and sentences."""

PARTS = re.compile(r"[/_.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a body, from character `start`; `text` is what is embedded."""

    start: int
    length: int
    text: str


def pieces(name: str, body: str) -> tuple[Piece, ...]:
    """The pieces of a capsule: one at least, for a name says something too."""
    title = PARTS.sub(" ", name)
    spans = [span for span in _spans(body) if body[span[0] : span[1]].strip()][:MOST]
    return tuple(_piece(title, body, *span) for span in spans) or (Piece(start=0, length=0, text=title),)


def _piece(title: str, body: str, start: int, end: int) -> Piece:
    """A piece below the heading that it stands under."""
    above = [found[1] for found in HEADING.finditer(body, 0, start)]
    about = f"{title}: {above[-1]}" if above else title
    return Piece(start=start, length=end - start, text=f"{about}\n{body[start:end].strip()}")


def _spans(body: str) -> Iterator[tuple[int, int]]:
    """Neighbouring parts together, as long as they fit into a piece; a section with a heading of its own begins a new one."""
    start = 0
    for begin, end in _parts(body):
        is_section = body.startswith("#", begin) and begin > start
        if begin > start and (is_section or end - start > LENGTH):
            yield start, begin
            start = begin
    yield start, len(body)


def _parts(body: str) -> Iterator[tuple[int, int]]:
    """The text between two breaks, the break included; a part longer than a piece is cut."""
    ends: Sequence[int] = [*(found.end() for found in BREAK.finditer(body)), len(body)]
    begin = 0
    for end in ends:
        for at in range(begin, end, LENGTH):
            yield at, min(at + LENGTH, end)
        begin = end
