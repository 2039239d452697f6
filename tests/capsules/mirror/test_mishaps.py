"""Files that vanish by the dozen: a disk that is not mounted, another branch, a slip of the hand. No capsule is deleted by that."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from capsules.mirror.stage import Desk
from playnex.capsules.mirror.notice import HELD

MANY = 24
NAMES = [f"notes/n{number:02}" for number in range(MANY)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path) as opened:
        for name in NAMES:
            opened.write(name, f"the text of {name}")
        opened.scan()
        yield opened


def remove(desk: Desk, names: list[str]) -> None:
    for name in names:
        (desk.files / f"{name}.md").unlink()


def emptied(desk: Desk) -> None:
    shutil.rmtree(desk.files / "notes")


def another_branch(desk: Desk) -> None:
    """Files go one by one, and their folders stay."""
    remove(desk, NAMES[:-2])


@pytest.mark.parametrize("vanish", [emptied, another_branch])
def test_when_most_files_are_gone_at_once_no_capsule_is_deleted_and_it_is_told_once(desk: Desk, vanish: Callable[[Desk], None]) -> None:
    vanish(desk)
    desk.scan()
    for name in NAMES:
        desk.look(name)
    desk.scan()
    assert desk.names() == NAMES and desk.told == [HELD]
    assert len(desk.paths()) < MANY, "nothing is written either: the files may come back"


def test_files_that_come_back_are_what_they_were(desk: Desk) -> None:
    kept = {path: desk.text(path) for path in desk.paths()}
    emptied(desk)
    desk.scan()
    for path, text in kept.items():
        desk.save(path, text)
    desk.scan()
    assert desk.names() == NAMES and [len(desk.bodies(name)) for name in NAMES] == [1] * MANY
    remove(desk, NAMES[:1])
    desk.scan()
    assert desk.names() == NAMES[1:], "and one file that is deleted is a delete again"


def test_what_is_written_while_files_are_missing_is_in_its_file(desk: Desk) -> None:
    emptied(desk)
    desk.scan()
    desk.write(NAMES[3], "newer", expected=1)
    desk.scan()
    assert desk.paths() == [f"{NAMES[3]}.md"] and desk.names() == NAMES


def test_missing_files_are_written_anew_or_their_capsules_deleted_on_a_persons_word(desk: Desk) -> None:
    emptied(desk)
    desk.scan()
    assert len(desk.do(desk.mirror.missing()).names) == MANY
    desk.do(desk.mirror.write_missing())
    assert len(desk.paths()) == MANY and desk.do(desk.mirror.missing()).names == frozenset()
    remove(desk, NAMES[:20])
    desk.scan()
    assert desk.do(desk.mirror.delete_missing()) == tuple(NAMES[:20])
    desk.scan()
    assert desk.names() == NAMES[20:] and len(desk.do(desk.capsules.deleted())) == 20


def test_less_than_half_of_the_files_or_no_more_than_ten_are_deletes(desk: Desk, tmp_path: Path) -> None:
    remove(desk, NAMES[:12])
    desk.scan()
    assert desk.names() == NAMES[12:] and desk.told == []
    with Desk(tmp_path / "small") as small:
        for number in range(10):
            small.save(f"n{number}.md", "x")
        small.scan()
        for path in small.paths():
            (small.files / path).unlink()
        small.scan()
        assert small.names() == [] and small.told == []


def test_files_that_go_a_few_at_a_time_within_a_minute_are_counted_together(desk: Desk) -> None:
    for start in range(0, 20, 5):
        remove(desk, NAMES[start : start + 5])
        desk.scan()
    assert desk.names() == NAMES[10:] and desk.told == [HELD]


def test_a_folder_that_is_renamed_with_most_of_the_files_is_no_mishap(desk: Desk) -> None:
    (desk.files / "notes").rename(desk.files / "kept")
    desk.scan()
    assert desk.names() == [name.replace("notes", "kept") for name in NAMES] and desk.told == []


def test_of_a_watched_folder_that_is_emptied_no_capsule_is_deleted(desk: Desk) -> None:
    async def scenario() -> None:
        async with desk.mirror.watching():
            await asyncio.to_thread(emptied, desk)
            async with asyncio.timeout(60):
                while not desk.told:
                    await desk.mirror.look_at_all()
                    await asyncio.sleep(0.01)

    desk.do(scenario())
    assert desk.names() == NAMES and desk.told == [HELD]


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_branch_without_the_files_and_back_leaves_everything_as_it_was(desk: Desk) -> None:
    def git(*words: str) -> None:
        settings = ("-c", "user.name=ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main")
        subprocess.run(("git", *settings, *words), cwd=desk.files, check=True, capture_output=True)

    desk.save("README.txt", "so that the folder stays")
    git("init")
    git("add", "README.txt")
    git("commit", "-m", "nothing yet")
    git("branch", "before")
    git("add", ".")
    git("commit", "-m", "notes")
    desk.scan()
    git("checkout", "before")
    desk.scan()
    git("checkout", "main")
    desk.scan()
    assert desk.names() == NAMES and [len(desk.bodies(name)) for name in NAMES] == [1] * MANY and desk.told == [HELD]
