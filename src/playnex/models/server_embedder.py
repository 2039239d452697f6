"""An embedding model behind an OpenAI-compatible server: `/v1/embeddings` of Ollama, llama.cpp, LM Studio or vLLM."""

import json
import math
import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playnex.canonical import Json
from playnex.config import ModelSettings, is_loopback
from playnex.errors import ModelRefused, ModelUnavailable
from playnex.secrets.known import KNOWN
from playnex.spec.embedder import Purpose

if TYPE_CHECKING:
    import httpx

PREFIXES: tuple[tuple[str, dict[Purpose, str]], ...] = (
    ("nomic-embed", {"query": "search_query: ", "passage": "search_document: "}),
    ("e5-", {"query": "query: ", "passage": "passage: "}),
)
"""Models that were trained with words before each text; without them they find less (their makers' model cards)."""

EXCERPT = 300


class ServerEmbedder:
    """Implements `Embedder` for the model that these settings name. It follows no redirect and no proxy."""

    floor = 0.0

    def __init__(self, settings: ModelSettings, key: Callable[[], str] = str) -> None:
        self._settings = settings
        self._find_key = key
        self._client: httpx.AsyncClient | None = None

    @property
    def model(self) -> str:
        return f"{self._settings.name} at {self._settings.base_url.rstrip('/')}"

    @property
    def place(self) -> str:
        url = self._settings.base_url
        return "" if is_loopback(url) else urlsplit(url).hostname or url

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> list[bytes]:
        prefix = next((words[purpose] for name, words in PREFIXES if name in self._settings.name.lower()), "")
        answer = await self._post({"model": self._settings.name, "input": [prefix + text for text in texts]})
        try:
            items = sorted(answer["data"], key=lambda item: item["index"])
            vectors = [_vector(item["embedding"]) for item in items]
        except (KeyError, TypeError, ValueError, struct.error):
            raise self._strange() from None
        if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) > 1:
            raise self._strange()
        return vectors

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _post(self, body: Json) -> Json:
        import httpx  # late: 0.1 s of CPU, only where texts are really embedded

        if self._client is None:
            key = self._find_key()
            KNOWN.remember(f"the key of model {self._settings.alias}", key)
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            self._client = httpx.AsyncClient(headers=headers, timeout=self._settings.timeout, trust_env=False, follow_redirects=False)
        try:
            answer = await self._client.post(f"{self._settings.base_url.rstrip('/')}/embeddings", json=body)
        except httpx.HTTPError as fault:
            raise ModelUnavailable(f"{self._described} did not answer: {type(fault).__name__}", hint="start its server") from None
        if answer.status_code != httpx.codes.OK:
            raise self._refused(answer.status_code, answer.text)
        try:
            return json.loads(answer.content)
        except ValueError:
            raise self._strange() from None

    @property
    def _described(self) -> str:
        return f"the embedder {self._settings.alias!r} ({self.model})"

    def _refused(self, status: int, said: str) -> ModelUnavailable | ModelRefused:
        message = f"{self._described} answered with status {status}: {' '.join(KNOWN.text(said)[:EXCERPT].split())}"
        if status >= 500 or status in (408, 429):
            return ModelUnavailable(message)
        return ModelRefused(message, hint="check that the model embeds texts, and that base_url ends in /v1")

    def _strange(self) -> ModelUnavailable:
        return ModelUnavailable(f"{self._described} gave an answer that is not of the OpenAI form", hint="base_url usually ends in /v1")


def _vector(numbers: Sequence[float]) -> bytes:
    """The numbers at length 1. Raises ValueError for what is no direction."""
    length = math.sqrt(sum(number * number for number in numbers))
    if not 0 < length < math.inf:
        raise ValueError("no direction")
    return struct.pack(f"<{len(numbers)}f", *(number / length for number in numbers))
