"""What the flow language costs: `python benchmarks/flow_language.py [--quick]`; checking a file of 50 steps, a step of a flow file beside
the same step of a Python flow, and a graph of 1,000 steps.

All figures are CPU. The two flows record the same facts under the same keys, in a journal in memory, so that what is left between them
is the interpreter: its order, its expressions, its labels. They take turns, so that a busy machine slows both.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from results import machine, record, table

from playnex.canonical import Json
from playnex.clock import Clock
from playnex.engine.engine import Ending
from playnex.journal.events import RunFinished
from playnex.journal.journal import Journal
from playnex.journal.stores.journal_rows import MIGRATIONS
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.spec.agent import AgentSpec
from playnex.spec.check_flow import check_flow
from playnex.spec.check_targets import Catalogue
from playnex.spec.context import Attempt, StepContext, StepPlan
from playnex.spec.envelope import Envelope
from playnex.spec.python_flow import FlowFunction
from playnex.spec.read_flow import read_flow
from playnex.store.database import Database
from playnex.testing.flow_script import Call, Script, flow_of
from playnex.testing.rehearsal import Rehearsal

CHECKED, IN_PART = 50, 5
STEPS = 200
LAYERS, WIDE = 100, 10
CHECK_MS, STEP_US = 60.0, 150.0

HEAD = "playnex: 1\nname: flow\n"

CATALOGUE = Catalogue(
    agents={"writer": AgentSpec(name="writer")},
    tools={"crm.get": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"], "additionalProperties": False}},
)


def main() -> int:
    """Measures, prints, records."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few turns")
    turns = 3 if parser.parse_args().quick else 15
    checking = statistics.median(cpu(partial(check, turn)) for turn in range(turns)) * 1000
    step = statistics.median(beside(turn) for turn in range(turns)) * 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        graph = statistics.median(cpu(partial(run_graph, Path(folder) / f"{turn}.db")) for turn in range(max(3, turns // 5)))
    rows = [
        (f"checking a file of {CHECKED} steps", f"{checking:.1f} ms", f"{CHECK_MS:g} ms", kept(checking, CHECK_MS)),
        ("a step of a flow file, over that of a Python flow", f"{step:.0f} µs", f"{STEP_US:g} µs", kept(step, STEP_US)),
        (f"a graph of {LAYERS * WIDE:,} steps, in SQLite", f"{graph * 1000:,.0f} ms", "", "it runs"),
    ]
    body = table(("", "CPU", "limit", ""), rows)
    print(body)
    record("Flow language", f"{machine()} · medians of {turns} turns\n\n{body}")
    return 0


def kept(figure: float, limit: float) -> str:
    """Whether it is within its limit."""
    return "kept" if figure <= limit else "MISSED"


def cpu(work: Callable[[], object]) -> float:
    """Seconds of CPU that it takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


PART = """
  ask-N:
    agent: writer
    prompt: |
      About ${{ inputs.topic }}, number N.
    output: { kind: [bug, bill], text: string, sources: "string[]" }
    verify: { that: "output.sources | length > 0" }
  get-N: { tool: crm.get, with: { id: "${{ steps['ask-N'].output.text }}" }, retry: 1, fallback: { x: 1 } }
  way-N:
    if: steps['get-N'].status != 'failed'
    switch: ${{ steps['ask-N'].output.kind }}
    cases: { bug: { agent: writer }, bill: { agent: writer } }
    prompt: Answer.
  loop-N:
    repeat: { max: 3, until: "steps['in-N'].output | length > 3" }
    steps:
      in-N: { agent: writer, prompt: "${{ iteration.number }} {% for x in [1, 2] %}${{ x }}{% endfor %}" }
  keep-N:
    save: notes/N-${{ inputs.topic | slug }}
    content: ${{ steps['way-N'].output }}
"""


def fifty(turn: int) -> str:
    """A file of 50 steps: agents, tools, conditions, templates, schemas, switches and loops. No two turns have the same texts, for
    what was read of a text is remembered."""
    parts = [PART.replace("N", f"{turn}-{number}") for number in range(CHECKED // IN_PART)]
    return HEAD + "inputs:\n  topic: { type: string, required: true }\nsteps:" + "".join(parts)


def check(turn: int) -> None:
    """Read and check the file."""
    faults = check_flow(read_flow(fifty(turn), "flow.yaml"), CATALOGUE)
    assert not faults, faults


def beside(turn: int) -> float:
    """Seconds that a step takes in a flow file more than in the Python flow."""
    in_file, in_python = (Rehearsal(flow, inputs={"topic": "x"}) for flow in (file_flow(), python_flow))
    both = [in_file, in_python] if turn % 2 else [in_python, in_file]
    took = {id(rehearsal): cpu(rehearsal.play) for rehearsal in both}
    assert in_file.ending == in_python.ending and {*in_file.results} == {*in_python.results}
    return (took[id(in_file)] - took[id(in_python)]) / STEPS


def answer(call: Call) -> Json:
    """What the tool gives in both flows."""
    return {"said": f"{call.arguments['id']}!"[-40:]}


CHAINED = '  ID: { tool: crm.get, with: { id: "${{ GIVEN }}" } }\n'


def file_flow() -> FlowFunction:
    """A chain of tool steps, each with what the one before gave."""
    steps = [CHAINED.replace("ID", "s0").replace("GIVEN", "inputs.topic")]
    steps += [CHAINED.replace("ID", f"s{number}").replace("GIVEN", f"steps.s{number - 1}.output.said") for number in range(1, STEPS)]
    return flow_of(HEAD + "inputs: { topic: {} }\nsteps:\n" + "".join(steps), Script(answer))


async def python_flow(context: StepContext, inputs: Any) -> Json:
    """The same by hand."""
    given: Json = inputs["topic"]
    for number in range(STEPS):

        async def call(attempt: Attempt, given: Json = given) -> Envelope:
            return Envelope(output=answer(Call(key=attempt.key, name="crm.get", arguments={"id": given})))

        async def step(attempt: Attempt, call: Callable[..., Any] = call) -> Envelope:
            return await attempt.context.perform("call", call, StepPlan(kind="tool", actor="crm.get"))

        last = (await context.perform(f"s{number}", step, StepPlan(kind="tool", actor="crm.get", announce=True))).output
        given = last["said"]
    return last


def run_graph(path: Path) -> None:
    """Layers of steps side by side, each step waiting for three of the layer above."""
    steps = []
    for layer in range(LAYERS):
        for place in range(WIDE):
            needs = [f"s{layer - 1}-{(place + shift) % WIDE}" for shift in range(3)] if layer else []
            given = f"${{{{ steps['{needs[0]}'].output.said }}}}" if needs else "x"
            steps.append(f'  s{layer}-{place}: {{ needs: [{", ".join(needs)}], tool: crm.get, with: {{ id: "{given}" }} }}\n')

    @asynccontextmanager
    async def opened(clock: Clock) -> AsyncIterator[Journal]:
        database = Database(path, MIGRATIONS)
        try:
            yield SqliteJournal(database, clock)
        finally:
            await asyncio.to_thread(database.close)

    rehearsal = Rehearsal(flow_of(f"{HEAD}steps:\n{''.join(steps)}", Script(answer)), store=opened)
    ending: Ending = rehearsal.play()
    assert isinstance(ending, RunFinished) and ending.status == "succeeded", ending


if __name__ == "__main__":
    raise SystemExit(main())
