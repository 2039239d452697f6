"""surface.txt lists every public name: adding or losing one is a decision that a commit shows."""

import runpy

from house.sources import ROOT

SCRIPT = runpy.run_path(str(ROOT / "scripts" / "surface.py"))
MEND = "a public name came or went: run `python scripts/surface.py --write` if that was meant"


def test_the_public_names_are_those_of_surface_txt() -> None:
    listed = (ROOT / "surface.txt").read_text(encoding="utf-8").splitlines()
    assert difference(listed, SCRIPT["surface"]()) == [], MEND


def test_every_public_name_is_there() -> None:
    for name in SCRIPT["surface"]():
        room, _, last = name.rpartition(".")
        assert hasattr(__import__(room, fromlist=[last]), last), f"{name} is listed and cannot be imported"


def test_a_name_that_came_or_went_is_seen() -> None:
    assert difference(["playnex.a", "playnex.b"], ["playnex.b", "playnex.c"]) == ["- playnex.a", "+ playnex.c"]


def difference(listed: list[str], found: list[str]) -> list[str]:
    """What is listed and gone, and what is there and not listed."""
    gone = [f"- {name}" for name in listed if name not in found]
    return gone + [f"+ {name}" for name in found if name not in listed]
