"""An embedding model behind a real loopback server."""

import asyncio
import struct

import pytest

from playnex.config import ModelSettings
from playnex.errors import ModelRefused, ModelUnavailable, PlaynexError
from playnex.models.server_embedder import ServerEmbedder
from playnex.spec.embedder import Purpose
from playnex.testing.model_replies import Reply, document, refusal
from playnex.testing.model_server import serving

KEY = "sk-embedder-key"


def embed(url: str, *texts: str, name: str = "nomic-embed-text", purpose: Purpose = "query") -> list[list[float]]:
    async def ask() -> list[list[float]]:
        embedder = ServerEmbedder(ModelSettings(alias="embed", base_url=url, name=name), lambda: KEY)
        try:
            return [list(struct.unpack(f"<{len(vector) // 4}f", vector)) for vector in await embedder.embed(texts, purpose)]
        finally:
            await embedder.close()

    return asyncio.run(asyncio.wait_for(ask(), 20))


def test_texts_come_back_as_vectors_of_length_one_in_their_order() -> None:
    with serving() as server:
        first, second = embed(server.url, "the tide rises", "bread and butter", name="any-model")
        assert server.embedded == ["the tide rises", "bread and butter"]
        assert sum(number * number for number in first) == pytest.approx(1, abs=1e-5)
        assert first == pytest.approx(embed(server.url, "the tide rises", name="any-model")[0], abs=1e-6)
        assert first != second


def test_a_model_that_was_trained_with_words_before_each_text_gets_them() -> None:
    with serving() as server:
        embed(server.url, "tide", purpose="query")
        embed(server.url, "tide", purpose="passage")
        assert server.embedded == ["search_query: tide", "search_document: tide"]


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (refusal(404, f"no such model for {KEY}"), ModelRefused),
        (refusal(503, "loading"), ModelUnavailable),
        (Reply(body=b"<html>"), ModelUnavailable),
        (document({"data": []}), ModelUnavailable),
        (document({"data": [{"index": 0, "embedding": [0.0, 0.0]}]}), ModelUnavailable),
        (document({"data": [{"index": 0, "embedding": ["a"]}]}), ModelUnavailable),
        (document([]), ModelUnavailable),
    ],
)
def test_what_is_no_answer_is_told_and_the_key_is_in_no_message(page: Reply, error: type[PlaynexError]) -> None:
    with serving(pages={"/v1/embeddings": page}) as server, pytest.raises(error) as raised:
        embed(server.url, "tide")
    assert KEY not in raised.value.message
    assert "'embed'" in raised.value.message


def test_a_redirect_to_another_machine_is_not_followed() -> None:
    away = Reply(status=307, headers={"Location": "http://example.invalid/v1/embeddings"})
    with serving(pages={"/v1/embeddings": away}) as server, pytest.raises(ModelRefused, match="307"):
        embed(server.url, "tide")


def test_a_server_that_is_not_there_is_told() -> None:
    with serving() as server:
        url = server.url
    with pytest.raises(ModelUnavailable, match="did not answer"):
        embed(url, "tide")
