"""What a server sees is decided once, as data; each sandbox only carries it out."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playnex.tools.mcp import landlock
from playnex.tools.mcp.enclosure import Bubblewrap, Landlock
from playnex.tools.mcp.surroundings import Surroundings
from playnex.tools.mcp.view import View, view

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))


def seen(folder: Path, *, write: tuple[Path, ...] = (), command: tuple[str, ...] = ("/bin/true",), home: Path | None = None) -> View:
    around = Surroundings(command=command, folder=folder, write=write, environment={"HOME": str(home or "/nonexistent")})
    return view(around, own=folder / ".playnex", network=False)


def test_the_deepest_place_decides(tmp_path: Path) -> None:
    for name in (".playnex/mcp", "out", "notes"):
        (tmp_path / name).mkdir(parents=True)
    found = seen(tmp_path, write=(tmp_path / "out",))
    asked = ("notes/a", "out/b", ".playnex/store.db", ".playnex/mcp/fs/bin")
    sights = [found.sight_of(tmp_path / name) for name in asked] + [found.sight_of(tmp_path.parent / "other")]
    assert sights == ["shown", "written", "hidden", "shown", "hidden"]


def test_nothing_that_an_entry_says_shows_the_store(tmp_path: Path) -> None:
    own = tmp_path / ".playnex"
    own.mkdir()
    (tmp_path / "link").symlink_to(own)
    said = ("/bin/true", str(own), str(tmp_path / "link"), f"{tmp_path}/./.playnex")
    found = seen(tmp_path, write=(tmp_path, own, tmp_path / "link"), command=said)
    assert [sight for path, sight in found.places if path == own] == ["hidden"]
    assert found.sight_of(own / "store.db") == "hidden" and tmp_path / "link" not in dict(found.places)


def test_a_program_that_lies_in_the_home_itself_shows_no_more_of_it(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    folder.mkdir()
    (home / "server").write_text("#!/bin/sh\n")
    found = seen(folder, command=(str(home / "server"),), home=home)
    assert (found.sight_of(home / "server"), found.sight_of(home / "key")) == ("shown", "hidden")


def test_a_home_behind_a_link_is_hidden_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "data")
    assert seen(Path("/usr"), home=tmp_path / "home").sight_of(tmp_path / "data" / "key") == "hidden"


def test_bubblewrap_mounts_the_deeper_place_over_the_other(tmp_path: Path) -> None:
    (tmp_path / ".playnex").mkdir()
    (tmp_path / "out").mkdir()
    words = Bubblewrap("bwrap").way(seen(tmp_path, write=(tmp_path / "out",)), tmp_path).words
    own, out = words.index(str(tmp_path / ".playnex")), words.index(str(tmp_path / "out"))
    assert words[own - 1] == "--tmpfs" and words[out - 1 : out + 2] == ("--bind", str(tmp_path / "out"), str(tmp_path / "out"))
    assert words.index("/tmp") < min(own, out) and words[-1] == "--"


def test_landlock_refuses_to_let_write_what_holds_something_hidden(tmp_path: Path) -> None:
    (tmp_path / ".playnex").mkdir()
    with pytest.raises(ValueError, match="name the folders beside that in `write`"):
        Landlock().way(seen(tmp_path, write=(tmp_path,)), tmp_path)


TREE = {
    "/": ["etc", "people", "proc", "dev", "lib"],
    "/people": ["ann", "bob"],
    "/people/ann": ["key", "work", "linked"],
    "/people/ann/work": [".playnex", "notes", "out", "linked"],
    "/proc": ["1", "4711", "cpuinfo"],
}


def listed(folder: str) -> list[tuple[str, bool]]:
    return [(name, name in ("linked", "lib")) for name in TREE.get(folder, [])]


def test_landlock_opens_what_lies_beside_a_hidden_place_entry_by_entry() -> None:
    places = {
        "/people/ann": "hidden",
        "/people/ann/work": "shown",
        "/people/ann/work/.playnex": "hidden",
        "/people/ann/work/out": "written",
    }
    found = dict(landlock.rules(places, workspace="/people/ann/work", private="/tmp/mine", listed=listed))
    read = {path for path, rights in found.items() if rights == landlock.READ}
    assert read == {"/etc", "/people/bob", "/people/ann/work/notes", "/proc/cpuinfo", "/proc/self"}
    assert {path for path, rights in found.items() if rights == landlock.WRITE} == {"/people/ann/work/out", "/tmp/mine"}
    assert found["/people/ann/work"] == landlock.READ_DIR, "its names may be listed"


@given(st.dictionaries(PATHS, st.sampled_from(["hidden", "shown", "written"]), max_size=6))
def test_no_rule_of_landlock_opens_anything_hidden(places: dict[str, str]) -> None:
    def everywhere(folder: str) -> list[tuple[str, bool]]:
        return [(name, False) for name in "abc"] if folder.count("/") < 5 else []

    try:
        rules = list(landlock.rules(places, workspace="/w", private="/tmp/mine", listed=everywhere))
    except ValueError:
        return
    for hidden in (path for path, sight in places.items() if sight == "hidden"):
        assert not [path for path, rights in rules if path == hidden or (hidden.startswith(f"{path}/") and rights != landlock.READ_DIR)]


def test_an_older_landlock_closes_what_it_knows() -> None:
    assert [landlock.handled(abi).bit_length() for abi in (1, 2, 3, 4, 5, 6, 7)] == [13, 14, 15, 15, 16, 16, 16]
    assert [bool(landlock.scoped(abi)) for abi in (5, 6)] == [False, True]
    assert [landlock.closed_ports(abi, network=False) for abi in (3, 4)] == [0, landlock.BIND_TCP | landlock.CONNECT_TCP]
    assert landlock.closed_ports(7, network=True) == 0
