"""What a value has against its JSON Schema, in sentences that a person and a model can act on: the one checker of the house."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from playnex.canonical import Json, encode, encode_sorted
from playnex.errors import UsageError
from playnex.spec.faults import did_you_mean

KEPT = 256
"""Compiled schemas that are kept: a run checks against the same few again and again."""

ARTICLES = {"string": "a string", "number": "a number", "integer": "a whole number", "boolean": "true or false", "null": "null"}
ARTICLES |= {"array": "a list", "object": "a map"}
SHOWN = 80
SENTENCE = 200
"""Characters of a value, and of a sentence in the checker's own words, that are shown."""


def problems(schema: Mapping[str, Json], value: Json, *, root: str = "") -> tuple[str, ...]:
    """All that is wrong with a value, one sentence each: `at output.summary: 5 is not a string`, where `root` is `output`.
    Empty where it fits. A schema that cannot be used, and a value that is not JSON, are told the same way."""
    try:
        validator = _validator(encode_sorted(schema))
    except _unusable() as fault:
        return (f"its schema cannot be used: {_first_line(fault)}",)
    try:
        encode(value)
    except UsageError as fault:
        return (fault.message,)
    return tuple(_told(schema, error, root) for error in validator.iter_errors(value))


def schema_problem(schema: Mapping[str, Json]) -> str:
    """Why this is no JSON Schema that can be used here, or an empty string. A `$ref` may not leave the schema."""
    if not _has_foreign_words(schema):
        return ""
    try:
        _validator(encode_sorted(schema))
    except _unusable() as fault:
        return _first_line(fault)
    return ""


@lru_cache(maxsize=KEPT)
def _validator(schema: bytes) -> Any:
    import jsonschema_rs  # late, here and below: 30 ms that reading a file does not need

    return jsonschema_rs.validator_for(json.loads(schema), offline=True)  # a reference never fetches anything


def _unusable() -> tuple[type[Exception], ...]:
    """What a schema that is none is refused with."""
    import jsonschema_rs

    return ValueError, TypeError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError


def _told(schema: Mapping[str, Json], error: Any, root: str) -> str:
    where = _path(root, error.instance_path)
    return f"at {where}: {_sentence(schema, error)}" if where else _sentence(schema, error)


def _sentence(schema: Mapping[str, Json], error: Any) -> str:
    shown = _clipped(error.instance)
    match error.kind.name:
        case "type":
            return f"{shown} is not {_either(ARTICLES.get(word, word) for word in error.kind.types)}"
        case "enum":
            return f"{shown} is not {_either(_clipped(option) for option in error.kind.options)}"
        case "required":
            return f"{error.kind.property!r} is missing"
        case "additionalProperties":
            return _unexpected(error.kind.unexpected, _known(schema, error.schema_path))
        case _:
            message = str(error.message)
            return message if len(message) <= SENTENCE else f"{message[: SENTENCE - 1]}…"


def _unexpected(names: Sequence[str], known: Mapping[str, Json]) -> str:
    hints = (did_you_mean(name, known) for name in names)
    return "; ".join([f"{', '.join(map(repr, names))} is not expected here", *filter(None, hints)])


def _known(schema: Json, path: Iterable[str | int]) -> Mapping[str, Json]:
    """The names that the schema has where it refuses others; none where the way there leads through a reference."""
    *way, _last = path
    for key in way:
        try:
            schema = schema[key]
        except (KeyError, IndexError, TypeError):
            return {}
    found = schema.get("properties") if isinstance(schema, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _first_line(fault: Exception) -> str:
    return str(fault).partition("\n")[0]


def _either(words: Iterable[str]) -> str:
    return " or ".join(words)


def _clipped(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _path(root: str, keys: Iterable[str | int]) -> str:
    return (root + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)).removeprefix(".")


def _has_foreign_words(schema: Json) -> bool:
    """True where a schema says more than the short form ever does."""
    match schema:
        case dict():
            ours = schema.keys() <= {"type", "properties", "required", "items", "enum", "additionalProperties"}
            inner = [*_maps(schema.get("properties")), *([schema["items"]] if "items" in schema else [])]
            return not ours or schema.get("type", "string") not in (*ARTICLES,) or any(map(_has_foreign_words, inner))
        case _:
            return True


def _maps(properties: Json) -> list[Json]:
    return list(properties.values()) if isinstance(properties, dict) else []
