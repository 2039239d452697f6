"""A workspace with flows for batches, whose tools tell a file outside what they really do."""

import json
import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from flows.stage import Desk, wait_for
from playnex.app.templates import lay_out

TOOLS = '''\
"""Tools that tell a file outside what they do."""

import asyncio
import os
import signal

import playnex

going = 0


def tell(word):
    with open("outside.txt", "ab", buffering=0) as file:
        file.write(f"{word}\\n".encode())


@playnex.tool(effect="idempotent")
async def do(step: str, n: int) -> int:
    """Do a step of a case; a case below zero cannot be done."""
    global going
    going += 1
    tell(f"at-once-{going}")
    await asyncio.sleep(0.005)
    going -= 1
    tell(f"{step}-{n}")
    if n < 0 and not os.path.exists("mended"):
        raise ValueError(f"{n} is below zero")
    return n + 1


@playnex.tool(effect="idempotent")
async def die(n: int) -> int:
    """Kill this process where the case is 3."""
    if n == 3:
        await asyncio.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)
    return n


@playnex.tool(effect="idempotent")
async def hold(n: int) -> int:
    """Never end, as long as nobody lets it."""
    tell(f"held-{n}")
    while not os.path.exists("let-go"):
        await asyncio.sleep(0.01)
    return n
'''

INPUTS = "inputs: { n: { type: integer, required: true }, note: string }"
FLOWS = {
    "three": """
  one: { tool: outside.do, with: { step: one, n: "${{ inputs.n }}" } }
  two: { tool: outside.do, with: { step: two, n: "${{ steps.one.output }}" }, fallback: 0 }
  three: { tool: outside.do, with: { step: three, n: "${{ steps.two.output }}" } }
""",
    "asks": """
  one: { tool: outside.do, with: { step: one, n: "${{ inputs.n }}" } }
  ask: { if: inputs.n == 2, approve: { message: "Send ${{ inputs.n }}?" }, else: nobody }
  last: { tool: outside.do, with: { step: last, n: "${{ inputs.n }}" } }
""",
    "naps": """
  nap: { if: inputs.n == 2, wait: 2500ms }
  last: { tool: outside.do, with: { step: last, n: "${{ inputs.n }}" } }
""",
    "dies": """
  die: { tool: outside.die, with: { n: "${{ inputs.n }}" } }
""",
    "held": """
  hold: { tool: outside.hold, with: { n: "${{ inputs.n }}" } }
""",
}


def batch_desk(folder: Path) -> Desk:
    """A workspace with these flows."""
    lay_out("minimal", folder)
    (folder / "tools").mkdir()
    (folder / "tools/outside.py").write_text(TOOLS)
    for name, steps in FLOWS.items():
        (folder / f"flows/{name}.yaml").write_text(f"playnex: 1\nname: {name}\n{INPUTS}\nsteps:{steps}")
    return Desk(folder)


def write_cases(folder: Path, cases: Iterable[Any], name: str = "cases.jsonl") -> None:
    """A file of cases; a number is a case of that number."""
    objects = ({"n": case} if isinstance(case, int) else case for case in cases)
    (folder / name).write_text("".join(json.dumps(case) + "\n" for case in objects))


def results(folder: Path, name: str = "results.jsonl") -> list[Any]:
    """The lines of a file of results."""
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def without_runs(lines: list[Any]) -> list[Any]:
    """What two batches over the same cases have in common."""
    return [{name: value for name, value in line.items() if name != "run"} for line in lines]


def happened(folder: Path) -> Counter[str]:
    """How often each thing was really done."""
    with suppress(FileNotFoundError):
        return Counter(word for word in (folder / "outside.txt").read_text().split() if not word.startswith("at-once"))
    return Counter()


def at_once(folder: Path) -> int:
    """How many cases were at work at the same time, at most."""
    words = (folder / "outside.txt").read_text().split()
    return max(int(word.removeprefix("at-once-")) for word in words if word.startswith("at-once"))


def kill_after(desk: Desk, more: int, *words: str) -> bool:
    """Start a command and kill it once so many more things have happened, unless it ends before; whether it was killed."""
    before = sum(happened(desk.folder).values())
    child = desk.start(*words)
    wait_for(lambda: sum(happened(desk.folder).values()) >= before + more or child.poll() is not None, "things to happen")
    with suppress(subprocess.TimeoutExpired):
        child.wait(random.uniform(0, 0.02))
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    return child.wait() == -signal.SIGKILL


def finished(desk: Desk) -> set[int]:
    """The cases of the newest batch that have ended."""
    return {json.loads(line)["case"] for line in desk.playnex("batch", "export").stdout.splitlines()}
