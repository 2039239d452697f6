"""Search by words: which versions have the words of a text, ranked by SQLite's FTS5."""

import re
import unicodedata
from dataclasses import dataclass

import apsw

from playnex.spec.grounding import content_words

WORD = re.compile(r"[^\W_]+")
"""What FTS5 takes for a word: letters and digits together, as in `INV2041`."""

MOST_WORDS = 64
"""Words of a text that are looked for; what a model sums up has fewer."""

VISIBLE = "SELECT max(s.version) FROM versions s WHERE s.capsule = c.id AND (:at IS NULL OR s.written <= :at OR s.author_run = :run)"

SEARCH = f"""
SELECT c.id, w.version, c.name
FROM words w JOIN capsules c ON c.id = w.capsule
WHERE words MATCH :any AND c.deleted IS NULL AND w.version = ({VISIBLE})
ORDER BY w.rowid IN (SELECT rowid FROM words WHERE words MATCH :all) DESC, bm25(words, 0, 0, 4, 1), c.name
"""
"""A word in a name says four times what it says in a body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A version that has some of the words."""

    capsule: str
    version: int
    name: str


def found(connection: apsw.Connection, text: str, *, at: float | None, run: str) -> list[Hit]:
    """The living capsules that have words of the text, best first, each at the version that is seen at that moment."""
    sought = quoted(text)
    if not sought:
        return []
    bindings = {"any": " OR ".join(sought), "all": " AND ".join(sought), "at": at, "run": run}
    return [Hit(capsule=capsule, version=version, name=name) for capsule, version, name in connection.execute(SEARCH, bindings)]


def quoted(text: str) -> list[str]:
    """The words of a text that say something, each once and quoted, so that none can be taken for the syntax of a query."""
    all_words = WORD.findall(unicodedata.normalize("NFC", text).casefold())
    telling = [word for word in all_words if content_words(word)] or all_words
    return [f'"{word}"' for word in dict.fromkeys(telling)][:MOST_WORDS]


def is_below(name: str, folder: str) -> bool:
    """Whether the name is the folder or lies in it; every name lies in the folder without a name."""
    folder = folder.strip("/")
    return not folder or name == folder or name.startswith(f"{folder}/")


def forget(connection: apsw.Connection, capsule: str) -> None:
    """Drop the words of all versions of a capsule."""
    connection.execute("DELETE FROM words WHERE rowid IN (SELECT rowid FROM words WHERE capsule = ?)", (capsule,))
