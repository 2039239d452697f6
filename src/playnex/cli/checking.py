"""A check that goes on: once at the start, and again whenever a file of the workspace is saved, until Ctrl-C."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from watchfiles import watch

from playnex.app.definitions import Checked
from playnex.app.fitness import Fitness
from playnex.app.listing import workspace_of
from playnex.app.opening import opened
from playnex.cli import door
from playnex.cli.complaint import lines_of, places_of, warning_lines
from playnex.cli.terminal import counted
from playnex.errors import DefinitionError, FaultLike, PlaynexError
from playnex.spec.faults import Fault
from playnex.workspace import CONFIG

SCHEMA = "playnex.check/1"
FOLDERS = ("flows", "agents", "tools")
LONGEST = 1000
"""Milliseconds after which the files are looked at even where nobody told of a change, as on some network disks."""

CLEAR = "\x1b[H\x1b[2J\x1b[3J"

Stamp = tuple[tuple[str, int, int], ...]
"""The files that are checked, each with its time and size."""


def watch_files(files: tuple[str, ...], *, as_json: bool) -> int:
    """Check now and after each change; the exit code of the last check, once Ctrl-C was pressed."""
    root = workspace_of(door.workspace).root
    code = 0
    with suppress(KeyboardInterrupt):
        for _ in _changes(root):
            found = _look(files)
            code = found.exit_code if isinstance(found, PlaynexError) else 0  # before it is told: Ctrl-C may come with the last word
            _tell(found, as_json=as_json)
    return code


def _changes(root: Path) -> Iterator[Stamp]:
    """What the files are like now, and again each time that has changed. What wakes it is only a reason to look: a change in the middle
    of a check is seen by the next look, and one that nobody tells of, too."""
    seen = stamp(root)
    yield seen
    while True:
        folders = [root, *(root / folder for folder in FOLDERS if (root / folder).is_dir())]
        events = watch(*folders, recursive=False, step=20, debounce=200, rust_timeout=LONGEST, yield_on_timeout=True, raise_interrupt=False)
        for _ in events:
            if (now := stamp(root)) != seen:
                seen = now
                yield seen
                break
        else:
            return


def stamp(root: Path) -> Stamp:
    """Every file that a check reads."""
    paths = [root / CONFIG, *(path for folder in FOLDERS for path in sorted((root / folder).glob("*")) if not path.name.startswith("."))]
    found = []
    for path in paths:
        with suppress(OSError):
            state = path.stat()
            if S_ISREG(state.st_mode):
                found.append((str(path), state.st_mtime_ns, state.st_size))
    return tuple(found)


def _look(files: tuple[str, ...]) -> Checked | PlaynexError:
    """One check; the error where there is a fault, or no way to look for any."""
    try:
        checked = asyncio.run(_checked(files))
    except DefinitionError as error:
        return _counting(error.faults)
    except PlaynexError as error:
        return error
    return _counting(checked.faults) if checked.faults else checked


def _counting(faults: tuple[FaultLike, ...]) -> DefinitionError:
    return DefinitionError(faults, hint=counted(len(faults), "fault"))


async def _checked(files: tuple[str, ...]) -> Checked:
    async with opened(door.workspace) as app:
        return await Fitness(app=app).check(files)


def _tell(found: Checked | PlaynexError, *, as_json: bool) -> None:
    """The outcome for people, or as a line of JSON."""
    match found:
        case Checked() if as_json:
            _line({"schema": SCHEMA, "checked": list(found.paths), "faults": [], "warnings": places_of(found.warnings)})
        case DefinitionError() if as_json:
            faults = places_of([fault for fault in found.faults if isinstance(fault, Fault)])
            _line({"schema": SCHEMA, "checked": [], "faults": faults, "warnings": []})
        case PlaynexError() if as_json:
            _line({"error": {"code": found.code, "message": found.message, "hint": found.hint, "where": []}})
        case PlaynexError():
            _show(lines_of(found))
        case Checked():
            warnings = [line for warning in found.warnings for line in warning_lines(warning)]
            _show([*warnings, f"{door.terminal.symbol('succeeded')} {counted(len(found.paths), 'file')} checked, no fault"])


def _show(lines: list[str]) -> None:
    """The outcome alone on a terminal; elsewhere one below the other; the last line has the time."""
    now = time.strftime("%H:%M:%S")
    if sys.stderr.isatty():
        sys.stderr.write(CLEAR)
    for line in (*lines, f"{now}  watching; Ctrl-C ends it"):
        door.terminal.tell(line)


def _line(document: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()
