"""The short schema of `output` turned into JSON Schema, and what a value has against a schema, in sentences."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from playnex.canonical import Json
from playnex.spec.faults import did_you_mean

WORDS: Mapping[str, dict[str, Json]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "any": {},
}
LIST_OF = re.compile(r"(?P<item>[a-z]+)(?P<brackets>(?:\[\])+)")
ELSEWHERE = re.compile(r"[\w.]+:\w+|.*\.(?:json|ya?ml)|\.{0,2}/.*")
"""`module:Model`, or the path of a schema file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaFault:
    """What is wrong with a short schema, and where: the keys and list positions that lead there."""

    keys: tuple[str | int, ...]
    message: str
    hint: str = ""


class SchemaError(Exception):
    """A short schema cannot be read; `faults` holds all that is wrong."""

    def __init__(self, faults: tuple[SchemaFault, ...]) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


def to_json_schema(short: Json) -> dict[str, Json]:
    """The JSON Schema of a short one. Every key is required unless it ends in `?`, and no others are allowed.

    `string number integer boolean any`, `string[]`, `[a, b]` one of these texts, `[{…}]` or `[string]` a list of that,
    `{key: …}` a map; a map that is itself a JSON Schema is taken as it is. Raises SchemaError with every fault.
    """
    faults: list[SchemaFault] = []
    schema = _schema(short, (), faults)
    if faults:
        raise SchemaError(tuple(faults))
    return schema


def is_json_schema(value: Mapping[str, Json]) -> bool:
    """True for a map in JSON Schema's own words, which a short schema could not be."""
    if "$schema" in value:
        return True
    return isinstance(value.get("type"), str) and isinstance(value.get("properties", value.get("items")), Mapping)


def _schema(short: Json, keys: tuple[str | int, ...], faults: list[SchemaFault]) -> dict[str, Json]:
    match short:
        case str():
            return _of_word(short, keys, faults)
        case list():
            return _of_list(short, keys, faults)
        case dict() if is_json_schema(short):
            return short
        case dict() if short:
            return _of_map(short, keys, faults)
    hint = f"write one of {', '.join(WORDS)}, [a, b] or a map"
    faults.append(SchemaFault(keys=keys, message=f"{short!r} is not a schema", hint=hint))
    return {}


def _of_word(word: str, keys: tuple[str | int, ...], faults: list[SchemaFault]) -> dict[str, Json]:
    if word in WORDS:
        return dict(WORDS[word])
    if (found := LIST_OF.fullmatch(word)) and found["item"] in WORDS:
        schema: dict[str, Json] = dict(WORDS[found["item"]])
        for _ in range(found["brackets"].count("[")):
            schema = {"type": "array", "items": schema}
        return schema
    if ELSEWHERE.fullmatch(word):
        faults.append(SchemaFault(keys=keys, message=f"a schema elsewhere ({word!r}) is not available in this version yet"))
    else:
        hint = did_you_mean(word.removesuffix("[]"), WORDS) or f"known types: {', '.join(WORDS)}, each with [] for a list"
        faults.append(SchemaFault(keys=keys, message=f"there is no type {word!r}", hint=hint))
    return {}


def _of_list(short: list[Json], keys: tuple[str | int, ...], faults: list[SchemaFault]) -> dict[str, Json]:
    if len(short) == 1 and (isinstance(short[0], (dict, list)) or short[0] in WORDS):
        return {"type": "array", "items": _schema(short[0], (*keys, 0), faults)}
    for position, word in enumerate(short):
        if not isinstance(word, str):
            faults.append(SchemaFault(keys=(*keys, position), message=f"a choice must be a text, not {word!r}", hint="put it in quotes"))
    if not short:
        faults.append(SchemaFault(keys=keys, message="a list of choices is empty", hint="write [a, b], or string[] for a list of texts"))
    return {"type": "string", "enum": [word for word in short if isinstance(word, str)]}


def _of_map(short: dict[str, Json], keys: tuple[str | int, ...], faults: list[SchemaFault]) -> dict[str, Json]:
    properties = {key.removesuffix("?"): _schema(value, (*keys, key), faults) for key, value in short.items()}
    required = [key for key in short if not key.endswith("?")]
    schema: dict[str, Json] = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": required} if required else {})


def schema_problem(schema: Mapping[str, Json]) -> str:
    """Why this is no JSON Schema that can be used here, or an empty string. A `$ref` may not leave the schema."""
    if not _has_foreign_words(schema):
        return ""
    import jsonschema_rs  # late: 30 ms that a file in the short form does not need

    try:
        jsonschema_rs.validator_for(dict(schema), offline=True)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        return str(error).partition("\n")[0]
    return ""


def problems(schema: Mapping[str, Json], value: Json, *, root: str = "output") -> tuple[str, ...]:
    """What is wrong with a value, one sentence each: `at output.summary: 5 is not a string`. Empty where it fits."""
    import jsonschema_rs  # late: 30 ms that reading a file does not need

    errors = jsonschema_rs.validator_for(dict(schema), offline=True).iter_errors(value)
    return tuple(f"at {_path(root, error.instance_path)}: {_sentence(error)}" for error in errors)


ARTICLES = {"string": "a string", "number": "a number", "integer": "a whole number", "boolean": "true or false", "null": "null"}
ARTICLES |= {"array": "a list", "object": "a map"}


def _sentence(error: Any) -> str:
    shown = _clipped(error.instance)
    match error.kind.name:
        case "type":
            return f"{shown} is not {_either(ARTICLES.get(word, word) for word in error.kind.types)}"
        case "enum":
            return f"{shown} is not {_either(_clipped(option) for option in error.kind.options)}"
        case "required":
            return f"{error.kind.property!r} is missing"
        case "additionalProperties":
            return f"{', '.join(map(repr, error.kind.unexpected))} is not expected here"
        case _:
            return str(error.message)


def _either(words: Iterable[str]) -> str:
    return " or ".join(words)


def _clipped(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _path(root: str, keys: Iterable[str | int]) -> str:
    return root + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)


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
