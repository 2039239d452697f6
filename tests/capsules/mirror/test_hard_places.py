"""Places that are hard on files: full, read-only or foreign disks, folders that change their nature, files that may not be read."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from capsules.mirror.stage import AGENT, Desk

PAGE = 4096


def mount(folder: Path, *options: str) -> None:
    """A small disk of its own there, or other options for it."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("a small disk needs the right to mount one (root)")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """The folder of the files as a disk of its own, of a quarter of a megabyte."""
    folder = tmp_path / "capsules"
    folder.mkdir()
    mount(folder, "size=256k")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(folder: Path) -> Path:
    ballast = folder / "ballast.tmp"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * PAGE)
        except OSError:
            return ballast


def read_only(folder: Path) -> Callable[[], object]:
    mount(folder, "remount", "ro", "size=256k")
    return lambda: mount(folder, "remount", "rw", "size=256k")


def full(folder: Path) -> Callable[[], object]:
    return fill(folder).unlink


@pytest.mark.parametrize("count", [3, 20], ids=["few", "many"])
@pytest.mark.parametrize(("spoil", "says"), [(full, "no space left"), (read_only, "read-only")])
def test_a_disk_that_takes_no_file_is_told_once_and_all_is_made_up_for_later(
    tmp_path: Path, disk: Path, spoil: Callable[[Path], Callable[[], object]], says: str, count: int
) -> None:
    with Desk(tmp_path) as desk:
        desk.write("old", "one")
        desk.scan()
        mend = spoil(disk)
        names = [f"n{number:02}" for number in range(count)]
        desk.write("old", "two" * 10_000, expected=1)
        for name in names:
            desk.write(name, name * 1_000)
        desk.scan()
        desk.scan()
        assert [notice.kind for notice in desk.told] == ["fault"] and says in desk.told[0].says
        assert desk.text("old.md") == "one" and desk.names() == [*names, "old"], "the store has all"
        mend()
        desk.scan()
        assert desk.text("old.md") == "two" * 10_000 and desk.text("n02.md") == "n02" * 1_000
        assert [body for _, body in desk.bodies("old")] == ["one", "two" * 10_000]
        assert sorted(path.name for path in disk.glob("*.md")) == [f"{name}.md" for name in (*names, "old")]


def test_files_on_a_disk_of_their_own_go_both_ways_and_both_sides_of_a_conflict_are_kept(tmp_path: Path, disk: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.write("plan", "base")
        desk.scan()
        desk.save("plan.md", "ada's")
        desk.write("plan", "the agent's", expected=1)
        desk.scan()
        desk.write("plan", "newer", expected=3)
        desk.scan()
        assert desk.text("plan.md") == "newer" and desk.text("plan.conflict-v2.md") == "the agent's"
        desk.do(desk.capsules.delete("plan", AGENT))
        desk.scan()
        assert not (disk / "plan.md").exists() and desk.names() == [] and [notice.kind for notice in desk.told] == ["conflict"]


def test_a_disk_that_is_not_mounted_deletes_nothing(tmp_path: Path, disk: Path) -> None:
    with Desk(tmp_path) as desk:
        for number in range(20):
            desk.write(f"n{number:02}", "x")
        desk.scan()
        subprocess.run(["umount", disk], check=True)
        desk.scan()
        mount(disk, "size=256k")  # the fixture's own end
        assert len(desk.names()) == 20 and [notice.kind for notice in desk.told] == ["held"]


def test_a_folder_that_becomes_a_file_and_is_a_folder_again_deletes_nothing(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        for name in ("a", "b/c"):
            desk.write(name, name)
        desk.scan()
        desk.files.rename(tmp_path / "away")
        desk.files.write_text("in the way")
        desk.scan()
        desk.look("a")
        assert desk.names() == ["a", "b/c"] and all("folder" in notice.says for notice in desk.told)
        desk.files.unlink()
        (tmp_path / "away").rename(desk.files)
        desk.scan()
        assert desk.names() == ["a", "b/c"] and desk.bodies("a") == [("writer", "a")]


def test_a_folder_that_a_word_of_a_name_needs_and_a_file_has_is_told(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        (desk.files).mkdir()
        (desk.files / "b").write_text("no folder")
        desk.write("b/c", "x")
        desk.scan()
        assert desk.names() == ["b/c"] and "in the place of a folder" in desk.told[0].says


def test_a_hard_link_is_a_file_of_its_own_and_what_is_linked_stays_as_it_is(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("a text elsewhere")
    with Desk(tmp_path) as desk:
        desk.files.mkdir()
        os.link(outside, desk.files / "plan.md")
        desk.scan()
        assert desk.read("plan").body == "a text elsewhere"
        desk.write("plan", "the agent's", expected=1)
        desk.scan()
        assert desk.text("plan.md") == "the agent's" and outside.read_text() == "a text elsewhere"


@pytest.mark.parametrize(
    "text",
    ["\ufeffwith a mark\r\n", "one\r\ntwo\nthree\r", "\u202eno end", "", "\n\n", "---\ntitle: mine\n---\nbody", "e\u0301 and \u00e9"],
    ids=["mark", "line ends", "direction", "empty", "blank", "front matter", "accents"],
)
def test_a_text_is_kept_to_the_byte(tmp_path: Path, text: str) -> None:
    with Desk(tmp_path) as desk:
        desk.save("plan.md", text)
        desk.scan()
        assert desk.read("plan").body == text
        desk.write("plan", f"{text}x", expected=1)
        desk.scan()
        assert desk.text("plan.md") == f"{text}x" and desk.told == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_what_emacs_lays_about_is_passed_over_in_silence(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.save("plan.md", "base")
        (desk.files / ".#plan.md").symlink_to("ada@desk.1234:5678")
        desk.save("#plan.md#", "half")
        desk.save("plan.md~", "before")
        found = desk.do(desk.mirror.scan())
        assert desk.names() == ["plan"] and found.left == [] and desk.told == [] and len(desk.paths()) == 4
