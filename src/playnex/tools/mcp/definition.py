"""What a server says a tool is, and what of it a person has accepted: pinned by hash, so that no server changes it in silence."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from playnex.canonical import Json, decode, digest, encode_sorted
from playnex.spec.server import ServerSpec

FOLDER = "pins"
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A tool in its server's words. `annotations` are hints of the server about itself and make no call safe."""

    name: str
    description: str = ""
    parameters: Mapping[str, Json] = field(default_factory=dict)
    output: Json = None
    annotations: Mapping[str, Json] = field(default_factory=dict)

    def stamp(self) -> str:
        """The hash of all that the server says of it."""
        return digest(encode_sorted(asdict(self)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """What was accepted of one server: its entry, by hash, and its tools."""

    entry: str
    tools: tuple[Definition, ...]

    def fits(self, spec: ServerSpec) -> bool:
        """Whether the entry still starts what was looked at."""
        return self.entry == entry_stamp(spec)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How a server's tools differ from what was accepted: names, sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def is_any(self) -> bool:
        """Whether there is a difference."""
        return bool(self.added or self.changed or self.gone)


def entry_stamp(spec: ServerSpec) -> str:
    """The hash of what the entry starts, and with which rights."""
    return digest(encode_sorted(spec.identity()))


def pinned(spec: ServerSpec, tools: Iterable[Definition]) -> Pin:
    """A pin of these tools, under the entry as it is."""
    return Pin(entry=entry_stamp(spec), tools=tuple(sorted(tools, key=lambda tool: tool.name)))


def drift(pin: Pin, found: Iterable[Definition]) -> Drift:
    """What has changed since."""
    was = {tool.name: tool.stamp() for tool in pin.tools}
    now = {tool.name: tool.stamp() for tool in found}
    return Drift(
        added=tuple(sorted(now.keys() - was.keys())),
        changed=tuple(sorted(name for name in was.keys() & now.keys() if was[name] != now[name])),
        gone=tuple(sorted(was.keys() - now.keys())),
    )


def read_pin(own: Path, server: str) -> Pin | None:
    """What was accepted of the server, or None; a file that cannot be read is none."""
    try:
        kept = decode(_path(own, server).read_bytes())
        if kept["format"] != FORMAT:
            return None
        return Pin(entry=kept["entry"], tools=tuple(Definition(**tool) for tool in kept["tools"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_pin(own: Path, server: str, pin: Pin) -> None:
    """Write it whole or not at all."""
    path = _path(own, server)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump({"format": FORMAT, "entry": pin.entry, "tools": [asdict(tool) for tool in pin.tools]}, file, indent=1)
    os.replace(fresh, path)


def _path(own: Path, server: str) -> Path:
    return own / FOLDER / f"{server}.json"
