"""`playnex flow run --dry-run`: what would run is told, and nothing is done."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.stage import Said, playnex
from playnex.app.templates import lay_out
from playnex.spec.expression import render
from playnex.spec.known_part import known_part, known_text
from playnex.spec.read_servers import read_servers
from playnex.testing import rude_server
from playnex.testing.model_server import serving
from playnex.tools.mcp.definition import Definition, keep_pin, pinned

FLOW = """\
playnex: 1
name: trip
inputs:
  where: { type: string, required: true }
  days: { type: integer, default: 3 }
budget: { tokens: 20k }
steps:
  look:
    agent: helper
    prompt: ${{ inputs.where }}
    timeout: 30s
    retry: 2
    fallback: nothing about ${{ inputs.where }}
  pack:
    needs: []
    for-each: [socks, "${{ inputs.where }}"]
    max-parallel: 2
    agent: helper
    prompt: |
      Pack ${{ item }} for ${{ inputs.days }} days in ${{ inputs.where | upper }}.
  route:
    needs: [look, pack]
    switch: ${{ steps.look.output }}
    cases:
      sea: { agent: helper, prompt: "By ship, after ${{ steps.look.output }}" }
    default: { agent: helper, prompt: By train }
    verify: { that: "output != ''", on-fail: fail }
    save: trips/${{ inputs.where | slug }}
  send:
    approve: { message: "Go to ${{ inputs.where }}?", show: "${{ steps.route.output }}", timeout: 1h }
    if: inputs.days > 2
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    lay_out("minimal", tmp_path)
    (tmp_path / "flows/trip.yaml").write_text(FLOW)
    return tmp_path


def test_a_dry_run_asks_no_model_records_no_run_and_ends_well(workspace: Path) -> None:
    with serving() as server:
        (workspace / "playnex.toml").write_text(f'[models.main]\nbase_url = "{server.url}"\nname = "qwen3:4b"\n')
        said = dry_run(workspace, "--input", "where=Brest")
    assert (said.code, said.err) == (0, "")
    assert server.asked == []
    assert json.loads(playnex("run", "list", "--json", folder=workspace).out)["items"] == []
    assert "model main (qwen3:4b)" in said.out


def test_a_dry_run_tells_the_steps_in_waves_with_agents_prompts_approvals_limits_and_capsules(workspace: Path) -> None:
    told = document(workspace, "--input", "where=Brest")
    assert told["schema"] == "playnex.dry-run/1"
    assert told["inputs"] == {"where": "Brest", "days": 3}
    assert told["budget"] == {"tokens": 20_000}
    assert [[step["step"] for step in wave] for wave in told["waves"]] == [["look", "pack"], ["route"], ["send"]]
    (look, pack), (route,), (send,) = told["waves"]
    assert (look["prompt"], look["timeout"], look["retries"]) == ("Brest", 30.0, 2)
    assert look["fallback"] == {"value": "nothing about Brest"}
    assert look["agents"][0] | {"answered_by": ""} == {
        "agent": "helper",
        "part": "works",
        "model": "main",
        "answered_by": "",
        "tools": [],
        "may_ask": {},
        "limits": {"turns": 5},
    }
    assert (pack["for_each"], pack["max_parallel"]) == (["socks", "Brest"], 2)
    assert pack["prompt"] == "Pack ${{ item }} for 3 days in BREST.\n"
    assert [(case["value"], case["prompt"]) for case in route["cases"]] == [
        ("sea", "By ship, after ${{ steps.look.output }}"),
        (None, "By train"),
    ]
    assert route["cases"][1]["given"] == ["look", "pack"]
    assert route["saves"] == "trips/brest"
    assert send["approve"] == {
        "message": "Go to Brest?",
        "show": "${{ steps.route.output }}",
        "editable": False,
        "seconds": 3600.0,
        "on_refuse": "fail",
    }


def test_the_page_for_people_shows_the_same(workspace: Path) -> None:
    page = dry_run(workspace, "--input", "where=Brest").out
    for line in (
        "trip  would run in 3 waves; nothing was started",
        "where = Brest",
        "  2  route  switch  after look, pack",
        "       | Pack ${{ item }} for 3 days in BREST.",
        "     any other:  agent helper",
        "     asks a person  Go to Brest?",
        "     fallback  nothing about Brest",
        "budget  20,000 tokens",
    ):
        assert f"{line}\n" in page, page


def test_inputs_that_are_missing_are_told_and_their_templates_stay_as_they_are_written(workspace: Path) -> None:
    told = document(workspace)
    assert told["missing"] == ["where"]
    assert told["waves"][0][0]["prompt"] == "${{ inputs.where }}"
    assert 'where is missing; add --input where="…"' in dry_run(workspace).out


@pytest.mark.parametrize("given_input", ["days=many", "when=now"])
def test_inputs_that_a_run_would_refuse_are_refused(given_input: str, workspace: Path) -> None:
    assert dry_run(workspace, "--input", given_input).code == 2


def test_a_flow_with_a_fault_or_without_known_steps_is_told(workspace: Path) -> None:
    (workspace / "flows/trip.yaml").write_text(FLOW.replace("agent: helper", "agent: helpr", 1))
    assert dry_run(workspace).code == 3
    (workspace / "flows/other.py").write_text("import playnex\n\n\n@playnex.flow\nasync def other(ctx, inputs):\n    return 1\n")
    assert "written in Python" in playnex("flow", "run", "other", "--dry-run", folder=workspace).err


def test_what_an_input_contains_is_never_read_as_a_template(workspace: Path) -> None:
    told = document(workspace, "--input", "where=${{ inputs.days }}{% raw %}")
    assert told["waves"][0][0]["prompt"] == "${{ inputs.days }}{% raw %}"
    assert "IN ${{ INPUTS.DAYS }}{% RAW %}" in told["waves"][0][1]["prompt"].upper()


TOOLS = '''\
import playnex


@playnex.tool(effect="once", egress="remote", sinks=("to",), approval="args.amount > 100")
def send(to: str, amount: int, text: str) -> str:
    """Send money."""
    raise AssertionError("nothing is called")


@playnex.tool(effect="pure", approval="ask")
def count(text: str) -> int:
    """Count."""
    raise AssertionError("nothing is called")
'''
CLERK = '---\nname: clerk\ntools: ["mail.*", "file.read"]\napproval: { mail.count: args.text > \'m\' }\n---\nYou pay.\n'
PAYS = """\
playnex: 1
name: trip
inputs: { to: { type: string, required: true }, mail: { type: string, untrusted: true, default: hello } }
steps:
  known: { tool: mail.send, with: { to: "${{ inputs.to }}", amount: 5, text: "${{ inputs.mail }}" } }
  large: { tool: mail.send, with: { to: ana, amount: 500, text: hello } }
  theirs: { tool: mail.send, with: { to: "${{ inputs.mail }}", amount: 5, text: hello } }
  later: { tool: mail.send, with: { to: "${{ item }}", amount: "${{ steps.theirs.output }}", text: hello }, for-each: [ana, bo] }
  found: { tool: mail.send, with: { to: "${{ item }}", amount: 5, text: hello }, for-each: "${{ steps.later.output }}" }
  chosen: { switch: "${{ inputs.to }}", cases: { ana: { tool: mail.count, with: { text: hello } } } }
  clerk: { agent: clerk, prompt: Pay. }
"""
KEPT = "after something private was read, since it leaves this machine"
MADE = "where it is made from something private, since it leaves this machine"
AFTER = "after something untrusted was read, where to is not from the user or a trusted source"


def test_a_dry_run_says_which_calls_may_ask_a_person_and_why(workspace: Path) -> None:
    (workspace / "tools").mkdir(exist_ok=True)
    (workspace / "tools/mail.py").write_text(TOOLS)
    (workspace / "agents/clerk.md").write_text(CLERK)
    (workspace / "flows/trip.yaml").write_text(PAYS)
    told = {step["step"]: step for wave in document(workspace, "--input", "to=ana")["waves"] for step in wave}
    assert {name: told[name].get("may_ask", []) for name in ("known", "large", "theirs", "later", "found")} == {
        "known": [],
        "large": ["its rule holds: args.amount > 100"],
        "theirs": ["where to is made from something untrusted"],
        "later": ["where args.amount > 100", MADE],
        "found": ["where to is made from something untrusted", MADE],
    }
    assert told["chosen"]["cases"][0]["may_ask"] == ["every call of it asks"]
    assert told["clerk"]["agents"][0]["may_ask"] == {
        "mail.send": ["where args.amount > 100", AFTER, KEPT],
        "mail.count": ["every call of it asks", "the agent's file wants it (mail.count: where args.text > 'm')"],
    }
    page = dry_run(workspace, "--input", "to=ana").out
    assert f"may ask a person before mail.send  where args.amount > 100; {AFTER}; {KEPT}\n" in page
    assert "may ask a person  its rule holds: args.amount > 100\n" in page


def test_a_dry_run_starts_no_server_and_leaves_everything_as_it_was(workspace: Path) -> None:
    entry = {"command": sys.executable, "args": [rude_server.__file__, f"starts={workspace}/starts"], "egress": "none"}
    (workspace / ".mcp.json").write_text(json.dumps({"mcpServers": {"rude": entry}}))
    (spec,) = read_servers((workspace / ".mcp.json").read_text(), ".mcp.json").servers
    keep_pin(workspace / ".playnex", "rude", pinned(spec, [Definition(name="echo", parameters={"type": "object"})]))
    (workspace / "flows/trip.yaml").write_text("playnex: 1\nname: trip\nsteps:\n  say: { tool: rude.echo, with: { text: hi } }\n")
    dry_run(workspace)
    before = snapshot(workspace)
    assert dry_run(workspace).code == 0
    assert snapshot(workspace) == before
    assert not (workspace / "starts").exists()


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file but the store's own, whose pages an opening may move."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.name.startswith("store.db")}


PIECES = st.sampled_from(
    ("${{ inputs.a }}", "${{ inputs.a | upper }}", " and ", "${{ steps.x.output }}", "\n", "{% if inputs.a %}yes{% endif %}")
)


@given(st.lists(PIECES), st.text())
def test_a_template_without_unknown_values_is_rendered_as_a_run_would_and_the_rest_keeps_its_unknown_ones(
    pieces: list[str], a: str
) -> None:
    text, scope = "".join(pieces), {"inputs": {"a": a}}
    unknown = text.count("steps.x.output")
    if not unknown:
        assert known_text(text, scope) == render(text, scope)
    assert str(known_part(text, scope)).count("${{ steps.x.output }}") >= unknown


def dry_run(workspace: Path, *words: str) -> Said:
    return playnex("flow", "run", "trip", "--dry-run", *words, folder=workspace)


def document(workspace: Path, *words: str) -> Any:
    said = dry_run(workspace, "--json", *words)
    assert said.code == 0, said.out
    return json.loads(said.out)
