"""A user's file as a tree of values that know their place, whatever language the file was written in."""

import re
from dataclasses import dataclass
from typing import TypeAlias

from playnex.canonical import Json
from playnex.spec.faults import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarNode:
    """One text, number, flag or null. `raw` is its source text, quotes and block header included."""

    place: Place
    value: str | int | float | bool | None
    raw: str = ""

    @property
    def is_block(self) -> bool:
        """True for a text written over several lines under `|` or `>`."""
        return self.raw[:1] in ("|", ">")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNode:
    """Values in order."""

    place: Place
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A key with its place, and what it stands for."""

    key: str
    place: Place
    value: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """Entries in the file's order. Of a key that was written twice (a fault already noted) the first one counts."""

    place: Place
    entries: tuple[Entry, ...]

    def entry(self, key: str) -> Entry | None:
        """The entry of that key, if there is one."""
        return next((entry for entry in self.entries if entry.key == key), None)

    def keys(self) -> tuple[str, ...]:
        """All keys in the file's order."""
        return tuple(entry.key for entry in self.entries)


Node: TypeAlias = ScalarNode | ListNode | MapNode


def find(node: Node | None, *keys: str | int) -> Node | None:
    """The node at the end of a path of keys and list positions, or None."""
    for key in keys:
        node = _child(node, key)
    return node


def _child(node: Node | None, key: str | int) -> Node | None:
    match node:
        case MapNode():
            entry = node.entry(str(key))
            return entry.value if entry else None
        case ListNode() if isinstance(key, int) and 0 <= key < len(node.items):
            return node.items[key]
        case _:
            return None


def plain(node: Node | None) -> Json:
    """The node as plain JSON, places left out."""
    match node:
        case MapNode():
            values: dict[str, Json] = {}
            for entry in node.entries:
                values.setdefault(entry.key, plain(entry.value))
            return values
        case ListNode():
            return [plain(item) for item in node.items]
        case ScalarNode():
            return node.value
        case None:
            return None


# A character of a text does not stand where it stands in the file: indentation is stripped, lines are folded, quotes are
# escaped. What reading never changes is how many characters that are not white space come before it. So both sides are
# counted: `raw` is walked in units (an escape is one unit, and some escapes are white space) until as many were met.

QUOTED = {
    '"': re.compile(r"(?P<blank>\\[ntr0abefvNLP_ ]|\\\n|\s)|\\x..|\\u.{4}|\\U.{8}|\\.|.", re.DOTALL),
    "'": re.compile(r"(?P<blank>\s)|''|.", re.DOTALL),
}
UNQUOTED = re.compile(r"(?P<blank>\s)|.", re.DOTALL)


def within(node: ScalarNode, offset: int, *, width: int = 1) -> Place:
    """Where the character at `offset` of a text stands in its file, in whatever style the text was written."""
    wanted = sum(1 for character in str(node.value)[:offset] if not character.isspace())
    start = _content_start(node.raw)
    units = QUOTED.get(node.raw[:1], UNQUOTED)
    for unit in units.finditer(node.raw, start):
        if unit["blank"]:
            continue
        if wanted == 0:
            return _moved(node, unit.start(), width)
        wanted -= 1
    return node.place


def _content_start(raw: str) -> int:
    if raw[:1] in ("|", ">"):
        return raw.find("\n") + 1
    return 1 if raw[:1] in QUOTED else 0


def _moved(node: ScalarNode, index: int, width: int) -> Place:
    before = node.raw[:index]
    lines = before.count("\n")
    column = index - before.rfind("\n") if lines else node.place.column + index
    return Place(path=node.place.path, line=node.place.line + lines, column=column, width=width)
