"""Restoring a backup: what it replaces is kept aside, and nothing that goes on is pulled away from under anybody."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playnex.app.backups import STORE, Backup, reach, unpacked
from playnex.capsules.mirror.names import ENDING
from playnex.errors import RunBusy, StoreError, UsageError
from playnex.journal.lease import FileLeases
from playnex.store.file import is_in_use
from playnex.workspace import OWN, Workspace

BESIDE = ("", "-wal", "-shm")
"""What belongs to a store's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was brought back, and where what it replaced lies now (None where it replaced nothing)."""

    backup: Backup
    aside: Path | None


def restore(path: Path, workspace: Workspace, agrees: Callable[[str], bool]) -> Restored:
    """Bring the backup's files into the workspace. `agrees` is asked where facts that are newer than the backup would go.

    Raises RunBusy while the store is in use, UsageError where nobody agreed, StoreError for a damaged backup."""
    path = path.expanduser().resolve()
    with unpacked(path, _made(workspace.own)) as (folder, backup):
        if STORE in backup.files and (workspace.own / "store.db").exists():
            _refuse_busy(workspace)
            newer = _newer(workspace, backup)
            if newer and not agrees(newer):
                raise UsageError(f"nothing was restored: {newer}", hint="say it with --yes; what is replaced is kept aside")
        aside = workspace.own / f"before-{path.name.split('.')[0]}-{os.getpid()}"
        if STORE in backup.files:
            _put_aside_newer_capsules(workspace, backup, aside)
        for name in backup.files:
            _put(folder / name, workspace.root / name, aside / name)
        return Restored(backup=backup, aside=aside if aside.exists() else None)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _refuse_busy(workspace: Workspace) -> None:
    if FileLeases(workspace.own / "leases").any_is_held():
        raise RunBusy("a run is being carried out", hint="stop it first: playnex stop --all")
    if is_in_use(workspace.own / "store.db"):
        raise RunBusy("another process has the store open", hint="end it first: a worker, a watcher or a server")


def _newer(workspace: Workspace, backup: Backup) -> str:
    """What the store holds that the backup does not, in words; nothing where it holds no more, or cannot be read."""
    try:
        here = reach(workspace.own / "store.db")
    except StoreError:
        return ""
    more = {
        "run": here.runs - backup.reach.runs,
        "event": here.position - backup.reach.position,
        "capsule version": here.versions - backup.reach.versions,
    }
    newer = ", ".join(f"{count} {what}{'s' * (count > 1)}" for what, count in more.items() if count > 0)
    return f"the store here has more than the backup ({newer})" if newer else ""


def _put_aside_newer_capsules(workspace: Workspace, backup: Backup, aside: Path) -> None:
    """The files of capsules that the store of the backup does not know: it would take them for new ones."""
    for file in sorted(workspace.capsules_folder.rglob(f"*{ENDING}")):
        name = file.relative_to(workspace.root)
        if name.as_posix() not in backup.files and file.is_file() and not file.is_symlink():
            (aside / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.replace(aside / name)


def _put(new: Path, old: Path, aside: Path) -> None:
    """Bring a file to its place; what lies there and is another goes aside."""
    is_store = old.parent.name == OWN
    if not is_store and old.is_file() and old.read_bytes() == new.read_bytes():
        return
    for ending in BESIDE if is_store else ("",):
        if (replaced := Path(f"{old}{ending}")).exists():
            aside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replaced.replace(f"{aside}{ending}")
    old.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(new, near := old.with_name(f".{old.name}.new"))
    near.chmod(0o600 if is_store else 0o644)
    near.replace(old)
