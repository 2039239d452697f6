"""Whether the author of a schema has foreseen a value: then it carries nothing of what it was made from but a choice.

Decided by the value itself, whatever else the schema lets pass, and from a few words of JSON Schema; what is said in any other is not
foreseen. Pure.
"""

import re
from collections.abc import Mapping
from datetime import date

from playnex.canonical import Json, encode_sorted

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

MOST_PARTS = 16
"""Elements of a list: more could spell out a text, number by number."""


def foresees(schema: Json, value: Json) -> bool:
    """True for a value that the schema lists (`enum`, `const`), for true, false and null, a number between two bounds, a day
    (`format: date`), and for short lists and for maps of such, where the schema names each key."""
    if not isinstance(schema, Mapping):
        return False
    if "const" in schema or "enum" in schema:
        return any(_is_same(value, listed) for listed in (*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])))
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return any(foresees(part, value) for part in schema[choice])
    said = schema.get("type")
    return any(_is_of(kind, schema, value) for kind in (said if isinstance(said, (list, tuple)) else (said,)))


def _is_of(kind: Json, schema: Mapping[str, Json], value: Json) -> bool:  # noqa: PLR0911 - one line a kind
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "integer":
            return isinstance(value, int) and _is_between(schema, value)
        case "number":
            return isinstance(value, (int, float)) and _is_between(schema, value)
        case "string":
            return schema.get("format") == "date" and isinstance(value, str) and _is_day(value)
        case "array":
            is_short = isinstance(value, list) and len(value) <= MOST_PARTS
            return is_short and all(foresees(schema.get("items"), part) for part in value)
        case "object":
            named = schema.get("properties", {})
            return isinstance(value, dict) and all(foresees(named.get(key), part) for key, part in value.items())
    return False


def _is_between(schema: Mapping[str, Json], value: float) -> bool:
    """Whether the schema has a bound on either side, and the number lies between them."""
    lower, upper = (schema.get(name, schema.get(other)) for name, other in BOUNDS)
    numbers = (int, float)
    return not isinstance(value, bool) and isinstance(lower, numbers) and isinstance(upper, numbers) and lower <= value <= upper


BOUNDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))


def _is_day(text: str) -> bool:
    try:
        return DAY.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_same(one: Json, other: Json) -> bool:
    return encode_sorted(one) == encode_sorted(other)
