"""The file tools: what they read, and that no path leads out of their folders."""

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playnex.canonical import Json
from playnex.errors import PlaynexError, ToolFailed, ToolRefused
from playnex.tools import folders
from playnex.tools.file_tools import file_tools
from playnex.tools.tool import CallScope, ToolResult

SECRET = "the secret outside"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with notes, and a secret right beside it."""
    (tmp_path / "secret.txt").write_text(SECRET)
    place = tmp_path / "work"
    (place / "notes" / "deep").mkdir(parents=True)
    (place / "notes" / "a.md").write_text("Tides rise. Tides fall.\nThe moon pulls.\n")
    (place / "notes" / "deep" / "b.txt").write_text("The moon is far.\n")
    (place / "readme.md").write_text("Read me.\n")
    (place / ".playnex").mkdir()
    (place / ".playnex" / "store.txt").write_text(SECRET)
    return place


def called(workspace: Path, name: str, scope: CallScope | None = None, **arguments: Json) -> ToolResult:
    tools = {tool.name: tool for tool in file_tools(workspace)}
    return asyncio.run(tools[f"file.{name}"].call(arguments, scope or CallScope()))  # type: ignore[arg-type]


def test_files_are_listed_read_and_searched_by_relative_names(workspace: Path) -> None:
    assert called(workspace, "list").output == {"files": ["notes/a.md", "notes/deep/b.txt", "readme.md"], "complete": True}
    assert called(workspace, "list", folder="notes", pattern="*.md").output["files"] == ["notes/a.md"]
    read = called(workspace, "read", path="notes/a.md", start=2)
    assert read.output == {"file": "notes/a.md", "start": 2, "end": 2, "total": 2, "text": "The moon pulls.\n"}
    assert read.sources == ("notes/a.md",) and all(tool.untrusted for tool in file_tools(workspace))
    found = called(workspace, "search", query="MOON the")
    assert found.output["hits"] == [
        {"file": "notes/a.md", "line": 2, "text": "The moon pulls."},
        {"file": "notes/deep/b.txt", "line": 1, "text": "The moon is far."},
    ]


def test_passages_are_numbered_sentences_with_their_file(workspace: Path) -> None:
    found = called(workspace, "passages", folder="notes", query="moon", limit=5)
    assert found.output[0] == {"number": 1, "file": "notes/deep/b.txt", "text": "The moon is far."}
    assert {"number": 4, "file": "notes/a.md", "text": "The moon pulls."} in found.output
    assert found.sources == ("notes/deep/b.txt", "notes/a.md")
    assert len(called(workspace, "passages", folder="notes", query="moon", limit=1).output) == 1
    (workspace / "empty").mkdir()
    with pytest.raises(ToolFailed, match="nothing to read below"):
        called(workspace, "passages", folder="empty", query="moon")


def test_a_given_folder_is_readable_by_every_name_it_has(workspace: Path, tmp_path: Path) -> None:
    outside = tmp_path / "library"
    outside.mkdir()
    (outside / "book.md").write_text("A book.")
    scope = CallScope(folders=(outside,))
    for path in ("book.md", "./book.md", "library/book.md", str(outside / "book.md"), "../library/book.md"):
        assert called(workspace, "read", scope, path=path).output["text"] == "A book."
    assert called(workspace, "list", scope, folder="library").output["files"] == ["book.md"]
    assert called(workspace, "read", scope, path="notes/a.md").sources == ("notes/a.md",)
    with pytest.raises(ToolRefused):
        called(workspace, "read", path="../library/book.md")


def test_names_in_several_given_folders_find_their_file_again(workspace: Path, tmp_path: Path) -> None:
    places = (tmp_path / "one", tmp_path / "two")
    for place in places:
        place.mkdir()
        (place / "same.md").write_text(place.name)
    scope = CallScope(folders=places)
    for place in places:
        (name,) = called(workspace, "list", scope, folder=place.name).output["files"]
        assert called(workspace, "read", scope, path=name).output["text"] == place.name


def test_a_given_file_opens_nothing_else_in_its_folder(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "mail.txt").write_text("Dear all")
    scope = CallScope(folders=(tmp_path / "mail.txt",))
    for path in ("mail.txt", str(tmp_path / "mail.txt")):
        assert called(workspace, "read", scope, path=path).output["text"] == "Dear all"
    assert called(workspace, "list", scope).output["files"] == ["mail.txt"]
    with pytest.raises(ToolRefused):
        called(workspace, "read", scope, path="../secret.txt")
    with pytest.raises(ToolRefused):
        called(workspace, "read", scope, path=str(tmp_path / "secret.txt"))


@pytest.mark.parametrize(
    "path", ["../secret.txt", "notes/../../secret.txt", "/etc/passwd", "..", "/", "notes/deep/../../../secret.txt", "a\0b", "~/x/../../.."]
)
def test_paths_out_of_the_workspace_are_refused_and_told_what_is_allowed(workspace: Path, path: str) -> None:
    with pytest.raises(ToolRefused) as refused:
        called(workspace, "read", path=path)
    assert "workspace" in refused.value.hint


def test_links_are_refused_wherever_they_stand(workspace: Path, tmp_path: Path) -> None:
    (workspace / "link.txt").symlink_to(tmp_path / "secret.txt")
    (workspace / "up").symlink_to(tmp_path)
    (workspace / "notes" / "deep" / "round").symlink_to(workspace)
    for path in ("link.txt", "up/secret.txt", "notes/deep/round/readme.md"):
        with pytest.raises(ToolRefused, match="symbolic link"):
            called(workspace, "read", path=path)
    with pytest.raises(ToolRefused, match="symbolic link"):
        called(workspace, "list", folder="up")
    assert len(called(workspace, "list").output["files"]) == 3
    assert called(workspace, "search", query="secret").output["hits"] == []


@pytest.mark.parametrize("path", [".playnex/store.txt", "notes/../.playnex/store.txt", ".PLAYNEX/store.txt", "./.playnex"])
def test_the_store_is_never_readable(workspace: Path, path: str) -> None:
    with pytest.raises(ToolRefused, match="never readable"):
        called(workspace, "read", path=path)


def test_the_store_is_not_readable_through_a_wider_or_an_inner_folder(workspace: Path, tmp_path: Path) -> None:
    os.rename(workspace / ".playnex", workspace / "plain")
    (workspace / ".playnex").mkdir()
    with pytest.raises(ToolRefused):
        called(workspace, "read", CallScope(folders=(tmp_path,)), path="work/.playnex/store.txt")
    with pytest.raises(ToolRefused):
        called(workspace, "list", CallScope(folders=(workspace / ".playnex",)))


def test_special_files_are_refused_and_do_not_hang(workspace: Path) -> None:
    os.mkfifo(workspace / "pipe")
    with pytest.raises(ToolRefused, match="not a regular file"):
        called(workspace, "read", path="pipe")
    with pytest.raises(ToolRefused, match="not a regular file"):
        called(workspace, "read", CallScope(folders=(Path("/dev"),)), path="/dev/zero")
    assert "pipe" not in called(workspace, "list").output["files"]


def test_large_files_are_refused_and_left_out_of_searches_by_name(workspace: Path) -> None:
    (workspace / "big.md").write_bytes(b"moon " * 1_100_000)
    with pytest.raises(ToolRefused, match=r"5,500,000 bytes"):
        called(workspace, "read", path="big.md")
    found = called(workspace, "search", query="moon").output
    assert len(found["hits"]) == 2 and not found["complete"] and "big.md" in found["skipped"][0]


def test_text_that_is_not_utf8_is_read_and_said_to_be_so(workspace: Path) -> None:
    (workspace / "latin.txt").write_bytes("Flußbett".encode("latin-1"))
    output = called(workspace, "read", path="latin.txt").output
    assert output["text"] == "Flu\ufffdbett" and "not UTF-8" in output["note"]


def test_a_long_list_ends_at_two_thousand_and_says_so(workspace: Path) -> None:
    (workspace / "many").mkdir()
    for number in range(2_001):
        (workspace / "many" / f"{number}.md").touch()
    output = called(workspace, "list", folder="many").output
    assert (len(output["files"]), output["complete"]) == (2_000, False)


def test_a_missing_file_is_a_failure_not_a_refusal(workspace: Path) -> None:
    for path in ("notes/none.md", "none/none.md", "notes"):
        with pytest.raises(ToolFailed):
            called(workspace, "read", path=path)


NAMES = [
    "..",
    ".",
    "",
    "notes",
    "deep",
    "a.md",
    "b.txt",
    "readme.md",
    "secret.txt",
    ".playnex",
    "store.txt",
    "up",
    "link.txt",
    "work",
    "\\..",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(parts=st.lists(st.sampled_from(NAMES), max_size=7), absolute=st.booleans())
def test_no_path_of_any_shape_reads_what_lies_outside(workspace: Path, tmp_path: Path, parts: list[str], absolute: bool) -> None:
    if not (workspace / "up").is_symlink():
        (workspace / "up").symlink_to(tmp_path)
        (workspace / "link.txt").symlink_to(tmp_path / "secret.txt")
    path = (str(tmp_path) + "/" if absolute else "") + "/".join(parts)
    try:
        text = called(workspace, "read", path=path).output["text"]
    except PlaynexError:
        return
    assert SECRET not in text


def test_without_links_being_refused_the_same_walk_would_read_outside(workspace: Path, tmp_path: Path) -> None:
    (workspace / "up").symlink_to(tmp_path)
    assert (workspace / "up" / "secret.txt").read_text() == SECRET


def test_a_folder_swapped_for_a_link_between_check_and_open_is_refused(workspace: Path, tmp_path: Path) -> None:
    checked = folders.Folders(workspace).spot("notes/a.md")
    os.rename(workspace / "notes", workspace / "old")
    (tmp_path / "a.md").write_text(SECRET)
    (workspace / "notes").symlink_to(tmp_path)
    with pytest.raises(ToolRefused, match="symbolic link"):
        folders.Folders(workspace).read(checked)
