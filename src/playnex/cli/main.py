"""The tree of commands, and the one place where errors become words and exit codes."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from playnex import __version__
from playnex.cli import door
from playnex.cli.complaint import complain, complain_about_usage, of_the_disk
from playnex.errors import PlaynexError, RunInterrupted

EVERYWHERE = """
Everywhere: --workspace DIR (PLAYNEX_HOME) names the folder, --color auto|always|never (NO_COLOR, FORCE_COLOR), --debug (PLAYNEX_DEBUG)
shows tracebacks. Data goes to stdout, everything else to stderr. An id is any unique start or end of it, or `last`.
Exit codes: playnex help exit-codes.
"""

NOUNS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("flow", ("flow", "flows"), "Flows: what you run."),
    ("run", ("run", "runs"), "Runs: what happened, and how to go on."),
    ("capsule", ("capsule",), "Capsules: documents that agents and people share."),
    ("agent", ("agent", "agents"), "Agents: purpose, model, tools, memory, limits."),
    ("tool", ("tool", "tools"), "Tools that agents and flows can use."),
    ("model", ("model", "models"), "Models: what answers."),
    ("help", ("help",), "Pages to read: exit-codes, environment."),
)

VERBS: tuple[tuple[str, str], ...] = (
    ("init:init", "init"),
    ("init:demo", "demo"),
    ("check:check", "check"),
    ("capsule:capsules", "capsules"),
)


def tree(completion: bool = True) -> App:
    """The whole command line; a command's module is imported when it is called, and what installs completion when it may be."""
    app = App(
        name="playnex",
        help="Local-first orchestration of AI agents: durable runs, plain files, your own machine.\n\n"
        "Try: playnex demo · playnex init news --template research · playnex flow run research-to-article --input topic=…",
        help_epilogue=EVERYWHERE,
        version=__version__,
        result_action="return_value",
        help_format="plaintext",
    )
    for verb, name in VERBS:
        app.command(f"playnex.cli.{verb}", name=name)
    for module, names, summary in NOUNS:
        app.command(f"playnex.cli.{module}:app", name=names, help=summary)
    if completion:
        app.register_install_completion_command(name="completion")
    return app


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line; its exit code."""
    try:
        words = door.enter(arguments)
        code = tree("completion" in words or "--help" in words or not words)(words, exit_on_error=False, print_error=False) or 0
        sys.stdout.flush()  # here, where a full disk behind stdout can still be told
        return code
    except CycloptsError as error:
        return complain_about_usage(error, arguments)
    except PlaynexError as error:
        if door.debug:
            _trace()
        return complain(error, arguments)
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


def _trace() -> None:
    import traceback  # late: as below

    traceback.print_exc()


def _report(error: Exception, arguments: Sequence[str]) -> int:
    if not door.debug and isinstance(error, OSError) and (known := of_the_disk(error)):
        code = complain(known, arguments)
        _give_up_stdout()
        return code
    import tempfile  # late, as traceback: 50 ms of CPU that only a failure pays
    import traceback

    if door.debug:
        traceback.print_exc()
        return 1
    told = traceback.format_exc()
    try:
        with tempfile.NamedTemporaryFile("w", prefix="playnex-report-", suffix=".txt", delete=False, encoding="utf-8") as file:
            file.write(f"playnex {__version__}\ncommand: {' '.join(arguments)}\n\n{told}")
        hint = f"the report is {file.name}"
    except OSError:
        hint = "see where with --debug: no report could be written"
    return complain(PlaynexError(f"something went wrong inside Playnex: {type(error).__name__}: {error}", hint=hint), arguments)
