"""The workspace's own Python functions as tools, in real worker processes."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from playnex.canonical import Json
from playnex.spec.envelope import Envelope
from playnex.testing.memory_context import MemoryContext
from playnex.tools.gate import CallRequest, Gate
from playnex.tools.python_tools import Discovery, discover
from playnex.tools.toolbox import WorkspaceToolbox
from playnex.tools.workers import Workers

T = TypeVar("T")

CRM = '''
import os, sys, subprocess, time
from dataclasses import dataclass
from typing import Literal, Optional
from os.path import join
from playnex.tools.declare import tool

@dataclass
class Address:
    city: str
    zip: int = 0

def lookup(customer: str, limit: int = 5, kind: Literal["a", "b"] = "a", note: Optional[str] = None) -> dict:
    """Find a customer.

    Looks everywhere.

    Args:
        customer: The name,
            or the number.
        limit (int): How many.

    Returns:
        What is known: all of it.
    """
    print("printed, not spoken")
    os.write(1, b"nor this\\n")
    return {"customer": customer, "limit": limit, "read": sys.stdin.read()}

@tool(effect="idempotent", timeout=5, untrusted=True)
def send(address: Address, places: list[str]) -> str:
    return address.city + str(address.zip) + ",".join(places)

def boom(): raise ValueError("no such customer")
def leave(): sys.exit(3)
def die(): os.kill(os.getpid(), 9)
def thing() -> object: return object()
def nan(): return float("nan")
def huge(): return "x" * 11_000_000
def pid(): return os.getpid()
def environment(): return os.path.basename(os.getcwd())

def hang(path: str):
    child = subprocess.Popen(["sleep", "600"])
    with open(path + ".part", "w") as file:
        file.write(f"{os.getpid()} {child.pid}")
    os.rename(path + ".part", path)
    while True:
        time.sleep(60)

async def later(number: float) -> float:
    return number + os.getpid()

async def later_boom(): raise ValueError("not now")

def _private(): pass
lookups = 3
'''


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "crm.py").write_text(CRM)
    return tmp_path


def within(workspace: Path, scenario: Callable[[Workers], Awaitable[T]]) -> T:
    async def run() -> T:
        workers = Workers(workspace, log=workspace / "tools.log")
        try:
            return await asyncio.wait_for(scenario(workers), 60)
        finally:
            await workers.close()

    return asyncio.run(run())


def found(workspace: Path) -> Discovery:
    return within(workspace, lambda workers: discover(workspace, workers))


async def gate_of(workspace: Path, workers: Workers) -> Gate:
    return Gate(WorkspaceToolbox((await discover(workspace, workers)).tools))


def called(workspace: Path, tool: str, arguments: Json | None = None, timeout: float | None = None) -> Envelope:
    async def scenario(workers: Workers) -> Envelope:
        gate = await gate_of(workspace, workers)
        return await gate.call(MemoryContext(), CallRequest(tool=tool, arguments=arguments or {}, timeout=timeout))

    return within(workspace, scenario)


def test_public_functions_of_a_file_are_tools_by_hints_and_docstring(workspace: Path) -> None:
    discovery = found(workspace)
    tools = {tool.name: tool for tool in discovery.tools}
    assert not discovery.faults
    assert "crm.join" not in tools and "crm._private" not in tools and "crm.Address" not in tools
    lookup = tools["crm.lookup"]
    assert (lookup.description, lookup.effect, lookup.timeout) == ("Find a customer.\n\nLooks everywhere.", None, 60.0)
    properties = lookup.parameters["properties"]
    assert lookup.parameters["required"] == ["customer"] and lookup.parameters["additionalProperties"] is False
    assert properties["customer"] == {"type": "string", "description": "The name, or the number."}
    assert properties["limit"] == {"type": "integer", "description": "How many.", "default": 5}
    assert properties["kind"] == {"enum": ["a", "b"], "default": "a"}
    assert lookup.source.startswith("tools/crm.py:")
    send = tools["crm.send"]
    assert (send.effect, send.timeout) == ("idempotent", 5)


def test_looking_at_a_workspace_runs_none_of_its_code_in_our_process(workspace: Path) -> None:
    (workspace / "tools" / "spy.py").write_text("import os\nimported_by = os.getpid()\ndef who(): return imported_by\n")
    found(workspace)
    assert "tools.spy" not in sys.modules
    assert called(workspace, "spy.who").output != os.getpid()


def test_a_function_gets_its_arguments_and_what_it_prints_stays_out_of_the_answer(workspace: Path) -> None:
    envelope = called(workspace, "crm.lookup", {"customer": "Ana"})
    assert (envelope.output, envelope.labels) == ({"customer": "Ana", "limit": 5, "read": ""}, ())
    assert {"printed, not spoken", "nor this"} <= set((workspace / "tools.log").read_text().splitlines())


def test_records_in_the_hints_are_built_from_json(workspace: Path) -> None:
    envelope = called(workspace, "crm.send", {"address": {"city": "Rome", "zip": 7}, "places": ["a", "b"]})
    assert (envelope.output, envelope.labels) == ("Rome7a,b", ("untrusted",))
    refused = called(workspace, "crm.send", {"address": {"zip": 7}, "places": []})
    assert refused.reason == "refused" and "city" in refused.output["error"]


@pytest.mark.parametrize(
    ("tool", "told"),
    [
        ("crm.boom", "ValueError: no such customer"),
        ("crm.leave", "SystemExit: 3"),
        ("crm.die", "ended in the middle of the call (SIGKILL)"),
        ("crm.thing", "no JSON"),
        ("crm.nan", "return plain JSON"),
        ("crm.huge", "return less, or write a file"),
        ("crm.later_boom", "ValueError: not now"),
    ],
)
def test_a_function_that_goes_wrong_is_told_by_type_and_message_only(workspace: Path, tool: str, told: str) -> None:
    async def scenario(workers: Workers) -> tuple[Envelope, Envelope]:
        gate = await gate_of(workspace, workers)
        context = MemoryContext()
        failed = await gate.call(context, CallRequest(tool=tool, arguments={}))
        return failed, await gate.call(context, CallRequest(tool="crm.lookup", arguments={"customer": "next"}))

    failed, following = within(workspace, scenario)
    assert (failed.status, failed.reason) == ("failed", "tool-failed")
    assert told in failed.output["error"] and "Traceback" not in failed.output["error"]
    assert following.output["customer"] == "next"


def test_an_asynchronous_function_runs_in_our_loop(workspace: Path) -> None:
    assert called(workspace, "crm.later", {"number": 1}).output == 1 + os.getpid()


def test_functions_run_in_the_workspace_folder_and_one_worker_serves_call_after_call(workspace: Path) -> None:
    async def scenario(workers: Workers) -> list[Json]:
        gate, context = await gate_of(workspace, workers), MemoryContext()
        return [(await gate.call(context, CallRequest(tool=f"crm.{name}", arguments={}))).output for name in ("pid", "pid", "environment")]

    first, second, folder = within(workspace, scenario)
    assert first == second and folder == workspace.name


def test_calls_at_the_same_time_have_a_worker_each(workspace: Path) -> None:
    async def scenario(workers: Workers) -> list[Envelope]:
        gate, context = await gate_of(workspace, workers), MemoryContext()
        calls = (gate.call(context.scope(f"item-{number}"), CallRequest(tool="crm.pid", arguments={})) for number in range(3))
        return await asyncio.gather(*calls)

    assert len({envelope.output for envelope in within(workspace, scenario)}) == 3


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def when(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not fact():  # noqa: ASYNC110 - another process's fact sets no event
            await asyncio.sleep(0.01)


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@linux_only
def test_a_timeout_ends_the_function_and_what_it_had_started(workspace: Path) -> None:
    envelope = called(workspace, "crm.hang", {"path": str(workspace / "pids")}, timeout=3)
    assert envelope.reason == "timeout"
    pids = [int(pid) for pid in (workspace / "pids").read_text().split()]
    asyncio.run(when(lambda: not any(is_alive(pid) for pid in pids)))


@linux_only
def test_a_cancelled_call_leaves_no_process(workspace: Path) -> None:
    async def scenario(workers: Workers) -> None:
        gate = await gate_of(workspace, workers)
        request = CallRequest(tool="crm.hang", arguments={"path": str(workspace / "pids")})
        call = asyncio.create_task(gate.call(MemoryContext(), request))
        await when((workspace / "pids").exists)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        pids = [int(pid) for pid in (workspace / "pids").read_text().split()]
        await when(lambda: not any(is_alive(pid) for pid in pids))

    within(workspace, scenario)


PARENT = """
import asyncio, sys
from pathlib import Path
from playnex.tools.workers import Workers
folder = Path(sys.argv[1])
request = {"do": "call", "file": str(folder / "tools/crm.py"), "function": "hang", "arguments": {"path": str(folder / "pids")}}
asyncio.run(Workers(folder).ask(request))
"""


@linux_only
def test_when_playnex_is_killed_its_workers_and_their_children_go_too(workspace: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(workspace)])
    asyncio.run(when((workspace / "pids").exists))
    pids = [int(pid) for pid in (workspace / "pids").read_text().split()]
    assert all(is_alive(pid) for pid in pids)
    parent.send_signal(signal.SIGKILL)
    parent.wait(timeout=10)
    asyncio.run(when(lambda: not any(is_alive(pid) for pid in pids)))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("def f(:\n    pass\n", "tools/bad.py:1:7: not Python"),
        ("\nx = 1\ny = undefined + 1\n", "tools/bad.py:3:5: NameError: name 'undefined' is not defined"),
        ("import nowhere_at_all\n", "tools/bad.py:1:1: ModuleNotFoundError"),
        ("def f(*rest): pass\n", "tools/bad.py:1:1: f cannot be a tool: parameter '*rest' cannot be given by name"),
        ("def f(x: 'Nowhere'): pass\n", "tools/bad.py:1:1: f cannot be a tool: name 'Nowhere' is not defined"),
        ("import sys\nsys.exit(1)\n", "tools/bad.py:2:1: SystemExit"),
        ("import os\nos._exit(7)\n", "tools/bad.py:1:1: importing it went wrong: the tool's process ended"),
    ],
)
def test_a_broken_file_is_a_fault_at_its_place_and_leaves_the_others_usable(workspace: Path, text: str, fault: str) -> None:
    (workspace / "tools" / "bad.py").write_text(text)
    (workspace / "tools" / "zoo.py").write_text("def fine(): return 1\n")
    discovery = found(workspace)
    (told,) = discovery.faults
    assert str(told).startswith(fault)
    assert {"crm.lookup", "zoo.fine"} <= {tool.name for tool in discovery.tools}


def test_one_function_that_cannot_be_a_tool_leaves_its_neighbours(workspace: Path) -> None:
    (workspace / "tools" / "mixed.py").write_text("def good(): return 1\ndef bad(**rest): pass\n")
    discovery = found(workspace)
    assert "mixed.good" in {tool.name for tool in discovery.tools} and len(discovery.faults) == 1


def test_a_file_whose_name_is_no_word_is_a_fault_with_a_better_name(workspace: Path) -> None:
    (workspace / "tools" / "my-crm.py").write_text("def f(): pass\n")
    assert "'my_crm.py'" in str(found(workspace).faults[0])


def test_files_may_import_their_neighbours_and_hide_none_of_pythons_own(workspace: Path) -> None:
    (workspace / "tools" / "_shared.py").write_text("def double(x): return 2 * x\n")
    (workspace / "tools" / "random.py").write_text("from tools._shared import double\ndef pick(x: int): return double(x)\n")
    (workspace / "json.py").write_text("raise RuntimeError('hidden')\n")
    assert {tool.name for tool in found(workspace).tools} >= {"random.pick"}
    assert called(workspace, "random.pick", {"x": 4}).output == 8


def test_an_edited_file_is_what_the_next_call_runs(workspace: Path) -> None:
    file = workspace / "tools" / "small.py"
    file.write_text("def f(): return 1\n")

    async def scenario(workers: Workers) -> tuple[Json, Json]:
        gate, context = await gate_of(workspace, workers), MemoryContext()
        before = await gate.call(context, CallRequest(tool="small.f", arguments={}))
        file.write_text("def f(): return 2\n")
        after = await gate.call(context, CallRequest(tool="small.f", arguments={}))
        return before.output, after.output

    assert within(workspace, scenario) == (1, 2)


def test_descriptions_are_kept_until_a_file_changes(workspace: Path) -> None:
    cache = workspace / ".playnex" / "cache" / "tools.json"
    (workspace / "tools" / "count.py").write_text("open('imports', 'a').write('x')\ndef f(): pass\n")

    def look() -> tuple[int, int]:
        discovery = within(workspace, lambda workers: discover(workspace, workers, cache=cache))
        return len(discovery.tools), len((workspace / "imports").read_text())

    first = look()
    assert look() == first
    (workspace / "tools" / "more.py").write_text("def g(): pass\n")
    assert look() == (first[0] + 1, first[1] + 1)
    cache.write_text("garbage")
    assert look() == (first[0] + 1, first[1] + 2)
