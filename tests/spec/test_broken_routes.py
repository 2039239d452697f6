"""Faults of routes, loops and the order of steps, each at its place, as `playnex check` tells them; and what is only a warning."""

import pytest

from playnex.spec.agent import AgentSpec
from playnex.spec.check_flow import check_flow, warnings_of
from playnex.spec.check_targets import Catalogue, FunctionFacts
from playnex.spec.read_flow import read_flow

CATALOGUE = Catalogue(
    agents={"writer": AgentSpec(name="writer", output={"type": "array", "items": {"type": "string"}})},
    tools={"t": {"type": "object"}},
    functions={"checks:fine": FunctionFacts(parameters=("output", "most"), required=("output", "most"))},
)
HEAD = """\
playnex: 1
name: f
inputs:
  tone: { type: [plain, formal], default: plain }
  count: { type: integer, default: 1 }
  loud: { type: boolean, default: false }
  words: { type: list, required: true }
  maybe: { type: integer }
steps:
"""
WAY = "  way: { switch: '${{ inputs.%s }}', tool: t, cases: { %s: {} }, default: {} }\n"
LOOP = """\
  a: { tool: t }
  loop:
    repeat: { max: 2, until: %s }
    steps:
      b: { tool: t, with: { x: '%s' } }
      c: { tool: t }
"""
ASK = """\
  a: { tool: t }
  b: { needs: [], tool: t }
  ask: { needs: a, approve: { message: x }, on-refuse: %s }
  c: { needs: [ask, b], tool: t }
"""
BACK = ASK.replace("a: { tool: t }", "a: { tool: t, with: { x: '${{ iteration.previous.ask.output.error }}' } }") % "a"

BROKEN = {
    "a switch on a list": (WAY % ("words", "x"), "10:18", "a switch needs one value, and this is a list"),
    "a switch on what an agent lists": (
        "  a: { agent: writer, prompt: x }\n  way: { switch: '${{ steps.a.output }}', tool: t, cases: { x: {} } }\n",
        "11:18",
        "this is a list",
    ),
    "a case that an input cannot be": (WAY % ("tone", "formel"), "10:58", "never 'formel'"),
    "a word for a number": (WAY % ("count", "many"), "10:59", "never 'many'"),
    "a fraction for a whole number": (WAY % ("count", "'1.5'"), "10:59", "never '1.5'"),
    "yes for a flag": (WAY % ("loud", "yes"), "10:58", "never 'yes'"),
    "a flag half covered": ("  way: { switch: '${{ inputs.loud }}', tool: t, cases: { true: {} } }\n", "10:56", "no case for 'false'"),
    "a switch to no step": (
        "  way: { switch: '${{ inputs.tone }}', cases: { plain: { step: x } }, default: { step: y } }\n",
        "10:64",
        "no step 'x'",
    ),
    "an iteration outside of a loop": ("  a: { tool: t, with: { x: '${{ iteration.number }}' } }\n", "10:33", "known only in a loop"),
    "an unknown member of the iteration": (LOOP % ("'true'", "${{ iteration.count }}"), "14:37", "`iteration` has no 'count'"),
    "a step that the round does not have": (LOOP % ("'true'", "${{ iteration.previous.a }}"), "14:37", "the round has no step 'a'"),
    "a step of the round that comes later": (LOOP % ("'true'", "${{ steps.c.output }}"), "14:37", "does not wait for step 'c'"),
    "a condition on what is not there": (LOOP % ("steps.d.output", "x"), "12:30", "there is no step 'd'"),
    "a step in a loop, from outside": (
        LOOP % ("'true'", "x") + "  d: { tool: t, with: { x: '${{ steps.b.output }}' } }\n",
        "16:33",
        "step 'b' lies in the loop 'loop'",
    ),
    "an outer step that the loop does not wait for": (
        LOOP % ("'true'", "${{ steps.d.output }}") + "  d: { tool: t }\n",
        "14:37",
        "does not wait for step 'd'",
    ),
    "a circle in a loop": (
        "  l:\n    repeat: { max: 2 }\n    steps: { a: { needs: b, tool: t }, b: { tool: t } }\n",
        "12:26",
        "wait for each other",
    ),
    "a refusal that leads nowhere": (ASK % "aa", "12:56", "no such step"),
    "a refusal that leads beside": (ASK % "b", "12:56", "neither waits for 'ask' nor comes before it"),
    "a refusal that leads to itself": (ASK % "ask", "12:56", "neither waits for 'ask' nor comes before it"),
    "a step that stands in, referred to": (
        "  a: { tool: t, fallback: { step: b } }\n  b: { tool: t }\n  c: { tool: t, with: { x: '${{ steps.b.output }}' } }\n",
        "12:33",
        "runs only in the place of another",
    ),
    "a step that stands in and sees too much": (
        "  a: { tool: t, fallback: { step: b } }\n  b: { tool: t, with: { x: '${{ steps.c.output }}' } }\n  c: { tool: t }\n",
        "11:33",
        "does not wait for step 'c'",
    ),
    "a check that asks for more than there is": ("  a: { tool: t, verify: { python: 'checks:fine' } }\n", "10:35", "cannot be a check"),
    "a time to answer where nobody is asked": (
        "  a: { tool: t, verify: { that: output, timeout: 5s } }\n",
        "10:41",
        "without `on-fail: ask`",
    ),
    "one capsule saved in a loop and beside it": (
        "  l: { needs: [], repeat: { max: 2 }, steps: { x: { save: notes/x, content: y } } }\n"
        "  b: { needs: [], save: notes/x, content: z }\n",
        "11:25",
        "steps 'l' and 'b' may save the same capsule at the same time",
    ),
    "one capsule of a case and of a branch, written in two ways": (
        "  w: { needs: [], switch: '${{ inputs.tone }}', tool: t, default: { save: 'n/${{ inputs.tone }}' }, cases: { plain: {} } }\n"
        "  b: { needs: [], save: 'n/${{inputs.tone}}', content: z }\n",
        "11:25",
        "the same capsule at the same time",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_fault_is_told_at_its_place_with_its_mend(what: str) -> None:
    steps, place, words = BROKEN[what]
    faults = check_flow(read_flow(HEAD + steps, "f.yaml"), CATALOGUE)
    found = [fault for fault in faults if str(fault).startswith(f"f.yaml:{place}:") and words in fault.message]
    assert found and found[0].hint, [str(fault) for fault in faults]


FINE = {
    "every value of an input": WAY % ("tone", "plain"),
    "a number": WAY % ("count", "3"),
    "an input that may be missing": WAY % ("maybe", "'null'"),
    "the round before": LOOP % ("output and steps.c.output and iteration.number > 1", "${{ iteration.previous.c.output.x }}"),
    "an outer step": LOOP % ("steps.a.output", "${{ steps.a.output }}"),
    "a refusal that leads back and is seen there": BACK,
    "a refusal that leads on": ASK % "c",
    "two saves of one capsule, one after the other": "  a: { save: n, content: x }\n  b: { save: n, content: y }\n",
    "a fallback that saves what its step saves": "  a: { tool: t, save: n, fallback: { step: b } }\n  b: { tool: t, save: n }\n",
}


@pytest.mark.parametrize("what", FINE)
def test_what_makes_sense_has_no_fault(what: str) -> None:
    assert [str(fault) for fault in check_flow(read_flow(HEAD + FINE[what], "f.yaml"), CATALOGUE)] == []


def test_a_branch_that_nothing_waits_for_is_a_warning_unless_the_output_takes_it() -> None:
    steps = "  a: { tool: t }\n  b: { needs: a, tool: t }\n  c: { needs: a, tool: t }\n"
    (warning,) = warnings_of(read_flow(HEAD + steps, "f.yaml"))
    assert str(warning).startswith("f.yaml:11:3: nothing waits for step 'b'") and "needs" in warning.hint
    assert warnings_of(read_flow(HEAD + steps + "  d: { needs: [b, c], tool: t }\n", "f.yaml")) == ()
    assert warnings_of(read_flow(HEAD + steps + "output: ${{ steps.b.output }}\n", "f.yaml")) == ()
