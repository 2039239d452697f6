"""Errors for people and for programs: what, where with a caret, and what to do; as one JSON document under --json."""

import sys
from collections.abc import Sequence
from pathlib import Path

from cyclopts import CycloptsError

from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.terminal import emit
from playnex.errors import CredentialError, DefinitionError, PlaynexError, StoreFull
from playnex.spec.faults import Fault, caret

USAGE = 2


def complain(error: PlaynexError, arguments: Sequence[str]) -> int:
    """Tell of an error; its exit code."""
    if "--json" not in arguments or not _is_emitted(error):
        for line in _lines(error):
            door.terminal.say(line)
    return error.exit_code


def _is_emitted(error: PlaynexError) -> bool:
    """Write the error's document; false where stdout takes nothing, since the full disk may lie behind it."""
    try:
        emit({"error": {"code": error.code, "message": error.message, "hint": error.hint, "where": _where(error)}})
        sys.stdout.flush()
    except OSError:
        return False
    return True


def complain_about_usage(error: CycloptsError, arguments: Sequence[str]) -> int:
    """Tell of a command line that does not parse."""
    message = " ".join(str(error).split())
    if "--json" in arguments:
        emit({"error": {"code": "usage", "message": message, "hint": "add --help to the command", "where": []}})
    else:
        door.terminal.say(f"{door.terminal.styled('error:', 'red')} {message}\n  add --help to the command to see how it is used")
    return USAGE


def of_the_disk(error: OSError) -> PlaynexError | None:
    """The error for a disk that is full or a file that may not be touched, which is no mistake inside Playnex."""
    from playnex.sqlite import DENIED, NO_SPACE  # late: only who fails loads the store's library

    name = f": {error.filename}" if error.filename else ""
    if error.errno in NO_SPACE:
        return StoreFull(f"no space left on the disk{name}", hint="free some space, then give the same command again")
    if error.errno in DENIED:
        return CredentialError(f"{(error.strerror or 'permission denied').lower()}{name}", hint="mend its permissions, or name another")
    return None


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
