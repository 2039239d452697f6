"""The page that shows two runs side by side."""

import difflib
from collections.abc import Iterator

from playnex.canonical import Json
from playnex.cli.terminal import Terminal, columns, gist, seconds, tokens
from playnex.ids import short

CONTEXT = 1
"""Lines around a difference."""


def diff_page(document: dict[str, Json], terminal: Terminal) -> str:
    """What differs, the first difference first in full, then every step in a line."""
    one, other = document["runs"]
    names = (short(one["run"]), short(other["run"]))
    rows = [_row(step) for step in document["steps"]]
    heads = ("", "STEP", f"{names[0]}", "", "", f"{names[1]}", "", "")
    lines = [columns(heads, rows, terminal), ""]
    lines += [f"input {name}: {gist(was, 60)} → {gist(now, 60)}" for name, (was, now) in document["inputs"].items()]
    if not document["first"]:
        return "\n".join([*lines, "every step gave the same"])
    first = next(step for step in document["steps"] if step["step"] == document["first"])
    return "\n".join([*lines, terminal.styled(f"first difference: {first['step']}", "bold"), *_in_full(first, names)])


def _row(step: dict[str, Json]) -> tuple[str, ...]:
    here, there = step["runs"]
    return ("" if step["same"] else "≠", step["step"], *_cells(here), *_cells(there))


def _cells(view: dict[str, Json] | None) -> tuple[str, str, str]:
    return (view["status"], seconds(view["seconds"]), tokens(view["tokens"])) if view else ("-", "", "")


def _in_full(step: dict[str, Json], names: tuple[str, str]) -> Iterator[str]:
    """The prompts and the outputs of a step, as far as they differ."""
    here, there = (view or {"prompts": [], "output": None} for view in step["runs"])
    for what, was, now in (
        ("prompt", *(_text(view["prompts"]) for view in (here, there))),
        ("output", *(_text(view["output"]) for view in (here, there))),
    ):
        if was != now:
            yield from difflib.unified_diff(
                was.splitlines(), now.splitlines(), f"{what} {names[0]}", f"{what} {names[1]}", lineterm="", n=CONTEXT
            )


def _text(value: Json) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "\n".join(value)
    return value if isinstance(value, str) else gist(value, 2000)
