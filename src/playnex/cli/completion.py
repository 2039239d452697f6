"""`playnex completion`: the shell completes commands and flags."""

from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.completion.detect import ShellDetectionError

from playnex.cli import door
from playnex.cli.terminal import write
from playnex.cli.tree import tree
from playnex.errors import UsageError

app = App(name="completion", help="Completion of commands and flags in your shell.", result_action="return_value")

Shell = Annotated[
    Literal["bash", "zsh", "fish", "powershell"] | None, Parameter(help="the shell; without it, the one that this command runs in")
]


@app.command
def install(*, shell: Shell = None) -> int:
    """Install completion for your shell, where that shell looks for it.

    $ playnex completion install
    $ playnex completion install --shell zsh
    """
    try:
        place = tree().install_completion(shell=shell)
    except ShellDetectionError as fault:
        raise _unknown(fault) from None
    door.terminal.say(f"{door.terminal.symbol('succeeded')} {place}\n  it works in the next shell that you open")
    return 0


@app.command
def show(*, shell: Shell = None) -> int:
    """Print the completion script and change nothing.

    $ playnex completion show --shell fish
    """
    try:
        write(tree().generate_completion(shell=shell))
    except ShellDetectionError as fault:
        raise _unknown(fault) from None
    return 0


def _unknown(fault: Exception) -> UsageError:
    return UsageError(f"cannot tell which shell this is: {fault}", hint="name it with --shell bash, zsh, fish or powershell")
