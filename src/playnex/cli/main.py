"""One command line carried out, and the one place where errors become words and exit codes."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from playnex import __version__
from playnex.cli import door
from playnex.cli.terminal import write
from playnex.cli.tree import NOUNS, tree
from playnex.errors import PlaynexError, RunInterrupted
from playnex.secrets.known import KNOWN

HELP_FLAGS = ("--help", "-h")
NOUN_NAMES = tuple(name for _, names in NOUNS for name in names)
PAGES = ("exit-codes", "environment")
WIDEST = 100
"""Columns of a help page on a wide terminal."""


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line; its exit code."""
    try:
        code = _carried_out(door.enter(arguments))
        sys.stdout.flush()  # here, where a full disk behind stdout can still be told
        return code
    except CycloptsError as error:
        from playnex.cli.complaint import wrong_usage  # late, here and below: only who fails or asks for help pays for these

        return _complain(wrong_usage(error), arguments)
    except PlaynexError as error:
        if door.debug:
            _trace()
        return _complain(error, arguments)
    except (KeyboardInterrupt, RunInterrupted):
        return 130
    except BrokenPipeError:
        _give_up_stdout()
        return 0
    except Exception as error:  # the border: what nobody foresaw becomes one line and a report
        return _report(error, arguments)


def _give_up_stdout() -> None:
    """Let what stdout did not take go, so that the interpreter does not stumble over it at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _carried_out(words: Sequence[str]) -> int:
    app, subject = tree(), subject_of_help(words)
    if subject is not None:
        names, commands, rest = app.parse_commands(subject)
        if commands[-1].default_command or not rest:
            _show_help(app, names)
            return 0
        words = subject
    return app(words, exit_on_error=False, print_error=False) or 0


def subject_of_help(words: Sequence[str]) -> list[str] | None:
    """The words of the command that help is wanted for: by a flag, by `help` before them, or because a noun alone does nothing.

    None where something is to be done."""
    own = list(words[: words.index("--")]) if "--" in words else list(words)
    if any(flag in own for flag in HELP_FLAGS):
        return [word for word in own if word not in HELP_FLAGS]
    if not own or (len(own) == 1 and own[0] in NOUN_NAMES):
        return own
    return own[1:] if own[0] == "help" and own[1] not in PAGES else None


def _show_help(app: App, words: tuple[str, ...]) -> None:
    import shutil

    from playnex.cli.help_page import drawn, page_of

    write(drawn(page_of(app, words), door.terminal, min(WIDEST, shutil.get_terminal_size().columns)))


def _of_the_disk(error: OSError) -> PlaynexError | None:
    from playnex.cli.complaint import of_the_disk

    return of_the_disk(error)


def _complain(error: PlaynexError, arguments: Sequence[str]) -> int:
    from playnex.cli.complaint import complain

    return complain(error, arguments)


def _trace() -> None:
    import traceback

    traceback.print_exc()


def _report(error: Exception, arguments: Sequence[str]) -> int:
    if not door.debug and isinstance(error, OSError) and (known := _of_the_disk(error)):
        code = _complain(known, arguments)
        _give_up_stdout()
        return code
    import tempfile
    import traceback

    if door.debug:
        traceback.print_exc()
        return 1
    told = traceback.format_exc()
    try:
        with tempfile.NamedTemporaryFile("w", prefix="playnex-report-", suffix=".txt", delete=False, encoding="utf-8") as file:
            file.write(KNOWN.text(f"playnex {__version__}\ncommand: {' '.join(arguments)}\n\n{told}"))
        hint = f"the report is {file.name}"
    except OSError:
        hint = "see where with --debug: no report could be written"
    return _complain(PlaynexError(f"something went wrong inside Playnex: {type(error).__name__}: {error}", hint=hint), arguments)
