"""The folders that a call may read, and files opened without ever leaving them.

A path is judged as text first, then walked from the opened folder one component at a time without following any link
(openat with O_NOFOLLOW), so nothing that changes between the check and the open can lead out. Where the system has no
openat (Windows) the resolved path is checked instead.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from playnex.errors import ToolFailed, ToolRefused

STORE = ".playnex"
FILE_LIMIT = 5_000_000
"""Bytes of the largest file that is read."""

HAS_OPENAT = os.open in os.supports_dir_fd and os.scandir in os.supports_fd and hasattr(os, "O_NOFOLLOW")
FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
FILE_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """What may be read: as it was named, where it really is, and what the names of its files begin with. `only` is the
    name of a root that is a single file."""

    given: Path
    real: Path
    shown: str = ""
    only: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place below a root; `typed` is how the caller called it."""

    root: Root
    parts: tuple[str, ...]
    typed: str

    @property
    def name(self) -> str:
        """The relative name that is shown, and that finds the same place again."""
        return self.root.shown + "/".join(self.parts)


class Folders:
    """The workspace and the folders of a call's scope."""

    def __init__(self, workspace: Path, extra: tuple[Path, ...] = ()) -> None:
        self._extra = tuple(_root(path, alone=len(extra) == 1) for path in extra)
        self._workspace = Root(given=Path(os.path.abspath(workspace)), real=Path(os.path.realpath(workspace)))
        store = self._workspace.real / STORE
        self._store = _identity(store)
        if any(root.real.is_relative_to(store) for root in self._extra):
            raise ToolRefused(f"{STORE}/ is never readable", hint="choose another folder as the input")

    @property
    def allowed(self) -> str:
        """The folders by name, for messages."""
        return ", ".join(["the workspace", *(str(root.given) for root in self._extra)])

    def spot(self, typed: str) -> Spot:
        """The place that a caller means: in the only folder of its scope if it is there, else in the workspace.
        Raises ToolRefused for what lies outside."""
        spots = [spot for path in self._meant(typed) if (spot := self._inside(path, typed))]
        if not spots or "\0" in typed:
            raise ToolRefused(f"{typed!r} is outside of what may be read", hint=f"give a path below: {self.allowed}")
        return next((spot for spot in spots if _is_there(spot)), spots[-1])

    @contextmanager
    def opened(self, spot: Spot, *, folder: bool = False) -> Iterator[int]:
        """A descriptor of the folder or regular file. Raises ToolRefused, ToolFailed."""
        if any(part.casefold() == STORE for part in spot.parts):
            raise _refused(spot, f"{STORE}/ is never readable")
        try:
            descriptor = self._walk(spot, folder) if HAS_OPENAT else _resolved(spot, folder)
        except OSError as fault:
            raise _told(spot, fault, folder=folder) from None
        try:
            _check_kind(spot, os.fstat(descriptor).st_mode, folder=folder)
            yield descriptor
        finally:
            os.close(descriptor)

    def files(self, spot: Spot) -> Iterator[Spot]:
        """The regular files below, in the order of their names; links, names that begin with a dot, and what cannot be
        opened are left out. Raises ToolRefused, ToolFailed where the folder itself cannot be listed."""
        if spot.root.only:
            yield spot
        else:
            yield from self._below(spot, self._entries(spot))

    def read(self, spot: Spot) -> bytes:
        """The whole file, 5 MB at most. Raises ToolRefused, ToolFailed."""
        with self.opened(spot) as descriptor, open(descriptor, "rb", closefd=False) as file:
            size = os.fstat(descriptor).st_size
            data = file.read(FILE_LIMIT + 1)
        if len(data) > FILE_LIMIT:
            raise _refused(spot, f"it has {max(size, len(data)):,} bytes, and files over {FILE_LIMIT:,} are not read")
        return data

    def _entries(self, spot: Spot) -> list[tuple[str, bool]]:
        with self.opened(spot, folder=True) as descriptor:
            return sorted(_entries(descriptor if HAS_OPENAT else spot.root.real.joinpath(*spot.parts)))

    def _below(self, spot: Spot, entries: list[tuple[str, bool]]) -> Iterator[Spot]:
        for name, is_folder in entries:
            below = replace(spot, parts=(*spot.parts, name))
            if not is_folder:
                yield below
                continue
            with suppress(ToolRefused, ToolFailed):
                yield from self._below(below, self._entries(below))

    def _meant(self, typed: str) -> Iterator[str]:
        if os.path.isabs(typed):
            yield typed
            return
        first, _, rest = typed.partition("/")
        for root in self._extra:
            if len(self._extra) == 1:
                yield os.path.join(root.given, typed)
            if first == root.given.name:
                yield os.path.join(root.given, rest)
        yield os.path.join(self._workspace.given, typed)

    def _inside(self, path: str, typed: str) -> Spot | None:
        plain = Path(os.path.normpath(path))
        for root in (*self._extra, self._workspace):
            for start in (root.given, root.real):
                if root.only and plain == start:
                    return Spot(root=replace(root, real=root.real.parent), parts=(root.only,), typed=typed)
                if not root.only and plain.is_relative_to(start):
                    return Spot(root=root, parts=plain.relative_to(start).parts, typed=typed)
        return None

    def _walk(self, spot: Spot, folder: bool) -> int:
        descriptor = os.open(spot.root.real, FOLDER_FLAGS)
        for depth, part in enumerate(spot.parts, start=1):
            flags = FOLDER_FLAGS if folder or depth < len(spot.parts) else FILE_FLAGS
            try:
                below = os.open(part, flags, dir_fd=descriptor)
            finally:
                os.close(descriptor)
            descriptor = below
            if self._store is not None and _same(os.fstat(descriptor), self._store):
                os.close(descriptor)
                raise _refused(spot, f"{STORE}/ is never readable")
        return descriptor


def _root(path: Path, *, alone: bool) -> Root:
    given, real = Path(os.path.abspath(path)), Path(os.path.realpath(path))
    is_file = real.is_file()
    return Root(given=given, real=real, shown="" if alone or is_file else f"{given.name}/", only=real.name if is_file else "")


def _is_there(spot: Spot) -> bool:
    try:
        os.lstat(spot.root.real.joinpath(*spot.parts))
    except OSError:
        return False
    return True


def _identity(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _same(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _resolved(spot: Spot, folder: bool) -> int:
    """Without openat: the path itself, where nothing on it is a link."""
    path = spot.root.real.joinpath(*spot.parts)
    if Path(os.path.realpath(path)) != path:
        raise OSError(errno.ELOOP, "a link")
    return os.open(path, FOLDER_FLAGS if folder else FILE_FLAGS)


def _entries(folder: int | Path) -> Iterator[tuple[str, bool]]:
    with closing(os.scandir(folder)) as entries:
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if not entry.name.startswith(".") and (is_folder or entry.is_file(follow_symlinks=False)):
                yield entry.name, is_folder


def _check_kind(spot: Spot, mode: int, *, folder: bool) -> None:
    if folder or stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise ToolFailed(f"{spot.typed!r} is a folder", hint="file.list shows what is in it")
    raise _refused(spot, "it is not a regular file")


def _told(spot: Spot, fault: OSError, *, folder: bool) -> ToolFailed | ToolRefused:
    if _passes_a_link(spot):
        return _refused(spot, "it is, or lies behind, a symbolic link, and those are not followed")
    match fault.errno:
        case errno.ENOENT:
            return ToolFailed(f"there is no {'folder' if folder else 'file'} {spot.typed!r}", hint="file.list shows what is there")
        case errno.ENOTDIR:
            return ToolFailed(f"{spot.typed!r} is not a folder", hint="file.read reads a file")
        case errno.ENXIO | errno.EOPNOTSUPP:
            return _refused(spot, "it is not a regular file")
        case _:
            return ToolFailed(f"{spot.typed!r} cannot be read: {fault.strerror}", hint="check its name and permissions")


def _passes_a_link(spot: Spot) -> bool:
    path = spot.root.real
    for part in spot.parts:
        path = path / part
        if path.is_symlink():
            return True
    return False


def _refused(spot: Spot, why: str) -> ToolRefused:
    return ToolRefused(f"{spot.typed!r} cannot be read: {why}")
