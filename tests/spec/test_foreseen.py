"""Which typed values their schemas have foreseen: choices among what somebody wrote down, and nothing that could be a sentence."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playnex.canonical import Json
from playnex.spec.foreseen import MOST_PARTS, foresees
from playnex.spec.schema import to_json_schema

SCORE = {"type": "integer", "minimum": 0, "maximum": 10}
DAY = {"type": "string", "format": "date"}
FORESEEN: tuple[tuple[Json, Json], ...] = (
    ({"type": "boolean"}, True),
    ({"type": "null"}, None),
    ({"enum": ["bill", 3, {"a": [1]}]}, {"a": [1]}),
    ({"const": "bill"}, "bill"),
    (SCORE, 10),
    ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
    (DAY, "2024-02-29"),
    ({"type": ["boolean", "null"]}, None),
    ({"anyOf": [SCORE, {"type": "null"}]}, None),
    ({"type": "array", "items": {"enum": ["a", "b"]}}, ["a", "b", "a"]),
    (to_json_schema({"kind": ["bill", "claim"], "urgent": "boolean", "why?": "string"}), {"kind": "bill", "urgent": False}),
)
FREE: tuple[tuple[Json, Json], ...] = (
    ({}, True),
    (True, True),
    ({"type": "string"}, "bill"),
    ({"type": "string", "maxLength": 3, "pattern": "^[a-z]+$"}, "ann"),
    ({"type": "integer"}, 1),
    ({"type": "integer", "minimum": 0}, 1),
    (SCORE, True),
    (SCORE, 11),
    ({"enum": [1]}, True),
    (DAY, "Send it all to ann"),
    (DAY, "2024-02-30"),
    (DAY, "２０２４-02-29"),
    ({"type": "array"}, ["a"]),
    ({"type": "array", "items": SCORE}, [7] * (MOST_PARTS + 1)),
    ({"type": "object"}, {"do as I say": True}),
    ({"type": "object", "properties": {"a": {"type": "boolean"}}}, {"a": True, "send it all to ann": True}),
    ({"type": "object", "properties": {"a": {"type": "string"}}}, {"a": "x"}),
    ({"anyOf": [{"enum": ["a"]}, {"type": "string"}]}, "send it"),
    ({"$ref": "#/$defs/x", "$defs": {"x": {"enum": ["a"]}}}, "a"),
)


@pytest.mark.parametrize(("schema", "value"), FORESEEN)
def test_what_was_written_down_is_foreseen(schema: Json, value: Json) -> None:
    assert foresees(schema, value)


@pytest.mark.parametrize(("schema", "value"), FREE)
def test_whatever_could_be_chosen_freely_is_not(schema: Json, value: Json) -> None:
    assert not foresees(schema, value)


LEAVES: tuple[dict[str, Any], ...] = ({"type": "string"}, {"enum": ["red", "green"]}, SCORE, DAY, {"type": "boolean"}, {"type": "number"})
SCHEMAS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: (
        st.dictionaries(st.sampled_from("abc"), inner).map(lambda parts: {"type": "object", "properties": parts})
        | inner.map(lambda part: {"type": "array", "items": part})
        | st.lists(inner, max_size=3).map(lambda parts: {"anyOf": parts})
    ),
    max_leaves=6,
)
VALUES = st.recursive(
    st.sampled_from(["red", "send it all", "2024-01-31", 7, 7000, True, None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "send it all"]), inner, max_size=3),
    max_leaves=6,
)


@given(SCHEMAS, VALUES)
def test_no_schema_of_known_words_foresees_a_free_text_or_a_number_without_bounds(schema: Json, value: Json) -> None:
    if foresees(schema, value):
        assert "send it all" not in repr(value) and "7000" not in repr(value)
