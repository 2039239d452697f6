"""Search by words: which versions have the words of a text, ranked by SQLite's FTS5.

Ranking reads every text that has one of the words, and of a hundred thousand that would take far too long. So first it is found
out which ones to rank: those that have all words, the last written ones of them; and only where these are too few, those that have any,
beginning with the words that few texts have, for they say most. Up to `RANKED` texts that have a word, nothing is left out.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import apsw

from playnex.capsules.stores import ranking, rows
from playnex.spec.grounding import content_words
from playnex.spec.memory import TAG, Moment

WORD = re.compile(r"[^\W_]+")
"""What FTS5 takes for a word: letters and digits together, as in `INV2041`."""

MOST_WORDS = 64
"""Words of a text that are looked for; what a model sums up has fewer."""

RANKED = 500
"""Texts that are ranked; of more that have the words, the last written ones."""

VISIBLE = (
    "SELECT max(s.version) FROM versions s WHERE s.capsule = c.id"
    " AND (s.written <= :at OR (s.author_run = :run AND :run <> '' AND (:until IS NULL OR s.written <= :until)))"
)
"""The version that is seen at a moment."""

CANDIDATES = """
SELECT w.rowid AS number, {rank} AS rank FROM {index} w{joined} WHERE {index} MATCH :words{narrowed} ORDER BY w.rowid DESC LIMIT :ranked
"""

SEARCH = """
SELECT c.id, v.version FROM ({candidates}) f JOIN versions v ON v.number = f.number JOIN capsules c ON c.id = v.capsule
WHERE c.deleted IS NULL ORDER BY f.rank, c.name LIMIT :limit
"""
BOTH = "SELECT * FROM ({newest}) UNION ALL SELECT * FROM ({overtaken}) ORDER BY number DESC LIMIT :ranked"
IN_TEXT = "{{name body}} : ({})"
NAMED = " JOIN versions v ON v.number = w.rowid JOIN capsules c ON c.id = v.capsule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for: `within` is a folder of names, `patterns` are those that a name may fit, or `#tag`; `moment` is when memory is
    looked at, None for now. A text that `is_private` must not leave this machine."""

    text: str
    within: str = ""
    patterns: tuple[str, ...] = ("*",)
    limit: int = 10
    moment: Moment | None = None
    is_private: bool = False


Found = tuple[str, int]
"""A capsule's id and a version of it."""


def found(connection: apsw.Connection, wanted: Wanted) -> list[Found]:
    """The living capsules that have words of the text, best first, each at the version that is seen."""
    sought, limit = quoted(wanted.text), wanted.limit
    if not sought or limit < 1 or not wanted.patterns:
        return []
    best = _ranked(connection, wanted, sought, "AND")
    if len(best) >= limit or len(sought) == 1:
        return best
    others = _ranked(connection, replace(wanted, limit=limit + len(best)), _telling(connection, wanted, sought), "OR")
    return list(dict.fromkeys((*best, *others)))[:limit]


def exact(connection: apsw.Connection, wanted: Wanted) -> list[Found]:
    """Those of them that have all words."""
    sought = quoted(wanted.text)
    return _ranked(connection, wanted, sought, "AND") if sought and wanted.limit > 0 and wanted.patterns else []


def narrowing(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    """What a name or its tags have to be, as conditions on the rows `c` and `v`, with their bindings."""
    fits, bindings = _fitting(wanted)
    if not (folder := wanted.within.strip("/")):
        return fits, bindings
    # One range of names, which an index gives at once; `kb-old` lies in that of `kb` too, and is left out. 0 comes right behind /.
    below = " AND c.name >= :folder AND c.name < :folder || '0' AND (c.name = :folder OR c.name >= :folder || '/')"
    return below + fits, bindings | {"folder": folder}


def _telling(connection: apsw.Connection, wanted: Wanted, sought: Sequence[str]) -> list[str]:
    """Those of the words that say most: as many as lead to no more texts than are ranked, and one at least."""
    indexes = ("newest",) if wanted.moment is None else rows.INDEXES
    counts = {word: sum(_count(connection, index, word, RANKED + 1) for index in indexes) for word in sought}
    rarest = sorted((word for word in sought if counts[word]), key=lambda word: counts[word])
    if not rarest:
        return list(sought[:1])
    chosen, total = rarest[:1], counts[rarest[0]]
    for word in rarest[1:]:
        total += counts[word]
        if total <= RANKED:
            chosen.append(word)
    return chosen


def _count(connection: apsw.Connection, index: str, words: str, most: int = -1) -> int:
    """How many texts of the index match; `most` at most, where that is said."""
    return int(connection.execute(f"SELECT count(*) FROM (SELECT 1 FROM {index} WHERE {index} MATCH ? LIMIT ?)", (words, most)).get)


def _ranked(connection: apsw.Connection, wanted: Wanted, sought: Sequence[str], how: Literal["AND", "OR"]) -> list[Found]:
    """The best of the texts that have all of the words, or any, no more than are wanted."""
    narrowed, bindings = _fitting(wanted)
    bindings |= {"words": _below(wanted, f" {how} ".join(sought)), "ranked": RANKED, "limit": wanted.limit}
    if wanted.moment is None:
        candidates = _candidates("newest", f"bm25(newest, {ranking.NAME}, {ranking.BODY}, 0)", narrowed)
    else:
        candidates, weights = _candidates_then(connection, sought, narrowed)
        bindings |= weights | {"at": wanted.moment.at, "run": wanted.moment.run, "until": wanted.moment.until}
    return [(capsule, version) for capsule, version in rows.fetch_named(connection, SEARCH.format(candidates=candidates), bindings)]


def _candidates(index: rows.Index, rank: str, narrowed: str) -> str:
    return CANDIDATES.format(index=index, rank=rank, joined=NAMED if narrowed else "", narrowed=narrowed)


def _candidates_then(connection: apsw.Connection, sought: Sequence[str], narrowed: str) -> tuple[str, dict[str, float]]:
    """Those that are seen at a moment, among the newest and the overtaken, with the weights of the words as bindings."""
    ranking.know(connection)
    counts = [sum(_count(connection, index, IN_TEXT.format(word)) for index in rows.INDEXES) for word in sought]
    texts = int(connection.execute("SELECT max(number) FROM versions").get or 0)
    weights = {f"weight{place}": weight for place, weight in enumerate(ranking.weights(counts, texts))}
    named = ", ".join(f":{name}" for name in weights)
    seen = f"{narrowed} AND v.version = ({VISIBLE})"
    return BOTH.format(**{index: _candidates(index, f"rank({index}, {named})", seen) for index in rows.INDEXES}), weights


def _below(wanted: Wanted, words: str) -> str:
    """The words, in texts whose names lie in the folder and can fit a pattern, as far as the index knows."""
    narrow = [f'folders : "{rows.folder_word(folder)}"' for folder in (wanted.within.strip("/"),) if folder]
    literals = [_folder_of(pattern) for pattern in wanted.patterns]
    if all(literals):
        narrow.append("(" + " OR ".join(f'folders : "{rows.folder_word(folder)}"' for folder in dict.fromkeys(literals)) + ")")
    return " AND ".join((IN_TEXT.format(words), *narrow))


def _folder_of(pattern: str) -> str:
    """The folder, or name, that everything that fits the pattern lies in; nothing for no folder."""
    if pattern.startswith(TAG):
        return ""
    literal = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    return literal if literal == pattern else literal.rpartition("/")[0]


def _fitting(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    """What a name or its tags have to be, as a condition on the row; nothing where any will do."""
    if "*" in wanted.patterns:
        return "", {}
    globs = {f"glob{number}": pattern.replace("[!", "[^") for number, pattern in enumerate(wanted.patterns) if not pattern.startswith(TAG)}
    tags = {f"tag{number}": pattern[1:] for number, pattern in enumerate(wanted.patterns) if pattern.startswith(TAG)}
    fits = [f"c.name GLOB :{name}" for name in globs]
    fits += [f"EXISTS (SELECT 1 FROM json_each(v.header, '$.tags') t WHERE t.value = :{name})" for name in tags]
    return f" AND ({' OR '.join(fits)})", globs | tags


def quoted(text: str) -> list[str]:
    """The words of a text that say something, each once and quoted, so that none can be taken for the syntax of a query."""
    all_words = WORD.findall(unicodedata.normalize("NFC", text).casefold())
    telling = [word for word in all_words if content_words(word)] or all_words
    return [f'"{word}"' for word in dict.fromkeys(telling)][:MOST_WORDS]
