"""`playnex help`: pages to read."""

from cyclopts import App

from playnex.cli.terminal import write

app = App(name="help", help="Pages to read.", result_action="return_value")

EXIT_CODES = """\
  0   ok
  1   the run or a case of the batch failed, or the command did
  2   the command line is wrong, or an input is missing
  3   a file (flow, agent, playnex.toml) is invalid; nothing was run
  4   a credential or permission is missing
  5   not found: no such flow, run, agent, capsule, model
  6   the run, or a case of the batch, waits for a person
  7   the budget is used up
  8   the run was cancelled
124   timed out
130   interrupted (Ctrl-C); the run is paused and can be resumed
"""

ENVIRONMENT = """\
PLAYNEX_HOME      the workspace, where no folder from here upwards is one
PLAYNEX_DATA      the folder of what Playnex itself keeps, such as the embedded model
PLAYNEX_QUIET     no progress and no messages, as --quiet
PLAYNEX_NO_INPUT  ask nothing, as --no-input
PLAYNEX_DEBUG     show tracebacks, as --debug
VISUAL, EDITOR    the editor of capsule edit and inbox approve --edit; without them vi
NO_COLOR          no colour
FORCE_COLOR       colour even where the output is no terminal
"""


@app.command(name="exit-codes")
def exit_codes() -> int:
    """What each exit code means.

    $ playnex help exit-codes
    """
    write(EXIT_CODES)
    return 0


@app.command
def environment() -> int:
    """The environment variables that are read.

    $ playnex help environment
    """
    write(ENVIRONMENT)
    return 0
