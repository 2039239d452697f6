"""The short schema of `output` turned into JSON Schema."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

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
