"""`playnex flow show --graph` and `--mermaid` draw what runs when."""

from itertools import permutations
from pathlib import Path

import pytest

from cli.stage import playnex
from playnex.app.templates import lay_out
from playnex.spec.flow import StepSpec
from playnex.spec.waves import waves

TICKET = """\
playnex: 1
name: ticket
steps:
  classify:
    agent: helper
    prompt: Which kind?
    output: { kind: [billing, bug], urgent: boolean }
  account:
    needs: classify
    agent: helper
    prompt: Look.
    fallback: unknown
  parts:
    needs: classify
    for-each: ["<a>", b]
    agent: helper
    prompt: Look at ${{ item }}.
  draft:
    needs: [account, parts]
    switch: ${{ steps.classify.output.kind }}
    cases:
      billing: { agent: helper }
    default: { agent: helper }
    prompt: Write.
  ask:
    if: steps.classify.output.urgent
    approve: { message: Send it? }
  file:
    needs: [draft, ask]
    save: tickets/one
    content: done
"""
GRAPH = """\
ticket

○ classify  agent helper
│
├─○ account   agent helper · with a fallback
├─○ parts     agent helper · for each of ["<a>", "b"]
│
○ draft     switch on ${{ steps.classify.output.kind }}
│           billing: agent helper
│           any other: agent helper
│
○ ask       a person decides · if steps.classify.output.urgent
│
○ file      saves tickets/one · after draft, ask
"""
MERMAID = """\
flowchart TD
    s1["classify<br/>agent helper"]
    s2["account<br/>agent helper<br/>with a fallback"]
    s3["parts<br/>agent helper<br/>for each of [#quot;#lt;a#gt;#quot;, #quot;b#quot;]"]
    s4{{"draft<br/>switch on ${{ steps.classify.output.kind }}<br/>billing: agent helper<br/>any other: agent helper"}}
    s5["ask<br/>a person decides<br/>if steps.classify.output.urgent"]
    s6["file<br/>saves tickets/one"]
    s1 --> s2
    s1 --> s3
    s2 --> s4
    s3 --> s4
    s4 --> s5
    s4 --> s6
    s5 --> s6
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    lay_out("minimal", tmp_path)
    (tmp_path / "flows" / "ticket.yaml").write_text(TICKET)
    (tmp_path / "flows" / "free.py").write_text("import playnex\n\n\n@playnex.flow\nasync def free(ctx, inputs):\n    return 1\n")
    return tmp_path


def test_the_graph_shows_what_runs_at_the_same_time_and_the_mermaid_chart_says_the_same(workspace: Path) -> None:
    assert playnex("flow", "show", "ticket", "--graph", folder=workspace).out == GRAPH
    assert playnex("flow", "show", "ticket", "--mermaid", folder=workspace).out == MERMAID


def test_a_python_flow_and_two_shapes_at_once_are_refused_with_the_reason(workspace: Path) -> None:
    python = playnex("flow", "show", "free", "--graph", folder=workspace)
    assert (python.code, python.out) == (2, "")
    assert "free is written in Python" in python.err and "playnex run show last" in python.err
    both = playnex("flow", "show", "ticket", "--graph", "--mermaid", folder=workspace)
    assert (both.code, both.out) == (2, "") and "take one of them" in both.err


def test_the_waves_do_not_hang_on_the_order_in_the_file_and_a_long_chain_is_no_trouble() -> None:
    diamond = [step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c")]
    for order in permutations(diamond):
        assert [sorted(each.id for each in wave) for wave in waves(order)] == [["a"], ["b", "c"], ["d"]]
    chain = [step(f"s{number}", *[f"s{number + 1}"] * (number < 5000)) for number in range(5001)]
    assert [wave[0].id for wave in waves(chain)] == [f"s{number}" for number in range(5000, -1, -1)]


def step(name: str, *needs: str) -> StepSpec:
    return StepSpec(id=name, kind="agent", target="helper", needs=needs)
