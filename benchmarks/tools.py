"""What MCP servers cost: `python benchmarks/tools.py [--quick]`; a warm call through the gate over the bare call of the `mcp` SDK's own
client, and the start of a server in each sandbox over starting it bare.

The calls go to one and the same server script. Those through the gate are steps of a flow with their record in SQLite, and pass the
allow-list, the schema, the policy, the budget and the intent. All ways take turns, so that a busy machine slows all of them, and a start
is judged by its CPU time (user and system, the children's too), which says the same on a busy machine; its wall time stands beside it.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from peers import load
from results import machine, record, table

CALLS, LAPS, STARTS, ROUNDS = 100, 5, 40, 5
CALL_MS, START_MS = 2.0, 40.0
PATIENCE = 600
FLOW_CALL = "a recorded step through the gate"


def main() -> int:
    """Measures, prints, records; or is one of the processes that do."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few rounds")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(PARTS[options.part]()))
        return 0
    busy, rounds = load(), 1 if options.quick else ROUNDS
    body = "\n\n".join((calls(rounds), starts(rounds)))
    print(body)
    record("Tools", f"{machine()} · {busy} · medians of {rounds} processes\n\n{body}")
    return 0


def calls(rounds: int) -> str:
    """The table of warm calls."""
    middle = medians([part("calls") for _ in range(rounds)])
    bare = middle["the SDK's own client"]
    rows = [
        (name, f"{cost:.2f} ms", *((f"{cost - bare:+.2f} ms", promised(cost - bare, CALL_MS)) if name == FLOW_CALL else ("", "")))
        for name, cost in middle.items()
    ]
    return table(("a warm call, in our process", "CPU", "over the SDK's client", "promised"), rows)


def starts(rounds: int) -> str:
    """The table of starts: from the request to the first line that comes back."""
    figures = [part("starts") for _ in range(rounds)]
    wall, cpu = (medians([each[what] for each in figures]) for what in ("wall", "cpu"))
    rows = []
    for name, took in cpu.items():
        over = took - cpu["bare"]
        told = (f"{over:+.1f} ms", promised(over, START_MS)) if name != "bare" else ("", "")
        rows.append((name, f"{wall[name]:.1f} ms", f"{took:.1f} ms", *told))
    return table(("a server's start, to its first answer", "wall", "CPU", "over bare", "promised"), rows)


def promised(figure: float, limit: float) -> str:
    """Whether it is within its limit."""
    return f"≤ {limit:g} ms: {'kept' if figure <= limit else 'missed'}"


def medians(figures: list[Any]) -> dict[str, float]:
    """Of each name over all rounds."""
    return {name: statistics.median(each[name] for each in figures) for name in figures[0]}


def part(name: str) -> Any:
    """What a fresh process of this program prints."""
    done = subprocess.run([sys.executable, __file__, "--part", name], capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    figures = json.loads(done.stdout.splitlines()[-1])
    print(name, figures, file=sys.stderr, flush=True)
    return figures


def rude_entry() -> Any:
    """The entry of the server that all calls go to, with all rights: a sandbox is no part of a warm call."""
    from playnex.spec.faults import Place
    from playnex.spec.server import ServerSpec
    from playnex.testing import rude_server

    script = str(Path(rude_server.__file__).resolve())
    return ServerSpec(name="rude", command=sys.executable, args=(script,), trust="full", place=Place(path=".mcp.json", line=1, column=1))


def measure_calls() -> dict[str, float]:
    """CPU of this process for each call, in milliseconds; the first lap warms up."""
    with tempfile.TemporaryDirectory() as folder:
        ways: dict[str, Callable[[Path], float]] = {
            "the SDK's own client": lambda _: asyncio.run(bare_calls()),
            "our client alone": lambda folder: asyncio.run(own_calls(folder)),
            FLOW_CALL: gated_calls,
        }
        took: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(LAPS):
            for name, way in ways.items():
                took[name].append(way(Path(folder)) / CALLS * 1000)
    return {name: statistics.median(laps[1:]) for name, laps in took.items()}


async def bare_calls() -> float:
    """Seconds of CPU of so many calls by the SDK's own client."""
    from mcp.client.session import ClientSession
    from mcp.client.stdio import StdioServerParameters, stdio_client

    entry = rude_entry()
    parameters = StdioServerParameters(command=entry.command, args=list(entry.args))
    async with stdio_client(parameters) as (heard, say), ClientSession(heard, say) as talk:
        await talk.initialize()
        await talk.list_tools()

        async def call(number: int) -> None:
            await talk.call_tool("echo", {"text": f"number {number}"})

        return await timed(call)


async def own_calls(folder: Path) -> float:
    """The same by ours, without the gate."""
    entry = rude_entry()
    async with serving(folder) as servers:
        echo = next(tool for tool in await servers.definitions(entry) if tool.name == "echo")

        async def call(number: int) -> None:
            await servers.call(entry, echo, {"text": f"number {number}"})

        return await timed(call)


def gated_calls(folder: Path) -> float:
    """The same as steps of a run whose journal lies in SQLite."""
    from playnex.clock import Clock
    from playnex.journal.events import RunFinished
    from playnex.journal.journal import Journal
    from playnex.journal.stores.journal_rows import MIGRATIONS
    from playnex.journal.stores.sqlite_journal import SqliteJournal
    from playnex.store.database import Database
    from playnex.testing import Rehearsal
    from playnex.tools.gate import CallRequest, Gate
    from playnex.tools.mcp.definition import pinned
    from playnex.tools.mcp.offered import tools_of
    from playnex.tools.tool import CallScope
    from playnex.tools.toolbox import WorkspaceToolbox

    entry, spent = rude_entry(), list[float]()

    @asynccontextmanager
    async def opened(clock: Clock) -> AsyncIterator[Journal]:
        database = Database(folder / f"{time.monotonic_ns()}.db", MIGRATIONS)
        try:
            yield SqliteJournal(database, clock)
        finally:
            await asyncio.to_thread(database.close)

    async def flow(context: Any, _inputs: Any) -> str:
        async with serving(folder) as servers:
            gate = Gate(WorkspaceToolbox(tools_of(entry, pinned(entry, await servers.definitions(entry)), servers)))

            async def call(number: int) -> None:
                text, scope = f"number {number}", CallScope(agent="clerk")
                request = CallRequest(tool="rude.echo", arguments={"text": text}, step=f"call-{number}", allowed=("rude.e*",), scope=scope)
                done = await gate.call(context, request)
                assert done.output == text, done

            spent.append(await timed(call))
        return "done"

    ending = Rehearsal(flow, store=opened).play()
    assert isinstance(ending, RunFinished) and ending.status == "succeeded", ending
    return spent[0]


async def timed(call: Callable[[int], Awaitable[None]]) -> float:
    """Seconds of CPU of this process, all its threads included."""
    began = time.process_time()
    for number in range(CALLS):
        await call(number)
    return time.process_time() - began


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Any]:
    """A workspace's servers."""
    from playnex.clock import SystemClock
    from playnex.tools.mcp.servers import Servers

    servers = Servers(root=folder, own=folder / ".playnex", environment=os.environ, clock=SystemClock())
    try:
        yield servers
    finally:
        await servers.close()


async def measure_starts_in(folder: Path) -> dict[str, dict[str, float]]:
    """Milliseconds of wall and CPU of each way, taken in turns."""
    from playnex.tools.mcp import sandbox
    from playnex.tools.mcp.child import started
    from playnex.tools.mcp.enclosure import WATCHED, Sandbox
    from playnex.tools.mcp.surroundings import Surroundings
    from playnex.tools.mcp.view import view

    own, log = folder / ".playnex", folder / "log"
    own.mkdir()
    around = Surroundings(command=("/bin/cat",), folder=folder, environment={"PATH": os.environ["PATH"], "HOME": str(Path.home())})

    async def bare() -> float:
        began, pipe = time.perf_counter(), asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(*around.command, stdin=pipe, stdout=pipe, stderr=pipe, env=dict(around.environment))
        assert child.stdin and child.stdout
        child.stdin.write(b"hello\n")
        await child.stdout.readline()
        took = time.perf_counter() - began
        child.kill()
        await child.wait()
        return took

    async def enclosed(enclosure: Sandbox | None) -> float:
        began = time.perf_counter()
        way = enclosure.way(view(around, own=own, network=False), folder) if enclosure else WATCHED
        child = await started(around, log, way=way)
        child.write(b"hello")
        async for _ in child.lines():
            break
        took = time.perf_counter() - began
        child.kill()
        await child.gone()
        return took

    ways: dict[str, Callable[[], Awaitable[float]]] = {"bare": bare, "guarded, with all rights": lambda: enclosed(None)}
    ways |= {each.name: partial(enclosed, each) for each in sandbox.sandboxes() if not sandbox.trouble(each)}
    wall: dict[str, list[float]] = {name: [] for name in ways}
    cpu: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(STARTS):
        for name, way in ways.items():
            before = spent()
            wall[name].append(await way() * 1000)
            cpu[name].append((spent() - before) * 1000)
    return {what: {name: statistics.median(each) for name, each in figures.items()} for what, figures in (("wall", wall), ("cpu", cpu))}


def measure_starts() -> dict[str, dict[str, float]]:
    """In an event loop of their own."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure_starts_in(Path(folder)))


def spent() -> float:
    """Seconds of CPU of this process and of all children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


PARTS: dict[str, Callable[[], Any]] = {"calls": measure_calls, "starts": measure_starts}


if __name__ == "__main__":
    sys.exit(main())
