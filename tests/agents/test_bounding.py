"""Bounds on the typed answers of a model that may never stop by itself."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from playnex.agents.bounding import FORM, ITEM_CHARACTERS, ITEMS, LEAST, bounded, tidied

DRAFT: dict[str, Any] = {
    "type": "object",
    "properties": {"reply": {"type": "string"}, "kind": {"enum": ["a", "b"]}, "sources": {"type": "array", "items": {"type": "string"}}},
    "required": ["reply", "kind", "sources"],
    "additionalProperties": False,
}


def test_every_free_text_and_list_is_bounded_and_nothing_else_is_changed() -> None:
    properties = bounded(DRAFT, 320)["properties"]
    assert properties["kind"] == {"enum": ["a", "b"]}
    assert properties["sources"] == {"type": "array", "items": {"type": "string", "maxLength": ITEM_CHARACTERS}, "maxItems": ITEMS}
    assert LEAST < properties["reply"]["maxLength"] < 2 * 320
    assert bounded({"type": "string", "maxLength": 7}, 320) == {"type": "string", "maxLength": 7}


@given(texts=st.integers(0, 9), lists=st.integers(0, 3), tokens=st.integers(100, 4000))
def test_all_texts_together_fit_the_answers_tokens(texts: int, lists: int, tokens: int) -> None:
    names: dict[str, Any] = {f"t{number}": {"type": "string"} for number in range(texts)}
    names |= {f"l{number}": {"type": "array", "items": {"type": "string"}} for number in range(lists)}
    properties = bounded({"type": "object", "properties": names}, tokens)["properties"]
    lengths = [properties[name]["maxLength"] for name in names if name.startswith("t")]
    assert all(length >= LEAST for length in lengths)
    if all(length > LEAST for length in lengths):
        assert sum(lengths) / 2 + lists * ITEMS * ITEM_CHARACTERS + FORM <= tokens or not lengths


def test_a_text_that_ran_into_its_bound_ends_with_a_whole_sentence_and_says_nothing_twice() -> None:
    schema = {"type": "object", "properties": {"reply": {"type": "string", "maxLength": 60}, "sources": {"type": "array"}}}
    said = "Dear Ana, it is well. It is paid. It is paid. It is paid. It is pa!"[:60]
    assert tidied({"reply": said, "sources": ["x"]}, schema) == {"reply": "Dear Ana, it is well. It is paid.", "sources": ["x"]}
    assert tidied({"reply": "Dear Ana. Dear Ana."}, schema) == {"reply": "Dear Ana. Dear Ana."}, "a text that ended by itself is left alone"
    assert tidied({"reply": "x" * 60}, schema) == {"reply": "x" * 58}, "a text without a sentence too"
