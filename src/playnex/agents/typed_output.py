"""Typed answers: read from a model's text and checked against their JSON Schema."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from playnex.canonical import Json
from playnex.spec.check_value import problems

SHOWN = 5
"""Breaks of a schema that are told at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A value, or why there is none: `fault` is empty where the value fits."""

    value: Json = None
    fault: str = ""


def is_text(schema: Mapping[str, Json] | None) -> bool:
    """True where any text is an answer: no schema, or just `{"type": "string"}`."""
    return schema is None or (schema.get("type") == "string" and not schema.keys() - {"type", "title", "description"})


def read_output(text: str, schema: Mapping[str, Json]) -> Reading:
    """The value in the text. JSON within a code fence is taken out of it; a text that is no JSON is the value itself where
    the schema allows that text (a bare label, say)."""
    found = _json_in(text)
    reading = check(found, schema) if found is not _NOTHING else Reading(fault="it is not JSON")
    if not reading.fault:
        return reading
    bare = check(text.strip(), schema)
    return reading if bare.fault else bare


def check(value: Json, schema: Mapping[str, Json]) -> Reading:
    """The value, if it fits; else every break in words (the first five)."""
    return Reading(value=value, fault="; ".join(problems(schema, value)[:SHOWN]))


_NOTHING = object()


def _json_in(text: str) -> Json:
    """The JSON that the text is, or that its one code fence holds."""
    for candidate in (text, text.partition("```")[2].removeprefix("json").rpartition("```")[0]):
        try:
            return json.loads(candidate)
        except (ValueError, RecursionError):
            continue
    return _NOTHING
