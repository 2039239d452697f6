"""Looks on loopback for model servers that are already running: Ollama, llama.cpp, LM Studio, vLLM."""

import asyncio
import http.client
import json
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from playnex.canonical import Json
from playnex.models.model import ModelCard

Flavor = Literal["Ollama", "llama.cpp", "LM Studio", "vLLM"]

SECONDS = 0.4
"""How long a server on this machine may take to say what it has."""

OLLAMA_WINDOW = 4096
"""Ollama's window where nothing else is said; it cuts longer prompts silently, so nothing longer is sent."""

UNKNOWN_WINDOW = 4096
NOT_FOR_CHAT = ("embed", "rerank", "bge-", "whisper")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a server of that kind listens by default."""

    flavor: Flavor
    root: str


PLACES = (
    Place(flavor="Ollama", root="http://127.0.0.1:11434"),
    Place(flavor="llama.cpp", root="http://127.0.0.1:8080"),
    Place(flavor="LM Studio", root="http://127.0.0.1:1234"),
    Place(flavor="vLLM", root="http://127.0.0.1:8000"),
)


async def find_servers(places: Sequence[Place] = PLACES) -> tuple[ModelCard, ...]:
    """A card for the first chat model of each server found, in the order of the places."""
    cards = await asyncio.gather(*(asyncio.to_thread(look_at, place) for place in places))
    return tuple(card for card in cards if card is not None)


def look_at(place: Place) -> ModelCard | None:
    """The card of the server's first chat model, or None where nothing of that kind answers."""
    listed = _get(f"{place.root}/v1/models")
    chats = [model for model in _items(listed, "data") if is_for_chat(str(model.get("id", "")))]
    if not chats:
        return None
    name = str(chats[0]["id"])
    window = _window(place, name, chats[0])
    return ModelCard(alias="main", kind="openai", name=name, base_url=f"{place.root}/v1", context=window, found=place.flavor)


def answers(base_url: str) -> bool:
    """Whether a server answers there, be it only to refuse who has no key."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{base_url.rstrip('/')}/models", timeout=SECONDS):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False


def is_for_chat(name: str) -> bool:
    """Whether a model of that name answers questions, as far as its name says."""
    return bool(name) and not any(word in name.lower() for word in NOT_FOR_CHAT)


def _window(place: Place, name: str, model: Json) -> int:
    """The window that the server says it has, else a small one that no server undercuts."""
    match place.flavor:
        case "Ollama":
            return _ollama_window(place.root, name)
        case "llama.cpp":
            settings = _member(_get(f"{place.root}/props"), "default_generation_settings")
            return _positive(_member(settings, "n_ctx"), UNKNOWN_WINDOW)
        case "LM Studio":
            listed = _items(_get(f"{place.root}/api/v0/models"), "data")
            return _positive(next((each.get("loaded_context_length") for each in listed if each.get("id") == name), None), UNKNOWN_WINDOW)
        case "vLLM":
            return _positive(model.get("max_model_len"), UNKNOWN_WINDOW)


def _ollama_window(root: str, name: str) -> int:
    running = _items(_get(f"{root}/api/ps"), "models")
    loaded = next((each.get("context_length") for each in running if each.get("name") == name), None)
    return _positive(loaded, OLLAMA_WINDOW)


def _positive(value: Json, otherwise: int) -> int:
    return value if isinstance(value, int) and value > 0 else otherwise


def _member(page: Json, key: str) -> Json:
    """A member of a page, which may be of any shape: whoever listens there need not be a model server."""
    return page.get(key) if isinstance(page, dict) else None


def _items(page: Json, key: str) -> list[dict[str, Json]]:
    found = _member(page, key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a server on this machine must not send us to another."""

    def redirect_request(self, *_: object) -> None:
        return None


def _get(url: str) -> Json:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)
    try:
        with opener.open(url, timeout=SECONDS) as answer:
            return json.loads(answer.read(1_000_000))
    except (OSError, ValueError, RecursionError, http.client.HTTPException):
        return None
