"""`playnex mcp add` carried out: install, enter, start once; nothing stays where that does not work."""

import shutil

from playnex.app import mcp_entries
from playnex.app.listing import workspace_of
from playnex.app.mcp_installing import Installed, install_npm, install_pypi
from playnex.app.mcp_servers import Looked, accept
from playnex.app.opening import opened
from playnex.cli import door
from playnex.cli.mcp_said import Adding, pairs
from playnex.cli.showing_mcp import looked_page
from playnex.cli.terminal import emit, write
from playnex.errors import PlaynexError, UsageError
from playnex.spec.reading import WORD
from playnex.workspace import Workspace


async def add_server(name: str, command: tuple[str, ...], adding: Adding, *, as_json: bool) -> int:
    """Add the server; the exit code."""
    workspace = workspace_of(door.workspace)
    env = pairs(adding.env)
    _refuse(workspace, name, command, adding)
    folder = workspace.own / "mcp" / name
    before = mcp_entries.current(workspace.root)
    try:
        installed = _installed(workspace, name, adding)
        whole = (installed.program, *command) if installed else command
        trust = "full" if adding.full else "sandbox"
        mcp_entries.add(workspace.root, name, mcp_entries.entry(whole, env=env, trust=trust, network=adding.network))
        looked = await _looked(name)
    except PlaynexError:
        mcp_entries.remove(workspace.root, before)
        if adding.npm or adding.pypi:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if as_json:
        emit(looked.document() | {"version": installed.version if installed else ""})
    else:
        write("\n".join(looked_page(looked.document(), door.terminal)))
    return 0


async def _looked(name: str) -> Looked:
    async with opened(door.workspace) as app:
        return await accept(app, name)


def _installed(workspace: Workspace, name: str, adding: Adding) -> Installed | None:
    if not (adding.npm or adding.pypi):
        return None
    door.terminal.say(f"installing {adding.npm or adding.pypi}…")
    install, package = (install_npm, adding.npm) if adding.npm else (install_pypi, adding.pypi)
    return install(workspace.root, workspace.own / "mcp" / name, package)


def _refuse(workspace: Workspace, name: str, command: tuple[str, ...], adding: Adding) -> None:
    """What cannot be added. Raises UsageError."""
    if not WORD.fullmatch(name):
        raise UsageError(f"{name!r} cannot be a server's name", hint="begin with a letter; then letters, digits, - and _")
    if adding.npm and adding.pypi:
        raise UsageError("--npm and --pypi together: a server comes from one of them", hint="leave one of them out")
    if not (command or adding.npm or adding.pypi):
        raise UsageError(f"nothing says what starts {name!r}", hint=f"playnex mcp add {name} -- COMMAND, or --npm or --pypi PACKAGE")
    text = mcp_entries.current(workspace.root)
    if text is not None:
        mcp_entries.with_entry(text, name, {}, path=".mcp.json")
