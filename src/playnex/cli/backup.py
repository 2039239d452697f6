"""`playnex backup` and `playnex restore`: a copy of the workspace, and the way back."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from playnex.cli import door
from playnex.cli.asking import confirmed
from playnex.cli.flags import AsJson
from playnex.cli.terminal import counted, emit, write

Target = Annotated[str | None, Parameter(help="the archive; without it, one with the time in its name, in the current folder")]
Source = Annotated[str, Parameter(help="an archive that `playnex backup` made")]
Yes = Annotated[bool, Parameter(negative=(), help="do not ask, also where facts newer than the backup are set aside")]


def backup(file: Target = None, /, *, as_json: AsJson = False) -> int:
    """Copy the store and the workspace's files into one archive, while runs go on.

    $ playnex backup
    $ playnex backup ~/backups/news.tar.gz
    """
    from playnex.app.backups import back_up  # late, here and below: only what the command needs
    from playnex.app.listing import workspace_of

    made = back_up(workspace_of(door.workspace), Path(file) if file else None, time.time())
    if as_json:
        files = [{"path": path, "sha256": sha256} for path, sha256 in made.files.items()]
        told = {"path": str(made.path), **asdict(made.reach), "files": files, "left_out": list(made.left_out)}
        emit({"schema": "playnex.backup/1", **told})
        return 0
    write(str(made.path))
    say = door.terminal.say
    say(f"{door.terminal.symbol('succeeded')} {counted(made.reach.runs, 'run')} and {counted(len(made.files), 'file')}")
    for path in made.left_out:
        say(f"! left out, too large: {path}")
    say(f"bring it back with: playnex restore {made.path}")
    return 0


def restore(file: Source, /, *, yes: Yes = False, as_json: AsJson = False) -> int:
    """Bring a backup back into the workspace; what it replaces is kept aside.

    Nothing is restored while a run is carried out, and newer runs are not replaced without a yes.

    $ playnex restore news-20261124-154100.playnex.tar.gz
    $ playnex restore news.tar.gz --yes
    """
    from playnex.app.listing import workspace_of
    from playnex.app.restoring import restore as restore_backup

    workspace = workspace_of(door.workspace)
    restored = restore_backup(Path(file), workspace, lambda newer: yes or confirmed(f"{newer}; set them aside?", "--yes"))
    aside = str(restored.aside or "")
    if as_json:
        emit({"schema": "playnex.restore/1", "workspace": str(workspace.root), "files": list(restored.backup.files), "aside": aside})
        return 0
    said = f"{counted(restored.backup.reach.runs, 'run')} and {counted(len(restored.backup.files), 'file')} are back"
    door.terminal.say(f"{door.terminal.symbol('succeeded')} {said}" + (f"; what they replaced is in {aside}" if aside else ""))
    return 0
