"""A capsule in pieces: nothing is lost, nothing is too long, and each piece knows where it belongs."""

from hypothesis import given
from hypothesis import strategies as st

from playnex.capsules.meaning.pieces import LENGTH, MOST, pieces

TEXT = st.lists(st.sampled_from(["word ", "a sentence. ", "\n", "\n\n", "# Heading\n", "## Below\n\n", "x" * 900, "é"]), max_size=60)


@given(TEXT)
def test_the_pieces_are_the_body_in_its_order_and_none_is_too_long(parts: list[str]) -> None:
    body = "".join(parts)
    found = pieces("notes/a", body)
    assert 1 <= len(found) <= MOST
    end = 0
    for piece in found:
        assert piece.length <= LENGTH
        assert not body[end : piece.start].strip()
        end = piece.start + piece.length
    assert len(found) == MOST or not body[end:].strip()


def test_a_piece_says_which_capsule_and_which_heading_it_stands_under() -> None:
    found = pieces("kb/double-charge", "# Charged twice\n\nWe pay it back.\n\n## When\n\n" + "Within three days. " * 60)
    assert found[0].text.startswith("kb double charge\n# Charged twice")
    assert found[-1].text.startswith("kb double charge: When\n")


def test_a_capsule_without_text_is_found_by_its_name() -> None:
    (piece,) = pieces("notes/tide_tables", "")
    assert piece.text == "notes tide tables"
