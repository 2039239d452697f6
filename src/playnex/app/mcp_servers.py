"""The MCP servers of a workspace as people deal with them: listed without being started, looked at, accepted."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from playnex.app.opening import App
from playnex.canonical import Json
from playnex.errors import DefinitionError, NotFoundError
from playnex.spec.faults import did_you_mean
from playnex.spec.server import ServerSpec
from playnex.tools.browser.kinds import kind_of
from playnex.tools.mcp.definition import Definition, Drift, Pin, drift, keep_pin, pinned, read_pin
from playnex.tools.mcp.offered import FILE, unusable

Verdict = Literal["accepted", "unchanged", "changed"]
State = Literal["accepted", "new", "changed"]
"""Of an entry: what it starts was looked at and accepted, never looked at, or is something else than what was accepted."""

NO_DRIFT = Drift()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A server that was started and asked for its tools. `accepted` says that they are pinned now, `changed` that they are not what
    was accepted, and stay refused; `entry_changed` that its entry starts something else than it did. `seconds` is how long it took."""

    server: ServerSpec
    verdict: Verdict
    tools: tuple[Definition, ...]
    drift: Drift = NO_DRIFT
    entry_changed: bool = False
    seconds: float = 0.0

    def document(self) -> Json:
        """As JSON."""
        return {
            "schema": "playnex.mcp-test/1",
            "server": self.server.name,
            "verdict": self.verdict,
            "entry_changed": self.entry_changed,
            **{name: list(names) for name, names in asdict(self.drift).items()},
            "seconds": round(self.seconds, 3),
            "tools": [_tool_line(self.server, tool) for tool in self.tools],
        }


def server_lines(app: App) -> Iterator[Json]:
    """Each server, with what is known of it; none is started."""
    for spec in app.offer.servers:
        state = state_of(app, spec)
        yield {
            "name": spec.name,
            "state": state,
            "command": [spec.command, *spec.args],
            "trust": spec.trust,
            "network": spec.network,
            "egress": spec.reach(),
            "write": list(spec.write),
            "share": spec.share,
            "processes": 1 if spec.share == "all" else spec.processes,
            "timeout": spec.timeout,
            "known": state == "accepted",
            "tools": [tool.name for tool in app.offer.tools if tool.name.startswith(f"{spec.name}.")],
            "where": f"{spec.place.path}:{spec.place.line}",
        }


def state_of(app: App, spec: ServerSpec) -> State:
    """What is known of the entry, by its pin."""
    if spec.name not in app.offer.unseen:
        return "accepted"
    return "new" if read_pin(app.workspace.own, spec.name) is None else "changed"


async def look(app: App, name: str) -> Looked:
    """Start the server and see what it offers. What nobody has looked at before is accepted by this; a change is only told.
    Raises NotFoundError, DefinitionError, ToolFailed."""
    spec = server_named(app, name)
    began = time.monotonic()
    tools = await app.servers.definitions(spec)
    seconds = time.monotonic() - began
    pin = read_pin(app.workspace.own, name)
    found = _compared(spec, tools, pin)
    if pin is None:
        keep_pin(app.workspace.own, name, pinned(spec, tools))
    return Looked(server=spec, tools=tools, verdict=found.verdict, drift=found.drift, entry_changed=found.entry_changed, seconds=seconds)


async def accept(app: App, name: str) -> Looked:
    """The same, and take the server's tools as they are now. Raises as `look`."""
    looked = await look(app, name)
    keep_pin(app.workspace.own, name, pinned(looked.server, looked.tools))
    return Looked(
        server=looked.server,
        tools=looked.tools,
        verdict="accepted",
        drift=looked.drift,
        entry_changed=looked.entry_changed,
        seconds=looked.seconds,
    )


def server_named(app: App, name: str) -> ServerSpec:
    """The entry of that name. Raises NotFoundError; DefinitionError where the file has faults and not the server."""
    known = {spec.name: spec for spec in app.offer.servers}
    if name in known:
        return known[name]
    if app.offer.faults:
        raise DefinitionError(app.offer.faults)
    hint = did_you_mean(name, known) or (
        f"there are: {', '.join(known)}" if known else f"there are none; write {FILE}, or: playnex mcp add"
    )
    raise NotFoundError(f"there is no MCP server {name!r}", hint=hint)


def _compared(spec: ServerSpec, tools: tuple[Definition, ...], pin: Pin | None) -> Looked:
    if pin is None:
        return Looked(server=spec, tools=tools, verdict="accepted")
    found, moved = drift(pin, tools), not pin.fits(spec)
    return Looked(server=spec, tools=tools, verdict="changed" if found.is_any() or moved else "unchanged", drift=found, entry_changed=moved)


def _tool_line(spec: ServerSpec, tool: Definition) -> Json:
    kind = kind_of(tool.name) if spec.browser else None
    why = unusable(tool) or ("it could do anything" if spec.browser and kind is None else "")
    return {
        "name": f"{spec.name}.{spec.short(tool.name)}",
        "description": tool.description,
        "offered": spec.offers(tool.name) and not why,
        "unusable": why,
        "effect": spec.effect_of(tool.name) or (kind.effect if kind else "once"),
        "asks": kind is not None and kind.acts,
        "parameters": dict(tool.parameters),
        "hints": dict(tool.annotations),
    }
