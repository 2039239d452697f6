"""Whether a call's arguments fit the tool's schema, in words that a model can act on."""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from playnex.canonical import Json, encode
from playnex.errors import UsageError
from playnex.spec.faults import did_you_mean

NO_PARAMETERS: dict[str, Any] = {}


def problems(schema: Mapping[str, Json], arguments: Json) -> tuple[str, ...]:
    """All that is wrong with the arguments, one sentence each; empty where they fit."""
    if not isinstance(arguments, Mapping):
        return (f"the arguments must be an object, not {type(arguments).__name__}",)
    try:
        encode(arguments)
        return tuple(_told(schema, fault) for fault in jsonschema_rs.validator_for(dict(schema)).iter_errors(dict(arguments)))
    except UsageError as fault:
        return (fault.message,)
    except (jsonschema_rs.ValidationError, ValueError) as fault:
        return (f"the tool's own schema cannot be used: {fault}",)


def signature(schema: Mapping[str, Json]) -> str:
    """The parameters in one line: `customer (string), limit (integer, optional)`."""
    parameters = schema.get("properties", NO_PARAMETERS)
    required = schema.get("required", ())
    return ", ".join(f"{name} ({_kind(part)}{'' if name in required else ', optional'})" for name, part in parameters.items()) or "none"


def _told(schema: Mapping[str, Json], fault: jsonschema_rs.ValidationError) -> str:
    where = ".".join(str(part) for part in fault.instance_path)
    message = f"{where}: {fault.message}" if where else fault.message
    unknown = getattr(fault.kind, "unexpected", ())
    hints = [hint for name in unknown if (hint := did_you_mean(name, schema.get("properties", NO_PARAMETERS)))]
    return "; ".join([message, *hints])


def _kind(part: Json) -> str:
    if not isinstance(part, Mapping):
        return "any"
    if "enum" in part:
        return "one of " + " | ".join(str(choice) for choice in part["enum"])
    kind = part.get("type", "any")
    return kind if isinstance(kind, str) else " or ".join(kind)
