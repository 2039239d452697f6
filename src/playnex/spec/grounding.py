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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from typing import TypedDict

from playnex.spec.statements import CITATION, MARKER, STOP, WORD, Span, sentences, spans


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
_NEW_WORDS_ALLOWED = 5
_TOLD_WHOLE = 2 / 3
_DEBRIS = re.compile(r"(?<=[.!?])[ \t]+[{}\[\]\"',:;][ \t{}\[\]\"',:;]*$", re.M)
"""Brackets and the like behind a sentence: what a small model that has to write JSON leaves in its text."""

_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")


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


def passages_of(files: Mapping[str, str]) -> list[Passage]:
    """Every statement of the given texts (file name to text), in the order of the mapping, numbered from 1."""
    pairs = [(name, sentence) for name, text in files.items() for sentence in sentences(text) if not sentence.endswith(":")]
    return [Passage(number=n, file=name, text=sentence) for n, (name, sentence) in enumerate(pairs, 1)]


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


def content_words(text: str) -> tuple[str, ...]:
    """The words that carry what a text says, as they stand there, in their order."""
    return tuple(word for word in WORD.findall(text) if word.casefold() not in _FUNCTION_WORDS)


def content_stems(text: str) -> tuple[str, ...]:
    """The stems of the words that carry what a text says, in their order."""
    return _read(text).stems


@lru_cache(maxsize=4096)
def _read(sentence: str) -> _Statement:
    words = WORD.findall(CITATION.sub(" ", sentence))
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
    """True when every statement of a Markdown text is supported, none is told twice and no stray brackets stand behind one; a
    text without statements passes."""
    sources = _sources(passages)
    fits = all(_holds(text[s.start : s.end], sources) is not None for s in spans(text))
    return fits and not _repetitions(text) and not _DEBRIS.search(text)


def _holds(statement: str, sources: tuple[_Source, ...]) -> tuple[int, ...] | None:
    """The places of the sources that support the statement; one that ends in a colon claims what follows, and has none."""
    return None if _leads_in(statement) else _support(_read(statement), sources)


def _leads_in(statement: str) -> bool:
    return statement.rstrip(" *_\n").endswith(":")


def _repetitions(text: str) -> set[Span]:
    """The statements that say again, word for word, what an earlier one said: a small model that got stuck."""
    told: set[tuple[str, ...]] = set()
    again: set[Span] = set()
    for span in spans(text):
        words = tuple(stem(word) for word in WORD.findall(text[span.start : span.end]))
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


def quote_unsupported(text: str, passages: Sources, least: int = 0) -> str:
    """The text with each unsupported statement replaced by the likest unused source, word for word, or dropped when none is left.

    With `least`, a text that loses more than half of its statements, or has fewer than so many in the end, is no account of its
    sources: they stand in its place, in their order, a paragraph for each file. Always supported_by(result, passages); a
    supported text of `least` statements comes back unchanged.
    """
    sources = _sources(passages)
    repaired = _mended(text, sources, passages)
    if least and (_is_mostly_lost(text, sources) or len(sentences(repaired)) < least):
        return _mended(_retold(sources), sources, passages)
    return repaired


def _mended(text: str, sources: tuple[_Source, ...], passages: Sources) -> str:
    if supported_by(text, passages):
        return text
    text = _repaired(text, sources, _quotes(text, sources))
    while not supported_by(text, passages):
        text = _repaired(text, sources, {})
    return text


def _is_mostly_lost(text: str, sources: tuple[_Source, ...]) -> bool:
    again = _repetitions(text)
    held = [_holds(text[span.start : span.end], sources) is not None for span in spans(text) if span not in again]
    return 2 * sum(held) < len(held)


def _retold(sources: tuple[_Source, ...]) -> str:
    paragraphs = groupby(sources, key=lambda source: source.file)
    return "\n\n".join(" ".join(_quote(source, "") for source in of_file) for _, of_file in paragraphs)


def _quotes(text: str, sources: tuple[_Source, ...]) -> dict[Span, str]:
    """What to put in the place of each unsupported statement."""
    claims = {span: text[span.start : span.end] for span in spans(text)}
    found = {span: _holds(claim, sources) for span, claim in claims.items()}
    unused = [at for at in range(len(sources)) if not any(at in places for places in found.values() if places)]
    quotes: dict[Span, str] = {}
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
    sentence = text[:1].upper() + text[1:] + ("" if STOP.search(text[-3:]) else ".")
    return f"{sentence} [{source.number}]" if re.search(r"\[\d+\]", instead_of) else sentence


def _repaired(text: str, sources: tuple[_Source, ...], quotes: Mapping[Span, str]) -> str:
    again = _repetitions(text)
    for span in reversed(list(spans(text))):
        if span in again:
            text = _without(text, span)
        elif _holds(text[span.start : span.end], sources) is None:
            text = text[: span.start] + quotes[span] + text[span.end :] if span in quotes else _without(text, span)
    return _BLANK_LINES.sub("\n\n", _DEBRIS.sub("", text)).strip()


def _without(text: str, span: Span) -> str:
    """The text without the statement, nor the space behind it, nor its line when nothing else stood there."""
    before, behind = text[: span.start], text[span.end :].lstrip(" \t")
    line = before.rpartition("\n")[2]
    if MARKER.fullmatch(line) and behind[:1] in ("", "\n"):
        return before[: len(before) - len(line)] + behind[1:]
    return before + behind
