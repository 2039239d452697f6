"""Many cases of a batch over one server: how many processes that really takes, counted by the server itself."""

from pathlib import Path
from typing import Any

import pytest

from flows.batches import results, write_cases
from mcp_servers.test_doors import enter, entered

FLOW = """\
playnex: 1
name: counts
inputs: { n: { type: integer, required: true } }
steps:
  say: { tool: rude.echo, with: { text: "case ${{ inputs.n }}" } }
  count: { tool: rude.count }
output: { said: "${{ steps.say.output }}", calls: "${{ steps.count.output.calls }}" }
"""


def many(folder: Path, cases: int, **entry: object) -> tuple[list[Any], int]:
    """The outputs of so many cases, and how many processes were started for them."""
    desk = entered(folder)
    enter(folder, f"starts={folder}/starts", **entry)
    assert desk.playnex("mcp", "test", "rude").returncode == 0
    (folder / "flows/counts.yaml").write_text(FLOW)
    (folder / "starts").unlink()
    write_cases(folder, range(cases))
    done = desk.playnex("batch", "run", "counts", "cases.jsonl", "--out", "results.jsonl", "--at-most", "16")
    assert done.returncode == 0, done.stderr
    found = sorted(results(folder), key=lambda line: int(line["inputs"]["n"]))
    outputs = [desk.json("run", "show", line["run"])["output"] for line in (found[0], found[-1])]
    assert [line["status"] for line in found] == ["succeeded"] * cases
    return outputs, len((folder / "starts").read_text().splitlines())


@pytest.mark.slow
def test_a_thousand_cases_over_a_shared_server_start_it_once(tmp_path: Path) -> None:
    outputs, starts = many(tmp_path, 1_000)
    assert [output["said"] for output in outputs] == [f"case {n}" for n in (0, 999)]
    assert starts == 1


@pytest.mark.slow
def test_two_hundred_cases_each_with_a_server_for_itself_start_no_more_than_may_be_alive(tmp_path: Path) -> None:
    _, starts = many(tmp_path, 200, share="run", processes=3)
    assert starts == 3


@pytest.mark.slow
def test_cases_over_a_server_that_is_never_shared_each_find_a_fresh_one(tmp_path: Path) -> None:
    outputs, starts = many(tmp_path, 20, share="never", processes=3)
    assert {output["calls"] for output in outputs} == {2}
    assert starts == 20
