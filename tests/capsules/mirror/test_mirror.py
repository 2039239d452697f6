"""Capsules and their files, in both directions, over a real store and real files."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from capsules.mirror.stage import AGENT, Desk
from playnex.capsules.capsule import CapsuleDraft


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path) as opened:
        yield opened


def test_what_an_agent_writes_is_in_the_file_and_what_a_person_saves_is_the_next_version(desk: Desk) -> None:
    desk.write("articles/tides", "ebb")
    desk.scan()
    assert desk.text("articles/tides.md") == "ebb"
    desk.save("articles/tides.md", "ebb and flood\r\n")
    desk.look("articles/tides")
    assert desk.bodies("articles/tides") == [("writer", "ebb"), ("ada", "ebb and flood\r\n")]
    desk.write("articles/tides", "three", expected=2)
    desk.look("articles/tides")
    assert desk.text("articles/tides.md") == "three" and desk.told == []


def test_a_new_file_is_a_new_capsule_and_a_deleted_file_is_a_deleted_capsule(desk: Desk) -> None:
    file = desk.save("notes/idea.md", "an idea")
    desk.scan()
    assert desk.bodies("notes/idea") == [("ada", "an idea")]
    file.unlink()
    desk.scan()
    assert desk.names() == []
    (deleted,) = desk.do(desk.capsules.deleted())
    assert deleted.by.name == "ada"
    desk.do(desk.capsules.restore("notes/idea"))
    desk.scan()
    assert desk.text("notes/idea.md") == "an idea" and desk.told == []


def test_the_file_of_a_capsule_that_was_deleted_goes_and_so_do_empty_folders(desk: Desk) -> None:
    desk.write("a/b/c", "x")
    desk.write("a/d", "y")
    desk.scan()
    desk.do(desk.capsules.delete("a/b/c", AGENT))
    desk.scan()
    assert desk.paths() == ["a/d.md"] and not (desk.files / "a" / "b").exists()
    desk.scan()
    assert desk.names() == ["a/d"]


def test_of_two_edits_at_once_both_are_kept_and_the_conflict_is_told(desk: Desk) -> None:
    desk.write("plan", "base", labels=("untrusted",))
    desk.scan()
    desk.save("plan.md", "ada's")
    desk.write("plan", "the agent's", expected=1)
    desk.scan()
    assert desk.bodies("plan") == [("writer", "base"), ("writer", "the agent's"), ("ada", "ada's")]
    assert desk.text("plan.md") == "ada's" and desk.text("plan.conflict-v2.md") == "the agent's"
    (told,) = desk.told
    assert told.kind == "conflict" and "version 3" in told.says and "plan.conflict-v2.md" in told.says
    desk.scan()
    assert desk.names() == ["plan"] and len(desk.told) == 1


def test_an_edit_of_a_capsule_that_was_deleted_meanwhile_stays_beside_and_is_no_capsule(desk: Desk) -> None:
    desk.write("plan", "base")
    desk.scan()
    desk.do(desk.capsules.delete("plan", AGENT))
    desk.save("plan.md", "ada's")
    desk.scan()
    assert desk.names() == [] and desk.paths() == ["plan.conflict-deleted.md"] and desk.text("plan.conflict-deleted.md") == "ada's"
    assert [notice.kind for notice in desk.told] == ["conflict"]


def test_a_file_that_was_deleted_while_an_agent_wrote_comes_back_with_what_it_wrote(desk: Desk) -> None:
    desk.write("plan", "base")
    desk.scan()
    (desk.files / "plan.md").unlink()
    desk.write("plan", "newer", expected=1)
    desk.scan()
    assert desk.text("plan.md") == "newer" and desk.names() == ["plan"]
    assert [notice.kind for notice in desk.told] == ["back"]


def test_a_person_and_an_agent_who_write_the_same_have_no_conflict(desk: Desk) -> None:
    desk.write("plan", "base")
    desk.scan()
    desk.write("plan", "same", expected=1)
    desk.save("plan.md", "same")
    desk.scan()
    assert [body for _, body in desk.bodies("plan")] == ["base", "same"] and desk.told == [] and desk.paths() == ["plan.md"]


def test_a_file_that_was_written_and_not_noted_before_a_crash_is_nobodys_edit(desk: Desk) -> None:
    desk.write("plan", "one")
    desk.scan()
    desk.write("plan", "two", expected=1)
    desk.write("plan", "three", expected=2)
    desk.save("plan.md", "two")  # as a mirror leaves it that wrote version 2 and was killed
    desk.scan()
    assert [body for _, body in desk.bodies("plan")] == ["one", "two", "three"] and desk.text("plan.md") == "three"
    assert desk.told == [] and desk.paths() == ["plan.md"]


def test_a_file_that_was_written_and_not_noted_before_a_crash_goes_with_its_capsule(desk: Desk) -> None:
    desk.write("plan", "one")
    desk.save("plan.md", "one")  # as a mirror leaves it that wrote version 1 and was killed
    desk.do(desk.capsules.delete("plan", AGENT))
    desk.scan()
    assert desk.names() == [] and desk.paths() == [] and desk.told == []


@pytest.mark.parametrize("count", [1, 20], ids=["one", "many"])
def test_a_file_that_is_put_back_as_it_was_brings_its_capsule_back_with_its_history(desk: Desk, count: int) -> None:
    names = [f"plan{number:02}" for number in range(count)]
    for name in names:
        desk.write(name, "one", labels=("untrusted",))
        desk.write(name, "two", expected=1)
    desk.scan()
    for name in names:
        desk.do(desk.capsules.delete(name))
    desk.scan()
    deleted = time.time()
    for name in names:
        while desk.save(f"{name}.md", "two").stat().st_ctime <= deleted:  # some systems count a file's time in hundredths of a second
            pass
    desk.scan()
    assert desk.names() == names and all([body for _, body in desk.bodies(name)] == ["one", "two"] for name in names)


def test_a_store_without_memory_of_the_files_takes_them_for_what_they_are(desk: Desk) -> None:
    desk.write("plan", "one")
    desk.write("plan", "two", expected=1)
    desk.save("plan.md", "one")
    desk.scan()
    assert [body for _, body in desk.bodies("plan")] == ["one", "two"] and desk.text("plan.md") == "two"


def test_a_folder_that_is_gone_deletes_nothing(desk: Desk) -> None:
    for name in ("a", "b/c"):
        desk.write(name, name)
    desk.scan()
    desk.files.rename(desk.files.with_name("elsewhere"))
    desk.scan()
    assert desk.names() == ["a", "b/c"] and desk.paths() == ["a.md", "b/c.md"]
    assert [notice.kind for notice in desk.told] == ["back"]


def test_a_renamed_file_is_a_new_capsule_with_the_labels_of_the_old(desk: Desk) -> None:
    desk.write("page", "what the web says", labels=("untrusted",))
    desk.scan()
    (desk.files / "page.md").rename(desk.files / "mine.md")
    desk.scan()
    assert desk.names() == ["mine"] and desk.read("mine").labels == ("untrusted",)


@pytest.mark.parametrize("order", [("page", "mine"), ("mine", "page")])
def test_a_rename_that_is_seen_in_two_looks_loses_no_label_either(desk: Desk, order: tuple[str, str]) -> None:
    desk.write("page", "what the web says", labels=("untrusted",))
    desk.scan()
    (desk.files / "page.md").rename(desk.files / "mine.md")
    for name in order:
        desk.look(name)
    assert desk.names() == ["mine"] and desk.read("mine").labels == ("untrusted",)


def test_an_edit_keeps_the_labels_and_sources_of_what_was_edited(desk: Desk) -> None:
    desk.write("page", "what the web says", labels=("untrusted",), sources=("http://x",))
    desk.scan()
    desk.save("page.md", "what the web says, mended")
    desk.scan()
    newest = desk.read("page")
    assert newest.author.name == "ada" and newest.labels == ("untrusted",) and newest.sources == ("http://x",)


def test_a_header_is_front_matter_and_can_be_edited(desk: Desk) -> None:
    desk.write("page", "body", header={"model": "small"})
    desk.scan()
    assert desk.text("page.md") == '---\nplaynex:\n  model: "small"\n---\nbody'
    desk.save("page.md", "---\nplaynex:\n  model: big\n---\nbody")
    desk.scan()
    assert desk.read("page").header == {"model": "big"} and desk.read("page").body == "body"


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"caf\xe9", "UTF-8"), (b"a\0b", "zero byte"), (b"x" * 4_000_001, "more than 4 MB")],
    ids=["latin-1", "binary", "huge"],
)
def test_a_file_that_is_no_text_is_told_and_left_and_the_capsule_stays(desk: Desk, data: bytes, why: str) -> None:
    desk.write("plan", "base")
    desk.scan()
    desk.save("plan.md", data)
    desk.scan()
    desk.scan()
    assert (desk.files / "plan.md").read_bytes() == data and desk.read("plan").body == "base"
    (told,) = desk.told
    assert told.kind == "left" and why in told.says
    desk.write("plan", "newer", expected=1)
    desk.scan()
    assert (desk.files / "plan.md").read_bytes() == data


def test_a_text_that_is_too_long_for_a_file_is_in_the_store_alone(desk: Desk) -> None:
    desk.write("long", "x" * 4_000_001)
    desk.write("short", "x")
    desk.scan()
    assert desk.paths() == ["short.md"] and "in the store alone" in desk.told[0].says


def test_what_is_no_capsules_file_is_left_and_can_be_told(desk: Desk) -> None:
    for path in ("photo.png", "two words.md", "con.md", "runs/x.md", ".gitignore", "x.md~", ".x.md.swp"):
        desk.save(path, "x")
    found = desk.do(desk.mirror.scan())
    assert desk.names() == [] and len(desk.paths()) == 7
    assert sorted(notice.path for notice in found.left) == ["con.md", "photo.png", "runs/x.md", "two words.md"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_no_link_leads_out_of_the_folder_neither_to_read_nor_to_write(desk: Desk, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text("secret")
    desk.write("linked/plan", "base")
    desk.write("file", "base")
    desk.files.mkdir()
    (desk.files / "linked").symlink_to(outside)
    (desk.files / "file.md").symlink_to(outside / "secret.md")
    (desk.files / "dangling.md").symlink_to(outside / "made.md")
    desk.scan()
    for name in ("linked/plan", "linked/secret", "file", "dangling"):
        desk.look(name)
    assert desk.names() == ["file", "linked/plan"] and desk.read("file").body == "base"
    assert [(path.name, path.read_text()) for path in outside.iterdir()] == [("secret.md", "secret")]
    assert {"linked", "file.md", "dangling.md"} <= {notice.path for notice in desk.do(desk.mirror.scan()).left}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_folder_that_is_a_link_itself_is_not_touched(desk: Desk, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    desk.files.symlink_to(outside)
    desk.write("plan", "base")
    desk.scan()
    desk.look("plan")
    assert list(outside.iterdir()) == [] and desk.names() == ["plan"] and "not a link" in desk.told[0].says


def test_names_that_differ_in_large_letters_alone_have_one_file(desk: Desk) -> None:
    desk.write("notes/Plan", "large")
    desk.scan()
    desk.write("Notes/plan", "small")
    desk.scan()
    assert desk.paths() == ["notes/Plan.md"] and desk.names() == ["Notes/plan", "notes/Plan"]
    assert "large and small letters" in desk.told[0].says


def test_a_file_whose_name_is_spelled_in_parts_is_told(desk: Desk) -> None:
    desk.save("cafe\u0301.md", "x")
    found = desk.do(desk.mirror.scan())
    assert desk.names() == [] and ["letters in parts" in notice.says for notice in found.left] == [True]


def test_a_change_that_leaves_size_and_time_as_they_were_is_seen(desk: Desk) -> None:
    desk.write("plan", "aaaa")
    desk.scan()
    desk.scan()
    before = (desk.files / "plan.md").stat()
    with (desk.files / "plan.md").open("r+b") as file:
        file.write(b"bbbb")
    os.utime(desk.files / "plan.md", ns=(before.st_atime_ns, before.st_mtime_ns))
    desk.look("plan")
    assert desk.read("plan").body == "bbbb"


def test_two_processes_that_look_at_once_make_one_version_and_one_conflict(desk: Desk, tmp_path: Path) -> None:
    with Desk(tmp_path) as other:
        desk.write("plan", "base")
        desk.scan()
        desk.save("plan.md", "ada's")
        desk.write("plan", "the agent's", expected=1)

        async def both() -> None:
            await asyncio.gather(desk.mirror.look("plan"), other.mirror.look("plan"), desk.mirror.scan(), other.mirror.scan())

        desk.do(both())
        assert [who for who, _ in desk.bodies("plan")] == ["writer", "writer", "ada"]
        assert desk.paths() == ["plan.conflict-v2.md", "plan.md"]


def test_many_names_are_settled_together(desk: Desk) -> None:
    for number in range(300):
        desk.save(f"many/n{number}.md", f"text {number}")
    desk.scan()
    assert len(desk.do(desk.capsules.list(limit=1_000))) == 300
    assert desk.read("many/n299").body == "text 299"


def test_what_a_step_commits_with_its_record_is_not_looked_at_before(desk: Desk) -> None:
    prepared = desk.do(desk.capsules.prepare(CapsuleDraft(name="plan", body="x", author=AGENT)))
    desk.scan()
    assert desk.paths() == []
    desk.do(desk.database.write(prepared.write))
    desk.scan()
    assert desk.paths() == ["plan.md"]
