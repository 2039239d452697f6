"""Faults of the user's files: each with its place, all at once, printed like a compiler's."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from playnex.errors import FaultLike

WIDEST = 400
"""Signs of a line that is still shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A stretch of text in a file; line and column count from 1."""

    path: str
    line: int
    column: int
    width: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(FaultLike):
    """One thing wrong in a file: where, what, and the mend."""

    place: Place
    message: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.place.path}:{self.place.line}:{self.place.column}: {self.message}{hint}"


def decoded(content: bytes, path: str) -> tuple[str, tuple[Fault, ...]]:
    """The file's text, and a fault where it is not UTF-8: signs that were guessed would end in a prompt."""
    try:
        return content.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        place = Place(path=path, line=before.count("\n") + 1, column=len(before) - (before.rfind("\n") + 1) + 1)
        fault = Fault(place=place, message=f"byte {content[error.start]:#04x} is not UTF-8", hint="save the file in the encoding UTF-8")
        return content.decode("utf-8", errors="replace"), (fault,)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean 'paid'?` for the closest known word, else an empty string."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""


def caret(fault: Fault, source: str) -> str:
    """The faulty line of `source` with carets under the fault, indented by two, or nothing where the line is not there,
    or is longer than a person reads."""
    lines = source.splitlines()
    if not 1 <= fault.place.line <= len(lines):
        return ""
    line = lines[fault.place.line - 1]
    if len(line) > WIDEST:
        return ""
    gutter = f"{fault.place.line:>5} | "
    return f"{gutter}{line}\n{' ' * (len(gutter) + fault.place.column - 1)}{'^' * max(1, fault.place.width)}"
