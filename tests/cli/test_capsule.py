"""What a person does with capsules: edit, go back, compare, vouch, link, pin, delete, restore, purge."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.stage import Said, playnex
from cli.terminals import on_screen
from playnex.app.opening import opened
from playnex.capsules.capsule import Author, CapsuleDraft


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "playnex.toml").write_text("")
    (tmp_path / "flows").mkdir()
    for text in ("# Tides\n\nThey come in.\n", "# Tides\n\nThey go out.\n"):
        (tmp_path / "text.md").write_text(text)
        words = ("edit", "notes/tides") if text.endswith("out.\n") else ("create", "notes/tides")
        assert playnex("capsule", *words, "--file", "text.md", folder=tmp_path).code == 0
    return tmp_path


def told(said: Said) -> Any:
    assert said.code == 0, said.err
    return json.loads(said.out)


def capsule(folder: Path, *words: str) -> Any:
    return told(playnex("capsule", *words, "--json", folder=folder))


def test_an_older_version_is_seen_and_becomes_the_newest(workspace: Path) -> None:
    assert "come in" in playnex("capsule", "view", "notes/tides@1", folder=workspace).out
    assert capsule(workspace, "restore", "notes/tides", "--version", "1")["version"] == 3
    assert capsule(workspace, "view", "notes/tides")["body"] == "# Tides\n\nThey come in.\n"
    assert playnex("capsule", "restore", "notes/tides", "--version", "3", folder=workspace).code == 2


def test_any_two_versions_are_compared(workspace: Path) -> None:
    for words in (("notes/tides",), ("notes/tides@1",), ("notes/tides@1", "notes/tides@2")):
        lines = playnex("capsule", "diff", *words, folder=workspace).out.splitlines()
        assert {"-They come in.", "+They go out."} <= set(lines) and lines[0] == "--- notes/tides@1"
    back = capsule(workspace, "diff", "notes/tides@2", "notes/tides@1")
    assert (back["from"]["version"], back["to"]["version"]) == (2, 1) and "+They come in." in back["diff"]
    colored = playnex("--color", "always", "capsule", "diff", "notes/tides", folder=workspace).out
    assert "\x1b[31mThey \x1b[0m\x1b[1;31mcome\x1b[0m" in colored, "the words that differ stand out, the others do not"


def test_an_edit_that_was_overtaken_keeps_both_texts_and_says_how_to_go_on(workspace: Path) -> None:
    (workspace / "mine.md").write_text("mine\n")
    said = playnex("capsule", "edit", "notes/tides", "--file", "mine.md", "--expected", "1", folder=workspace)
    kept = workspace / "tides.yours.md"
    assert said.code == 1 and kept.read_text() == "mine\n" and str(kept) in said.err
    assert "They go out" in capsule(workspace, "view", "notes/tides")["body"]
    merge = said.err.split("then: playnex ")[1].split()
    assert capsule(workspace, *merge[1:])["version"] == 3
    again = playnex("capsule", "edit", "notes/tides", "--file", "mine.md", "--expected", "1", folder=workspace)
    assert again.code == 1 and (workspace / "tides.yours-2.md").exists()


EDITOR = """#!/bin/sh
{}
printf 'edited\\n' > "$1"
"""


@pytest.mark.parametrize("meanwhile", ["", "playnex capsule edit notes/tides --file other.md"])
def test_the_editor_gives_the_next_version_or_a_conflict(meanwhile: str, workspace: Path) -> None:
    (workspace / "other.md").write_text("other\n")
    (workspace / "editor").write_text(EDITOR.format(meanwhile.replace("playnex", f"{sys.executable} -m playnex")))
    (workspace / "editor").chmod(0o700)
    with on_screen(workspace, "capsule", "edit", "notes/tides", VISUAL=str(workspace / "editor")) as screen:
        assert screen.end() == (1 if meanwhile else 0), screen.shown
    kept = workspace / "tides.yours.md"
    assert capsule(workspace, "view", "notes/tides")["body"] == ("other\n" if meanwhile else "edited\n")
    assert (kept.read_text() if meanwhile else kept.exists()) == ("edited\n" if meanwhile else False)


def test_what_came_from_outside_stays_untrusted_until_a_person_clears_it(workspace: Path) -> None:
    assert playnex("capsule", "clear", "notes/tides", folder=workspace).code == 2
    taint(workspace, "web/page", "Do as I say.")
    assert capsule(workspace, "edit", "web/page", "--file", "text.md")["labels"] == ["untrusted"]
    assert capsule(workspace, "link", "notes/tides", "web/page")["labels"] == ["untrusted"]
    assert capsule(workspace, "clear", "web/page")["labels"] == []
    assert capsule(workspace, "restore", "web/page", "--version", "1")["labels"] == ["untrusted"]
    unlinked = capsule(workspace, "link", "notes/tides", "web/page", "--remove")
    assert (unlinked["labels"], unlinked["sources"]) == (["untrusted"], [])


def taint(workspace: Path, name: str, body: str) -> None:
    """A capsule as an agent writes it that has read the web."""

    async def write() -> None:
        async with opened(str(workspace)) as app:
            author = Author(kind="run", run="R" * 26, step="read", agent="reader")
            await app.capsules.write(CapsuleDraft(name=name, body=body, author=author, labels=("untrusted",)))

    asyncio.run(write())


def test_what_was_made_of_a_capsule_is_shown_with_it(workspace: Path) -> None:
    capsule(workspace, "create", "articles/sea", "The sea.")
    made = capsule(workspace, "link", "articles/sea", "notes/tides")
    assert made["sources"] == ["notes/tides"]
    (use,) = capsule(workspace, "view", "notes/tides")["uses"]
    assert use["made"]["name"] == "articles/sea" and use["version"] == 2
    page = playnex("capsule", "history", "notes/tides", folder=workspace).out
    assert "articles/sea@2" in page
    assert playnex("capsule", "link", "articles/sea", "articles/sea", folder=workspace).code == 2


def test_a_list_has_pages_pins_and_what_was_deleted(workspace: Path) -> None:
    capsule(workspace, "create", "notes/sea", "The sea.")
    first = capsule(workspace, "list", "--limit", "1")
    rest = capsule(workspace, "list", "--after", first["next"])
    assert [item["name"] for item in (*first["items"], *rest["items"])] == ["notes/sea", "notes/tides"] and rest["next"] == ""
    assert capsule(workspace, "pin", "notes/sea")["pinned"]
    assert [item["name"] for item in capsule(workspace, "list", "--pinned")["items"]] == ["notes/sea"]
    assert not capsule(workspace, "unpin", "notes/sea")["pinned"]
    capsule(workspace, "delete", "notes/sea", "--yes")
    assert [item["name"] for item in capsule(workspace, "list", "--deleted")["items"]] == ["notes/sea"]
    assert playnex("capsule", "view", "notes/sea", folder=workspace).code == 5
    assert capsule(workspace, "restore", "notes/sea")["body"] == "The sea."


def test_a_purged_capsule_is_asked_about_and_gone(workspace: Path) -> None:
    assert playnex("capsule", "purge", "notes/tides", folder=workspace).code == 2
    assert capsule(workspace, "purge", "notes/tides", "--yes")["purged"]
    assert playnex("capsule", "restore", "notes/tides", folder=workspace).code == 5
    assert not capsule(workspace, "list", "--deleted")["items"]
    files = [path for path in (workspace / ".playnex").rglob("*") if path.is_file() and not path.name.endswith("-shm")]
    assert files and not [path for path in files if b"They go out" in path.read_bytes()]
