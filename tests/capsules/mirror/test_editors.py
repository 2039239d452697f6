"""How editors save, in their own ways: no half is ever read, and nothing that was saved is lost."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from capsules.mirror.stage import Desk
from playnex.capsules.mirror.folder import BeingWritten, read_steadily
from playnex.capsules.mirror.renaming import Place

SETTLE = 0.05


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path, settle=SETTLE) as opened:
        opened.write("plan", "base")
        opened.scan()
        yield opened


def as_vim_does(file: Path, text: str) -> Iterator[float]:
    """The old file becomes the backup; the new one is written beside nothing, and the backup goes."""
    backup = file.with_name(f"{file.name}~")
    file.rename(backup)
    yield SETTLE / 4
    file.write_text(text)
    backup.unlink()


def in_place_in_two_pieces(file: Path, text: str) -> Iterator[float]:
    """Emptied, then written in two pieces while it is open."""
    with file.open("w") as stream:
        yield SETTLE / 2
        stream.write(text[: len(text) // 2])
        stream.flush()
        yield SETTLE / 2
        stream.write(text[len(text) // 2 :])


def emptied_first(file: Path, text: str) -> Iterator[float]:
    """Emptied and closed, and written when the person has thought for a moment."""
    os.truncate(file, 0)
    yield SETTLE * 2
    file.write_text(text)


def by_a_rename(file: Path, text: str) -> Iterator[float]:
    """A new file beside, which takes the old one's place."""
    beside = file.with_name(f".{file.name}.tmp")
    beside.write_text(text)
    yield SETTLE / 4
    beside.replace(file)


async def carried_out(save: Iterator[float]) -> None:
    """The save, with its pauses."""
    for pause in save:
        await asyncio.sleep(pause)


@pytest.mark.parametrize("save", [as_vim_does, in_place_in_two_pieces, emptied_first, by_a_rename])
def test_a_look_in_the_middle_of_a_save_reads_the_old_or_the_whole_new_text(
    desk: Desk, save: Callable[[Path, str], Iterator[float]]
) -> None:
    async def scenario() -> None:
        saving = asyncio.ensure_future(carried_out(save(desk.files / "plan.md", "the whole new text")))
        while not saving.done():
            await desk.mirror.look("plan")
            await asyncio.sleep(0)
        await saving
        await desk.mirror.look("plan")

    desk.do(scenario())
    assert [body for _, body in desk.bodies("plan")] == ["base", "the whole new text"]
    assert desk.names() == ["plan"] and desk.paths() == ["plan.md"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who has a file open for writing")
def test_a_file_that_somebody_has_open_for_writing_is_not_read_however_long_they_pause(desk: Desk) -> None:
    file = desk.files / "plan.md"
    with file.open("w") as stream:
        stream.write("ha")
        stream.flush()
        with pytest.raises(BeingWritten):
            read_steadily(Place(name=str(file)))
        stream.write("lf")
    assert read_steadily(Place(name=str(file))).data == b"half"


def test_an_editor_that_goes_on_writing_into_a_file_that_was_replaced_loses_nothing(desk: Desk) -> None:
    desk.write("plan", "the agent's", expected=1)
    desk.look("plan")
    (replaced,) = desk.aside.glob("*/text")
    replaced.write_text("ada's, too late")  # as somebody does who had the file open, where the system says nothing of that
    desk.scan()
    assert desk.text("plan.md") == "the agent's" and desk.text("plan.conflict-edit.md") == "ada's, too late"
    assert [notice.kind for notice in desk.told] == ["conflict"] and desk.names() == ["plan"]
    assert list(desk.aside.iterdir()) == []


def test_a_file_that_never_comes_to_rest_does_not_hold_up_whoever_reads(tmp_path: Path) -> None:
    with Desk(tmp_path, settle=SETTLE / 2) as desk:
        desk.write("plan", "base")
        desk.scan()

        async def scenario() -> int:
            looking, count = asyncio.ensure_future(desk.mirror.look("plan")), 0
            while not looking.done():
                desk.save("plan.md", f"still writing {count}")
                await asyncio.sleep(SETTLE / 10)
                count += 1
            return count

        assert desk.do(asyncio.wait_for(scenario(), 60)) > 0
        assert desk.read("plan").body == "base" and "somebody is writing it" in desk.told[-1].says


def test_the_permissions_of_a_file_stay_as_the_person_set_them(desk: Desk) -> None:
    (desk.files / "plan.md").chmod(0o600)
    desk.write("plan", "newer", expected=1)
    desk.scan()
    assert desk.text("plan.md") == "newer" and (desk.files / "plan.md").stat().st_mode & 0o777 == 0o600
