"""Texts that lie in two indexes, ranked as if they lay in one: BM25 as FTS5 computes it (https://sqlite.org/fts5.html#the_bm25_function),
but with the counts of both, for a word's weight says how few of all texts have it."""

import math
from collections.abc import Sequence
from typing import Any
from weakref import WeakSet

import apsw

NAME, BODY = 4, 1
"""A word in a name says four times what it says in a body."""

SOONER, SHORTER = 1.2, 0.75
"""FTS5's k1 and b: how soon one more of the same word says nothing more, and how much more a short text's words say."""

LEAST = 1e-6
"""What a word weighs that more than half of the texts have."""

_KNOWING: WeakSet[apsw.Connection] = WeakSet()


def know(connection: apsw.Connection) -> None:
    """Have `rank(index, weight of the first word, of the second, ...)` in the connection's queries: less is better, as with `bm25`."""
    if connection not in _KNOWING:
        connection.register_fts5_function("rank", _rank)
        _KNOWING.add(connection)


def weights(counts: Sequence[int], texts: int) -> list[float]:
    """What each word weighs that so many of the texts have."""
    return [max(LEAST, math.log((texts - count + 0.5) / (count + 0.5))) if count < texts else LEAST for count in counts]


def _rank(row: apsw.FTS5ExtensionApi, *weights: Any) -> float:
    """The rank of one text; what stands behind the words in the query, such as folders, has no weight."""
    average = row.column_total_size(-1) / row.row_count
    damping = SOONER * (1 - SHORTER + SHORTER * row.column_size(-1) / average)
    total = 0.0
    for phrase, weight in enumerate(weights):
        in_name, in_body, _ = row.phrase_locations(phrase)
        often = NAME * len(in_name) + BODY * len(in_body)
        total += weight * often * (SOONER + 1) / (often + damping)
    return -total
