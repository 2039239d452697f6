"""Bounds on a typed answer, for a model that may never stop by itself: how long its texts and lists may get, and what is left of a text
that ran into its bound."""

import re
from collections.abc import Mapping

from playnex.canonical import Json
from playnex.spec.statements import whole_sentences

CHARACTERS = 2
"""A token has more, in most languages; but what is bounded too tightly is still whole, and what is not is cut off."""

ITEMS = 4
ITEM_CHARACTERS = 30
"""What stands in a list is short, and may be digits, of which each is a token."""

FORM = 40
"""Tokens of the names, quotes and blanks around what is said."""

LEAST = 40
"""Characters that a text gets, however many there are."""

SENTENCE_END = re.compile(r"(?<=[.!?])\s+")

BOUND_ALREADY = ("enum", "const", "maxLength", "pattern", "format")
NEARLY = 0.9
"""The share of its bound from which on a text has most likely run into it."""

FORCED = 2
"""Characters at its end that are the grammar's way out, and not the model's word."""


def bounded(schema: Mapping[str, Json], tokens: int) -> dict[str, Json]:
    """The schema with a `maxLength` for every text and a `maxItems` for every list that have none, so that an answer of so many tokens
    can hold them all."""
    lists, texts = _lists_in(schema), _texts_in(schema)
    room = (tokens - FORM - lists * ITEMS * ITEM_CHARACTERS) * CHARACTERS
    return _bounded(schema, max(LEAST, room // max(1, texts)))


def tidied(value: Json, schema: Mapping[str, Json]) -> Json:
    """A value of a bounded schema, where a text that ran into its bound ends with its last whole sentence and says nothing twice."""
    match value, schema:
        case str(), {"maxLength": int(most)} if len(value) >= NEARLY * most:
            return _each_once(whole_sentences(value[:-FORCED]))
        case dict(), {"properties": dict(properties)}:
            return {name: tidied(part, properties.get(name, {})) for name, part in value.items()}
        case list(), {"items": dict(items)}:
            return [tidied(part, items) for part in value]
        case _:
            return value


def _each_once(text: str) -> str:
    return " ".join(dict.fromkeys(SENTENCE_END.split(text)))


def _bounded(schema: Mapping[str, Json], room: int) -> dict[str, Json]:
    if _is_free_text(schema):
        return {**schema, "maxLength": room}
    within = min(room, ITEM_CHARACTERS) if schema.get("type") == "array" else room
    parts = {name: _bounded_part(part, within) for name, part in schema.items()}
    return {"maxItems": ITEMS, **parts} if schema.get("type") == "array" else parts


def _bounded_part(part: Json, room: int) -> Json:
    if isinstance(part, Mapping):
        return _bounded(part, room)
    return [_bounded_part(each, room) for each in part] if isinstance(part, list) else part


def _is_free_text(schema: Mapping[str, Json]) -> bool:
    return schema.get("type") == "string" and not any(name in schema for name in BOUND_ALREADY)


def _texts_in(schema: Json) -> int:
    """How many texts an answer has outside its lists."""
    if not isinstance(schema, Mapping) or schema.get("type") == "array":
        return 0
    return 1 if _is_free_text(schema) else sum(_texts_in(part) for part in schema.values())


def _lists_in(schema: Json) -> int:
    if not isinstance(schema, Mapping):
        return 0
    return 1 if schema.get("type") == "array" else sum(_lists_in(part) for part in schema.values())
