"""Model servers on this machine are found by what they answer, each with the window that it really has."""

import asyncio
import socketserver
import threading
from typing import Any

import pytest

from playnex.models.discovery import PLACES, Flavor, Place, find_servers, is_for_chat, look_at
from playnex.models.model import ModelCard
from playnex.testing.model_replies import Reply, document, drop, garbage, half, refusal
from playnex.testing.model_server import serving

Pages = dict[str, Any]


def listed(*names: str, **facts: Any) -> Pages:
    return {"/v1/models": {"object": "list", "data": [{"id": name, "object": "model", **facts} for name in names]}}


def found(flavor: Flavor, pages: Pages) -> ModelCard | None:
    with serving(pages=pages) as server:
        card = look_at(Place(flavor=flavor, root=server.address))
        assert card is None or card.base_url == server.url
        assert server.asked == [], "no model is asked anything"
        return card


FOUND: dict[str, tuple[Flavor, Pages, str, int]] = {
    "Ollama with a loaded model": (
        "Ollama",
        listed("qwen3:4b")
        | {"/api/ps": {"models": [{"name": "other", "context_length": 9}, {"name": "qwen3:4b", "context_length": 16384}]}},
        "qwen3:4b",
        16384,
    ),
    "Ollama with nothing loaded": ("Ollama", listed("qwen3:4b") | {"/api/ps": {"models": []}}, "qwen3:4b", 4096),
    "an Ollama too old to say": ("Ollama", listed("qwen3:4b"), "qwen3:4b", 4096),
    "llama.cpp": ("llama.cpp", listed("model.gguf") | {"/props": {"default_generation_settings": {"n_ctx": 8192}}}, "model.gguf", 8192),
    "a llama.cpp that hides its props": ("llama.cpp", listed("model.gguf") | {"/props": refusal(501, "off")}, "model.gguf", 4096),
    "LM Studio": (
        "LM Studio",
        listed("gemma") | {"/api/v0/models": {"data": [{"id": "x"}, {"id": "gemma", "loaded_context_length": 12000}]}},
        "gemma",
        12000,
    ),
    "LM Studio with nothing loaded": ("LM Studio", listed("gemma") | {"/api/v0/models": {"data": [{"id": "gemma"}]}}, "gemma", 4096),
    "vLLM": ("vLLM", listed("meta/llama", max_model_len=131072), "meta/llama", 131072),
    "a vLLM that does not say": ("vLLM", listed("meta/llama"), "meta/llama", 4096),
    "an embedder before the chat model": ("Ollama", listed("nomic-embed-text", "bge-m3", "qwen3:4b"), "qwen3:4b", 4096),
    "a window that is nonsense": ("vLLM", listed("m", max_model_len="big"), "m", 4096),
    "a page of another shape": ("llama.cpp", listed("m") | {"/props": ["n_ctx"]}, "m", 4096),
    "settings of another shape": ("llama.cpp", listed("m") | {"/props": {"default_generation_settings": 5}}, "m", 4096),
    "models of another shape": ("LM Studio", listed("m") | {"/api/v0/models": {"data": ["m", None]}}, "m", 4096),
    "running models of another shape": ("Ollama", listed("m") | {"/api/ps": {"models": "none"}}, "m", 4096),
}


@pytest.mark.parametrize("what", FOUND)
def test_a_server_is_found_with_its_model_and_window(what: str) -> None:
    flavor, pages, name, window = FOUND[what]
    card = found(flavor, pages)
    assert card is not None
    assert (card.alias, card.name, card.context, card.found, card.kind, card.local) == ("main", name, window, flavor, "openai", True)


@pytest.mark.parametrize(
    "page",
    [
        *({}, [], "no", None, {"data": {}}, {"data": []}, {"data": [5]}, {"data": [{"name": "x"}]}, {"data": [{"id": "text-embedding"}]}),
        *(refusal(404, "no such page"), refusal(401, "a key is needed"), garbage(), half(document({"data": [{"id": "m"}]})), drop()),
    ],
    ids=lambda page: str(page)[:40],
)
def test_what_is_no_list_of_chat_models_is_no_server(page: Any) -> None:
    assert found("Ollama", {"/v1/models": page}) is None


def test_a_port_where_nothing_listens_is_no_server() -> None:
    with serving() as server:
        pass
    assert look_at(Place(flavor="vLLM", root=server.address)) is None


def test_whoever_speaks_another_protocol_is_no_server() -> None:
    class Greeting(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(b"220 mail ready\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Greeting) as other:
        thread = threading.Thread(target=other.serve_forever, daemon=True)
        thread.start()
        assert look_at(Place(flavor="vLLM", root=f"http://127.0.0.1:{other.server_address[1]}")) is None
        other.shutdown()
        thread.join(60)


def test_a_redirect_is_not_followed() -> None:
    with serving(pages=listed("elsewhere")) as target:
        moved = Reply(status=302, headers={"Location": f"{target.url}/models"})
        assert found("vLLM", {"/v1/models": moved}) is None


def test_servers_come_in_the_order_of_the_places() -> None:
    async def look(*places: Place) -> list[str]:
        return [card.name for card in await find_servers(places)]

    with serving(pages=listed("first")) as one, serving(pages={"/v1/models": []}) as two, serving(pages=listed("third")) as three:
        first, second, third = (Place(flavor="vLLM", root=server.address) for server in (one, two, three))
        assert asyncio.run(look(third, second, first)) == ["third", "first"]
        assert asyncio.run(look(first, third)) == ["first", "third"]


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:9")
    assert found("vLLM", listed("m")) is not None


def test_the_usual_places_are_on_this_machine() -> None:
    assert [place.flavor for place in PLACES] == ["Ollama", "llama.cpp", "LM Studio", "vLLM"]
    assert all(place.root.startswith("http://127.0.0.1:") for place in PLACES)


@pytest.mark.parametrize("name", ["nomic-embed-text", "BGE-M3", "jina-reranker", "whisper-1", ""])
def test_models_that_answer_no_question_are_passed_over(name: str) -> None:
    assert not is_for_chat(name)
