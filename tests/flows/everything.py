"""A flow with a step of every kind, in Python and in a file that it calls, and the world outside in which all of them leave a mark."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playnex.app.templates import lay_out
from playnex.canonical import Json

FLOW = '''\
"""A flow with a step of every kind; whatever a step really does is told to a file outside."""

import asyncio
import os

import playnex


def tell(word):
    with open("outside.txt", "ab", buffering=0) as file:
        file.write(f"{word}\\n".encode())


async def small(context, name):
    async def do():
        await asyncio.sleep(0.02)
        tell(name)
        return name

    return await context.step(name, do)


async def part(context, given):
    return [await small(context, f"part-{number}") for number in (1, 2)]


async def charge():
    await asyncio.sleep(0.05)
    tell("charge")
    await asyncio.sleep(0.1)
    return 17


async def shaky():
    tell("shaky")
    with open("outside.txt") as file:
        if file.read().count("shaky") < 2:
            raise ValueError("not yet")
    return "calm"


async def broken():
    tell("broken")
    raise ValueError("never")


async def instead():
    tell("instead")
    return "instead"


@playnex.flow
async def everything(ctx, inputs):
    """A step of every kind."""
    quick = playnex.Retry(times=2, delay=0.01)
    return [
        await small(ctx, "first"),
        await ctx.all(lambda c: small(c, "left"), lambda c: small(c, "right")),
        await ctx.map(range(5), lambda c, item: small(c, f"of-{item}"), at_most=2),
        await ctx.flow(part, {}),
        await ctx.flow("sub"),
        await ctx.sleep(0.05),
        await ctx.step("charge", charge, effect="once"),
        await ctx.step("shaky", shaky, retry=quick),
        await ctx.step("broken", broken, retry=quick, fallback=instead),
        await ctx.wait_for("go"),
        await ctx.approve("ok", playnex.Approval(message="Send it?", show={"to": "ana"})),
        await small(ctx, "last"),
        ctx.random() == ctx.random(),
    ]
'''

SUB = """\
playnex: 1
name: sub
steps:
  shout: { tool: marks.shout, with: { word: hello }, fallback: { said: nothing } }
  keep: { save: notes/kept, content: "${{ steps.shout.output.said }}" }
  rounds:
    repeat: { max: 3, until: iteration.number == 2 }
    steps:
      left:  { needs: [], python: "tools.marks:mark", with: { word: "left-${{ iteration.number }}" } }
      right: { needs: [], for-each: [1, 2], tool: marks.mark, with: { word: "right-${{ iteration.number }}" } }
      both:  { needs: [left, right], save: notes/rounds, content: "${{ steps.left.output }}" }
  judged: { python: "tools.marks:mark", with: { word: judged }, verify: { python: "tools.marks:is_never", on-fail: ask } }
output: ${{ steps.shout.output.said }}
"""

TOOL = '''\
import playnex


@playnex.tool(effect="idempotent")
def shout(word: str) -> dict:
    """Have no voice."""
    with open("outside.txt", "ab", buffering=0) as file:
        file.write(b"shout\\n")
    raise ValueError("no voice")


@playnex.tool(effect="idempotent")
def mark(word: str) -> str:
    """Tell it to a file outside."""
    with open("outside.txt", "ab", buffering=0) as file:
        file.write(f"{word}\\n".encode())
    return word


def is_never(output):
    return output == "never", "it is not"
'''

OUTPUT: list[Json] = [
    "first",
    ["left", "right"],
    [f"of-{number}" for number in range(5)],
    ["part-1", "part-2"],
    "nothing",
    None,
    17,
    "calm",
    "instead",
    {"n": 1},
    {"to": "ana"},
    "last",
    False,
]
ITEMS = tuple(f"of-{number}" for number in range(5))
ROUNDS = ("left-1", "right-1", "left-2", "right-2", "judged")
WORDS = ("first", "left", "right", *ITEMS, "part-1", "part-2", "shout", *ROUNDS, "charge", "shaky", "broken", "instead", "last")
"""What the world outside must have heard, each at least once."""


@dataclass
class Everything:
    """The world of the flow `everything`: a file, with a word for each thing done."""

    folder: Path
    command: tuple[str, ...] = ("flow", "run", "everything")
    span: float = 0.4

    def happened(self) -> Counter[str]:
        with suppress(FileNotFoundError):
            return Counter((self.folder / "outside.txt").read_text().split())
        return Counter()

    def finished(self, log: list[Any]) -> set[str]:
        ended = [word_of(line["step"]) for line in log if line["event"] == "StepFinished"]
        return {"instead" if word == "broken" else word for word in ended} | ({"broken", "instead"} if "broken" in ended else set())

    def wrong(self, document: Any, kills: int) -> list[str]:
        came = self.happened()
        faults = [f"{word} was lost" for word in WORDS if not came[word]]
        faults += ["charge happened twice"] if came["charge"] > 1 else []
        expected = [*OUTPUT[:6], document["output"][6] if document["output"] else None, *OUTPUT[7:]]
        return faults + ([] if document["output"] == expected else [f"the run gave {document['output']}"])


def word_of(key: str) -> str:
    """The word that a finished step has told, from its key: its name, with the round where it lies in one."""
    parts = key.split("/")
    if "rounds" not in parts:
        return parts[-2] if parts[-1] == "call" else parts[-1]
    return f"{parts[-2]}-{parts[-3].removeprefix('round-')}" if parts[-1] == "call" else key


def everything(folder: Path) -> Everything:
    """A workspace with the flow of every step kind."""
    lay_out("minimal", folder)
    (folder / "tools").mkdir()
    for name, text in (("flows/everything.py", FLOW), ("flows/sub.yaml", SUB), ("tools/marks.py", TOOL)):
        (folder / name).write_text(text)
    return Everything(folder)
