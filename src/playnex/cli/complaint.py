"""Errors for people and for programs: what, where with a caret, and what to do; as one JSON document under --json."""

from collections.abc import Sequence
from pathlib import Path

from cyclopts import CycloptsError

from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.terminal import emit
from playnex.errors import DefinitionError, PlaynexError
from playnex.spec.faults import Fault, caret

USAGE = 2


def complain(error: PlaynexError, arguments: Sequence[str]) -> int:
    """Tell of an error; its exit code."""
    if "--json" in arguments:
        emit({"error": {"code": error.code, "message": error.message, "hint": error.hint, "where": _where(error)}})
    else:
        for line in _lines(error):
            door.terminal.tell(line)
    return error.exit_code


def complain_about_usage(error: CycloptsError, arguments: Sequence[str]) -> int:
    """Tell of a command line that does not parse."""
    message = " ".join(str(error).split())
    if "--json" in arguments:
        emit({"error": {"code": "usage", "message": message, "hint": "add --help to the command", "where": []}})
    else:
        door.terminal.tell(f"{door.terminal.styled('error:', 'red')} {message}\n  add --help to the command to see how it is used")
    return USAGE


def _lines(error: PlaynexError) -> list[str]:
    head = door.terminal.styled("error:", "red")
    if isinstance(error, DefinitionError):
        faults = [fault for fault in error.faults if isinstance(fault, Fault)]
        count = f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}; nothing was run"
        return [*(line for fault in faults for line in _fault_lines(fault, head)), error.hint or count]
    return [f"{head} {error.message}", *([f"  {error.hint}"] if error.hint else [])]


def _fault_lines(fault: Fault, head: str) -> list[str]:
    place = door.terminal.styled(f"{fault.place.path}:{fault.place.line}:{fault.place.column}:", "bold")
    lines = [f"{place} {head} {fault.message}"]
    if drawn := caret(fault, _source(fault.place.path)):
        lines.append(drawn)
    return [*lines, *([f"      = {fault.hint}"] if fault.hint else []), ""]


def _source(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _where(error: PlaynexError) -> list[Json]:
    if not isinstance(error, DefinitionError):
        return []
    return [
        {"path": fault.place.path, "line": fault.place.line, "column": fault.place.column, "message": fault.message, "hint": fault.hint}
        for fault in error.faults
        if isinstance(fault, Fault)
    ]
