"""The schemas for editors know what the readers know: they take every sound file, and refuse what can be seen without the workspace."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.stage import playnex
from playnex import config
from playnex.app.templates import contents, lay_out, names
from playnex.canonical import Json
from playnex.config_schema import SAYS, config_schema
from playnex.spec import editor_schema, read_agent, read_flow, read_on, read_settings, read_step
from playnex.spec.editor_schema import agent_schema, flow_schema
from playnex.spec.flow import FlowSpec, InputSpec
from playnex.spec.inputs import inputs_schema, resolve_inputs
from playnex.spec.located import plain
from playnex.spec.yaml_source import read_yaml

BROKEN = Path(__file__).parent / "broken"
READABLE = sorted(path.stem for path in BROKEN.glob("flows/*.yaml") if not read_yaml(path.read_text(encoding="utf-8"), "").faults)
UNSEEN = """
    another-name asks-nothing bad-capsule-name bad-expression bare-name case-that-never-comes cycle fallback-does-not-fit
    hyphen-is-minus ill-typed-argument item-without-for-each later-step loop-ids needs-itself needs-nobody no-such-field not-waited-for
    one-capsule-for-all-items output-refers-wrong refers-to-itself refusal-to-nowhere stand-ins same-capsule-at-once
    pattern-of-strangers switch-on-a-number unclosed-template
    unknown-agent unknown-argument unknown-filter unknown-flow unknown-input unknown-step unknown-tool
"""
"""Faults that no JSON Schema can see: names of other things, references, templates, and what does not fit each other."""

TABLES: dict[str, tuple[tuple[str, ...], Mapping[str, Any]]] = {
    "a flow": (read_flow.FLOW_KEYS, editor_schema.FLOW),
    "an input": (read_flow.INPUT_KEYS, editor_schema.INPUT),
    "a budget": (read_flow.BUDGET_KEYS, editor_schema.BUDGET),
    "defaults": (read_flow.DEFAULTS_KEYS, editor_schema.DEFAULTS),
    "on": (read_on.ON, editor_schema.STARTS),
    "a schedule": (read_on.SCHEDULE_KEYS, editor_schema.SCHEDULE),
    "concurrency": (read_on.CONCURRENCY_KEYS, editor_schema.CONCURRENCY),
    "a step": ((*read_step.WHAT_KEYS, *read_step.BESIDE_KEYS), editor_schema.STEP_TABLE),
    "verify": (read_settings.VERIFY_KEYS, editor_schema.VERIFY),
    "approve": (read_settings.APPROVE_KEYS, editor_schema.APPROVE),
    "repeat": (read_settings.REPEAT_KEYS, editor_schema.REPEAT),
    "wait": (read_settings.WAIT_KEYS, editor_schema.WAIT),
    "retry": (read_settings.RETRY_KEYS, editor_schema.RETRY),
    "an agent": (read_agent.AGENT_KEYS, editor_schema.AGENT),
    "a model": (config.MODEL_KEYS, SAYS),
}


@pytest.mark.parametrize("what", TABLES)
def test_every_key_that_the_reader_accepts_is_in_the_schema_and_no_other(what: str) -> None:
    keys, table = TABLES[what]
    assert set(table) == set(keys)


@pytest.mark.parametrize("what", TABLES)
def test_an_editor_is_told_what_each_key_is_for(what: str) -> None:
    assert [key for key, entry in TABLES[what][1].items() if len(entry if isinstance(entry, str) else entry[1]) < 5] == []


@pytest.mark.parametrize("schema", [flow_schema(), agent_schema(), config_schema()], ids=["flow", "agent", "config"])
def test_the_schemas_are_schemas(schema: Json) -> None:
    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("template", names())
def test_the_flows_and_agents_of_the_templates_keep_to_the_schemas(template: str) -> None:
    for path, content in contents(template).items():
        if path.startswith("flows/") and path.endswith(".yaml"):
            assert faults_of(flow_schema(), document(content.decode())) == []
        if path.startswith("agents/"):
            assert faults_of(agent_schema(), document(content.decode().split("---\n")[1])) == []


def test_a_flow_of_every_key_keeps_to_the_schema_as_it_does_to_the_reader() -> None:
    assert read_flow.read_flow(EVERYTHING, "flows/all.yaml").faults == ()
    assert faults_of(flow_schema(), document(EVERYTHING)) == []


@pytest.mark.parametrize("name", READABLE)
def test_what_can_be_seen_without_the_workspace_is_refused_by_the_schema(name: str) -> None:
    found = document((BROKEN / f"flows/{name}.yaml").read_text(encoding="utf-8"))
    assert (faults_of(flow_schema(), found) == []) is (name in UNSEEN.split())


def test_the_settings_of_a_broken_workspace_are_refused_by_the_schema() -> None:
    import tomllib

    for name in ("unknown-names", "wrong-values", "no-address"):
        settings_of = tomllib.loads((BROKEN / f"config/{name}.toml").read_text(encoding="utf-8"))
        assert faults_of(config_schema(), settings_of)
    assert not faults_of(
        config_schema(), {"models": {"main": {"base_url": "http://127.0.0.1:1/v1", "context": 8192}}, "policy": {"local": True}}
    )


def test_a_models_pace_and_price_have_a_schema() -> None:
    def of(**keys: object) -> list[str]:
        return list(faults_of(config_schema(), {"models": {"main": {"base_url": "http://127.0.0.1:1/v1", **keys}}}))

    assert not of(at_once=2, per_minute=30, json_schema=True, usd_per_million={"input": 2.5, "output": 10})
    assert all(of(**wrong) for wrong in ({"at_once": 0}, {"per_minute": 0.5}, {"usd_per_million": {"input": 1}}, {"usd_per_million": 5}))


ENTRIES = st.dictionaries(
    st.sampled_from((*read_step.WHAT_KEYS, *read_step.BESIDE_KEYS)),
    st.sampled_from(
        (
            "x",
            "${{ inputs.a }}",
            "5s",
            1,
            True,
            None,
            [],
            ["a"],
            {"a": {"agent": "x"}},
            {"message": "x"},
            {"that": "1 < 2"},
            "string",
            "continue",
        )
    ),
    max_size=4,
)


@given(ENTRIES)
@settings(max_examples=400, deadline=None)
def test_what_the_schema_refuses_the_reader_refuses_too(step: dict[str, Json]) -> None:
    flow = {"playnex": 1, "name": "f", "inputs": {"a": "string"}, "steps": {"first": {"wait": "1s"}, "second": step}}
    if read_flow.read_flow(json.dumps(flow), "f.yaml").faults == ():
        assert faults_of(flow_schema(), flow) == []


def test_the_schema_of_a_flows_inputs_takes_what_a_run_takes() -> None:
    flow = FlowSpec(
        name="f",
        inputs=(
            InputSpec(name="topic", required=True),
            InputSpec(name="length", type="integer", default=3),
            InputSpec(name="tone", choices=("plain", "formal")),
            InputSpec(name="notes", type="folder", description="Where they are"),
        ),
    )
    schema = inputs_schema(flow)
    sound: dict[str, Json] = {"topic": "tea", "length": 4, "tone": "plain", "notes": "."}
    assert faults_of(schema, sound) == []
    assert resolve_inputs(flow, sound) == sound
    for wrong in ({}, {"topic": 1}, {"topic": "x", "tone": "loud"}, {"topic": "x", "more": 1}, {"topic": "x", "length": "4"}):
        assert faults_of(schema, wrong)


def test_the_schemas_are_printed_and_kept_where_new_flows_name_them(tmp_path: Path) -> None:
    lay_out("minimal", tmp_path)
    for kind, schema in (("flow", flow_schema()), ("agent", agent_schema()), ("config", config_schema())):
        assert json.loads(playnex("schema", kind, folder=tmp_path).out) == schema
    saved = playnex("schema", "flow", "--save", folder=tmp_path)
    assert saved.err.endswith("# yaml-language-server: $schema=../.playnex/schema/flow.json\n")
    assert json.loads((tmp_path / ".playnex/schema/flow.json").read_text()) == flow_schema()
    assert playnex("flow", "create", "rest", "--step", "nap=wait:1s", folder=tmp_path).code == 0
    assert (tmp_path / "flows/rest.yaml").read_text().startswith("# yaml-language-server: $schema=../.playnex/schema/flow.json\n")
    assert json.loads(playnex("flow", "schema", "hello", folder=tmp_path).out)["properties"]["message"]["type"] == "string"


def document(text: str) -> Json:
    return plain(read_yaml(text, "").root)


def faults_of(schema: Json, value: Json) -> list[str]:
    validator = jsonschema_rs.Draft202012Validator(schema)
    return [error.message for error in validator.iter_errors(value)]


EVERYTHING = """\
playnex: 1
name: all
description: Every key once.
goal: Try everything.
constraints: [Once each., Nothing twice.]
context: A test.
success: No fault.
inputs:
  topic: string
  tone: [plain, formal]
  length: { type: integer, default: 4, required: false, description: Words }
defaults: { timeout: 60s, retry: { times: 1, delay: 1s, backoff: 2, on: [timeout] } }
budget: { turns: 5, tokens: 200k, usd: 1.5, time: 30m }
on:
  manual:
  schedule: [{ cron: "0 7 * * 1-5", zone: Europe/Vienna, inputs: { topic: tides } }]
concurrency: { group: "all ${{ inputs.topic }}", cancel-in-progress: true }
steps:
  look:
    name: Look
    description: Look it up
    tool: crm.lookup
    with: { customer: ana }
    timeout: 5
    retry: 1
    fallback: { plan: unknown }
    continue-on-error: true
  each:
    needs: [look]
    for-each: [1, "${{ inputs.topic }}"]
    max-parallel: 2
    agent: writer
    prompt: About ${{ item }}
    capsules: notes/x
    output: { a: string, "b?": "string[]", c: [x, y], d: [{ e: any }], f: { type: array, items: {} } }
    verify: [{ that: "output.a != ''", on-fail: retry }, { agent: judge }]
    save: notes/${{ item }}
    content: ${{ output.a }}
  route:
    if: inputs.length > 3
    else: null
    switch: ${{ inputs.tone }}
    cases: { plain: { agent: writer }, formal: { tool: crm.lookup, with: { customer: x }, timeout: 1m } }
    default: { flow: other }
    prompt: Write
  call:
    flow: other
    with: { a: 1 }
  ask:
    approve: { message: Send it?, show: { a: 1 }, editable: true, timeout: 24h }
    on-refuse: continue
  nap: { wait: 1s }
  count: { python: "steps.money:total", with: { a: 1 } }
  loop:
    repeat: { max: 3, until: iteration.number > 1 }
    steps:
      again: { agent: writer, prompt: Go on, fallback: { step: other } }
      other: { save: notes/z, content: x }
  shared:
    switch: ${{ inputs.tone }}
    agent: writer
    prompt: Write
    cases: { plain: { prompt: Plainly }, formal: { step: spare } }
    verify: { python: "checks:polite", on-fail: ask, timeout: 1h }
  spare: { agent: writer, prompt: Formally }
  hold: { wait: { signal: paid, timeout: 1d } }
  talk:
    pattern: debate
    prompt: Which one?
    with: { debaters: [writer, judge], judge: judge, judge-writes: true, rounds: 0, check: { that: "output != ''" }, on-failure: skip }
    verify: { that: "output != ''" }
  mend: { pattern: review, prompt: Write, with: { worker: writer, reviewer: judge, rounds: 10 }, for-each: [1, 2] }
  pick: { pattern: router, prompt: Write, with: { by: judge, routes: { a: writer }, default: judge } }
  both: { pattern: parallel, prompt: Read, with: { agents: { a: writer, b: judge }, merge: writer, max-parallel: 1 } }
  list: { pattern: map, prompt: Read, with: { agent: writer, items: "${{ inputs.topic }}" }, output: string }
  lead: { pattern: supervisor, prompt: Do it, with: { supervisor: judge, workers: [writer], delegations: 3, on-failure: report } }
  plan: { pattern: planner, prompt: Do it, with: { planner: judge, executors: { a: writer }, approve: true, steps: 5, replans: 0 } }
  pass: { pattern: handoff, prompt: Do it, with: { agents: [writer, judge], first: judge, hops: 2, transcript: false } }
  solo: { pattern: single, prompt: Read, with: { agent: writer } }
  keep: { save: notes/y, content: 5 }
output: { a: "${{ steps.call.output }}" }
"""
