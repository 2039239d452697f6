"""`playnex mcp add` carried out: install, enter, start once; nothing stays where that does not work."""

import asyncio
import os
import shutil

from playnex.app import mcp_entries
from playnex.app.listing import workspace_of
from playnex.app.mcp_installing import Installed, install_npm, install_pypi
from playnex.app.mcp_servers import Looked, accept
from playnex.app.opening import opened
from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.mcp_said import Adding, comes_from, pairs
from playnex.cli.showing_mcp import looked_page
from playnex.cli.terminal import emit, write
from playnex.cli.waiting import waiting
from playnex.errors import ToolFailed, UsageError
from playnex.spec.browser import host_rule
from playnex.spec.reading import WORD
from playnex.tools.browser.launch import BROWSER_SERVER, MISSING, browser_program
from playnex.workspace import Workspace

ROOM = "look at the room on the disk and at the folder's rights, and add it again; nothing of it was kept"


async def add_server(name: str, command: tuple[str, ...], adding: Adding, *, as_json: bool) -> int:
    """Add the server; the exit code."""
    workspace = workspace_of(door.workspace)
    pairs(adding.env)
    _refuse(workspace, name, command, adding)
    before = mcp_entries.current(workspace.root)
    try:
        installed = await _installed(workspace, name, adding)
        whole = (installed.program, *command) if installed else command
        mcp_entries.add(workspace.root, name, mcp_entries.entry(whole, _rights(adding)))
        with waiting(f"{name}: starting it once", door.terminal):
            looked = await _looked(name)
    except BaseException as fault:  # Ctrl-C too: nothing half-added stays
        mcp_entries.remove(workspace.root, before)
        if comes_from(adding):
            shutil.rmtree(workspace.own / "mcp" / name, ignore_errors=True)
        if isinstance(fault, asyncio.CancelledError):
            door.terminal.say(f"stopped; nothing of {name!r} was kept")
        if isinstance(fault, OSError):
            raise ToolFailed(f"{name!r} could not be added: {(fault.strerror or str(fault)).lower()}", hint=ROOM) from None
        raise
    if as_json:
        emit(looked.document() | {"version": installed.version if installed else ""})
    else:
        write("\n".join(looked_page(looked.document(), door.terminal)))
    return 0


def _rights(adding: Adding) -> dict[str, Json]:
    full: Json = "full" if adding.full else ""
    browser: Json = {"hosts": list(adding.host)} if adding.browser else None
    granted = {"env": pairs(adding.env), "trust": full, "network": adding.network, "write": list(adding.write)}
    return granted | {"browser": browser}


async def _looked(name: str) -> Looked:
    async with opened(door.workspace) as app:
        return await accept(app, name)


async def _installed(workspace: Workspace, name: str, adding: Adding) -> Installed | None:
    if not comes_from(adding):
        return None
    package = adding.pypi or adding.npm or BROWSER_SERVER
    install = install_pypi if adding.pypi else install_npm
    with waiting(f"installing {package}", door.terminal):
        return await install(workspace.root, workspace.own / "mcp" / name, package)


def _refuse(workspace: Workspace, name: str, command: tuple[str, ...], adding: Adding) -> None:
    """What cannot be added. Raises UsageError."""
    if not WORD.fullmatch(name):
        raise UsageError(f"{name!r} cannot be a server's name", hint="begin with a letter; then letters, digits, - and _")
    if len(sources := comes_from(adding)) > 1:
        raise UsageError(f"{' and '.join(sources)} together: a server comes from one of them", hint="leave one of them out")
    _refuse_browser(name, adding)
    if not (command or sources):
        raise UsageError(f"nothing says what starts {name!r}", hint=f"playnex mcp add {name} -- COMMAND, or --npm or --pypi PACKAGE")
    text = mcp_entries.current(workspace.root)
    if text is not None:
        mcp_entries.with_entry(text, name, {}, path=".mcp.json")


def _refuse_browser(name: str, adding: Adding) -> None:
    """What is wrong with a wish for a browser. Raises UsageError, ToolFailed."""
    if adding.host and not adding.browser:
        raise UsageError("--host says nothing without --browser", hint=f"playnex mcp add {name} --browser --host {adding.host[0]}")
    if not adding.browser:
        return
    if not adding.host:
        raise UsageError("a browser without a --host could go nowhere", hint=f"playnex mcp add {name} --browser --host example.com")
    for host in adding.host:
        try:
            host_rule(host)
        except ValueError as error:
            raise UsageError(f"--host {host!r} is no host that a browser can be kept to", hint=str(error)) from None
    if not browser_program(os.environ):
        raise ToolFailed("there is no browser on this machine", hint=MISSING)
