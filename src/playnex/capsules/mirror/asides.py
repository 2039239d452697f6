"""What a file was before the mirror changed it, kept aside for a moment: an edit that came between the look and the rename, or that
an editor goes on writing into the file that was replaced, is found there and not lost.

Each has a folder of its own with `text`, the file, and `about.json`: whose file it is, and what the bytes should be.
"""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from playnex.canonical import digest
from playnex.capsules.mirror.folder import BeingWritten, Folder, Unusable, opened_place, read_steadily, write_durably
from playnex.capsules.mirror.renaming import move_to_free, swap
from playnex.capsules.mirror.syncing import sync_folder
from playnex.ids import new_id

GRACE = 10.0
"""Seconds for which a replaced file is watched."""

TEXT, ABOUT = "text", "about.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whose file it is; the digests of the bytes that were there as far as anybody knew, and of those that were to come."""

    path: str
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A change of a file, ready to be made by one rename."""

    folder: Path
    about: About

    @property
    def text(self) -> Path:
        """The bytes that are to come, and afterwards those that were there."""
        return self.folder / TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """A file that was put aside and is not what it should be: somebody's edit."""

    folder: Path
    path: str
    data: bytes


HIDDEN = ".playnex"
"""What is put aside lies there, below the files, where they have a disk of their own: a rename does not lead to another one."""


class Asides:
    """The folder with what was put aside; `root` is Playnex's own."""

    def __init__(self, root: Path, files: Folder) -> None:
        self._own = root
        self._files = files

    @property
    def _root(self) -> Path:
        """Where the next one is put."""
        try:
            disk = os.lstat(self._files.root).st_dev
            hidden = self._files.root / HIDDEN
            is_own = os.stat(next(path for path in (self._own, *self._own.parents) if path.exists())).st_dev == disk
        except (OSError, StopIteration):
            return self._own
        if not is_own and hidden.is_symlink():
            raise Unusable(f"{HIDDEN} in it is a link, and would lead out of it")
        return self._own if is_own else hidden

    def room(self) -> Path:
        """A new folder there. Raises OSError."""
        folder = self._root / new_id()
        folder.mkdir(parents=True, mode=0o700)
        return folder

    def stage(self, path: str, data: bytes | None, *, old: str = "", sync: bool = True) -> Staged:
        """Make ready what is to come into the file; None takes it away. Raises OSError."""
        folder = self.room()
        about = About(path=path, old=old, new="" if data is None else digest(data))
        staged = Staged(folder=folder, about=about)
        try:
            (folder / ABOUT).write_text(json.dumps(asdict(about)), encoding="utf-8")
            if data is not None:
                write_durably(staged.text, data, sync=sync)
        except OSError:
            self.drop(folder)
            raise
        return staged

    def make(self, staged: Staged) -> None:
        """Make the change. Raises FileExistsError where a file has come that should be none, FileNotFoundError where one has gone,
        OSError, Unusable."""
        with self._files.place(staged.about.path, make=bool(staged.about.new)) as place, opened_place(staged.text) as own:
            if not staged.about.new:
                move_to_free(place, own)
            elif staged.about.old:
                os.chmod(own.name, stat.S_IMODE(os.stat(place.name, dir_fd=place.folder).st_mode), dir_fd=own.folder)
                swap(own, place)
            else:
                move_to_free(own, place)

    def finish(self, staged: Staged) -> None:
        """Have the change on the disk for good."""
        with self._files.place(staged.about.path) as place:
            sync_folder(place.folder)

    def lay(self, path: str, data: bytes) -> bool:
        """Put a new file among the capsules' files; False where something has that name. Raises OSError, Unusable."""
        folder = self.room()
        try:
            return self._files.lay(path, data, folder / TEXT)
        finally:
            self.drop(folder)

    def caught_by(self, staged: Staged) -> Caught | None:
        """The edit that a change has put aside, if what was there is not what had been seen."""
        with suppress(OSError, BeingWritten, Unusable), opened_place(staged.text) as place:
            data = read_steadily(place).data
            if digest(data) != staged.about.old:
                return Caught(folder=staged.folder, path=staged.about.path, data=data)
        return None

    def drop(self, folder: Path) -> None:
        """Forget what was put aside there."""
        shutil.rmtree(folder, ignore_errors=True)

    def caught(self, now: float) -> Iterator[Caught]:
        """The edits among what was put aside; what is as it should be is dropped after a while. `now` is seconds since 1970."""
        try:
            names = os.listdir(self._root)
        except FileNotFoundError:
            return
        for name in names:
            with suppress(OSError, BeingWritten, Unusable):
                yield from self._looked_at(self._root / name, now)

    def forget(self, path: str) -> None:
        """Drop all that was put aside of that file."""
        for about in (each for root in {self._own, self._root} for each in root.glob(f"*/{ABOUT}")):
            with suppress(OSError, ValueError, TypeError):
                if About(**json.loads(about.read_text(encoding="utf-8"))).path == path:
                    self.drop(about.parent)

    def _looked_at(self, folder: Path, now: float) -> Iterator[Caught]:
        is_old = now - folder.stat().st_mtime > GRACE
        try:
            about = About(**json.loads((folder / ABOUT).read_text(encoding="utf-8")))
            with opened_place(folder / TEXT) as place:
                data = read_steadily(place).data
        except (FileNotFoundError, ValueError, TypeError):  # nothing is left there, or it was never finished
            if is_old:
                self.drop(folder)
            return
        if digest(data) not in (about.old, about.new):
            yield Caught(folder=folder, path=about.path, data=data)
        elif is_old:
            self.drop(folder)
