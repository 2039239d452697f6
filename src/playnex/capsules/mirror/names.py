"""Which file belongs to which capsule: pure words, so that no name can lead out of the folder or onto another's file."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

from playnex.capsules.capsule import check_name
from playnex.errors import UsageError

ENDING = ".md"

CONFLICT = re.compile(r".*\.conflict-(v\d+|deleted|edit)(-\d+)?", re.DOTALL)
"""The last word of a path, without its ending, that holds one side of a conflict."""

OF_EDITORS = re.compile(
    r"\..*|#.*#|.*~|.*\.(sw[a-z]|tmp|temp|bak|orig|part|crdownload)|4913|.*___jb_(tmp|old)___", re.IGNORECASE | re.DOTALL
)
"""What editors, file managers and version control lay beside a file, and whatever is hidden."""

LONGEST = 255
"""Bytes of a file's name, on most systems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The file of the capsule of that name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strange:
    """A file that is no capsule's: it is left as it is, and `why` can be told."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfOthers:
    """A file that belongs to somebody's program: nobody is told."""


Reading: TypeAlias = Named | Strange | OfOthers


def reading_of(path: str) -> Reading:
    """What the file of that path is; the path is below the folder and has `/` between its words, as the disk spells them."""
    parts = path.split("/")
    if any(OF_EDITORS.fullmatch(part) for part in parts):
        return OfOthers()
    if not path.isascii() and any("\udc80" <= letter <= "\udcff" for letter in path):
        return Strange(why="its name is not Unicode text")
    if not path.endswith(ENDING):
        return Strange(why=f"only files that end in {ENDING} are capsules")
    return _named(unicodedata.normalize("NFC", path.removesuffix(ENDING)))


def _named(name: str) -> Reading:
    if is_conflict(name):
        return Strange(why="it keeps one side of a conflict: take what you need of it, then delete it")
    try:
        return Named(name=check_name(name))
    except UsageError as fault:
        return Strange(why=f"{fault.message}: {fault.hint}")


def is_conflict(name: str) -> bool:
    """Whether a file of that name would be taken for one side of a conflict."""
    return CONFLICT.fullmatch(name.rpartition("/")[2]) is not None


def problem(name: str) -> str:
    """Why a capsule of that name can have no file; empty where it can."""
    match reading_of(path_of(name)):
        case Named():
            return ""
        case Strange(why=why):
            return why
        case OfOthers():
            return "editors use such names for files of their own"


def path_of(name: str) -> str:
    """Where the capsule's file lies, below the folder."""
    return name + ENDING


def folded(name: str) -> str:
    """What two names have in common that some systems keep in the same file."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def in_groups(names: Sequence[str], size: int) -> Iterator[list[str]]:
    """The names in groups, each with the first one only of those that some systems keep in the same file."""
    first = list({folded(name): name for name in reversed(names)}.values())
    for start in range(0, len(first), size):
        yield first[start : start + size]


def conflict_path(name: str, side: str, number: int) -> str:
    """Where one side of a conflict (`v3`, `deleted`, `edit`) lies beside the capsule's file; `number` makes it another file."""
    folder, _, last = name.rpartition("/")
    tail = f".conflict-{side}{f'-{number}' if number > 1 else ''}{ENDING}"
    kept = last.encode()[: LONGEST - len(tail)].decode(errors="ignore")
    return str(PurePosixPath(folder, kept + tail))
