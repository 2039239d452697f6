"""`playnex secret`: keep secrets in the system's keyring, by the names under which the workspace's files refer to them."""

import getpass
import re
import sys
from typing import Annotated

from cyclopts import App, Parameter

from playnex.cli import door
from playnex.cli.asking import heeding_ctrl_c
from playnex.cli.flags import AsJson
from playnex.cli.terminal import columns, emit, emit_list, write
from playnex.errors import UsageError

app = App(name="secret", help="Secrets: kept in the system's keyring, named in files, never written there.", result_action="return_value")

Name = Annotated[str, Parameter(help="the secret's name; files refer to it as ${keyring:NAME}")]
NAME = re.compile(r"[A-Za-z_][\w.-]*")


@app.command(name="set")
def set_(name: Name, /, *, as_json: AsJson = False) -> int:
    """Keep a secret: typed, which is not shown, or from stdin. It never stands on a command line.

    $ playnex secret set openai
    $ pass show openai | playnex secret set openai
    """
    from playnex.secrets import system_keyring  # late, here and below: only what the command needs
    from playnex.secrets.known import KNOWN

    _check(name)
    value = _given(name)
    KNOWN.remember(name, value)
    system_keyring.keep(name, value)
    if as_json:
        emit({"schema": "playnex.secret/1", "name": name, "state": "kept"})
    door.terminal.say(f"{door.terminal.symbol('succeeded')} kept {name} in {system_keyring.backend()}; refer to it as ${{keyring:{name}}}")
    return 0


@app.command
def delete(name: Name, /, *, as_json: AsJson = False) -> int:
    """Remove a secret from the keyring.

    $ playnex secret delete openai
    """
    from playnex.secrets import system_keyring

    _check(name)
    system_keyring.forget(name)
    if as_json:
        emit({"schema": "playnex.secret/1", "name": name, "state": "deleted"})
    door.terminal.say(f"{door.terminal.symbol('succeeded')} deleted {name}")
    return 0


@app.command(name=["list", "ls"])
def list_(*, as_json: AsJson = False) -> int:
    """List the secrets that this workspace's files name, and whether each is there. No keyring can tell what else it holds.

    $ playnex secret list
    """
    from playnex.app.listing import workspace_of
    from playnex.app.secret_names import SECRETS_SCHEMA, secret_lines

    lines = list(secret_lines(workspace_of(door.workspace)))
    if as_json:
        emit_list(SECRETS_SCHEMA, lines)
    elif lines:
        rows = [tuple(str(line[key]) for key in ("name", "source", "user", "where", "state")) for line in lines]
        write(columns(("SECRET", "FROM", "FOR", "WHERE", "STATE"), rows, door.terminal))
    else:
        door.terminal.say("no file of this workspace names a secret")
    return 0


def _check(name: str) -> None:
    if not NAME.fullmatch(name):
        raise UsageError("that is no name of a secret", hint="begin with a letter; then letters, digits, _, - and .")


def _given(name: str) -> str:
    """What was typed without being shown, or came through stdin. Raises UsageError for nothing."""
    if door.terminal.interactive:
        with heeding_ctrl_c():
            value = getpass.getpass(f"{name} (what you type is not shown; or give it on stdin): ", stream=sys.stderr)
    else:
        value = sys.stdin.read().removesuffix("\n").removesuffix("\r")
    if not value:
        raise UsageError(f"there is nothing to keep as {name!r}", hint=f"type it, or pipe it in: … | playnex secret set {name}")
    if "\0" in value:
        raise UsageError(f"what was given for {name!r} holds a NUL", hint="give it as text")
    return value
