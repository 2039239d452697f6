"""What turns texts into vectors, so that texts of like meaning lie close to each other."""

from collections.abc import Sequence
from typing import Literal, Protocol

Purpose = Literal["query", "passage"]
"""What a text is embedded for: to look for something, or to be found."""


class Embedder(Protocol):
    """A model that embeds texts. A vector is float32, little-endian, of length 1: the dot product of two is how alike they are."""

    @property
    def model(self) -> str:
        """Which model it is: vectors of two models say nothing about each other."""
        ...

    @property
    def place(self) -> str:
        """The host that texts are sent to; empty where they stay on this machine."""
        ...

    @property
    def floor(self) -> float:
        """The likeness below which a text has nothing to do with a query; 0 where nobody measured it."""
        ...

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> list[bytes]:
        """A vector for each text. Raises ModelUnavailable, ModelRefused, CredentialError."""
        ...

    async def close(self) -> None:
        """Let go of what it holds."""
        ...
