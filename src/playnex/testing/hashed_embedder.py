"""An embedder that needs no model: texts are alike as far as they share words, or words that somebody says mean the same."""

import hashlib
import math
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from playnex.errors import ModelUnavailable
from playnex.spec.embedder import Purpose

SIZE = 128
WORD = re.compile(r"[^\W_]+")


def hashed_vector(text: str, alike: Mapping[str, str] | None = None) -> list[float]:
    """A vector of length 1: each word of the text points into a direction of its own, chosen by its hash; one that `alike` knows into
    that of the word that it stands for."""
    vector = [0.0] * SIZE
    for word in WORD.findall(text.casefold()) or [""]:
        bits = int.from_bytes(hashlib.sha256((alike or {}).get(word, word).encode()).digest()[: SIZE // 8])
        for place in range(SIZE):
            vector[place] += 1.0 if bits >> place & 1 else -1.0
    length = math.sqrt(sum(number * number for number in vector)) or 1.0
    return [number / length for number in vector]


@dataclass(slots=True, eq=False)
class HashedEmbedder:
    """Implements `Embedder`. `embedded` has every text that it was given; while it is `broken` it does not answer."""

    alike: Mapping[str, str] = field(default_factory=dict)
    model: str = "hashed"
    place: str = ""
    floor: float = 0.3
    embedded: list[str] = field(default_factory=list)
    broken: bool = False

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> list[bytes]:
        if self.broken:
            raise ModelUnavailable("the embedder is broken")
        self.embedded.extend(texts)
        return [struct.pack(f"<{SIZE}f", *hashed_vector(text, self.alike)) for text in texts]

    async def close(self) -> None:
        return
