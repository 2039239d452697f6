"""Entries that are added to `.mcp.json`: the file's own lines and comments stay as they are."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from playnex.canonical import Json
from playnex.errors import DefinitionError, UsageError
from playnex.spec.faults import decoded
from playnex.spec.json_source import read_json
from playnex.spec.located import MapNode, find
from playnex.spec.read_servers import GROUPS, read_servers
from playnex.tools.mcp.offered import FILE
from playnex.workspace import shown

WIDTH = 120


def entry(command: tuple[str, ...], rights: Mapping[str, Json]) -> dict[str, Json]:
    """An entry as the file has it; of its rights, those that are granted."""
    return {"command": command[0], "args": list(command[1:])} | {name: right for name, right in rights.items() if right}


def add(root: Path, name: str, said: Json) -> None:
    """Write the entry into the file. Raises UsageError where one of that name is there, DefinitionError for faults of both."""
    path = root / FILE
    text = _text(path)
    changed = with_entry(text, name, said, path=shown(path))
    if faults := read_servers(changed, shown(path)).faults:
        raise DefinitionError(faults, drafts={shown(path): changed})
    _write(path, changed)


def remove(root: Path, before: str | None) -> None:
    """Put the file back as it was, or away where there was none."""
    path = root / FILE
    if before is None:
        path.unlink(missing_ok=True)
    else:
        _write(path, before)


def current(root: Path) -> str | None:
    """The file's text, or None."""
    path = root / FILE
    return _text(path) if path.is_file() else None


def with_entry(text: str, name: str, said: Json, *, path: str) -> str:
    """The text with one entry more, as the first of its group. Raises UsageError, DefinitionError."""
    written = _written(name, said)
    if not text.strip():
        return f'{{\n  "mcpServers": {{\n    {written}\n  }}\n}}\n'
    source = read_json(text, path)
    if source.root is None or source.faults:
        raise DefinitionError(source.faults)
    groups = [group for group in (find(source.root, name) for name in GROUPS) if isinstance(group, MapNode)]
    if any(group.entry(name) for group in groups):
        raise UsageError(f"there is a server {name!r} in {path} already", hint="choose another name, or change its entry there")
    if not groups:
        raise UsageError(f"{path} has no `mcpServers`", hint='write {"mcpServers": {}} into it')
    place = groups[0].place
    at = sum(len(line) for line in text.splitlines(keepends=True)[: place.line - 1]) + place.column
    rest = text[at:]
    comma = "," if groups[0].entries else ""
    return f"{text[:at]}\n    {written}{comma}{rest if rest.lstrip(' ').startswith(chr(10)) else chr(10) + '  ' + rest.lstrip(' ')}"


def _written(name: str, said: Json) -> str:
    """On one line where that is short, else a line for each key."""
    line = f"{json.dumps(name)}: {json.dumps(said, ensure_ascii=False)}"
    if len(line) <= WIDTH or not isinstance(said, dict):
        return line
    keys = (f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in said.items())
    return f"{json.dumps(name)}: {{\n      {f',{chr(10)}      '.join(keys)}\n    }}"


def _text(path: Path) -> str:
    if not path.exists():
        return ""
    text, undecodable = decoded(path.read_bytes(), shown(path))
    if undecodable:
        raise DefinitionError(undecodable)
    return text


def _write(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    if path.exists():
        os.chmod(part, path.stat().st_mode & 0o777)
    part.replace(path)
