"""What a durable agent costs: `python benchmarks/agents.py [--quick]`; a turn of our own agents and of a durable Pydantic AI agent over the
same turn with Pydantic AI alone, 200 agents at once in one process, and `research-to-article` beside a script that sends the same requests.

All of them ask the same real server on loopback, a process of its own, so that its work does not count. A turn is one request and one tool
call; those of a conversation are recorded in SQLite. The subjects take turns, so that a busy machine slows all of them.
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
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

from peers import load
from results import machine, record, table

TURNS, CONVERSATIONS = 10, 8
AT_ONCE = 200
ROUNDS = 7
DELAY = 0.1
OVER_MS, RATIO = 2.0, 1.05
PROMPT = "Add the numbers."
INSTRUCTIONS = "You add."
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["a", "b"]}
TOML = '[models.main]\nbase_url = "{url}"\nname = "scripted"\ncontext = 32768\n'
PATIENCE = 600


def main() -> int:
    """Measures, prints, records; or is one of the processes that do."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few rounds")
    parser.add_argument("--part", nargs="*", default=(), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        PARTS[options.part[0]](*options.part[1:])
        return 0
    busy, rounds = load(), 3 if options.quick else ROUNDS
    body = "\n\n".join((turns(rounds), crowd(1 if options.quick else 3), article(rounds)))
    print(body)
    record("Agents", f"{machine()} · {busy} · medians\n\n{body}")
    return 0


def turns(rounds: int) -> str:
    """The table of what a turn costs."""
    with served("adding", 0.0) as url:
        figures = [part("turns", url) for _ in range(rounds)]
    middle = {name: statistics.median(each[name] for each in figures) for name in figures[0]}
    bare = middle["Pydantic AI alone"]
    rows = [
        (
            name,
            f"{cost:.2f} ms",
            *((f"{cost - bare:+.2f} ms", f"≤ {OVER_MS:g} ms: {kept(cost - bare, OVER_MS)}") if cost != bare else ("", "")),
        )
        for name, cost in middle.items()
    ]
    return table((f"a turn, of {TURNS} in a conversation", "CPU", "over Pydantic AI alone", "promised"), rows)


def crowd(rounds: int) -> str:
    """The table of many agents at once."""
    rows = []
    with served("adding-once", DELAY) as url:
        for name in ("Playnex agent", "Pydantic AI in Playnex"):
            figures = [part("crowd", url, name) for _ in range(rounds)]
            wall, cpu, memory = (statistics.median(each[figure] for each in figures) for figure in ("wall", "cpu", "memory"))
            rows.append((name, f"{wall:.2f} s", f"{cpu:.2f} s", f"{cpu / AT_ONCE * 1000:.1f} ms", f"{memory:.0f} MB"))
    heads = (
        f"{AT_ONCE} agents at once, two requests and a call each, {DELAY * 1000:.0f} ms an answer",
        "wall",
        "CPU",
        "CPU an agent",
        "peak memory",
    )
    return table(heads, rows)


def article(rounds: int) -> str:
    """The table of the whole example beside a script."""
    rows = []
    for delay in (DELAY, 0.0):
        with served("research", delay) as url, tempfile.TemporaryDirectory() as folder:
            lay_out_research(Path(folder), url)
            flow, script = [], []
            for _ in range(rounds):
                flow.append(
                    timed(("-m", "playnex", "flow", "run", "research-to-article", "--input", "topic=local-first software"), Path(folder))
                )
                script.append(timed((__file__, "--part", "script", url, str(Path(folder) / "asked.jsonl")), Path(folder)))
        ratio = statistics.median(one / other for one, other in zip(flow, script, strict=True))
        told = f"≤ {RATIO:g}: {kept(ratio, RATIO)}" if delay else ""
        rows.append(
            (f"{delay * 1000:.0f} ms", f"{statistics.median(flow):.2f} s", f"{statistics.median(script):.2f} s", f"{ratio:.2f}", told)
        )
    heads = ("an answer takes", "research-to-article", "a script with the same requests", "ratio", "promised")
    return (
        table(heads, rows)
        + "\n\nBoth are whole processes, from their start to their end; the script uses the OpenAI SDK and keeps nothing."
    )


def kept(figure: float, limit: float) -> str:
    """Whether it is within its limit."""
    return "kept" if figure <= limit else "missed"


def part(*words: str) -> dict[str, float]:
    """What a fresh process of this program prints."""
    done = subprocess.run([sys.executable, __file__, "--part", *words], capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(words, figures, file=sys.stderr, flush=True)
    return figures


def timed(words: tuple[str, ...], folder: Path) -> float:
    """Seconds of a whole process."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=os.environ | {"PLAYNEX_HOME": ""}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stdout[-1000:] + done.stderr[-2000:])
    return time.perf_counter() - began


@contextmanager
def served(script: str, delay: float) -> Iterator[str]:
    """A model server in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "port"
        child = subprocess.Popen([sys.executable, __file__, "--part", "serve", str(file), script, str(delay)])
        try:
            deadline = time.monotonic() + 30
            while not file.exists():
                assert time.monotonic() < deadline and child.poll() is None, "the server did not start"
                time.sleep(0.02)
            yield f"http://127.0.0.1:{file.read_text()}/v1"
        finally:
            child.terminate()
            child.wait(10)


def serve(file: str, script: str, delay: str) -> None:
    """The server's process."""
    from playnex.testing.model_replies import Asked, Reply, answer, calls, slowly
    from playnex.testing.model_scripts import research
    from playnex.testing.model_server import ModelServer

    most = 1 if script == "adding-once" else TURNS

    def reply(asked: Asked) -> Reply:
        if script == "research":
            return slowly(research(asked), float(delay))
        done = sum(message["role"] == "assistant" for message in asked.body["messages"])
        return slowly(calls(("add", {"a": done, "b": 1})) if done < most else answer("Done."), float(delay))

    async def listen() -> None:
        server = ModelServer(script=reply)
        listening = await server.listen()
        new = Path(file).with_suffix(".part")
        new.write_text(server.address.rsplit(":", 1)[1])
        new.replace(file)
        await listening.serve_forever()

    with suppress(KeyboardInterrupt):
        asyncio.run(listen())


def pydantic_agent(url: str) -> Any:
    """The agent of Pydantic AI."""
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel("scripted", provider=OpenAIProvider(base_url=url, api_key="none"))
    agent: Any = Agent(model, name="adder", instructions=INSTRUCTIONS)

    async def add(a: int, b: int) -> int:
        return a + b

    agent.tool_plain(metadata={"effect": "pure"})(add)
    return agent


def own_agents(url: str) -> Any:
    """Our agent of the same kind, for a rehearsal."""
    from playnex.agents.handle import Surroundings, WorkspaceAgent
    from playnex.agents.task import AgentPorts
    from playnex.clock import SystemClock
    from playnex.models.model import ModelCard
    from playnex.models.openai_model import OpenAIModel
    from playnex.spec.agent import AgentSpec
    from playnex.testing import ScriptedModels
    from playnex.tools.gate import Gate
    from playnex.tools.tool import CallScope, Tool, ToolResult
    from playnex.tools.toolbox import WorkspaceToolbox

    async def add(arguments: Any, _scope: CallScope) -> ToolResult:
        return ToolResult(output=arguments["a"] + arguments["b"])

    card = ModelCard(alias="main", kind="openai", name="scripted", base_url=url, context=32768)
    toolbox = WorkspaceToolbox([Tool(name="add", description="", parameters=SCHEMA, effect="pure", call=add)])
    models = ScriptedModels(models={"main": OpenAIModel(card)})
    ports = AgentPorts(models=models, gate=Gate(toolbox), toolbox=toolbox, clock=SystemClock())
    spec = AgentSpec(name="adder", instructions=INSTRUCTIONS, tools=("add",))
    around = Surroundings(ports=ports, brief="", scope_of=lambda _: CallScope(), find=lambda _: spec)

    class Own:
        """Implements the engine's `Agents`."""

        def handle(self, context: Any, agent: Any) -> Any:
            return WorkspaceAgent(context=context, agent=spec, around=around)

    return Own()


def rehearsal(folder: Path, agents: Any, asked: object, count: int, at_most: int) -> Any:
    """A flow that asks the agent so often, its journal in SQLite."""
    from playnex.clock import Clock
    from playnex.journal.journal import Journal
    from playnex.journal.stores.journal_rows import MIGRATIONS
    from playnex.journal.stores.sqlite_journal import SqliteJournal
    from playnex.store.database import Database
    from playnex.testing import Rehearsal

    @asynccontextmanager
    async def opened(clock: Clock) -> AsyncIterator[Journal]:
        database = Database(folder / f"{time.monotonic_ns()}.db", MIGRATIONS)
        try:
            yield SqliteJournal(database, clock)
        finally:
            await asyncio.to_thread(database.close)

    async def flow(ctx: Any, _inputs: Any) -> Any:
        async def ask(branch: Any, _number: int) -> Any:
            return (await branch.agent(asked).run(PROMPT)).output

        return await ctx.map(range(count), ask, at_most=at_most)

    return Rehearsal(flow, store=opened, **({"agents": agents} if agents is not None else {}))


def played(one: Any) -> None:
    """Play the rehearsal; it must succeed."""
    ending = one.play()
    assert ending.status == "succeeded", ending


def measure_turns(url: str) -> None:
    """CPU of a turn in each of the three ways, in one process."""
    from pydantic_ai import UsageLimits

    async def bare() -> None:
        agent = pydantic_agent(url)
        for _ in range(CONVERSATIONS):
            assert (await agent.run(PROMPT, usage_limits=UsageLimits(request_limit=None))).output == "Done."

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ways: dict[str, Callable[[], None]] = {
            "Pydantic AI alone": lambda: asyncio.run(bare()),
            "Pydantic AI in Playnex": lambda: played(rehearsal(folder, None, pydantic_agent(url), CONVERSATIONS, 1)),
            "Playnex agent": lambda: played(rehearsal(folder, own_agents(url), "adder", CONVERSATIONS, 1)),
        }
        took: dict[str, float] = {}
        for lap in range(2):  # the first one warms up
            for way, work in ways.items():
                began = time.process_time()
                work()
                took[way] = (time.process_time() - began) / CONVERSATIONS / (TURNS + 1) * 1000
            del lap
    print(json.dumps(took))


def measure_crowd(url: str, name: str) -> None:
    """Many agents at once, in a process of their own."""
    with tempfile.TemporaryDirectory() as folder:
        is_own = name == "Playnex agent"
        agents, asked = (own_agents(url), "adder") if is_own else (None, pydantic_agent(url))
        one = rehearsal(Path(folder), agents, asked, AT_ONCE, AT_ONCE)
        wall, cpu = time.perf_counter(), time.process_time()
        played(one)
        figures = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(json.dumps(figures | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def lay_out_research(folder: Path, url: str) -> None:
    """The example's workspace, and the bodies of the requests that its flow sends."""
    from playnex.app.templates import lay_out
    from playnex.testing.model_server import serving

    lay_out("research", folder)
    with serving() as server:
        (folder / "playnex.toml").write_text(TOML.format(url=server.url))
        timed(("-m", "playnex", "flow", "run", "research-to-article", "--input", "topic=local-first software"), folder)
        bodies = [json.dumps(dict(asked.body)) for asked in server.asked]
    (folder / "asked.jsonl").write_text("\n".join(bodies))
    (folder / "playnex.toml").write_text(TOML.format(url=url))


def send_by_hand(url: str, file: str) -> None:
    """The script: the same requests, one after another."""
    from openai import OpenAI

    client = OpenAI(base_url=url, api_key="none", max_retries=0)
    for line in Path(file).read_text().splitlines():
        answer = client.chat.completions.create(**json.loads(line))
        assert answer.choices[0].message


PARTS: dict[str, Callable[..., None]] = {"serve": serve, "turns": measure_turns, "crowd": measure_crowd, "script": send_by_hand}


if __name__ == "__main__":
    sys.exit(main())
