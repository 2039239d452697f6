"""Errors for people and for programs: what, where with a caret, and what to do; as one JSON document under --json."""

import sys
from collections.abc import Sequence
from pathlib import Path

from cyclopts import CoercionError, CycloptsError, MissingArgumentError, UnknownCommandError, UnknownOptionError, UnusedCliTokensError

from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.help_page import page_of
from playnex.cli.terminal import counted, emit
from playnex.cli.tree import tree
from playnex.errors import CredentialError, DefinitionError, PlaynexError, StoreFull, UsageError
from playnex.spec.faults import Fault, caret, did_you_mean

SHOWN_FILE = 1_000_000
"""Bytes of a file whose faulty lines are shown."""


def complain(error: PlaynexError, arguments: Sequence[str]) -> int:
    """Tell of an error; its exit code."""
    if "--json" not in arguments or not _is_emitted(error):
        for line in lines_of(error):
            door.terminal.tell(line)
    return error.exit_code


def _is_emitted(error: PlaynexError) -> bool:
    """Write the error's document; false where stdout takes nothing, since the full disk may lie behind it."""
    try:
        emit({"error": {"code": error.code, "message": error.message, "hint": error.hint, "where": _where(error)}})
        sys.stdout.flush()
    except OSError:
        return False
    return True


def warning_lines(warning: Fault) -> list[str]:
    """A warning, drawn like a fault."""
    return _fault_lines(warning, door.terminal.styled("warning:", "yellow"))


def places_of(faults: Sequence[Fault]) -> list[Json]:
    """Faults as data."""
    return [
        {"path": fault.place.path, "line": fault.place.line, "column": fault.place.column, "message": fault.message, "hint": fault.hint}
        for fault in faults
    ]


def wrong_usage(error: CycloptsError) -> UsageError:
    """A command line that does not parse, in our words: what is wrong with it, and how the command is used."""
    chain = tuple(error.command_chain or ())
    page = page_of(tree(), chain)
    word = (error.unused_tokens or [""])[0]
    match error:
        case UnknownCommandError():
            known = [row.name for row in page.commands]
            near = did_you_mean(word, known)
            return UsageError(f"there is no command {' '.join(('playnex', *chain, word))!r}", hint=near or f"there are: {', '.join(known)}")
        case UnknownOptionError():
            flags = [name.split()[0] for row in page.flags for name in row.name.split(", ")]
            near = did_you_mean(error.token.keyword or "", flags)
            return UsageError(f"there is no flag {error.token.keyword or word}", hint=near or f"usage: {page.usage}")
        case UnusedCliTokensError():
            return UsageError(f"{word!r} is a word too many", hint=f"usage: {page.usage}")
        case MissingArgumentError() if error.argument is not None:
            needed = "needs a value" if error.argument.name.startswith("-") else "is missing"
            return UsageError(f"{error.argument.name} {needed}", hint=f"usage: {page.usage}")
        case CoercionError() if error.argument is not None and error.token is not None:
            return UsageError(f"{error.argument.name} cannot be {error.token.value!r}", hint=f"usage: {page.usage}")
        case _:
            return UsageError(" ".join(str(error).split()), hint=f"usage: {page.usage}")


def of_the_disk(error: OSError) -> PlaynexError | None:
    """The error for a disk that is full or a file that may not be touched, which is no mistake inside Playnex."""
    from playnex.store.faults import DENIED, NO_SPACE  # late: only who fails loads the store's library

    name = f": {error.filename}" if error.filename else ""
    if error.errno in NO_SPACE:
        return StoreFull(f"no space left on the disk{name}", hint="free some space, then give the same command again")
    if error.errno in DENIED:
        return CredentialError(f"{(error.strerror or 'permission denied').lower()}{name}", hint="mend its permissions, or name another")
    return None


def lines_of(error: PlaynexError) -> list[str]:
    """The error for people: each fault with its line, a caret and the mend."""
    head = door.terminal.styled("error:", "red")
    if isinstance(error, DefinitionError):
        faults = [fault for fault in error.faults if isinstance(fault, Fault)]
        count = f"{counted(len(faults), 'fault')}; nothing was run"
        lines = (line for fault in faults for line in _fault_lines(fault, head, error.drafts.get(fault.place.path)))
        return [*lines, error.hint or count]
    return [f"{head} {error.message}", *([f"  {error.hint}"] if error.hint else [])]


def _fault_lines(fault: Fault, head: str, draft: str | None = None) -> list[str]:
    place = door.terminal.styled(f"{fault.place.path}:{fault.place.line}:{fault.place.column}:", "bold")
    lines = [f"{place} {head} {fault.message}"]
    if drawn := caret(fault, _source(fault.place.path) if draft is None else draft):
        lines.append(drawn)
    return [*lines, *([f"      = {fault.hint}"] if fault.hint else []), ""]


def _source(path: str) -> str:
    """The file's text; nothing for one that is too long to be read once for each fault, as cases can be."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace") if Path(path).stat().st_size <= SHOWN_FILE else ""
    except OSError:
        return ""


def _where(error: PlaynexError) -> list[Json]:
    return places_of([fault for fault in error.faults if isinstance(fault, Fault)]) if isinstance(error, DefinitionError) else []
