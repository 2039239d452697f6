"""The models that there are, and a trial of one."""

import os
import time

from playnex.app.listing import workspace_of
from playnex.canonical import Json
from playnex.models import smollm2
from playnex.models.directory import Sources, WorkspaceModels
from playnex.models.discovery import find_servers
from playnex.models.model import ModelRequest, UserMessage
from playnex.workspace import data_folder

TRIAL_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 40}},
    "required": ["city"],
    "additionalProperties": False,
}


async def model_lines(typed: str) -> list[Json]:
    """A line for each model: named in playnex.toml, found running, embedded."""
    config = workspace_of(typed).config()
    named = [
        {"alias": one.alias, "kind": one.kind, "name": one.name, "base_url": one.base_url, "context": one.context, "note": "playnex.toml"}
        for one in config.models.values()
    ]
    running = [
        {
            "alias": "main",
            "kind": card.kind,
            "name": card.name,
            "base_url": card.base_url,
            "context": card.context,
            "note": f"{card.found}, running",
        }
        for card in await find_servers()
    ]
    note = "installed" if smollm2.is_installed(data_folder(os.environ)) else "not installed: playnex model install smollm2"
    if running or "main" in config.models:
        note = f"not needed; {note}"
    return [
        *named,
        *running,
        {"alias": "main", "kind": "embedded", "name": smollm2.NAME, "base_url": "", "context": smollm2.CONTEXT, "note": note},
    ]


async def try_model(typed: str, alias: str) -> dict[str, Json]:
    """Ask the model for a small JSON object; what came of it. Raises what the model raises."""
    config = workspace_of(typed).config()
    models = WorkspaceModels(Sources(settings=config.models, data=data_folder(os.environ), local=config.local))
    request = ModelRequest(
        instructions="Answer with JSON.",
        messages=(UserMessage(text='Name the capital of France as {"city": …}.'),),
        schema=TRIAL_SCHEMA,
        temperature=0.0,
        max_output_tokens=200,
    )
    try:
        model = await models.get(alias)
        began = time.monotonic()
        answer = await model.ask(request)
        took = time.monotonic() - began
    finally:
        await models.close()
    card = model.card
    return {
        "schema": "playnex.model-test/1",
        "alias": alias,
        "name": card.name,
        "kind": card.kind,
        "base_url": card.base_url,
        "context": card.context,
        "local": card.local,
        "seconds": round(took, 3),
        "tokens_per_second": round(answer.usage.output_tokens / max(took, 0.001), 1),
        "json_schema": answer.message.text.lstrip().startswith("{") and '"city"' in answer.message.text,
    }
