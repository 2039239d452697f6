"""Carries capsules from one machine to another, as a folder or one zip file. Nothing leaves the machine by itself."""

import io
import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from playnex import __version__
from playnex.capsules.capsule import Capsule, CapsuleHead, Capsules, check_name
from playnex.capsules.merging import IMPORTED, Verdict, beside, is_side, merge, names_before, renamed
from playnex.capsules.parcel import MANIFEST, History, Read, packed, unpacked
from playnex.errors import NotFoundError, UsageError

LARGEST = 50_000_000
"""Bytes of a file that are read from an export; a capsule is text."""

ALL_BYTES = 2_000_000_000
"""Bytes of all of them together."""

TRIES = 1_000
SAME_TIME = (1980, 1, 1, 0, 0, 0)
"""The time of every file in an archive: the same capsules give the same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of a capsule, the name that it has here, and how many versions were taken in."""

    name: str
    verdict: Verdict
    versions: int = 0
    came_as: str = ""


async def export(capsules: Capsules, target: Path, typed: Sequence[str]) -> tuple[CapsuleHead, ...]:
    """Write the capsules of these names, ids, or prefixes that end in `/`, all for none, to a new folder, or a file where the name ends in
    `.zip`. Raises NotFoundError, UsageError where the target is there already."""
    if _is_taken(target):
        raise UsageError(f"{target} is there already", hint="name a new folder or file")
    heads = await _chosen(capsules, typed)
    files = packed([await history_of(capsules, head.id) for head in heads], version=__version__)
    try:
        _write(target, files)
    except OSError as fault:
        raise UsageError(f"{target} cannot be written: {fault.strerror}", hint="name a place where you may write") from None
    return heads


def _is_taken(target: Path) -> bool:
    return target.exists() and (target.suffix == ".zip" or not target.is_dir() or any(target.iterdir()))


async def _chosen(capsules: Capsules, typed: Sequence[str]) -> tuple[CapsuleHead, ...]:
    found: dict[str, CapsuleHead] = {}
    for each in typed or ("",):
        if not each or each.endswith("/"):
            below = await capsules.list(prefix=each, limit=10_000_000)
            if each and not below:
                raise NotFoundError(f"no capsule's name begins with {each!r}", hint="playnex capsules lists them")
            found |= {head.id: head for head in below}
        else:
            head = (await capsules.history(each))[0]
            found[head.id] = head
    return tuple(sorted(found.values(), key=lambda head: head.name))


async def history_of(capsules: Capsules, typed: str) -> History:
    """All versions of a capsule, the first one first."""
    heads = await capsules.history(typed)
    return tuple([await capsules.read(head.id, head.version) for head in reversed(heads)])


def _write(target: Path, files: dict[str, bytes]) -> None:
    if target.suffix == ".zip":
        with zipfile.ZipFile(made := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in sorted(files.items()):
                archive.writestr(zipfile.ZipInfo(name, SAME_TIME), data, zipfile.ZIP_DEFLATED)
        with open(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(made.getvalue())
        return
    for name, data in files.items():
        (path := target / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(data)


async def take_in(capsules: Capsules, source: Path, *, mark_untrusted: bool = False) -> tuple[Imported, ...]:
    """Merge the capsules of a folder or file that `export` wrote; `mark_untrusted` labels all that is taken in. Everything is read and
    checked before anything is written. Raises UsageError."""
    try:
        histories = _read(source)
    except OSError as fault:
        raise UsageError(f"cannot read {source}: {(fault.strerror or str(fault)).lower()}") from None
    if mark_untrusted:
        histories = tuple(tuple(_untrusted(one) for one in history) for history in histories)
    return tuple([await _merged(capsules, history) for history in histories])


def _untrusted(one: Capsule) -> Capsule:
    return replace(one, labels=tuple(dict.fromkeys((*one.labels, "untrusted"))))


def _read(source: Path) -> tuple[History, ...]:
    if source.is_dir():
        return unpacked(_bounded(_from_folder(source)))
    try:
        with zipfile.ZipFile(source) as archive:
            return unpacked(_bounded(_from_archive(archive)))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as fault:
        raise UsageError(f"{source} is no export of capsules: {fault}", hint="make one with: playnex capsule export FILE.zip") from None


def _bounded(read: Read) -> Read:
    """Reads no more than an honest export has, in all."""
    left = ALL_BYTES

    def bounded(name: str) -> bytes:
        nonlocal left
        data = read(name)
        left -= len(data)
        if left < 0:
            raise UsageError(f"the export is larger than {ALL_BYTES:,} bytes", hint="import it in parts")
        return data

    return bounded


def _from_folder(folder: Path) -> Read:
    root = folder.resolve()

    def read(name: str) -> bytes:
        path = root.joinpath(*PurePosixPath(name).parts)
        if path.resolve() != path or not path.is_file():  # a symbolic link leads elsewhere
            raise UsageError(f"the export has no file {name}", hint="export it again")
        with path.open("rb") as file:
            return _whole(file, name)

    return read


def _from_archive(archive: zipfile.ZipFile) -> Read:
    def read(name: str) -> bytes:
        try:
            member = archive.open(name)
        except KeyError:
            raise UsageError(f"the export has no file {name}", hint="export it again") from None
        with member:
            return _whole(member, name)

    return read


def _whole(file: IO[bytes], name: str) -> bytes:
    """All of a file, counted as it is read: what an archive says of sizes may be a lie."""
    most = ALL_BYTES if name == MANIFEST else LARGEST
    data = file.read(most + 1)
    if len(data) > most:
        raise UsageError(f"{name} is larger than {most:,} bytes", hint="no capsule is that large")
    return data


async def _merged(capsules: Capsules, coming: History) -> Imported:
    name, standing = coming[-1].name, await capsules.standing(coming[0].id)
    if standing in ("deleted", "purged"):
        return Imported(name=name, verdict=standing)
    if standing == "unknown":
        return await _new(capsules, coming)
    here = await history_of(capsules, coming[0].id)
    decided = merge(coming, here)
    if decided.verdict == "conflict":
        return await _kept_beside(capsules, beside(coming, here))
    if decided.versions:
        await capsules.adopt(decided.versions, decided.after)
    return Imported(name=here[-1].name, verdict=decided.verdict, versions=len(decided.versions))


async def _new(capsules: Capsules, coming: History) -> Imported:
    """Take in what was not here; where its name is another's, under a free one."""
    name = coming[-1].name
    if (own := await _own(capsules, coming)) is not None:
        return Imported(name=own, verdict="same", came_as=name)
    if await _is_free(capsules, name):
        await capsules.adopt(renamed(coming, name))
        return Imported(name=name, verdict="new", versions=len(coming))
    return await _taken_beside(capsules, coming)


async def _own(capsules: Capsules, coming: History) -> str | None:
    """The capsule of which the other machine keeps this as one side of a conflict: it comes back to where it was written."""
    for name in names_before(coming[-1].name):
        if not await _is_free(capsules, name) and is_side(coming, await history_of(capsules, name)):
            return name
    return None


async def _kept_beside(capsules: Capsules, side: History) -> Imported:
    """What went another way, as a capsule of its own; the same conflict, imported again, is known."""
    if await capsules.standing(side[0].id) == "unknown":
        return await _taken_beside(capsules, side)
    known = await _merged(capsules, side)
    return replace(known, came_as=side[-1].name)


async def _taken_beside(capsules: Capsules, side: History) -> Imported:
    free = await _free_name(capsules, side[-1].name)
    await capsules.adopt(renamed(side, free))
    return Imported(name=free, verdict="conflict", versions=len(side), came_as=side[-1].name)


async def _free_name(capsules: Capsules, name: str) -> str:
    for number in range(1, TRIES):
        candidate = f"{name}{IMPORTED}{f'-{number}' if number > 1 else ''}"
        if await _is_free(capsules, candidate):
            return check_name(candidate)
    raise UsageError(f"there are too many copies of {name!r}", hint="delete some of them")


async def _is_free(capsules: Capsules, name: str) -> bool:
    try:
        return (await capsules.read(name)).name != name
    except NotFoundError:
        return True
    except UsageError:  # the name looks like the ends of several ids
        return True
