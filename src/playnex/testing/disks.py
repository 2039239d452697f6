"""Disks that fail on order: a SQLite file layer that breaks at the n-th write or sync, and one that remembers all that was
written, so that a test can build what a power cut would have left.

Both stand above the layer with the checksums. The system's own index of the log (`-shm`) is memory and not remembered.
"""

import errno
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import apsw

from playnex.store import checksums

SECTOR = 512
"""Bytes that a disk writes all or none of."""

Kind: TypeAlias = Literal["write", "truncate", "sync", "delete", "mark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing done to a file (its name), or a mark that the test set: whatever was acknowledged by then."""

    kind: Kind
    file: str = ""
    offset: int = 0
    data: bytes = b""
    mark: int = 0


@dataclass(slots=True)
class Record:
    """All that was done, in order."""

    deeds: list[Deed] = field(default_factory=list)

    def mark(self, number: int) -> None:
        """Remember that everything up to `number` is acknowledged from here on."""
        self.deeds.append(Deed(kind="mark", mark=number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What lies on the disk after the power is back: files by name, and the last mark before it went."""

    files: dict[str, bytes]
    mark: int


def layer_below() -> str:
    """The layer that a test's own stands on."""
    return checksums.LAYER if checksums.is_available() else ""


class RecordingLayer(apsw.VFS):
    """A SQLite file layer, to be named in `Opening.layer`, that writes down what is done to files of the database."""

    def __init__(self, name: str, record: Record) -> None:
        self.record = record
        self._below = layer_below()
        super().__init__(name, self._below)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        if name is None:  # a file of its own for what it puts in order meanwhile, gone when it is closed
            return apsw.VFSFile(self._below, name, flags)
        return _RecordedFile(self._below, name, flags, self.record)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        self.record.deeds.append(Deed(kind="delete", file=Path(filename).name))


class _RecordedFile(apsw.VFSFile):
    def __init__(self, below: str, name: str | apsw.URIFilename, flags: list[int], record: Record) -> None:
        super().__init__(below, name, flags)
        self._path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name)
        self._record = record

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        with self._path.open("rb") as file:  # what arrived: the layer below has put its checksum in
            file.seek(offset)
            self._done("write", offset, file.read(len(data)))

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        self._done("truncate", newsize)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._done("sync")

    def _done(self, kind: Kind, offset: int = 0, data: bytes = b"") -> None:
        self._record.deeds.append(Deed(kind=kind, file=self._path.name, offset=offset, data=data))


def images(record: Record, chance: random.Random, count: int) -> Iterator[Image]:
    """So many disks as a power cut at so many moments could have left them: what was synced is there, and of the rest any part
    in any order, down to single sectors."""
    moments = sorted(chance.randrange(1, len(record.deeds) + 1) for _ in range(count))
    disk, done = _Disk(), 0
    for moment in moments:
        for deed in record.deeds[done:moment]:
            disk.take(deed)
        done = moment
        yield disk.image(chance)


class _Disk:
    """What is safe, file by file, and what the disk has heard of since the file's last sync."""

    def __init__(self) -> None:
        self._safe: dict[str, bytearray] = {}
        self._heard: dict[str, list[Deed]] = {}
        self._mark = 0

    def take(self, deed: Deed) -> None:
        """Let time go on by one deed."""
        if deed.kind == "mark":
            self._mark = deed.mark
            return
        heard = self._heard.setdefault(deed.file, [])
        heard.append(deed)
        if deed.kind == "sync":
            if deed.file not in self._safe or any(one.kind == "delete" for one in heard):
                self._sync_folder()
            self._make_safe(deed.file, len(self._heard[deed.file]))

    def _sync_folder(self) -> None:
        """SQLite syncs the folder with a new file's first sync: what was deleted before is gone for good."""
        for file, heard in self._heard.items():
            deletes = [place for place, deed in enumerate(heard) if deed.kind == "delete"]
            if deletes:
                self._make_safe(file, deletes[-1] + 1)

    def _make_safe(self, file: str, count: int) -> None:
        """The first deeds of what was heard of the file are on the disk."""
        content = self._safe.pop(file, None)
        for deed in self._heard[file][:count]:
            content = _changed(content, deed)
        if content is not None:
            self._safe[file] = content
        del self._heard[file][:count]

    def image(self, chance: random.Random) -> Image:
        """One of the disks that may be left if the power goes now."""
        keep = chance.choice((0.0, 0.3, 0.5, 0.9, 1.0))
        files = {}
        for file in self._safe.keys() | self._heard.keys():
            content = self._safe.get(file)
            content = None if content is None else bytearray(content)
            for deed in self._heard.get(file, []):
                for part in _parts(deed, keep, chance):
                    content = _changed(content, part)
            if content is not None:
                files[file] = bytes(content)
        return Image(files=files, mark=self._mark)


def _parts(deed: Deed, keep: float, chance: random.Random) -> Iterator[Deed]:
    """What of a deed came to the disk: a write whole, or some sectors of it; anything else all or nothing."""
    if deed.kind != "write" or chance.random() < 0.5:
        if chance.random() < keep:
            yield deed
        return
    start, end = deed.offset, deed.offset + len(deed.data)
    for sector in range(start // SECTOR * SECTOR, end, SECTOR):
        low, high = max(start, sector), min(end, sector + SECTOR)
        if chance.random() < keep:
            yield Deed(kind="write", file=deed.file, offset=low, data=deed.data[low - start : high - start])


def _changed(content: bytearray | None, deed: Deed) -> bytearray | None:
    """The file after the deed; None where there is no file."""
    match deed.kind:
        case "write":
            content = bytearray() if content is None else content
            content.extend(bytes(max(0, deed.offset - len(content))))
            content[deed.offset : deed.offset + len(deed.data)] = deed.data
        case "truncate" if content is not None:
            del content[deed.offset :]
        case "delete":
            return None
    return content


@dataclass(slots=True)
class Trouble:
    """When and how a FailingLayer fails: from number `at` on (from 1) writes or syncs fail, `lasting` of them."""

    at: int
    lasting: int
    deed: Literal["write", "sync"] = "write"
    error: int = errno.EIO
    count: int = 0

    def meet(self, deed: Literal["write", "sync"]) -> None:
        """Raise if this is one of those that fail."""
        if deed != self.deed:
            return
        self.count += 1
        if self.at <= self.count < self.at + self.lasting:
            if self.error == errno.ENOSPC and deed == "write":
                raise apsw.FullError("no space left on the device")
            fault = apsw.IOError("the disk failed")
            fault.extendedresult = apsw.SQLITE_IOERR_FSYNC if deed == "sync" else apsw.SQLITE_IOERR_WRITE  # type: ignore[attr-defined]
            raise fault


class FailingLayer(apsw.VFS):
    """A SQLite file layer, to be named in `Opening.layer`, that meets trouble; `trouble` may be changed at any time."""

    def __init__(self, name: str, trouble: Trouble) -> None:
        self.trouble = trouble
        self._below = layer_below()
        super().__init__(name, self._below)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return _FailingFile(self._below, name, flags, self.meet)

    def meet(self, deed: Literal["write", "sync"]) -> None:
        """Raise if it is time to."""
        self.trouble.meet(deed)


class _FailingFile(apsw.VFSFile):
    def __init__(
        self,
        below: str,
        name: str | apsw.URIFilename | None,
        flags: list[int],
        meet: Callable[[Literal["write", "sync"]], None],
    ) -> None:
        super().__init__(below, name, flags)
        self._meet = meet

    def xWrite(self, data: bytes, offset: int) -> None:
        self._meet("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._meet("sync")
        super().xSync(flags)
