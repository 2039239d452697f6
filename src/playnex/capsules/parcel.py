"""A parcel of capsules: Markdown files and one readable list of them, to be carried to another machine. Pure: bytes in, bytes out.

    manifest.json           what there is: {"schema", "playnex", "capsules": [{"id", "name", "pinned", "versions": [...]}]}
    capsules/NAME.md        the newest text of each capsule
    history/ID/VERSION.md   the older ones

A version is `{version, file, sha256, author, written, labels, sources, header}`. Nothing is read by a name that the manifest does not give,
and the manifest can give no other names than these.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias, get_args

from playnex.canonical import Json, digest, encode
from playnex.capsules.capsule import Author, Capsule, check_name
from playnex.errors import UsageError
from playnex.ids import ALPHABET, LENGTH
from playnex.spec.envelope import Label

SCHEMA = "playnex.capsules-export/1"
MANIFEST = "manifest.json"
ID = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
MOST_VERSIONS = 1_000_000
LAST = 253_402_300_800.0
"""The year 10,000, in seconds since 1970."""

History: TypeAlias = tuple[Capsule, ...]
"""All versions of one capsule, the first one first."""

Read: TypeAlias = Callable[[str], bytes]
"""Gives a file of a parcel by its name. Raises UsageError where there is none."""


def packed(histories: Sequence[History], *, version: str) -> dict[str, bytes]:
    """The parcel's files, by name. Names that differ in nothing but case would be one file on some systems: of these, one has its newest
    text among the older ones."""
    files: dict[str, bytes] = {}
    taken: set[str] = set()
    entries = []
    for history in histories:
        newest = history[-1]
        readable = f"capsules/{newest.name}.md"
        is_free = readable.casefold() not in taken
        taken.add(readable.casefold())
        names = [f"history/{one.id}/{one.version}.md" for one in history[:-1]]
        names.append(readable if is_free else f"history/{newest.id}/{newest.version}.md")
        files |= {name: one.body.encode() for name, one in zip(names, history, strict=True)}
        versions = [_version_json(one, name) for name, one in zip(names, history, strict=True)]
        entries.append({"id": newest.id, "name": newest.name, "pinned": newest.pinned, "versions": versions})
    manifest = {"schema": SCHEMA, "playnex": version, "capsules": entries}
    return {MANIFEST: json.dumps(manifest, ensure_ascii=False, indent=1).encode()} | files


def _version_json(capsule: Capsule, file: str) -> dict[str, Json]:
    return {
        "version": capsule.version,
        "file": file,
        "sha256": digest(capsule.body.encode()),
        "author": asdict(capsule.author),
        "written": capsule.written,
        "labels": list(capsule.labels),
        "sources": list(capsule.sources),
        "header": capsule.header,
    }


def unpacked(read: Read) -> tuple[History, ...]:
    """The capsules of a parcel. Raises UsageError for one that is damaged, of another version, or made up."""
    try:
        manifest = json.loads(read(MANIFEST))
    except (ValueError, RecursionError):
        raise _damaged("its manifest is no JSON") from None
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise UsageError("this is no export of capsules, or one of another version of Playnex", hint=f"its schema must be {SCHEMA}")
    try:
        histories = tuple(_history(entry, read) for entry in manifest["capsules"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as fault:
        raise _damaged(f"its manifest does not say what it should: {fault}") from None
    if len({history[0].id for history in histories}) < len(histories):
        raise _damaged("a capsule is in it twice")
    return histories


def _history(entry: Mapping[str, Any], read: Read) -> History:
    capsule_id, name = entry["id"], check_name(entry["name"])
    if not ID.fullmatch(capsule_id):
        raise _damaged(f"{capsule_id!r} is no id")
    history = tuple(_version(entry, facts, read) for facts in entry["versions"])
    if not history or [one.version for one in history] != list(range(1, len(history) + 1)) or len(history) > MOST_VERSIONS:
        raise _damaged(f"the versions of {name!r} do not follow each other")
    return history


def _version(entry: Mapping[str, Any], facts: Mapping[str, Any], read: Read) -> Capsule:
    number, file, capsule_id = facts["version"], facts["file"], entry["id"]
    if type(number) is not int or file not in (f"capsules/{entry['name']}.md", f"history/{capsule_id}/{number}.md"):
        raise _damaged(f"it wants to read {file!r}")
    body = read(file)
    if digest(body) != facts["sha256"]:
        raise _damaged(f"{file} is not what was exported")
    if not all(label in get_args(Label) for label in facts["labels"]) or not all(isinstance(source, str) for source in facts["sources"]):
        raise _damaged(f"{file} has labels or sources that mean nothing")
    author, written = Author(**facts["author"]), float(facts["written"])
    if author.kind not in ("person", "run") or not all(isinstance(part, str) for part in asdict(author).values()):
        raise _damaged(f"{file} has an author that means nothing")
    if not 0 <= written < LAST:
        raise _damaged(f"{file} was written at no time")
    encode([facts["header"], written])  # what the store could not keep is told here
    return Capsule(
        id=capsule_id,
        name=entry["name"],
        version=number,
        author=author,
        written=written,
        labels=tuple(facts["labels"]),
        sources=tuple(facts["sources"]),
        header=facts["header"],
        pinned=bool(entry["pinned"]),
        body=body.decode(),
    )


def _damaged(why: str) -> UsageError:
    return UsageError(f"the export is damaged: {why}", hint="export it again")
