"""A tool's parameters in words, and whether a call's arguments fit them."""

from collections.abc import Mapping
from typing import Any

from playnex.canonical import Json
from playnex.spec.check_value import problems

NO_PARAMETERS: dict[str, Any] = {}


def misfits(schema: Mapping[str, Json], arguments: Json) -> tuple[str, ...]:
    """All that is wrong with the arguments, one sentence each; empty where they fit."""
    if not isinstance(arguments, Mapping):
        return (f"the arguments must be an object, not {type(arguments).__name__}",)
    return problems(schema, dict(arguments))


def signature(schema: Mapping[str, Json]) -> str:
    """The parameters in one line: `customer (string), limit (integer, optional)`."""
    parameters = schema.get("properties", NO_PARAMETERS)
    required = schema.get("required", ())
    return ", ".join(f"{name} ({_kind(part)}{'' if name in required else ', optional'})" for name, part in parameters.items()) or "none"


def _kind(part: Json) -> str:
    if not isinstance(part, Mapping):
        return "any"
    if "enum" in part:
        return "one of " + " | ".join(str(choice) for choice in part["enum"])
    kind = part.get("type", "any")
    return kind if isinstance(kind, str) else " or ".join(kind)
