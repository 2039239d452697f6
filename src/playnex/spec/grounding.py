"""Whether a text says only what its sources say, decided by words alone: no model, no I/O.

The unit is the *statement*: a sentence, together with the sentences after it that lean on it ("It ...", "They ..."), because such a
sentence means nothing, or something else, on its own. A statement is supported when one source statement, or two neighbouring ones of
the same file that it both tells nearly whole, contains its words in its order. Let n be its count of content words, stemmed:

- at most n // 5 of them are new, and none of those is a name, a number, the two words after a number, or a quantity ("all", "three");
- at most one has moved (fronting "In 2011" is fine; swapping two nouns moves two);
- no name or number of the source is jumped over between the first and the last shared word ("Betelgeuse is red, while Rigel is blue"
  does not support "Betelgeuse is blue");
- the number of negations is even in both or odd in both.

What words alone cannot see: an antonym among the n // 5 new words, a dropped hedge, a name exchanged with its direct neighbour.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypedDict


class Passage(TypedDict):
    """A piece of a source file, numbered from 1."""

    number: int
    file: str
    text: str


Sources = str | Sequence[Passage | str]

_FUNCTION_WORDS = frozenset(  # as prose: a list of one word a line would fill a page
    """
    a an the and or but nor so yet of to in on at by for with from into onto over under about as is are was were be been being am
    it its this that these those they them their he she his her him we us our you your i my me who whom whose which what when
    where while if then than there here do does did has have had having will would shall should can could may might must also
    however therefore thus too very such because since though although moreover furthermore additionally another even just still
    hence in addition overall indeed der die das den dem des ein eine einen einem einer eines und oder aber von zu im am mit auf
    aus bei nach ist sind war waren wird werden es er sie ihr ihre sein seine als wie auch dass weil wenn dann le la les l un une
    des du de d et ou mais dans en sur par pour avec est sont ete etait qui que qu il elle ils elles ce cette ces son sa ses leur
    leurs au aux se s
    """.split()  # noqa: SIM905
)
_NEGATIONS = frozenset(  # as prose: a list of one word a line would fill a page
    """
    not no never none nobody nothing neither cannot without except unless hardly seldom t nicht kein keine keinen keinem nie
    niemals ohne weder ne pas jamais sans aucun aucune non
    """.split()  # noqa: SIM905
)
_QUANTITIES = frozenset(  # as prose: a list of one word a line would fill a page
    """
    all every each any some most many few several both only always often sometimes more less fewer least half quarter double twice
    one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty hundred thousand million
    billion dozen first second third last before after alle jede jeder jedes einige viele wenige nur immer mehr weniger zwei drei
    vier funf sechs sieben acht neun zehn tous toutes chaque plusieurs seulement toujours plus moins deux trois quatre cinq sept
    huit neuf dix
    """.split()  # noqa: SIM905
)
_LEANING = re.compile(
    r"[\W_]*(?:it|its|they|their|them|this|these|those|he|she|his|her|such|both|es|er|dies|diese|dieser|dieses|il|elle|ils|elles|cela|ces?)\b",
    re.I,
)
_WORD = re.compile(r"\d+(?:[.,:/]\d+)*|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\d_]+")
_STOP = re.compile(r"(?:[.!?…]+[\"'”’»)\]*_]*(?:\s*\[\^?\d[^\]\n]*\])*(?=\s|$)|[。！？]+[」』”]*)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:\w|e\.g|i\.e|z\.\s?B|u\.\s?a|d\.\s?h|dr|mr|mrs|ms|st|vs|etc|approx|ca|fig|bzw|vgl|nr|p\.\s?ex)|\b(?:am|vom|zum|der|den|dem|des|im)\s\d{1,2})\.$",
    re.I,
)
_CITATION = re.compile(r"\[\^?\d+(?:\s*[,;–-]\s*\^?\d+)*\]:?|[\[(](?:sources?:\s*)?[^\s\[\]()]+\.\w{1,8}[\])]|<?https?://\S+", re.I)
_MARKER = re.compile(r"[ \t]*(?:>[ \t]*)*(?:[-*+][ \t]+|\d{1,3}[.)][ \t]+)?")
_LABEL = re.compile(r"[ \t]*#{1,6}(?:[ \t].*)?$|[\s*_=|:-]*$|[ \t]*(?:```|~~~).*$")
_REFERENCE = re.compile(r"[\s\"'`*_.,;:()-]*(?:(?:\[[^\]]*\]\([^)]*\)|\S+\.\w{1,8}|<?https?://\S+)[\s\"'`*_.,;:()-]*)+$")
_NEW_WORDS_ALLOWED = 5
_TOLD_WHOLE = 2 / 3


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Statement:
    """The words of a statement: content stems in order, which of them must not be new, and its polarity."""

    stems: tuple[str, ...]
    rigid: frozenset[int]
    is_negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    number: int
    file: str
    text: str


# --- statements and their places ---------------------------------------------------------------------------------------------------


def sentences(text: str) -> list[str]:
    """The statements of a Markdown text in order, on one line each, without headings, list markers, labels and lists of sources."""
    return [" ".join(text[span.start : span.end].split()) for span in _spans(text)]


def passages_of(files: Mapping[str, str]) -> list[Passage]:
    """Every statement of the given texts (file name to text), in the order of the mapping, numbered from 1."""
    pairs = [(name, sentence) for name, text in files.items() for sentence in sentences(text) if not sentence.endswith(":")]
    return [Passage(number=n, file=name, text=sentence) for n, (name, sentence) in enumerate(pairs, 1)]


def _spans(text: str) -> Iterator[_Span]:
    for block in _blocks(text):
        for span in _joined(text, list(_split(text, block))):
            if _says_something(text[span.start : span.end]):
                yield span


def _blocks(text: str) -> Iterator[_Span]:
    """Paragraphs and list items, without their markers."""
    start, end, place = 0, 0, 0
    for line in text.splitlines(keepends=True):
        marker = _MARKER.match(line)
        lead = len(marker.group()) if marker else 0
        is_label = bool(_LABEL.match(line.rstrip("\r\n")))
        if is_label or line[:lead].strip() or end == 0:
            yield from _nonempty(start, end)
            start, end = place + lead, 0
        if not is_label:
            end = place + len(line)
        place += len(line)
    yield from _nonempty(start, end)


def _nonempty(start: int, end: int) -> Iterator[_Span]:
    if end > start:
        yield _Span(start, end)


def _split(text: str, block: _Span) -> Iterator[_Span]:
    start = block.start
    for stop in _STOP.finditer(text, block.start, block.end):
        rest = text[stop.end() : block.end].lstrip()
        if rest and (rest[0].islower() or _ABBREVIATION.search(text[start : stop.end()])):
            continue
        yield _trimmed(text, start, stop.end())
        start = stop.end()
    yield _trimmed(text, start, block.end)


def _trimmed(text: str, start: int, end: int) -> _Span:
    piece = text[start:end]
    return _Span(start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip()))


def _joined(text: str, spans: list[_Span]) -> Iterator[_Span]:
    """Each sentence with those behind it that lean on it."""
    current: _Span | None = None
    for span in spans:
        if current and _LEANING.match(text, span.start, span.end):
            current = _Span(current.start, span.end)
            continue
        if current:
            yield current
        current = span
    if current:
        yield current


def _says_something(piece: str) -> bool:
    bare = _CITATION.sub(" ", piece)
    return bool(_WORD.search(bare)) and not _REFERENCE.match(bare)


# --- words -------------------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """The word without case, accents and the commonest English endings."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))
    for ending, least in (("ies", 3), ("ing", 4), ("ed", 4), ("es", 4), ("s", 3), ("ly", 4)):
        if plain.endswith(ending) and len(plain) - len(ending) >= least and not plain.endswith("ss"):
            plain = plain[: -len(ending)] + ("y" if ending == "ies" else "")
            break
    if len(plain) > 3 and plain[-1] == plain[-2]:
        plain = plain[:-1]
    return plain.removesuffix("e") if len(plain) > 3 else plain


def content_stems(text: str) -> tuple[str, ...]:
    """The stems of the words that carry what a text says, in their order."""
    return _read(text).stems


@lru_cache(maxsize=4096)
def _read(sentence: str) -> _Statement:
    words = _WORD.findall(_CITATION.sub(" ", sentence))
    negations = sum(stem(word) in _NEGATIONS for word in words)
    content = [word for word in words if word.casefold() not in _FUNCTION_WORDS and stem(word) not in _NEGATIONS]
    rigid = frozenset(at for at in range(len(content)) if _is_rigid(content, at))
    return _Statement(tuple(stem(word) for word in content), rigid, negations % 2 == 1)


def _is_rigid(words: list[str], at: int) -> bool:
    """Names, numbers, quantities, and what a number counts."""
    word = words[at]
    counted = any(before[0].isdigit() for before in words[max(0, at - 2) : at])
    return counted or word[0].isdigit() or word[0].isupper() or word.casefold() in _QUANTITIES


def _is_anchor(words: _Statement, at: int) -> bool:
    return at in words.rigid


# --- support -----------------------------------------------------------------------------------------------------------------------


def is_supported(statement: str, passages: Sources) -> bool:
    """True when one source statement, or two neighbours of one file, says what `statement` says (the rule stands at the top)."""
    return _support(_read(statement), _sources(passages)) is not None


def supported_by(text: str, passages: Sources) -> bool:
    """True when every statement of a Markdown text is supported and none is told twice; a text without statements passes."""
    sources = _sources(passages)
    fits = all(_holds(text[s.start : s.end], sources) is not None for s in _spans(text))
    return fits and not _repetitions(text)


def _holds(statement: str, sources: tuple[_Source, ...]) -> tuple[int, ...] | None:
    """The places of the sources that support the statement; one that ends in a colon claims what follows, and has none."""
    return None if _leads_in(statement) else _support(_read(statement), sources)


def _leads_in(statement: str) -> bool:
    return statement.rstrip(" *_\n").endswith(":")


def _repetitions(text: str) -> set[_Span]:
    """The statements that say again, word for word, what an earlier one said: a small model that got stuck."""
    told: set[tuple[str, ...]] = set()
    again: set[_Span] = set()
    for span in _spans(text):
        words = tuple(stem(word) for word in _WORD.findall(text[span.start : span.end]))
        if words in told:
            again.add(span)
        told.add(words)
    return again


def _sources(passages: Sources) -> tuple[_Source, ...]:
    if isinstance(passages, str):
        return tuple(_Source(number=n, file="", text=text) for n, text in enumerate(sentences(passages), 1))
    return tuple(_source(n, item) for n, item in enumerate(passages, 1))


def _source(number: int, item: Passage | str) -> _Source:
    if isinstance(item, str):
        return _Source(number=number, file="", text=item)
    return _Source(number=item["number"], file=item["file"], text=item["text"])


def _support(claim: _Statement, sources: tuple[_Source, ...]) -> tuple[int, ...] | None:
    """The places of the sources that support the claim."""
    read = [_read(source.text) for source in sources]
    for at, source in enumerate(read):
        if _follows(claim, source):
            return (at,)
    for at, (first, second) in enumerate(pairwise(read)):
        if sources[at].file == sources[at + 1].file and _tells_both(claim, first, second):
            return (at, at + 1)
    return None


def _follows(claim: _Statement, source: _Statement) -> bool:
    if not claim.stems:
        return True
    if claim.is_negated != source.is_negated or not _is_worded_alike(claim, source):
        return False
    places = _alignment(claim.stems, source.stems)
    shared = (Counter(claim.stems) & Counter(source.stems)).total()
    return shared - len(places) <= 1 and not _jumps(places, source)


def _is_worded_alike(claim: _Statement, source: _Statement) -> bool:
    known = Counter(source.stems)
    new = (Counter(claim.stems) - known).total()
    rigid = all(claim.stems[at] in known for at in claim.rigid)
    return rigid and new <= len(claim.stems) // _NEW_WORDS_ALLOWED


def _jumps(places: list[int], source: _Statement) -> bool:
    inside = range(places[0], places[-1]) if places else range(0)
    passed = set(inside) - set(places)
    return any(at in source.rigid for at in passed)


def _tells_both(claim: _Statement, first: _Statement, second: _Statement) -> bool:
    shift = len(first.stems)
    rigid = first.rigid | {at + shift for at in second.rigid}
    both = _Statement(first.stems + second.stems, rigid, first.is_negated != second.is_negated)
    return all(_share(claim, part) >= _TOLD_WHOLE for part in (first, second)) and _follows(claim, both)


def _share(claim: _Statement, source: _Statement) -> float:
    return len(_alignment(claim.stems, source.stems)) / max(1, len(source.stems))


def _alignment(claim: tuple[str, ...], source: tuple[str, ...]) -> list[int]:
    """The places in the source of a longest common subsequence."""
    longest = [[0] * (len(source) + 1) for _ in range(len(claim) + 1)]
    for i in reversed(range(len(claim))):
        for j in reversed(range(len(source))):
            same = claim[i] == source[j]
            longest[i][j] = longest[i + 1][j + 1] + 1 if same else max(longest[i + 1][j], longest[i][j + 1])
    return _walk(claim, source, longest)


def _walk(claim: tuple[str, ...], source: tuple[str, ...], longest: list[list[int]]) -> list[int]:
    i = j = 0
    places: list[int] = []
    while i < len(claim) and j < len(source):
        if claim[i] == source[j]:
            places.append(j)
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1
    return places


# --- repair ------------------------------------------------------------------------------------------------------------------------


def quote_unsupported(text: str, passages: Sources) -> str:
    """The text with each unsupported statement replaced by the likest unused source, word for word, or dropped when none is left.

    Always supported_by(result, passages); a supported text comes back unchanged.
    """
    sources = _sources(passages)
    repaired = _repaired(text, sources, _quotes(text, sources))
    while not supported_by(repaired, passages):
        repaired = _repaired(repaired, sources, {})
    return repaired


def _quotes(text: str, sources: tuple[_Source, ...]) -> dict[_Span, str]:
    """What to put in the place of each unsupported statement."""
    claims = {span: text[span.start : span.end] for span in _spans(text)}
    found = {span: _holds(claim, sources) for span, claim in claims.items()}
    unused = [at for at in range(len(sources)) if not any(at in places for places in found.values() if places)]
    quotes: dict[_Span, str] = {}
    again = _repetitions(text)
    for span in (span for span, places in found.items() if places is None and span not in again and not _leads_in(claims[span])):
        if unused:
            best = max(unused, key=lambda at: (_likeness(claims[span], sources[at].text), -at))
            unused.remove(best)
            quotes[span] = _quote(sources[best], claims[span])
    return quotes


def _likeness(claim: str, source: str) -> float:
    mine, theirs = set(_read(claim).stems), set(_read(source).stems)
    return len(mine & theirs) / math.sqrt(len(theirs) or 1)


def _quote(source: _Source, instead_of: str) -> str:
    """The source as a sentence, with its own number where the replaced one cited a number."""
    text = " ".join(source.text.split())
    sentence = text[:1].upper() + text[1:] + ("" if _STOP.search(text[-3:]) else ".")
    return f"{sentence} [{source.number}]" if re.search(r"\[\d+\]", instead_of) else sentence


def _repaired(text: str, sources: tuple[_Source, ...], quotes: Mapping[_Span, str]) -> str:
    again = _repetitions(text)
    for span in reversed(list(_spans(text))):
        if span in again:
            text = _without(text, span)
        elif _holds(text[span.start : span.end], sources) is None:
            text = text[: span.start] + quotes[span] + text[span.end :] if span in quotes else _without(text, span)
    return text


def _without(text: str, span: _Span) -> str:
    """The text without the statement, nor the space behind it, nor its line when nothing else stood there."""
    before, behind = text[: span.start], text[span.end :].lstrip(" \t")
    line = before.rpartition("\n")[2]
    if _MARKER.fullmatch(line) and behind[:1] in ("", "\n"):
        return before[: len(before) - len(line)] + behind[1:]
    return before + behind
