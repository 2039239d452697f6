"""The MCP servers of one workspace: started at their first call, kept warm for all runs of this process, ended with the workspace."""

import asyncio
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from playnex.canonical import Json
from playnex.clock import Clock
from playnex.errors import ToolFailed, ToolRefused
from playnex.spec.server import ServerSpec
from playnex.tools.browser.start import start_browser
from playnex.tools.mcp import sandbox
from playnex.tools.mcp.child import Beside, Child, started
from playnex.tools.mcp.definition import Definition
from playnex.tools.mcp.enclosure import WATCHED, Sandbox, Way
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
    """Where one server stands: its open conversation, and how often in a row it was started in vain."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    connection: "Connection | None" = None
    in_vain: int = 0
    rests_until: float = 0.0


class Servers:
    """All within one event loop; `close` before it ends. `environment` is ours, of which a server sees what its entry grants."""

    def __init__(
        self, root: Path, own: Path, *, environment: Mapping[str, str], clock: Clock, sandboxes: Sequence[Sandbox] | None = None
    ) -> None:
        self._root = root
        self._own = own
        self._environment = environment
        self.clock = clock
        self._sandboxes = sandbox.sandboxes() if sandboxes is None else sandboxes
        self._places: dict[str, _Place] = {}
        self._living: set[Connection] = set()

    async def call(self, spec: ServerSpec, tool: Definition, arguments: Mapping[str, Json], *, run: str = "") -> ToolResult:
        """The tool's result. Raises ToolFailed; ToolRefused where the tool is no longer what was accepted."""
        connection = await self._connected(spec)
        await connection.refresh(seconds=spec.timeout)
        _refuse_other(spec, tool, connection.definitions.get(tool.name))
        answer = await connection.call(tool.name, arguments, seconds=spec.timeout)
        self._places[spec.name].in_vain = 0
        return result_of(answer, f"{spec.name}.{tool.name}")

    async def beside(self, spec: ServerSpec, *, run: str = "") -> Beside | None:
        """What goes beside the server as that run has it. Raises ToolFailed."""
        return (await self._connected(spec)).child.beside

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
            place.rests_until = self.clock.monotonic() + REST_SECONDS
            place.connection = await self._greeted(spec)
            return place.connection

    def _refuse_tired(self, spec: ServerSpec, place: _Place) -> None:
        rest = place.rests_until - self.clock.monotonic()
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
            if spec.browser:
                return await start_browser(spec.browser, around, self._log(spec), enclose=partial(self._enclosed, spec))
            return await started(around, self._log(spec), way=await asyncio.to_thread(self._enclosed, spec, around))
        except (OSError, ValueError) as fault:
            raise ToolFailed(f"the MCP server {spec.name!r} cannot start: {fault}") from None

    def _enclosed(self, spec: ServerSpec, around: Surroundings) -> Way:
        if spec.trust == "full":
            return WATCHED
        found = sandbox.working([each for each in self._sandboxes if each.has_own_network or not spec.browser])
        if not found:
            which = "no sandbox with a network of its own, which a browser needs," if spec.browser else "no sandbox"
            raise ToolFailed(f"the MCP server {spec.name!r} cannot start: there is {which} here", hint=sandbox.MISSING)
        return found.way(view(around, own=self._own, network=spec.network), around.folder)

    def _log(self, spec: ServerSpec) -> Path:
        return self._own / "logs" / f"mcp-{spec.name}.log"


def _refuse_other(spec: ServerSpec, accepted: Definition, found: Definition | None) -> None:
    accept = f"read what it says now, and accept it: playnex mcp test {spec.name} --accept"
    if found is None:
        raise ToolRefused(f"the MCP server {spec.name!r} no longer has the tool {accepted.name!r}", hint=accept)
    if found.stamp() != accepted.stamp():
        raise ToolRefused(f"the MCP server {spec.name!r} has changed what it says of {accepted.name!r} since it was accepted", hint=accept)
