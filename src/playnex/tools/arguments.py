"""A tool's parameters in words, and whether a call's arguments fit them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from playnex.canonical import Json
from playnex.spec.check_value import problems

NO_PARAMETERS: dict[str, Any] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter in words."""

    name: str
    kind: str
    says: str


def misfits(schema: Mapping[str, Json], arguments: Json) -> tuple[str, ...]:
    """All that is wrong with the arguments, one sentence each; empty where they fit."""
    if not isinstance(arguments, Mapping):
        return (f"the arguments must be an object, not {type(arguments).__name__}",)
    return problems(schema, dict(arguments))


def signature(schema: Mapping[str, Json]) -> str:
    """The parameters in one line: `customer (string), limit (integer, optional)`."""
    return ", ".join(f"{each.name} ({each.kind})" for each in parameters_of(schema)) or "none"


def parameters_of(schema: Mapping[str, Json]) -> Iterator[Parameter]:
    """Each of them."""
    required = schema.get("required", ())
    for name, part in schema.get("properties", NO_PARAMETERS).items():
        says = part.get("description", "") if isinstance(part, Mapping) else ""
        yield Parameter(name=name, kind=_kind(part) + ("" if name in required else ", optional"), says=str(says))


def _kind(part: Json) -> str:
    if not isinstance(part, Mapping):
        return "any"
    if "enum" in part:
        return "one of " + " | ".join(str(choice) for choice in part["enum"])
    kind = part.get("type", "any")
    return kind if isinstance(kind, str) else " or ".join(kind)
