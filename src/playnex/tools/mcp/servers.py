"""The MCP servers of one workspace: started at their first call, kept warm for all runs of this process, ended with the workspace."""

import asyncio
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from playnex.canonical import Json
from playnex.clock import Clock
from playnex.errors import ToolFailed, ToolRefused
from playnex.spec.server import ServerSpec
from playnex.tools.mcp import sandbox
from playnex.tools.mcp.child import Child, started
from playnex.tools.mcp.definition import Definition
from playnex.tools.mcp.enclosure import WATCHED, Sandbox, Way
from playnex.tools.mcp.fetched import installed_by
from playnex.tools.mcp.results import result_of
from playnex.tools.mcp.surroundings import Surroundings, surroundings
from playnex.tools.mcp.view import view
from playnex.tools.tool import ToolResult

if TYPE_CHECKING:
    from playnex.tools.mcp.connection import Connection

IN_A_ROW = 3
"""Starts without one answer behind them, after which a server rests."""

REST_SECONDS = 30.0

SPOKEN = "playnex.tools.mcp.connection"
"""Loaded by the first server that starts, in a thread: the SDK takes two seconds of a slow processor."""


@dataclass(slots=True)
class _Place:
    """Where one server stands: its open conversation, and how often in a row it was started in vain. `agreed` are tools
    that were found to be what was accepted."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    connection: "Connection | None" = None
    in_vain: int = 0
    rests_until: float = 0.0
    agreed: dict[str, tuple[Definition, Definition]] = field(default_factory=dict)


class Servers:
    """All within one event loop; `close` before it ends. `environment` is ours, of which a server sees what its entry grants."""

    def __init__(
        self, root: Path, own: Path, *, environment: Mapping[str, str], clock: Clock, sandboxes: Sequence[Sandbox] | None = None
    ) -> None:
        self._root = root
        self._own = own
        self._environment = environment
        self._clock = clock
        self._sandboxes = sandbox.sandboxes() if sandboxes is None else sandboxes
        self._places: dict[str, _Place] = {}
        self._living: set[Connection] = set()

    async def call(self, spec: ServerSpec, tool: Definition, arguments: Mapping[str, Json]) -> ToolResult:
        """The tool's result. Raises ToolFailed; ToolRefused where the tool is no longer what was accepted."""
        connection = await self._connected(spec)
        await connection.refresh(seconds=spec.timeout)
        self._refuse_other(spec, tool, connection.definitions.get(tool.name))
        answer = await connection.call(tool.name, arguments, seconds=spec.timeout)
        self._places[spec.name].in_vain = 0
        return result_of(answer, f"{spec.name}.{tool.name}")

    async def definitions(self, spec: ServerSpec) -> tuple[Definition, ...]:
        """The tools that the server names, whatever was accepted of them. Raises ToolFailed."""
        connection = await self._connected(spec)
        return tuple(connection.definitions.values())

    async def close(self) -> None:
        """End all; safe to call twice."""
        for connection in self._living:
            connection.end()
        for connection in tuple(self._living):
            await connection.gone()
        self._living.clear()

    async def _connected(self, spec: ServerSpec) -> "Connection":
        place = self._places.setdefault(spec.name, _Place())
        async with place.lock:
            if place.connection and place.connection.is_open and not place.connection.is_retired:
                return place.connection
            self._refuse_tired(spec, place)
            place.in_vain += 1
            place.rests_until = self._clock.monotonic() + REST_SECONDS
            place.connection = await self._greeted(spec)
            return place.connection

    def _refuse_tired(self, spec: ServerSpec, place: _Place) -> None:
        rest = place.rests_until - self._clock.monotonic()
        if place.in_vain >= IN_A_ROW and rest > 0:
            raise ToolFailed(
                f"the MCP server {spec.name!r} was started {place.in_vain} times without one answer; it rests for {rest:.0f} seconds",
                hint=f"playnex mcp test {spec.name} says what is wrong; its own words are in {self._log(spec)}",
            )

    async def _greeted(self, spec: ServerSpec) -> "Connection":
        loading = asyncio.ensure_future(asyncio.to_thread(importlib.import_module, SPOKEN))
        child = await self._child(spec)
        try:
            connection: Connection = (await asyncio.shield(loading)).Connection(spec.name, child)
        except BaseException:
            child.kill()
            await child.gone()
            raise
        self._living = {each for each in self._living if not each.is_over()} | {connection}
        await connection.greet()
        return connection

    async def _child(self, spec: ServerSpec) -> Child:
        around = surroundings(spec, self._root, self._environment)
        try:
            way = WATCHED if spec.trust == "full" else await asyncio.to_thread(self._enclosed, spec, around)
            return await started(around, self._log(spec), way=way)
        except (OSError, ValueError) as fault:
            raise ToolFailed(f"the MCP server {spec.name!r} cannot start: {fault}") from None

    def _enclosed(self, spec: ServerSpec, around: Surroundings) -> Way:
        found = sandbox.working(self._sandboxes)
        if not found:
            raise ToolFailed(f"the MCP server {spec.name!r} cannot start: there is no sandbox here", hint=sandbox.MISSING)
        if (package := installed_by(around.command)) and not (spec.network and found.installs):
            raise ToolFailed(
                f"the MCP server {spec.name!r} cannot start: {Path(around.command[0]).name} would fetch it anew, and cannot in the sandbox",
                hint=f"take the entry out of the file and have it installed once: playnex mcp add {spec.name} {package}",
            )
        return found.way(view(around, own=self._own, network=spec.network), around.folder)

    def _log(self, spec: ServerSpec) -> Path:
        return self._own / "logs" / f"mcp-{spec.name}.log"

    def _refuse_other(self, spec: ServerSpec, accepted: Definition, found: Definition | None) -> None:
        """The two are compared once: what the server says of its tools is another object when it says it again."""
        agreed = self._places[spec.name].agreed
        last = agreed.get(accepted.name)
        if last and last[0] is accepted and last[1] is found:
            return
        agreed[accepted.name] = (accepted, _unchanged(spec, accepted, found))


def _unchanged(spec: ServerSpec, accepted: Definition, found: Definition | None) -> Definition:
    accept = f"read what it says now, and accept it: playnex mcp test {spec.name} --accept"
    if found is None:
        raise ToolRefused(f"the MCP server {spec.name!r} no longer has the tool {accepted.name!r}", hint=accept)
    if found.stamp() != accepted.stamp():
        raise ToolRefused(f"the MCP server {spec.name!r} has changed what it says of {accepted.name!r} since it was accepted", hint=accept)
    return found
