"""Two files change places and one moves to a free name, on systems with a call for it and on those without."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from playnex.capsules.mirror.renaming import Place, move_to_free, swap


@contextmanager
def place(path: Path, opened: bool) -> Iterator[Place]:
    """The path as a name in its opened folder, or whole, as where the system knows no opened folders."""
    if not opened:
        yield Place(name=str(path))
        return
    folder = os.open(path.parent, os.O_RDONLY)
    yield Place(name=path.name, folder=folder)
    os.close(folder)


@pytest.mark.skipif(os.name == "nt", reason="opened folders are unknown there")
@pytest.mark.parametrize("opened", [True, False], ids=["one step", "several"])
def test_two_files_change_places(tmp_path: Path, opened: bool) -> None:
    for name in ("new", "old"):
        (tmp_path / name).write_text(name)
    with place(tmp_path / "new", opened) as new, place(tmp_path / "old", opened) as old:
        swap(new, old)
    assert ((tmp_path / "new").read_text(), (tmp_path / "old").read_text(), len(list(tmp_path.iterdir()))) == ("old", "new", 2)


@pytest.mark.skipif(os.name == "nt", reason="opened folders are unknown there")
@pytest.mark.parametrize("opened", [True, False], ids=["one step", "several"])
def test_a_file_moves_to_a_free_name_and_to_no_other(tmp_path: Path, opened: bool) -> None:
    for name in ("new", "taken"):
        (tmp_path / name).write_text(name)
    with place(tmp_path / "new", opened) as new, place(tmp_path / "taken", opened) as taken, place(tmp_path / "free", opened) as free:
        with pytest.raises(FileExistsError):
            move_to_free(new, taken)
        assert (tmp_path / "new").read_text() == "new" and (tmp_path / "taken").read_text() == "taken"
        move_to_free(new, free)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["free", "taken"] and (tmp_path / "free").read_text() == "new"
