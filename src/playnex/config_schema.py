"""The JSON Schema of `playnex.toml`, for editors."""

from collections.abc import Mapping

from playnex.canonical import Json
from playnex.config import (
    ABOVE_ZERO,
    ANSWERS,
    CAPSULES,
    KINDS,
    MODEL_KEYS,
    POLICY,
    PRICE,
    PRICE_KEYS,
    PYTHON,
    RECALL,
    TABLES,
    TELEMETRY,
    TOOL_KEYS,
    TYPES,
)
from playnex.spec.tool_rules import EFFECTS, EGRESSES

SAYS = {
    "kind": "any OpenAI-compatible server, or the model that comes along",
    "base_url": "the server's address, such as http://127.0.0.1:11434/v1",
    "name": "the model, as the server calls it",
    "context": "its window in tokens",
    "timeout": "seconds for one request",
    "api_key_env": "the environment variable that holds the key, never the key itself",
    "api_key": "a reference to the key: ${VARIABLE} or ${keyring:NAME}",
    "remote": "requests may leave this machine, though the workspace is in local mode",
    "tool_calling": "whether it can call tools itself; what `playnex model test` saw, where nothing is said",
    "json_schema": "whether it keeps to a JSON Schema; what `playnex model test` saw, where nothing is said",
    "at_once": "how many requests its server may be working on at the same time",
    "per_minute": "how many requests may begin in any minute",
    PRICE: "US dollars for a million tokens, for a model that is not on this machine",
}

TOOL_SCHEMAS: Mapping[str, Json] = {
    "approval": {"type": "string", "description": "when a person is asked first: never, ask, or a rule such as args.amount > 100"},
    "egress": {"enum": list(EGRESSES), "description": "whether a call leaves the machine"},
    "effect": {"enum": list(EFFECTS), "description": "what a second call would do"},
    "sinks": {"type": "array", "items": {"type": "string"}, "description": "the arguments that matter: recipient, url, path, id, amount"},
    "untrusted": {"type": "boolean", "description": "what it says was written by others"},
    "private": {"type": "boolean", "description": "what it says must not leave the machine unasked"},
    "gives": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "which field of its results is its server's own word for which argument of other calls",
    },
    "remote": {"type": "boolean", "description": "it may sign in to a remote account, though the workspace is in local mode"},
}
RECALL_SCHEMAS: Mapping[str, Json] = {
    "embedder": {"type": "string", "description": "what search by meaning goes by: the alias of a model that embeds texts, or embedded"},
}
POLICY_SCHEMAS: Mapping[str, Json] = {
    "local": {"type": "boolean", "description": "every model is on this machine"},
    "untrusted": {"enum": list(ANSWERS), "description": "a consequential call with arguments from untrusted content asks, or …"},
    "private": {"enum": list(ANSWERS), "description": "a call that leaves the machine after something private was read asks, or …"},
    "approval_timeout": {"type": ["number", "string"], "description": "how long a person has who is asked about a call: 30m, 24h"},
}

CAPSULE_SCHEMAS: Mapping[str, Json] = {
    "mirror": {"type": "boolean", "description": "capsules have Markdown files in capsules/"},
    "watch": {"type": "boolean", "description": "the files are watched while runs go on"},
}
PYTHON_SCHEMAS: Mapping[str, Json] = {
    "env": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "variables that Python tools are given; ${VARIABLE} and ${keyring:NAME} are filled",
    },
}
TELEMETRY_SCHEMAS: Mapping[str, Json] = {
    "otlp": {"type": "string", "description": "the OTLP/HTTP receiver that spans are sent to: http://127.0.0.1:4318"},
    "content": {"type": "boolean", "description": "spans carry prompts, answers, arguments and results"},
    "remote": {"type": "boolean", "description": "spans may leave this machine, though the workspace is in local mode"},
}


def config_schema() -> dict[str, Json]:
    """The JSON Schema (2020-12) of playnex.toml, for editors."""
    model = {"type": "object", "properties": {key: _key_schema(key) for key in MODEL_KEYS}, "additionalProperties": False}
    tool = {"type": "object", "properties": {key: TOOL_SCHEMAS[key] for key in TOOL_KEYS}, "additionalProperties": False}
    tables: dict[str, Json] = {
        "models": {"type": "object", "additionalProperties": model, "description": "models by their aliases; agents use `main`"},
        "tools": {"type": "object", "additionalProperties": tool, "description": 'what is said of tools, by name or pattern: "crm.*"'},
        "policy": _table(POLICY_SCHEMAS, POLICY),
        "capsules": _table(CAPSULE_SCHEMAS, CAPSULES),
        "recall": _table(RECALL_SCHEMAS, RECALL),
        "python": _table(PYTHON_SCHEMAS, PYTHON),
        "telemetry": _table(TELEMETRY_SCHEMAS, TELEMETRY),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The settings of a Playnex workspace",
        "type": "object",
        "properties": {table: tables[table] for table in TABLES},
        "additionalProperties": False,
    }


def _table(schemas: Mapping[str, Json], keys: tuple[str, ...]) -> dict[str, Json]:
    return {"type": "object", "properties": {key: schemas[key] for key in keys}, "additionalProperties": False}


def _key_schema(key: str) -> dict[str, Json]:
    """What a key of a model takes."""
    kinds = TYPES.get(key, (str,))
    if key == PRICE:
        prices = {name: {"type": "number", "minimum": 0} for name in PRICE_KEYS}
        table: dict[str, Json] = {"type": "object", "properties": prices, "required": list(PRICE_KEYS), "additionalProperties": False}
        return table | {"description": SAYS[key]}
    schema: dict[str, Json] = {
        "type": "boolean" if bool in kinds else "number" if float in kinds else "integer" if int in kinds else "string"
    }
    schema |= {"exclusiveMinimum": 0} if key in ABOVE_ZERO else {}
    return schema | ({"enum": list(KINDS)} if key == "kind" else {}) | {"description": SAYS.get(key, "")}
