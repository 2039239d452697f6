"""The MCP servers of one workspace: started at their first call, kept warm for those who may have them, ended with the workspace."""

import asyncio
import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from playnex.canonical import Json
from playnex.clock import Clock
from playnex.errors import ToolFailed, ToolRefused
from playnex.spec.server import ServerSpec
from playnex.tools.mcp import sandbox
from playnex.tools.mcp.child import Beside, Child, started
from playnex.tools.mcp.definition import Definition
from playnex.tools.mcp.enclosure import WATCHED, Sandbox, Way
from playnex.tools.mcp.fetched import installed_by
from playnex.tools.mcp.pool import Pool
from playnex.tools.mcp.results import result_of
from playnex.tools.mcp.surroundings import Surroundings, surroundings
from playnex.tools.mcp.view import view
from playnex.tools.tool import ToolResult

if TYPE_CHECKING:
    from playnex.tools.mcp.connection import Connection

IN_A_ROW = 3
"""Starts without one answer behind them, after which a server rests."""

REST_SECONDS = 30.0

START_SECONDS = 30.0
"""How long a server may take to greet us and name its tools."""

SPOKEN = "playnex.tools.mcp.connection"
"""Loaded by the first server that starts, in a thread: the SDK takes two seconds of a slow processor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a server stands: its `processes` that can be called, how often in a row it was started `in_vain`, for how many seconds it
    `rests`, and the file that its own words go to."""

    processes: int
    in_vain: int
    rests: float
    log: Path


@dataclass(slots=True, eq=False, kw_only=True)
class Servers:
    """All within one event loop; `close` before it ends. `environment` is ours, of which a server sees what its entry grants;
    `greeting` is how many seconds a server has from its start until it has named its tools."""

    root: Path
    own: Path
    environment: Mapping[str, str] = field(repr=False)
    clock: Clock
    sandboxes: Sequence[Sandbox] = field(default_factory=sandbox.sandboxes)
    greeting: float = START_SECONDS
    _pools: dict[str, Pool] = field(default_factory=dict)
    _living: "set[Connection]" = field(default_factory=set)
    _looks: Iterator[int] = field(default_factory=count)

    async def call(self, spec: ServerSpec, tool: Definition, arguments: Mapping[str, Json], *, run: str = "") -> ToolResult:
        """The tool's result, from the server as that run has it. Raises ToolFailed; ToolRefused where the tool is no longer what was
        accepted."""
        connection = await self._connected(spec, run)
        try:
            await connection.refresh(seconds=spec.timeout)
            _refuse_other(spec, tool, connection)
            answer = await connection.call(tool.name, arguments, seconds=spec.timeout)
        finally:
            self._take_note(self._pool(spec), connection)
        return result_of(answer, f"{spec.name}.{tool.name}")

    async def beside(self, spec: ServerSpec, *, run: str = "") -> Beside | None:
        """What goes beside the server as that run has it. Raises ToolFailed."""
        return (await self._connected(spec, run)).child.beside

    async def definitions(self, spec: ServerSpec) -> tuple[Definition, ...]:
        """The tools that the server names, whatever was accepted of them. Raises ToolFailed."""
        look = f"look-{next(self._looks)}"
        try:
            connection = await self._connected(spec, look)
            return tuple(connection.definitions.values())
        finally:
            self.give_back(look)

    def give_back(self, run: str, waits: bool = False) -> None:
        """Nobody advances the run any more: the servers that it had for itself are the next one's, or end. One that only `waits` keeps
        its browser, so that after a person's yes the page is the one that they were asked about."""
        for pool in self._pools.values():
            if not (waits and pool.spec.browser):
                pool.give_back(run)

    def standing(self, name: str) -> "Standing":
        """How the server stands in this process."""
        up = sum(each.server == name and each.is_usable() for each in self._living)
        pool = self._pools.get(name)
        rests = max(0.0, pool.rests_until - self.clock.monotonic()) if pool and pool.in_vain >= IN_A_ROW else 0.0
        return Standing(processes=up, in_vain=pool.in_vain if pool else 0, rests=rests, log=self.own / "logs" / f"mcp-{name}.log")

    async def close(self) -> None:
        """End all; safe to call twice."""
        for connection in self._living:
            connection.end()
        for connection in tuple(self._living):
            await connection.gone()
        self._living.clear()

    def _pool(self, spec: ServerSpec) -> Pool:
        return self._pools.setdefault(spec.name, Pool(spec))

    async def _connected(self, spec: ServerSpec, run: str) -> "Connection":
        pool = self._pool(spec)
        place = await pool.place(run, seconds=spec.timeout)
        async with place.lock:
            if (connection := place.usable()) is None:
                self._refuse_tired(pool)
                connection = place.connection = await self._greeted(pool)
            return connection

    def _take_note(self, pool: Pool, connection: "Connection") -> None:
        """Of a server that has answered, or is gone without one answer."""
        if connection.has_answered:
            pool.in_vain = 0
        elif not (connection.is_usable() or connection.was_noted):
            connection.was_noted = True
            self._started_in_vain(pool)

    def _started_in_vain(self, pool: Pool) -> None:
        pool.in_vain += 1
        pool.rests_until = self.clock.monotonic() + REST_SECONDS

    def _refuse_tired(self, pool: Pool) -> None:
        rest, spec = pool.rests_until - self.clock.monotonic(), pool.spec
        if pool.in_vain >= IN_A_ROW and rest > 0:
            raise ToolFailed(
                f"the MCP server {spec.name!r} was started {pool.in_vain} times without one answer; it rests for {rest:.0f} seconds",
                hint=f"playnex mcp test {spec.name} says what is wrong; its own words are in {self._log(spec)}",
            )

    async def _greeted(self, pool: Pool) -> "Connection":
        try:
            return await self._started(pool.spec)
        except BaseException:
            self._started_in_vain(pool)
            raise

    async def _started(self, spec: ServerSpec) -> "Connection":
        loading = asyncio.ensure_future(asyncio.to_thread(importlib.import_module, SPOKEN))
        child = await self._child(spec)
        try:
            connection: Connection = (await asyncio.shield(loading)).Connection(spec.name, child)
        except BaseException:
            child.kill()
            await child.gone()
            raise
        self._living = {each for each in self._living if not each.is_over()} | {connection}
        await connection.greet(seconds=self.greeting)
        return connection

    async def _child(self, spec: ServerSpec) -> Child:
        around = surroundings(spec, self.root, self.environment)
        try:
            if spec.browser:
                from playnex.tools.browser.start import start_browser  # late: hardly any workspace has a browser

                return await start_browser(spec.browser, around, self._log(spec), enclose=partial(self._enclosed, spec))
            return await started(around, self._log(spec), way=await asyncio.to_thread(self._enclosed, spec, around))
        except (OSError, ValueError) as fault:
            raise ToolFailed(f"the MCP server {spec.name!r} cannot start: {fault}") from None

    def _enclosed(self, spec: ServerSpec, around: Surroundings) -> Way:
        if spec.trust == "full":
            return WATCHED
        found = sandbox.working([each for each in self.sandboxes if each.has_own_network or not spec.browser])
        if not found:
            which = "no sandbox with a network of its own, which a browser needs," if spec.browser else "no sandbox"
            raise ToolFailed(f"the MCP server {spec.name!r} cannot start: there is {which} here", hint=sandbox.MISSING)
        if (package := installed_by(around.command)) and not (spec.network and found.installs):
            raise ToolFailed(
                f"the MCP server {spec.name!r} cannot start: {Path(around.command[0]).name} would fetch it anew, and cannot in the sandbox",
                hint=f"take the entry out of the file and have it installed once: playnex mcp add {spec.name} {package}",
            )
        return found.way(view(around, own=self.own, network=spec.network), around.folder)

    def _log(self, spec: ServerSpec) -> Path:
        return self.own / "logs" / f"mcp-{spec.name}.log"


def _refuse_other(spec: ServerSpec, accepted: Definition, connection: "Connection") -> None:
    """The two are compared once: what the server says of its tools is another object when it says it again."""
    found, last = connection.definitions.get(accepted.name), connection.agreed.get(accepted.name)
    if not (last and last[0] is accepted and last[1] is found):
        connection.agreed[accepted.name] = (accepted, _unchanged(spec, accepted, found))


def _unchanged(spec: ServerSpec, accepted: Definition, found: Definition | None) -> Definition:
    accept = f"read what it says now, and accept it: playnex mcp test {spec.name} --accept"
    if found is None:
        raise ToolRefused(f"the MCP server {spec.name!r} no longer has the tool {accepted.name!r}", hint=accept)
    if found.stamp() != accepted.stamp():
        raise ToolRefused(f"the MCP server {spec.name!r} has changed what it says of {accepted.name!r} since it was accepted", hint=accept)
    return found
