"""The folder of the capsules' files: looks, reads and renames in it that follow no link and can lead nowhere else.

A path is walked from the opened folder one word at a time (openat with O_NOFOLLOW), so that nothing that changes between the check
and the act leads out; where the system has no openat (Windows), every word of the path is looked at instead.
"""

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from playnex.capsules.mirror.names import OfOthers, Strange, reading_of
from playnex.capsules.mirror.renaming import Place, move_to_free
from playnex.capsules.mirror.syncing import sync_folder
from playnex.capsules.mirror.text import LARGEST

HAS_OPENAT = os.open in os.supports_dir_fd and os.scandir in os.supports_fd and hasattr(os, "O_NOFOLLOW")
FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
FILE_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
IN_THE_WAY = (errno.ELOOP, errno.ENOTDIR)
DEEPEST = 100
"""Folders in folders that are still entered: no name is that long."""


class Unusable(Exception):
    """What lies there is no file that may be read or written; the message says why."""


class BeingWritten(Exception):
    """Somebody is at work on the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What tells an untouched file from a changed one without reading it; times in nanoseconds since 1970."""

    size: int
    modified: int
    changed: int
    inode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The bytes of a file, and its stamp before and after they were read."""

    data: bytes
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file that lies in the folder, and the name of its capsule; `why` says what keeps it from being one's."""

    path: str
    name: str = ""
    stamp: Stamp | None = None
    why: str = ""


NO_FOLDER = "a link or a file is in the place of a folder"


class Folder:
    """The folder below which the capsules' files lie."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def exists(self) -> bool:
        """Whether it is there. Raises Unusable where it is a link, or no folder."""
        try:
            found = os.lstat(self.root)
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(found.st_mode) or _is_junction(self.root):
            raise Unusable("it must be a folder of its own, not a link or a file")
        return True

    def stamp(self, path: str) -> Stamp | None:
        """The file's stamp; None where there is none. Raises Unusable."""
        try:
            with self.place(path) as place:
                return _stamp(os.stat(place.name, dir_fd=place.folder, follow_symlinks=False))
        except FileNotFoundError:
            return None

    def read(self, path: str) -> Content:
        """The file, read while nobody wrote it. Raises FileNotFoundError, BeingWritten, Unusable."""
        with self.place(path) as place:
            return read_steadily(place)

    @contextmanager
    def reading(self) -> Iterator[Callable[[str], Content]]:
        """Reads as `read` does, for many files one after another: neighbours share their opened folder."""
        with ExitStack() as opened:
            near: dict[str, Place] = {}

            def read(path: str) -> Content:
                parent, _, last = path.rpartition("/")
                if parent not in near:
                    near.clear()
                    opened.close()
                    near[parent] = opened.enter_context(self.place(path))
                return read_steadily(replace(near[parent], name=last))

            yield read if HAS_OPENAT else self.read

    def make_durable(self, path: str) -> None:
        """Have the file on the disk for good, as far as the system lets its readers: many editors do not see to it."""
        with suppress(OSError, Unusable), self.place(path) as place:
            file = os.open(place.name, FILE_FLAGS, dir_fd=place.folder)
            try:
                os.fsync(file)
            finally:
                os.close(file)
            sync_folder(place.folder)

    def found(self) -> Iterator[Found]:
        """All that lies in the folder and is not some editor's. Raises Unusable where it is no folder."""
        if self.exists():
            with self.place("x") as place:
                yield from _below(place.folder, str(self.root), "")

    def lay(self, path: str, data: bytes, spare: Path) -> bool:
        """Put a new file there, by way of `spare`, an unused path outside the folder; False where something has that name."""
        write_durably(spare, data)
        try:
            with self.place(path, make=True) as place, opened_place(spare) as source:
                move_to_free(source, place)
                sync_folder(place.folder)
        except FileExistsError:
            return False
        return True

    def move_in(self, spare: Path, path: str) -> Stamp:
        """Move a file from outside the folder to a name there, and its stamp. Raises FileExistsError where something has that name,
        OSError, Unusable."""
        with self.place(path, make=True) as place, opened_place(spare) as source:
            move_to_free(source, place)
            return _stamp(os.stat(place.name, dir_fd=place.folder, follow_symlinks=False))

    def prune(self, path: str) -> None:
        """Remove the folders that a file left empty."""
        *folders, _ = path.split("/")
        with suppress(OSError, Unusable):
            while folders:
                with self.place("/".join(folders)) as place:
                    os.rmdir(place.name, dir_fd=place.folder)
                folders.pop()

    @contextmanager
    def place(self, path: str, *, make: bool = False) -> Iterator[Place]:
        """The path as a name in an opened folder; with `make`, folders that are missing are made. Raises FileNotFoundError,
        Unusable."""
        *folders, last = path.split("/")
        if make and not self.root.exists():
            self.root.mkdir(exist_ok=True)
        if not HAS_OPENAT:
            yield Place(name=str(self._checked(folders, make) / last))
            return
        inner = -1
        try:
            inner = os.open(self.root, FOLDER_FLAGS)
            for word in folders:
                outer, inner = inner, _inner(inner, word, make)
                os.close(outer)
            yield Place(name=last, folder=inner)
        except OSError as fault:
            if fault.errno in IN_THE_WAY:
                raise Unusable(NO_FOLDER) from None
            raise
        finally:
            if inner >= 0:
                os.close(inner)

    def _checked(self, folders: list[str], make: bool) -> Path:
        here = self.root
        for word in ("", *folders):
            here = here / word
            if make:
                here.mkdir(exist_ok=True)
            if here.is_symlink() or _is_junction(here) or not here.is_dir():
                if here.exists() or here.is_symlink():
                    raise Unusable(NO_FOLDER)
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(here))
        return here


def read_steadily(place: Place) -> Content:
    """The file, read while nobody wrote it. Raises FileNotFoundError, BeingWritten, Unusable."""
    file = os.open(place.name, FILE_FLAGS, dir_fd=place.folder)
    try:
        before = _stamp(os.fstat(file))
        if before.size > LARGEST:
            raise Unusable(f"it has more than {LARGEST // 1_000_000} MB")
        if _is_open_for_writing(file):
            raise BeingWritten
        data = _bytes(file, before.size + 1)
        if _stamp(os.fstat(file)) != before or len(data) != before.size:
            raise BeingWritten
        return Content(data=data, stamp=before)
    finally:
        os.close(file)


def _bytes(file: int, most: int) -> bytes:
    """What an opened file holds, and no more than so much of it."""
    pieces = []
    while most > 0 and (piece := os.read(file, most)):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


def write_durably(path: Path, data: bytes, *, sync: bool = True) -> None:
    """A new file with these bytes. Raises OSError."""
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        if sync:
            os.fsync(stream.fileno())


@contextmanager
def opened_place(path: Path) -> Iterator[Place]:
    """A path of our own as a name in its opened folder."""
    if not HAS_OPENAT:
        yield Place(name=str(path))
        return
    folder = os.open(path.parent, FOLDER_FLAGS)
    try:
        yield Place(name=path.name, folder=folder)
    finally:
        os.close(folder)


def _inner(outer: int, word: str, make: bool) -> int:
    """A folder in an opened one, opened; the outer one is left open where that cannot be."""
    try:
        return os.open(word, FOLDER_FLAGS, dir_fd=outer)
    except FileNotFoundError:
        if not make:
            raise
    with suppress(FileExistsError):
        os.mkdir(word, dir_fd=outer)
    return os.open(word, FOLDER_FLAGS, dir_fd=outer)


def _below(folder: int | None, path: str, prefix: str, depth: int = 0) -> Iterator[Found]:
    with os.scandir(path if folder is None else folder) as entries:
        for entry in entries:
            whole = prefix + entry.name
            if entry.is_dir(follow_symlinks=False) and not entry.is_symlink():
                if isinstance(reading_of(f"{entry.name}/x.md"), OfOthers) or depth == DEEPEST:
                    continue
                yield from _entered(folder, f"{path}/{entry.name}", f"{whole}/", depth + 1)
            else:
                yield from _file(entry, whole)


def _entered(outer: int | None, path: str, prefix: str, depth: int) -> Iterator[Found]:
    if outer is None:
        yield from _below(None, path, prefix, depth)
        return
    try:
        inner = os.open(path.rpartition("/")[2], FOLDER_FLAGS, dir_fd=outer)
    except OSError as fault:
        yield Found(path=prefix, why=f"it cannot be entered: {os.strerror(fault.errno or 0).lower()}")
        return
    try:
        yield from _below(inner, path, prefix, depth)
    finally:
        os.close(inner)


def _file(entry: "os.DirEntry[str]", path: str) -> Iterator[Found]:
    reading = reading_of(path)
    if isinstance(reading, OfOthers):
        return
    try:
        stamp = _stamp(entry.stat(follow_symlinks=False))
        if isinstance(reading, Strange):
            yield Found(path=path, why=reading.why)
        else:
            yield Found(path=path, name=reading.name, stamp=stamp)
    except Unusable as fault:
        yield Found(path=path, why=str(fault))
    except FileNotFoundError:
        return


def _stamp(found: os.stat_result) -> Stamp:
    if not stat.S_ISREG(found.st_mode):
        raise Unusable("it is a link" if stat.S_ISLNK(found.st_mode) else "it is no plain file")
    return Stamp(size=found.st_size, modified=found.st_mtime_ns, changed=found.st_ctime_ns, inode=found.st_ino & (1 << 62) - 1)


def _is_junction(path: Path) -> bool:
    """Whether Windows leads from there to another folder."""
    return sys.platform == "win32" and bool(os.lstat(path).st_reparse_tag)


def _is_open_for_writing(file: int) -> bool:
    """Whether some process has the file open for writing, as far as the system says: Linux grants no lease on one that is."""
    if sys.platform != "linux":
        return False
    import fcntl
    import signal

    try:
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)  # which nobody dies of, should a writer come in this very moment
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as fault:
        return fault.errno == errno.EAGAIN
    return False
