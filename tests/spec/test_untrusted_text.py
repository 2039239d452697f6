"""What a model wrote is data wherever it goes, templates have fuel, and nothing of Python can be reached from them."""

import json
import string

import minijinja
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playnex.canonical import Json
from playnex.engine.scope import Scope
from playnex.errors import ExpressionError
from playnex.journal.events import RunFinished
from playnex.spec.envelope import Envelope
from playnex.spec.expression import FUEL, evaluate, render
from playnex.testing.flow_script import Call, Script, flow_of
from playnex.testing.rehearsal import Rehearsal

EVIL = "${{ run.id }} {% for x in range(3) %}${{ x }}{% endfor %} {## gone ##} ${{ inputs.secret }}"

FLOW = """
playnex: 1
name: flow
inputs: { secret: { default: hunter2 } }
steps:
  model: { agent: writer, prompt: Write. }
  told: { tool: echo, with: { value: "${{ steps.model.output }}", list: ["<${{ steps.model.output }}>"] } }
  asked: { agent: writer, prompt: "Say it again: ${{ steps.model.output }}" }
  given: { agent: writer, prompt: Say it once more. }
  else: { if: "false", else: "${{ steps.model.output }}", tool: echo }
  each: { for-each: ["${{ steps.model.output }}"], tool: echo, with: { value: "${{ item }}" } }
  broken: { tool: fail, fallback: { was: "${{ steps.model.output }}" } }
  judged:
    tool: echo
    with: { value: "${{ steps.model.output }}" }
    verify: { that: "output == ''", on-fail: fallback }
    fallback: "${{ output }}"
  loop:
    repeat: { max: 2 }
    steps:
      again: { tool: echo, with: { value: "${{ (iteration.previous or { 'again': steps.model }).again.output }}" } }
  way:
    switch: "${{ steps.model.output }}"
    cases: { x: { tool: echo } }
    default: { tool: echo, with: { value: "${{ steps.loop.output }}" } }
  ask: { approve: { message: "${{ steps.model.output }}", show: "${{ steps.model.output }}" } }
  kept: { save: "notes/x", content: "# ${{ steps.ask.output }}" }
output: { same: "${{ steps.model.output }}", within: "[${{ steps.way.output }}]", else: "${{ steps.else.output }}" }
"""


def echo(call: Call) -> Json:
    match call.name:
        case "writer":
            return EVIL
        case "fail":
            raise OSError(EVIL)
        case _:
            return call.arguments.get("value")


def test_what_a_model_wrote_stays_as_it_is_through_every_key_that_takes_templates() -> None:
    asked: list[Call] = []

    def answer(call: Call) -> Json:
        asked.append(call)
        return echo(call)

    played = Rehearsal(flow_of(FLOW, Script(answer)), inputs={"secret": "hunter2"}, answers={"ask/answer": {"approved": True}})
    assert played.play() == RunFinished(status="succeeded", output={"same": EVIL, "within": f"[{EVIL}]", "else": EVIL})
    records = {key: record.output for key, record in played.results.items()}
    assert records["each"] == [EVIL] and records["broken"] == {"was": EVIL} and records["judged"] == EVIL and records["loop"] == EVIL
    calls = {call.key: call.arguments for call in asked}
    assert calls["told/call"] == {"value": EVIL, "list": [f"<{EVIL}>"]}
    assert calls["asked/call"]["prompt"] == f"Say it again: {EVIL}" and calls["given/call"]["given"] == {"asked": EVIL}
    everything = json.dumps([records, [dict(call.arguments) for call in asked]])
    assert "hunter2" not in everything and played.run not in everything


def test_the_probe_would_be_worked_out_if_it_were_rendered_again() -> None:
    """The known-bad arm: the same text rendered a second time gives the secret away."""
    scope = Scope(run="RUN", inputs={"secret": "hunter2"})
    scope.add("model", Envelope(output=EVIL))
    once = scope.text("${{ steps.model.output }}")
    assert once == EVIL and scope.text(once) == "RUN 012  hunter2"


COSTLY = (
    "{% for a in range(1000) %}{% for b in range(1000) %}x{% endfor %}{% endfor %}",
    "${{ 'x' * 1000000000 }}",
    "{% macro m(n) %}${{ m(n + 1) }}{% endmacro %}${{ m(0) }}",
    "${{ '%1000000000d' | format(1) }}",
    "${{ range(100000) | map('string') | join(',') | list | length }}{% for a in range(90000) %}${{ a }}{% endfor %}",
)


@pytest.mark.parametrize("text", COSTLY)
def test_a_template_that_takes_too_much_ends_with_an_error_that_says_so(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"instructions|recursion|too large|too many"):
        render(text, {})


def test_without_fuel_the_same_template_goes_on() -> None:
    """The known-bad arm: the loops themselves are no fault."""
    without = minijinja.Environment(variable_start_string="${{")
    many = int((FUEL / 2) ** 0.5)
    text = f"{{% for a in range({many}) %}}{{% for b in range({many}) %}}x{{% endfor %}}{{% endfor %}}"
    assert len(without.render_str(text)) == many * many
    with pytest.raises(ExpressionError, match="500,000 instructions"):
        render(text, {})


VALUES: dict[str, Json] = {"map": {"a": 1}, "list": [1], "text": "x", "number": 1, "none": None, "flag": True}
SCOPE: dict[str, Json] = {
    "inputs": VALUES,
    "steps": {"s": {"status": "succeeded", "output": VALUES, "capsule": {"name": "n", "id": "i", "version": 1}}},
    "run": {"id": "RUN"},
    "iteration": {"number": 1, "previous": {"s": {"output": VALUES}}},
}
PLACES = ("inputs", "steps", "steps.s", "steps.s.capsule", "iteration", "iteration.previous", *(f"inputs.{name}" for name in VALUES))
KEYS = {*VALUES, "s", "status", "output", "capsule", "name", "id", "version", "number", "previous"}
KINDS = (dict, list, str, int, bool, type(None), type, Scope, Envelope)
OF_PYTHON = sorted({"_values"}.union(*map(dir, KINDS)) - KEYS)


@pytest.mark.parametrize("place", PLACES)
def test_no_attribute_of_a_python_object_can_be_reached(place: str) -> None:
    reached = [f"{place}{way}" for name in OF_PYTHON for way in (f".{name}", f"['{name}']") if reaches(f"{place}{way}")]
    reached += [f"{place} | {use}" for use in ("attr('__class__')", "map(attribute='__class__') | list") if reaches(f"{place} | {use}")]
    assert reached == []


def reaches(expression: str) -> bool:
    """Whether it gives anything but an error or nothing at all."""
    try:
        found = evaluate(expression, SCOPE)
    except ExpressionError:
        return False
    return any(each is not None for each in (found if isinstance(found, list) else [found]))


def test_the_same_words_reach_python_where_a_value_is_handed_over_as_it_is() -> None:
    """The known-bad arm: the template engine by itself, given the objects. Ours takes no such thing."""
    bare = minijinja.Environment()
    assert bare.render_str("{{ x.status }}", x=Envelope()) == "succeeded"
    with pytest.raises(ExpressionError, match="is no value"):
        evaluate("inputs.x.status", {"inputs": {"x": Envelope()}})


@given(st.text(string.ascii_letters + string.digits + "._[]()|'\"{}%$ +-*/=", max_size=60))
def test_whatever_is_written_in_an_expression_it_gives_json_or_says_what_is_wrong(text: str) -> None:
    try:
        json.dumps(evaluate(text, SCOPE))
    except ExpressionError as error:
        assert error.message
