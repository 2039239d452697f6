"""Prints every public name of Playnex; `python scripts/surface.py --write` keeps the list in surface.txt.

Adding a name is a decision: the change of surface.txt shows it in the commit.
"""

import importlib
import sys
from pathlib import Path

ROOMS = ("playnex", "playnex.errors", "playnex.patterns", "playnex.testing")
FILE = Path(__file__).resolve().parent.parent / "surface.txt"


def main(arguments: list[str]) -> int:
    """Prints the names, or writes them."""
    text = "".join(f"{name}\n" for name in surface())
    if arguments == ["--write"]:
        FILE.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


def surface() -> list[str]:
    """`room.name` of every public name, sorted."""
    return sorted(f"{room}.{name}" for room in ROOMS for name in public_names(room))


def public_names(room: str) -> list[str]:
    """What the room lists in `__all__`, else what it defines without an underscore."""
    module = importlib.import_module(room)
    if listed := getattr(module, "__all__", None):
        return list(listed)
    own = {name: thing for name, thing in vars(module).items() if getattr(thing, "__module__", None) == room}
    return [name for name in own if not name.startswith("_")]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
