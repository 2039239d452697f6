"""The table of what is done about one name, as data: total, quiet at rest, and never against one side alone."""

import itertools

import pytest

from playnex.capsules.mirror.deciding import Agreed, Deed, Stored, decide

OLD, NEW, OTHER = Stored(id="a", version=1), Stored(id="a", version=2), Stored(id="b", version=1)
AGREED = Agreed(stored=OLD, digest="old")

TABLE: dict[tuple[Agreed | None, Stored | None, str | None], Deed] = {
    (None, None, None): "rest",
    (None, OLD, None): "write",
    (None, None, "new"): "take",
    (None, OLD, "new"): "compare",
    (AGREED, OLD, "old"): "rest",
    (AGREED, NEW, "old"): "write",
    (AGREED, OTHER, "old"): "write",
    (AGREED, None, "old"): "remove",
    (AGREED, OLD, "new"): "take",
    (AGREED, NEW, "new"): "compare",
    (AGREED, OTHER, "new"): "compare",
    (AGREED, None, "new"): "keep",
    (AGREED, OLD, None): "delete",
    (AGREED, NEW, None): "write",
    (AGREED, OTHER, None): "write",
    (AGREED, None, None): "forget",
}

EVERYTHING = list(
    itertools.chain(
        itertools.product([None], [None, OLD], [None, "new"]), itertools.product([AGREED], [None, OLD, NEW, OTHER], [None, "old", "new"])
    )
)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: "-".join(str(part) for part in case if part) or "nothing")
def test_each_state_of_a_name_has_its_deed(case: tuple[Agreed | None, Stored | None, str | None]) -> None:
    assert decide(*case) == TABLE[case]


def test_the_table_is_whole() -> None:
    assert set(EVERYTHING) == set(TABLE)


@pytest.mark.parametrize("case", EVERYTHING, ids=str)
def test_a_side_that_has_not_moved_is_the_only_one_that_is_overwritten(case: tuple[Agreed | None, Stored | None, str | None]) -> None:
    agreed, stored, digest = case
    deed = decide(agreed, stored, digest)
    if deed in ("write", "remove"):
        assert digest is None or (agreed and digest == agreed.digest), "a file that a person changed would be lost"
    if deed in ("take", "delete"):
        assert stored == (agreed.stored if agreed else None), "a version that nobody has seen would be passed over"


@pytest.mark.parametrize("newest", [OLD, NEW, OTHER], ids=str)
def test_what_the_mirror_has_written_itself_rests_whenever_it_is_looked_at_again(newest: Stored) -> None:
    assert decide(Agreed(stored=newest, digest="text"), newest, "text") == "rest"
    assert decide(AGREED, newest, "text") in ("compare", "take")  # between the file and the memory of it: compared before it is taken
