"""Which files an address of the page needs: its document names them all, so that the browser asks for them at once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

FIRST = "main.js"
TABLE = "rooms.js"
HOME = "/runs"
"""The room of the bare address."""

ROOM = re.compile(r'path: "([^"]+)"[^\n]*import\("\./([^"]+)"\)(?:, styles: \[([^\]]*)\])?')
IMPORTED = re.compile(r'^(?:import|export)[^"\n]*"(\.[^"]+)"', re.MULTILINE)
GAP = "<!-- links -->"
"""Where they stand in the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A line of the table in rooms.js."""

    path: str
    module: str
    styles: tuple[str, ...]

    def has(self, path: str) -> bool:
        """Whether that address leads to it."""
        wanted, found = self.path.split("/"), path.split("/")
        if wanted[-1].startswith("*"):
            return len(found) >= len(wanted) and found[: len(wanted) - 1] == wanted[:-1]
        return len(found) == len(wanted) and all(part in (other, "") or part[0] == ":" for part, other in zip(wanted, found, strict=True))


def rooms(files: Mapping[str, str]) -> list[Room]:
    """The rooms of a page, from the texts of its files by name."""
    found = ROOM.findall(files.get(TABLE, ""))
    return [Room(path=path, module=module, styles=tuple(re.findall(r'"([^"]+)"', styles))) for path, module, styles in found]


def links(files: Mapping[str, str], room: Room | None) -> str:
    """The elements of a document's head that name what this room needs besides what the document names itself."""
    sheets = [f'<link rel="stylesheet" href="/page/style/{name}.css">' for name in (room.styles if room else ())]
    modules = dict.fromkeys(name for begin in (FIRST, *([room.module] if room else [])) for name in _needed(begin, files))
    return "\n".join([*sheets, *(f'<link rel="modulepreload" href="/page/{name}">' for name in modules if name != FIRST)])


def _needed(name: str, files: Mapping[str, str]) -> Iterator[str]:
    """The module and all that it imports, those that many wait for first."""
    found: dict[str, None] = {}
    rest = [name]
    while rest:
        at = rest.pop(0)
        if at in files and at not in found:
            found[at] = None
            rest += [_beside(at, other) for other in IMPORTED.findall(files[at])]
    return iter(found)


def _beside(name: str, other: str) -> str:
    """What a module calls `./x.js` or `../parts/x.js`, as a name."""
    parts = name.split("/")[:-1]
    for part in other.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
