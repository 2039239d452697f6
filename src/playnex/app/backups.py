"""Backups: the store as it is at one moment and the workspace's files, in one archive whose manifest has the hash of each."""

import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from playnex import __version__
from playnex.canonical import digest
from playnex.errors import StoreError, UsageError
from playnex.store.faults import NO_SPACE, no_space
from playnex.store.file import copy_store, open_reader
from playnex.workspace import OWN, Workspace

SCHEMA = "playnex.backup/1"
MANIFEST = "manifest.json"
STORE = f"{OWN}/store.db"
ENDING = ".playnex.tar.gz"

NOT_OURS = ("node_modules", "__pycache__")
"""Folders that are left out, beside those whose names begin with a dot."""

LARGEST = 20_000_000
"""Bytes of a file that still comes along: a workspace is text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a store goes: its runs, the position of its newest event, and its capsules' versions. It only ever grows."""

    runs: int = 0
    position: int = 0
    versions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """An archive: where it lies, its files with their hashes, how far its store goes, and what was left out as too large."""

    path: Path
    files: Mapping[str, str]
    reach: Reach
    left_out: tuple[str, ...] = ()


@dataclass(slots=True)
class _Writing:
    archive: tarfile.TarFile
    files: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, data: bytes) -> None:
        self.put(name, data)
        self.files[name] = digest(data)

    def put(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(data), 0o600
        self.archive.addfile(member, io.BytesIO(data))


def back_up(workspace: Workspace, target: Path | None, now: float) -> Backup:
    """Write the archive; runs go on meanwhile. Raises UsageError where the file is there already, StoreError, StoreFull."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%d-%H%M%S")
    path = (target or Path(f"{workspace.root.name}-{stamp}{ENDING}")).expanduser().resolve()
    if path.exists():
        raise UsageError(f"{path} is there already", hint="name another file, or move it away")
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent) as near:
            return _written(workspace, path, Path(near))
    except OSError as fault:
        if fault.errno in NO_SPACE:
            raise no_space(path) from None
        raise UsageError(f"{path} cannot be written: {fault.strerror}", hint="name a file in a folder that you may write in") from None


def _written(workspace: Workspace, path: Path, near: Path) -> Backup:
    goes = Reach()
    files, left_out = _files(workspace.root)
    with tarfile.open(near / "archive", "w:gz", compresslevel=6) as archive:
        writing = _Writing(archive)
        if (workspace.own / "store.db").exists():
            copy_store(workspace.own / "store.db", near / "store.db")
            goes = reach(near / "store.db")
            writing.add(STORE, (near / "store.db").read_bytes())
        for file in files:
            writing.add(file.relative_to(workspace.root).as_posix(), file.read_bytes())
        told = {"schema": SCHEMA, "playnex": __version__, "workspace": workspace.root.name, "reach": asdict(goes)}
        writing.put(MANIFEST, json.dumps(told | {"files": writing.files}, indent=1).encode())
    os.chmod(near / "archive", 0o600)
    with (near / "archive").open("rb") as whole:
        os.fsync(whole.fileno())
    (near / "archive").replace(path)
    return Backup(path=path, files=writing.files, reach=goes, left_out=left_out)


def _files(root: Path) -> tuple[list[Path], tuple[str, ...]]:
    """The workspace's own files, and the names of those that are too large."""
    found: list[Path] = []
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in NOT_OURS)
        found += [Path(folder, name) for name in sorted(names) if not name.endswith(ENDING)]
    plain = [path for path in found if path.is_file() and not path.is_symlink()]
    too_large = [path for path in plain if path.stat().st_size > LARGEST]
    return [path for path in plain if path not in too_large], tuple(path.relative_to(root).as_posix() for path in too_large)


def reach(store: Path) -> Reach:
    """How far a store goes. Raises StoreError."""
    reader = open_reader(store)
    counts = ("count(*) FROM runs", "coalesce(max(position), 0) FROM events", "coalesce(max(rowid), 0) FROM versions")
    try:
        runs, position, versions = (int(str(reader.execute(f"SELECT {count}").get)) for count in counts)
    finally:
        reader.close()
    return Reach(runs=runs, position=position, versions=versions)


@contextmanager
def unpacked(path: Path, near: Path) -> Iterator[tuple[Path, Backup]]:
    """A folder with the archive's files, each compared with its hash, for as long as the block runs. Raises UsageError, StoreError."""
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=near) as folder:
        try:
            with tarfile.open(path, "r:gz") as archive:
                archive.extractall(folder, filter="data")
            told = json.loads(Path(folder, MANIFEST).read_bytes())
        except FileNotFoundError as fault:
            raise UsageError(f"{path} is no backup, or is not there: {fault}", hint="make one with: playnex backup") from None
        except (OSError, EOFError, ValueError, tarfile.TarError) as fault:
            raise StoreError(f"{path} is no backup, or is damaged: {fault}", hint="take an older one") from None
        yield Path(folder), _checked(path, Path(folder), told)


def _checked(path: Path, folder: Path, told: Any) -> Backup:
    if not isinstance(told, dict) or told.get("schema") != SCHEMA:
        raise UsageError(f"{path} is no backup of this version of Playnex", hint="restore it with the Playnex that made it")
    for name, right in told["files"].items():
        file = folder / PurePosixPath(name)
        if not file.is_file() or digest(file.read_bytes()) != right:
            raise StoreError(f"{path} is damaged: {name} is not what was saved", hint="take an older one")
    return Backup(path=path, files=told["files"], reach=Reach(**told["reach"]))
