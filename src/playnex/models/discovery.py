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
MANY = 50
"""Models of one server that are listed at most."""

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
    return tuple(cards[0] for cards in await _find(places, at_most=1))


async def find_models(places: Sequence[Place] = PLACES) -> tuple[ModelCard, ...]:
    """A card for every chat model of each server found."""
    return tuple(card for cards in await _find(places, at_most=MANY) for card in cards)


async def _find(places: Sequence[Place], at_most: int) -> list[tuple[ModelCard, ...]]:
    found = await asyncio.gather(*(asyncio.to_thread(_cards_of, place, at_most) for place in places))
    return [cards for cards in found if cards]


def look_at(place: Place) -> ModelCard | None:
    """The card of the server's first chat model, or None where nothing of that kind answers."""
    return next(iter(_cards_of(place, 1)), None)


def chat_models_at(base_url: str) -> tuple[str, ...]:
    """The names of the chat models that a server lists; none where nothing answers."""
    return tuple(str(model["id"]) for model in _chats(base_url.rstrip("/")))


def _cards_of(place: Place, at_most: int) -> tuple[ModelCard, ...]:
    base_url = f"{place.root}/v1"
    return tuple(
        ModelCard(
            alias="main",
            kind="openai",
            name=str(model["id"]),
            base_url=base_url,
            context=_window(place, str(model["id"]), model),
            found=place.flavor,
        )
        for model in _chats(base_url)[:at_most]
    )


def _chats(base_url: str) -> list[dict[str, Json]]:
    return [model for model in _items(_get(f"{base_url}/models"), "data") if is_for_chat(str(model.get("id", "")))]


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
