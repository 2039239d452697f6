"""The statements of a Markdown text and where they stand in it: sentences, each with those behind it that lean on it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LEANING = re.compile(
    r"[\W_]*(?:it|its|they|their|them|this|these|those|he|she|his|her|such|both|es|er|dies|diese|dieser|dieses|il|elle|ils|elles|cela|ces?)\b",
    re.I,
)
WORD = re.compile(r"\d+(?:[.,:/]\d+)*|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\d_]+")
STOP = re.compile(r"(?:[.!?…]+[\"'”’»)\]*_]*(?:\s*\[\^?\d[^\]\n]*\])*(?=\s|$)|[。！？]+[」』”]*)")
ABBREVIATION = re.compile(
    r"(?:\b(?:\w|e\.g|i\.e|z\.\s?B|u\.\s?a|d\.\s?h|dr|mr|mrs|ms|st|vs|etc|approx|ca|fig|bzw|vgl|nr|p\.\s?ex)|\b(?:am|vom|zum|der|den|dem|des|im)\s\d{1,2})\.$",
    re.I,
)
CITATION = re.compile(r"\[\^?\d+(?:\s*[,;–-]\s*\^?\d+)*\]:?|[\[(](?:sources?:\s*)?[^\s\[\]()]+\.\w{1,8}[\])]|<?https?://\S+", re.I)
MARKER = re.compile(r"[ \t]*(?:>[ \t]*)*(?:[-*+][ \t]+|\d{1,3}[.)][ \t]+)?")
_LABEL = re.compile(r"[ \t]*#{1,6}(?:[ \t].*)?$|[\s*_=|:-]*$|[ \t]*(?:```|~~~).*$")
_REFERENCE = re.compile(r"[\s\"'`*_.,;:()-]*(?:(?:\[[^\]]*\]\([^)]*\)|\S+\.\w{1,8}|<?https?://\S+)[\s\"'`*_.,;:()-]*)+$")


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int


def sentences(text: str) -> list[str]:
    """The statements of a Markdown text in order, on one line each, without headings, list markers, labels and lists of sources."""
    return [" ".join(text[span.start : span.end].split()) for span in spans(text)]


def whole_sentences(text: str) -> str:
    """A text that was cut, without the sentence that its end fell into; the text itself where not one is whole."""
    ends = [stop.end() for stop in STOP.finditer(text) if not ABBREVIATION.search(text[: stop.end()])]
    return text[: ends[-1]] if ends else text


def spans(text: str) -> Iterator[Span]:
    for block in _blocks(text):
        for span in _joined(text, list(_split(text, block))):
            if _says_something(text[span.start : span.end]):
                yield span


def _blocks(text: str) -> Iterator[Span]:
    """Paragraphs and list items, without their markers."""
    start, end, place = 0, 0, 0
    for line in text.splitlines(keepends=True):
        marker = MARKER.match(line)
        lead = len(marker.group()) if marker else 0
        is_label = bool(_LABEL.match(line.rstrip("\r\n")))
        if is_label or line[:lead].strip() or end == 0:
            yield from _nonempty(start, end)
            start, end = place + lead, 0
        if not is_label:
            end = place + len(line)
        place += len(line)
    yield from _nonempty(start, end)


def _nonempty(start: int, end: int) -> Iterator[Span]:
    if end > start:
        yield Span(start, end)


def _split(text: str, block: Span) -> Iterator[Span]:
    start = block.start
    for stop in STOP.finditer(text, block.start, block.end):
        rest = text[stop.end() : block.end].lstrip()
        if rest and (rest[0].islower() or ABBREVIATION.search(text[start : stop.end()])):
            continue
        yield _trimmed(text, start, stop.end())
        start = stop.end()
    yield _trimmed(text, start, block.end)


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return Span(start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip()))


def _joined(text: str, spans: list[Span]) -> Iterator[Span]:
    """Each sentence with those behind it that lean on it."""
    current: Span | None = None
    for span in spans:
        if current and _LEANING.match(text, span.start, span.end):
            current = Span(current.start, span.end)
            continue
        if current:
            yield current
        current = span
    if current:
        yield current


def _says_something(piece: str) -> bool:
    bare = CITATION.sub(" ", piece)
    return bool(WORD.search(bare)) and not _REFERENCE.match(bare)
