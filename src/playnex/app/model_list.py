"""The models that there are, each with what was seen of it."""

import os
from collections.abc import Iterable

from playnex.app.listing import workspace_of
from playnex.canonical import Json
from playnex.config import Config
from playnex.models import smollm2
from playnex.models.discovery import find_models
from playnex.models.model import ModelCard
from playnex.models.pace import address
from playnex.models.probed import FILE, Probed, ProbedModels, probed_json
from playnex.workspace import data_folder


async def model_lines(typed: str) -> list[Json]:
    """A line for each model: named in playnex.toml, found running, embedded. `use` is what `playnex model use` takes; `probed` is what was
    seen of it, null for nothing."""
    workspace = workspace_of(typed)
    config, running = workspace.config(), await find_models()
    lines = [*_named(config), *map(_running, running), _embedded(config, running)]
    seen = {each.key: each for each in ProbedModels(path=workspace.own / FILE).all()}
    return [line | {"probed": _probed(line, seen)} for line in lines]


def _named(config: Config) -> Iterable[dict[str, Json]]:
    for one in config.models.values():
        name = smollm2.NAME if one.kind == "embedded" else one.name
        context = smollm2.CONTEXT if one.kind == "embedded" else one.context
        yield {
            "alias": one.alias,
            "kind": one.kind,
            "name": name,
            "base_url": one.base_url,
            "context": context,
            "note": "playnex.toml",
            "use": one.alias,
        }


def _running(card: ModelCard) -> dict[str, Json]:
    return {
        "alias": "main",
        "kind": card.kind,
        "name": card.name,
        "base_url": card.base_url,
        "context": card.context,
        "note": f"{card.found}, running",
        "use": card.name,
    }


def _embedded(config: Config, running: tuple[ModelCard, ...]) -> dict[str, Json]:
    note = "installed" if smollm2.is_installed(data_folder(os.environ)) else "not installed: playnex model install smollm2"
    if running or "main" in config.models:
        note = f"not needed; {note}"
    return {
        "alias": "main",
        "kind": "embedded",
        "name": smollm2.NAME,
        "base_url": "",
        "context": smollm2.CONTEXT,
        "note": note,
        "use": "smollm2",
    }


def _probed(line: dict[str, Json], seen: dict[tuple[str, str], Probed]) -> Json:
    found = seen.get((address(line["base_url"]), line["name"]))
    return None if found is None else probed_json(found)
