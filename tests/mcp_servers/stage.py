"""A workspace's servers, and the rude one of ours among them."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

import pytest

from flows.processes import is_alive, saying
from playnex.canonical import Json
from playnex.clock import SystemClock
from playnex.spec.faults import Place
from playnex.spec.server import ServerSpec, Trust
from playnex.testing import rude_server
from playnex.tools.mcp import sandbox
from playnex.tools.mcp.definition import Definition
from playnex.tools.mcp.enclosure import Landlock, Sandbox
from playnex.tools.mcp.servers import Servers

T = TypeVar("T")

Kind = Literal["bubblewrap", "landlock", "oldest", "full", ""]
KINDS: tuple[Kind, ...] = ("bubblewrap", "landlock")
"""The sandboxes; `oldest` is the second as the first kernel with Landlock has it, `full` is none."""

SECONDS = 60
SCRIPT = str(Path(rude_server.__file__).resolve())
PYTHON = sys.executable
PLACE = Place(path=".mcp.json", line=3, column=5)


@dataclass
class Stage:
    """One workspace folder with its servers; what is wrong with a call is raised."""

    folder: Path
    servers: Servers
    known: dict[str, Mapping[str, Definition]] = field(default_factory=dict)

    async def call(self, spec: ServerSpec, tool: str, **arguments: Json) -> Json:
        """The output of a tool, as it was when the server was first asked for its tools."""
        return await self.call_in("", spec, tool, **arguments)

    async def call_in(self, run: str, spec: ServerSpec, tool: str, **arguments: Json) -> Json:
        """The same, in a run."""
        if spec.name not in self.known:
            self.known[spec.name] = {each.name: each for each in await self.servers.definitions(spec)}
        return (await self.servers.call(spec, self.known[spec.name][tool], arguments, run=run)).output


def on_stage(folder: Path, scenario: Callable[[Stage], Awaitable[T]], kind: Kind = "", **environment: str) -> T:
    """Play a scenario, and end the servers whatever comes of it."""

    async def play() -> T:
        own = folder / ".playnex"
        own.mkdir(exist_ok=True)
        servers = Servers(root=folder, own=own, environment=os.environ | environment, clock=SystemClock(), sandboxes=named(kind))
        try:
            return await asyncio.wait_for(scenario(Stage(folder, servers)), SECONDS)
        finally:
            await servers.close()

    return asyncio.run(play())


def rude(*manners: str, trust: Trust = "full", timeout: float = 20.0, **more: object) -> ServerSpec:
    """The rude server's entry."""
    return ServerSpec(name="rude", command=PYTHON, args=(SCRIPT, *manners), trust=trust, timeout=timeout, place=PLACE, **more)  # type: ignore[arg-type]


def named(kind: Kind) -> list[Sandbox]:
    """The sandboxes of that kind; whatever this machine has where none is named."""
    if kind == "oldest":
        return [Landlock(newest=1)]
    return [each for each in sandbox.sandboxes() if kind not in KINDS or each.name.lower().startswith(kind)]


def trust_in(kind: Kind) -> Trust:
    """What an entry says of itself, for it to be put into that sandbox."""
    return "full" if kind == "full" else "sandbox"


def require_sandbox(kind: Kind = "") -> None:
    """Skip where this machine has none of that kind."""
    among = named(kind)
    if kind != "full" and not sandbox.working(among):
        why = "; ".join(f"{each.name}: {sandbox.trouble(each)}" for each in among)
        pytest.skip(f"no sandbox {kind}: {why or 'the program is not here'}")


def left(word: str, *, within: float = 1.0) -> list[int]:
    """The processes with that word that are still there after so many seconds at most."""
    end = time.monotonic() + within
    while (found := [process for process in saying(word) if is_alive(process)]) and time.monotonic() < end:
        os.sched_yield()
    return found
