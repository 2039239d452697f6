"""Which file is whose: no name leads out of the folder, and no file is two capsules'."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playnex.capsules.mirror.names import (
    LONGEST,
    Named,
    OfOthers,
    Strange,
    conflict_path,
    folded,
    is_conflict,
    path_of,
    problem,
    reading_of,
)


@pytest.mark.parametrize("name", ["tides", "notes/tides", "a/b/c", "v1.2", "Notes/é", "x.md"])
def test_a_name_and_its_file_find_each_other(name: str) -> None:
    assert reading_of(path_of(name)) == Named(name=name) and not problem(name)


@pytest.mark.parametrize(
    "path",
    [
        ".gitignore",
        ".x.md.swp",
        "notes/.hidden.md",
        ".obsidian/x.md",
        "tides.md~",
        "#tides.md#",
        ".#tides.md",
        "4913",
        "tides.md.tmp",
        "x.swp",
    ],
)
def test_what_editors_lay_about_is_passed_over_in_silence(path: str) -> None:
    assert reading_of(path) == OfOthers()


@pytest.mark.parametrize(
    "path",
    ["con.md", "a/NUL.md", "two words.md", "runs/x/y.md", "photo.png", "x.MD", "end..md", "a\\b.md", "-.md"],
)
def test_what_is_no_capsules_file_is_told_with_the_reason(path: str) -> None:
    reading = reading_of(path)
    assert isinstance(reading, Strange) and reading.why


@pytest.mark.parametrize("path", ["../out.md", "a/../../out.md", "/etc/passwd.md", "a//b.md", ".md", "..md"])
def test_a_path_that_would_lead_out_is_nobodys(path: str) -> None:
    assert not isinstance(reading_of(path), Named)


@given(st.text(max_size=40) | st.from_regex(r"[a-zA-Z./~#\\-]{1,30}\.md", fullmatch=True))
def test_whatever_a_file_is_called_its_capsule_stays_in_the_folder(path: str) -> None:
    reading = reading_of(path)
    if isinstance(reading, Named):
        parts = PurePosixPath(path_of(reading.name)).parts
        assert ".." not in parts and not PurePosixPath(reading.name).is_absolute() and not any(part.startswith(".") for part in parts)


@given(name=st.from_regex(r"[a-z]{1,3}(/[a-zé]{1,120})?", fullmatch=True), number=st.integers(1, 20))
def test_a_side_of_a_conflict_lies_beside_and_is_no_capsule(name: str, number: int) -> None:
    path = conflict_path(name, "v12", number)
    assert PurePosixPath(path).parent == PurePosixPath(path_of(name)).parent and len(PurePosixPath(path).name.encode()) <= LONGEST
    assert is_conflict(path.removesuffix(".md")) and isinstance(reading_of(path), Strange)


def test_names_that_some_systems_keep_in_one_file_are_folded_alike() -> None:
    assert folded("Notes/É") == folded("notes/é") == folded("notes/e\u0301") != folded("notes/e")
