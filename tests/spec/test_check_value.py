"""What a value has against a schema: one checker for flows, answers and arguments, in plain words."""

import pytest

from playnex.canonical import Json
from playnex.spec.check_value import problems, schema_problem
from playnex.testing.model_server import serving

TICKET = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["billing", "bug"]},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"amount": {"type": "integer"}}, "additionalProperties": False},
        },
    },
    "required": ["kind"],
    "additionalProperties": False,
}


def test_a_value_that_fits_has_no_problems() -> None:
    assert problems(TICKET, {"kind": "bug", "lines": [{"amount": 3}]}) == ()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({}, "'kind' is missing"),
        ([], "[] is not a map"),
        ({"kind": "bugs"}, 'at kind: "bugs" is not "billing" or "bug"'),
        ({"kind": "bug", "lines": [{"amount": "3"}]}, 'at lines[0].amount: "3" is not a whole number'),
        ({"kind": "bug", "line": []}, "'line' is not expected here; did you mean 'lines'?"),
        ({"kind": "bug", "lines": [{"amout": 3}]}, "at lines[0]: 'amout' is not expected here; did you mean 'amount'?"),
    ],
)
def test_each_problem_names_its_place_and_says_what_was_expected(value: Json, told: str) -> None:
    assert problems(TICKET, value) == (told,)


def test_all_problems_come_at_once_and_under_the_name_that_the_value_has() -> None:
    assert problems(TICKET, {"lines": 5}, root="output") == ("at output.lines: 5 is not a list", "at output: 'kind' is missing")


@pytest.mark.parametrize("value", [{"kind": "\ud800"}, {"kind": float("nan")}, {"kind": object()}])
def test_what_is_no_json_is_told_and_raises_nothing(value: Json) -> None:
    (told,) = problems(TICKET, value)
    assert "cannot be stored as JSON" in told


@pytest.mark.parametrize("schema", [{"type": "strin"}, {"$ref": "#/$defs/none"}, {"pattern": "("}])
def test_a_schema_that_cannot_be_used_is_told(schema: dict[str, Json]) -> None:
    assert schema_problem(schema)
    (told,) = problems(schema, "x")
    assert told.startswith("its schema cannot be used: ")


def test_a_schema_elsewhere_is_never_fetched() -> None:
    with serving(pages={"/schema.json": {}}) as server:
        elsewhere = {"$ref": f"{server.address}/schema.json"}
        assert schema_problem(elsewhere)
        assert problems(elsewhere, "x")


def test_long_values_are_shown_cut() -> None:
    (told,) = problems({"type": "integer"}, "x" * 5_000)
    assert len(told) < 120 and told.endswith("… is not a whole number")
