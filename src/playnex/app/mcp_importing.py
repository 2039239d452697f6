"""Takes over the MCP servers of another program's settings: all that their entries say and that means something here."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from playnex.app import mcp_entries
from playnex.canonical import Json
from playnex.errors import DefinitionError, UsageError
from playnex.spec.faults import decoded
from playnex.spec.json_source import read_json
from playnex.spec.located import Entry, MapNode, find, plain
from playnex.spec.read_servers import GROUPS, KEYS, REMOTE, read_servers
from playnex.tools.mcp.offered import FILE

WITHIN = "mcp"
"""Where some programs' settings keep the group of servers."""

THEIR_VARIABLE = re.compile(r"\$\{env:(?=[A-Za-z_]\w*\})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was taken from another program's file; `without` are keys, by server, that mean nothing here, and `left` the servers that were
    not taken, each with the reason."""

    added: tuple[str, ...] = ()
    without: Mapping[str, tuple[str, ...]]
    left: Mapping[str, str]

    def document(self) -> Json:
        """As JSON."""
        without = {name: list(keys) for name, keys in self.without.items()}
        return {"schema": "playnex.mcp-import/1", "added": list(self.added), "without": without, "left": dict(self.left)}


def import_from(root: Path, file: Path) -> Imported:
    """Take over the servers of that file that can run here. Raises UsageError, DefinitionError."""
    entries = tuple(_entries(file))
    if not entries:
        raise UsageError(f"there are no servers in {str(file)!r}", hint="they stand under `mcpServers` or `servers`")
    there, left = _names(root), dict[str, str]()
    added: dict[str, tuple[str, ...]] = {}
    for found in entries:
        if found.key in there or found.key in added:
            left[found.key] = "a server of that name is here already"
        elif why := _why_not(found):
            left[found.key] = why
        else:
            mcp_entries.add(root, found.key, _kept(found))
            added[found.key] = tuple(name for name in _said(found) if name not in KEYS)
    return Imported(added=tuple(added), without={name: keys for name, keys in added.items() if keys}, left=left)


def _entries(file: Path) -> Iterator[Entry]:
    try:
        text, undecodable = decoded(file.read_bytes(), str(file))
    except OSError as fault:
        raise UsageError(f"cannot read {str(file)!r}: {(fault.strerror or str(fault)).lower()}") from None
    source = read_json(text, str(file))
    if undecodable or source.faults or not isinstance(source.root, MapNode):
        raise DefinitionError((*undecodable, *source.faults))
    for place in (source.root, find(source.root, WITHIN)):
        groups = [find(place, name) for name in GROUPS] if isinstance(place, MapNode) else []
        yield from (found for group in groups if isinstance(group, MapNode) for found in group.entries)


def _names(root: Path) -> set[str]:
    text = mcp_entries.current(root)
    return {spec.name for spec in read_servers(text, FILE).servers} if text else set()


def _why_not(found: Entry) -> str:
    """Why the server cannot run here, or nothing."""
    if _said(found).get("disabled") is True:
        return "it is disabled there"
    faults = read_servers(json.dumps({GROUPS[0]: {found.key: _kept(found)}}), FILE).faults
    return "; ".join(dict.fromkeys(fault.message for fault in faults))


def _said(found: Entry) -> Mapping[str, Json]:
    said = plain(found.value)
    return said if isinstance(said, Mapping) else {}


def _kept(found: Entry) -> Json:
    """The entry with what means something here, its variables as they are written here."""
    said = plain(found.value)
    if not isinstance(said, Mapping):
        return said
    return {name: _ours(value) for name, value in said.items() if name in (*KEYS, *REMOTE)}


def _ours(value: Json) -> Json:
    match value:
        case str():
            return THEIR_VARIABLE.sub("${", value)
        case list():
            return [_ours(part) for part in value]
        case dict():
            return {name: _ours(part) for name, part in value.items()}
        case _:
            return value
