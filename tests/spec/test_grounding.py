"""What a text may say when it may say only what its sources say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playnex.canonical import Json
from playnex.spec.grounding import passages_of, quote_unsupported, supported_by
from playnex.spec.ranking import rank
from playnex.spec.statements import whole_sentences

NOTES = {
    "git.md": "Linus Torvalds wrote the first version of Git in April 2005. Git does not merge drawings well.",
    "sync.md": "Syncthing copies folders between devices without a central server.",
}
PASSAGES: list[Json] = list(passages_of(NOTES))


@pytest.mark.parametrize(
    "text",
    [
        "Linus Torvalds wrote the first version of Git in April 2005.",
        "Git does not merge drawings well.",
        "# A title\n\n- Git does not merge drawings well.",
    ],
)
def test_what_a_source_says_is_supported(text: str) -> None:
    assert supported_by(text, PASSAGES)


@pytest.mark.parametrize(
    "text",
    [
        "Linus Torvalds wrote the first version of Git in April 2006.",
        "Junio Hamano wrote the first version of Git in April 2005.",
        "Git does merge drawings well.",
        "Everybody loves Git because it is fast and free.",
        "Git does not merge drawings well. Git does not merge drawings well.",
        "There are three kinds of drawings:",
    ],
)
def test_a_changed_invented_or_repeated_statement_is_not_supported_and_is_mended(text: str) -> None:
    assert not supported_by(text, PASSAGES)
    assert supported_by(quote_unsupported(text, PASSAGES), PASSAGES)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*(p["text"] for p in PASSAGES), "Bananas fly.", "- one\n", "\n\n", "List:", "1. Git."]), max_size=6))
def test_what_was_mended_is_supported_and_mending_again_changes_nothing(pieces: list[str]) -> None:
    mended = quote_unsupported(" ".join(pieces), PASSAGES)
    assert supported_by(mended, PASSAGES)
    assert quote_unsupported(mended, PASSAGES) == mended


def test_the_passages_that_fit_a_query_come_first() -> None:
    assert [passage["file"] for passage in rank("central server", passages_of(NOTES), 1)] == ["sync.md"]


def test_a_text_that_loses_most_of_its_statements_gives_way_to_its_sources_in_their_order() -> None:
    invented = "Bananas fly. Apples swim. Pears sing. Git does not merge drawings well."
    retold = " ".join(passage["text"] for passage in PASSAGES[:2]) + "\n\n" + PASSAGES[2]["text"]
    assert quote_unsupported(invented, PASSAGES, 2) == retold
    assert quote_unsupported("Git does not merge drawings well.", PASSAGES, 2) == retold, "one statement is too few"
    assert quote_unsupported(retold, PASSAGES, 2) == retold


def test_a_text_that_keeps_most_of_its_statements_stays_and_only_the_others_are_replaced() -> None:
    written = "Git does not merge drawings well. Linus Torvalds wrote the first version of Git in 2005. Pears sing."
    kept, _, quoted = quote_unsupported(written, PASSAGES, 2).rpartition(" Syncthing")
    assert written.startswith(kept) and quoted.endswith("central server.")


def test_a_mended_text_has_no_heap_of_blank_lines_and_no_stray_brackets() -> None:
    syncthing = PASSAGES[2]["text"]
    broken = f"\n\nPears sing.\n\n\n{syncthing}\n\nApples swim.\n\n\n\nGit does not merge drawings well. }}}}  {{  \n"
    assert quote_unsupported(broken, PASSAGES[1:]) == f"{syncthing}\n\nGit does not merge drawings well."
    assert not supported_by("Git does not merge drawings well. }}  {", PASSAGES)
    assert supported_by("Git does not merge drawings well.  \n", PASSAGES), "a line break of Markdown is none"


def test_a_text_that_was_cut_loses_the_sentence_that_the_end_fell_into() -> None:
    assert whole_sentences("Git is old, e.g. from 2005. It does not mer") == "Git is old, e.g. from 2005."
    assert whole_sentences("Once upon a") == "Once upon a"
