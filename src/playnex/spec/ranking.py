"""Which passages of a folder's prose fit a query best: words alone, so that the same files give the same passages."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from playnex.spec.grounding import Passage, content_stems


def rank(query: str, passages: Sequence[Passage], limit: int) -> list[Passage]:
    """The `limit` passages that fit the query best, in reading order, the best file first, renumbered from 1.

    BM25 (k1 = 1.2, b = 0.75) over stems; a passage counts with its file, so that a good file brings its other sentences along.
    """
    words = set(content_stems(query))
    own = _bm25(words, [content_stems(p["text"]) for p in passages])
    whole = _file_scores(words, passages)
    score = {at: own[at] + _near(own, passages, at) / 2 + whole[p["file"]] / 4 for at, p in enumerate(passages)}
    bar = max(whole.values(), default=0.0) / 3
    kept = sorted((at for at in score if whole[passages[at]["file"]] > bar), key=lambda at: -score[at])[:limit]
    kept.sort(key=lambda at: (-whole[passages[at]["file"]], passages[at]["file"], at))
    return [Passage(number=n, file=passages[at]["file"], text=passages[at]["text"]) for n, at in enumerate(kept, 1)]


def _near(own: list[float], passages: Sequence[Passage], at: int) -> float:
    """The best of the neighbours in the same file: what stands beside a hit often goes on about it."""
    beside = [n for n in (at - 1, at + 1) if 0 <= n < len(passages) and passages[n]["file"] == passages[at]["file"]]
    return max((own[n] for n in beside), default=0.0)


def _file_scores(words: set[str], passages: Sequence[Passage]) -> dict[str, float]:
    stems: dict[str, tuple[str, ...]] = {}
    for passage in passages:
        stems[passage["file"]] = stems.get(passage["file"], ()) + content_stems(passage["text"])
    return dict(zip(stems, _bm25(words, list(stems.values())), strict=True))


def _bm25(words: set[str], documents: list[tuple[str, ...]]) -> list[float]:
    mean = sum(map(len, documents)) / max(1, len(documents)) or 1.0
    rarity = {word: _rarity(sum(word in document for document in documents), len(documents)) for word in words}
    return [_bm25_of(document, rarity, mean) for document in documents]


def _rarity(holders: int, documents: int) -> float:
    return math.log(1 + (documents - holders + 0.5) / (holders + 0.5))


def _bm25_of(document: tuple[str, ...], rarity: Mapping[str, float], mean: float) -> float:
    counts = Counter(document)
    damping = 1.2 * (0.25 + 0.75 * len(document) / mean)
    matched = sum(word in counts for word in rarity) / max(1, len(rarity))
    return matched * sum(weight * counts[word] * 2.2 / (counts[word] + damping) for word, weight in rarity.items())
