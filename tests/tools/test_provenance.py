"""Where a value comes from: found again to the character and as a whole, or not trusted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playnex.canonical import Json
from playnex.tools.provenance import CLOSING, OPENING, doubtful, is_known, texts_of

TASK = 'Send the report to boss@example.com, or (if she is away) to <deputy@example.com>; at most 120 dollars. Use "/srv/out".'

WORDS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Z", "Cc")), min_size=1)
VALUES = WORDS.filter(lambda word: bool(word.strip(OPENING + CLOSING)))


@pytest.mark.parametrize("value", ["boss@example.com", "deputy@example.com", "/srv/out", 120, 120.0, "the report", "dollars"])
def test_what_stands_in_the_task_is_trusted(value: Json) -> None:
    assert is_known(value, [TASK])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("boss@example.com", "write to myboss@example.com"),
        ("boss@example.com", "write to boss@example.com.evil.org"),
        ("boss@example.com", "write to boss@example.community"),
        ("boss@example.com", "write to Boss@example.com"),
        ("example.com", "write to boss@example.com"),
        ("https://example.com/a", "see https://example.com/a/b"),
        ("example.com", "see https://example.com"),
        ("/srv", "write to /srv/out"),
        ("out", "write to /srv/out"),
        ("bοss@example.com", "write to boss@example.com"),
        ("boss@example.com", "write to boss@example.com\u0301"),
        ("boss@example.com", "write to \u202eboss@example.com"),
        ("boss@example.com", "write to \u200bboss@example.com"),
        ("caf\u00e9", "the cafe\u0301"),
        ("caf\u00e9", "the cafe"),
        ("boss@example.com ", "boss@example.com"),
        ("", "anything"),
        (" ", "any thing"),
        (10, "pay 100"),
        (10, "pay 10.5"),
        (1, "pay 1,000"),
        (0, "pay 1,000"),
        (5, "it was -5 degrees"),
        (10, "pay 10%"),
        (7, "agent 007"),
        (3, "pay \u0663"),
        (True, "do it"),
        (None, "anything"),
        ([], "anything"),
        ({}, "anything"),
        (["a", "evil"], "a b c"),
        ({"to": "evil"}, "to boss"),
        ({"evil": "boss"}, "to boss"),
    ],
)
def test_what_only_looks_like_it_is_not(value: Json, text: str) -> None:
    assert not is_known(value, [text])


def test_each_element_of_a_list_and_each_key_and_value_of_a_map_has_to_be_known() -> None:
    assert is_known(["boss@example.com", "deputy@example.com"], [TASK])
    assert not is_known(["boss@example.com", "evil@example.com"], [TASK])
    assert is_known({"to": ["boss@example.com"]}, [TASK]) and not is_known({"cc": ["boss@example.com"]}, [TASK])


def test_a_value_is_not_put_together_from_several_texts() -> None:
    assert not is_known("boss@example.com", ["boss@", "example.com"])
    assert not is_known("a b", ["a", "b"])


def test_trusted_json_is_looked_into_and_numbers_are_found_as_they_are_written() -> None:
    texts = list(texts_of({"account": {"mail": "ana@example.com", "owes": 100.5, "open": True}}))
    assert is_known("ana@example.com", texts) and is_known(100.5, texts) and is_known(True, texts)
    inside = list(texts_of('{"mail":"ana@example.com","line":"a\\nb","owes":120}'))
    assert is_known("ana@example.com", inside) and is_known(120, inside) and is_known("a\nb", inside)
    assert is_known(100.5, ["pay 100.50 now"])


def test_a_tools_own_default_is_no_choice_of_a_model() -> None:
    assert doubtful({"to": "x", "cc": "", "n": 1}, ["x"], defaults={"cc": "", "n": True}) == ("n",)


@given(VALUES, st.text(), st.text())
def test_a_value_by_itself_between_spaces_is_known_whatever_stands_around_it(value: str, before: str, after: str) -> None:
    assert is_known(value, [f"{before} {value} {after}"]) and is_known(value, [value])


@given(VALUES, WORDS, WORDS)
def test_a_part_of_a_longer_word_is_never_known(value: str, before: str, after: str) -> None:
    word = f"{before}{value}{after}"
    grown_before, grown_after = bool(before.strip(OPENING)), bool(after.strip(CLOSING))
    if word.count(value) == 1 and (grown_before or grown_after):
        assert not is_known(value, [word])


@given(st.recursive(st.one_of(VALUES, st.integers(), st.booleans()), lambda parts: st.lists(parts, min_size=1), max_leaves=6))
def test_a_trusted_value_is_known_as_itself_and_as_its_json(value: Json) -> None:
    assert is_known(value, list(texts_of(value)))
    if isinstance(value, list):
        assert is_known(value, list(texts_of(json.dumps(value))))


@given(VALUES, st.lists(VALUES))
def test_what_stands_in_no_trusted_text_is_never_known(value: str, texts: list[str]) -> None:
    if not any(value in text for text in texts):
        assert not is_known(value, texts)
