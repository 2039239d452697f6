"""Loops, routes that lead back or on, and steps that stand in, in rehearsals of flow files with scripted tools."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import pytest

from playnex.canonical import Json
from playnex.engine.caps import CALLS, IN_LOOPS
from playnex.engine.code import Code
from playnex.errors import BudgetExhausted, DefinitionError, StepFailed
from playnex.journal.events import RunFinished
from playnex.spec.context import StepContext
from playnex.spec.flow import NO_LIMITS
from playnex.testing.crashes import Crash, crash_at
from playnex.testing.flow_script import Call, Script, Scripted, flow_of
from playnex.testing.memory_context import MemoryContext
from playnex.testing.rehearsal import Rehearsal

HEAD = "playnex: 1\nname: flow\nsteps:\n"


def say(call: Call) -> Json:
    """A tool that gives back what it is given, and one that always fails."""
    if call.name == "fail":
        raise OSError("no")
    return call.arguments.get("value")


def rehearsed(steps: str, script: Scripted = say, answers: dict[str, Json] | None = None) -> Rehearsal:
    rehearsal = Rehearsal(flow_of(HEAD + steps, Script(script)), answers=answers or {})
    rehearsal.play()
    return rehearsal


def outputs(rehearsal: Rehearsal) -> dict[str, Json]:
    """The output of each step that a person sees, by key; what a skipped one lacks is left out."""
    seen = {key: record for key, record in rehearsal.results.items() if not key.endswith("/call") and "run." not in key}
    return {key: record.output for key, record in seen.items() if record.has_output}


def ending(rehearsal: Rehearsal) -> RunFinished:
    assert isinstance(rehearsal.ending, RunFinished)
    return rehearsal.ending


POLISH = """
  topic: { tool: say, with: { value: cats } }
  polish:
    repeat: { max: 5, until: "steps.check.output.fine" }
    steps:
      draft:
        tool: say
        with:
          value: >-
            ${{ steps.topic.output }} ${{ iteration.number }},
            not ${{ iteration.previous.draft.output if iteration.previous else 'yet' }}
      check: { tool: say, with: { value: { fine: "${{ iteration.number == 3 }}", text: "${{ steps.draft.output }}" } } }
  last: { tool: say, with: { value: "${{ steps.polish.output.text }}" } }
"""


def test_a_loop_goes_round_until_its_check_holds_and_each_round_sees_the_one_before() -> None:
    played = rehearsed(POLISH)
    assert ending(played).output == "cats 3, not cats 2, not cats 1, not yet"
    keys = [key for key in outputs(played) if key.startswith("polish")]
    assert keys == [*(f"polish/round-{number}/{step}" for number in (1, 2, 3) for step in ("draft", "check")), "polish"]


def test_a_loop_without_a_condition_does_all_its_rounds() -> None:
    played = rehearsed("  all:\n    repeat: { max: 3 }\n    steps:\n      a: { tool: say, with: { value: '${{ iteration.number }}' } }\n")
    assert ending(played).output == 3


NEVER = """
  polish:
    repeat: {{ max: 2, until: output == 'never' }}
    {more}
    steps:
      draft: {{ tool: say, with: {{ value: "${{{{ iteration.number }}}}" }} }}
  last: {{ tool: say, with: {{ value: "${{{{ steps.polish.status }}}} ${{{{ steps.polish.output }}}}" }} }}
"""


def test_a_loop_that_comes_to_its_cap_has_failed_as_not_converged() -> None:
    ended = ending(rehearsed(NEVER.format(more="name: x")))
    assert (ended.status, ended.reason, ended.step) == ("failed", "not-converged", "polish")
    assert "after 2 rounds this does not hold: output == 'never'" in ended.message


def test_what_the_last_round_gave_can_stand_in_for_a_loop_that_did_not_converge() -> None:
    assert ending(rehearsed(NEVER.format(more='fallback: "${{ output }}"'))).output == "fallback 2"
    assert "failed" in ending(rehearsed(NEVER.format(more="continue-on-error: true"))).output


NESTED = """
  list: { tool: say, with: { value: [1, 2] } }
  outer:
    repeat: { max: 2 }
    steps:
      each: { for-each: "${{ steps.list.output }}", tool: say, with: { value: "${{ item }}" } }
      odd: { if: "iteration.number % 2 == 1", tool: say, with: { value: odd } }
      way:
        switch: ${{ iteration.number }}
        cases: { 1: { tool: say, with: { value: one } } }
        default: { tool: say, with: { value: more } }
      inner:
        repeat: { max: 3, until: "iteration.number == 2" }
        steps:
          left:  { needs: [], tool: say, with: { value: "${{ steps.way.output }}" } }
          right: { needs: [], tool: say, with: { value: "${{ iteration.number }}" } }
          both:  { needs: [left, right], tool: say, with: { value: "${{ steps.left.output }}-${{ steps.right.output }}" } }
"""


def test_loops_hold_items_conditions_switches_branches_and_loops() -> None:
    played = rehearsed(NESTED)
    assert ending(played).output == "more-2"
    found = outputs(played)
    assert found["outer/round-1/each"] == [1, 2] and found["outer/round-1/odd"] == "odd" and "outer/round-2/odd" not in found
    assert found["outer/round-1/inner/round-2/both"] == "one-2" and found["outer/round-2/inner"] == "more-2"


def test_a_step_that_fails_in_a_round_ends_the_loop_and_a_retry_goes_on_in_that_round() -> None:
    well: list[str] = []

    def script(call: Call) -> Json:
        if call.key.endswith("round-2/b/call") and not well:
            raise OSError("not well")
        return call.key

    steps = "  loop:\n    repeat: { max: 3 }\n    steps:\n      a: { tool: x }\n      b: { tool: x }\n"
    played = rehearsed(steps, script)
    assert (ending(played).status, ending(played).step) == ("failed", "loop")
    assert "round 2: step 'b' failed: OSError: not well" in ending(played).message
    well.append("now")
    assert played.play() == RunFinished(status="succeeded", output="loop/round-3/b/call")
    assert list(outputs(played)).count("loop/round-2/a") == 1


def test_loops_have_a_cap_of_all_their_steps_that_no_setting_raises() -> None:
    steps = """
  outer:
    repeat: { max: 1000 }
    continue-on-error: true
    fallback: 1
    steps:
      inner:
        repeat: { max: 1000 }
        continue-on-error: true
        steps:
          a: { tool: count }
          b: { tool: count }
"""
    done: list[str] = []
    played = rehearsed(steps, lambda call: done.append(call.key))
    assert (ending(played).status, ending(played).reason) == ("failed", "exhausted")
    assert len(done) <= IN_LOOPS and "1,000 steps in loops" in ending(played).message
    before = len(done)
    played.play()
    assert (ending(played).reason, len(done)) == ("exhausted", before), "going on with the run takes no more"


def test_a_run_that_died_in_its_loops_comes_to_the_cap_at_the_same_place() -> None:
    six = {name: ", ".join(f"{name}{number}: {{ tool: say }}" for number in range(6)) for name in "ab"}
    steps = "".join(f"  {name}:\n    repeat: {{ max: 90 }}\n    steps: {{ {inner} }}\n" for name, inner in six.items())
    whole = rehearsed(steps)
    assert ending(whole).reason == "exhausted"
    killed = Rehearsal(flow_of(HEAD + steps, Script(say)))
    with pytest.raises(Crash):
        killed.play(crash_at(1400, "after"))
    assert killed.died is not None and {"a", "b/round-3/b5"} <= killed.died, "the first loop is recorded whole and is not walked again"
    assert killed.play() == whole.ending and len(killed.results) == len(whole.results)


BACK = """
  draft: { tool: say, with: { value: "${{ iteration.number }} ${{ iteration.previous.ask.output.error if iteration.previous else '' }}" } }
  other: { needs: [], tool: say, with: { value: beside } }
  ask: { needs: draft, approve: { message: Send it?, show: "${{ steps.draft.output }}" }, on-refuse: draft }
  send: { needs: [ask, other], tool: say, with: { value: "${{ steps.ask.output }}" } }
"""
NO: Json = {"approved": False, "reason": "too long"}


def test_a_no_can_lead_back_and_what_waits_for_that_step_is_done_again() -> None:
    played = rehearsed(BACK, answers={"ask/answer": NO, "ask#2/answer": NO, "ask#3/answer": {"approved": True}})
    assert ending(played).output == "3 refused by a person: too long"
    found = [key for key in outputs(played) if "answer" not in key]
    assert found == ["draft", "other", "ask", "draft#2", "ask#2", "draft#3", "ask#3", "send"]
    routes = [record.output for key, record in played.results.items() if key.startswith("run.route")]
    assert routes == [{"steps": 3, "why": {"ask": "draft"}}] * 2, "each way back is recorded"


def test_ways_back_share_the_cap_of_loops() -> None:
    steps = "".join(f"  s{number}: {{ tool: say }}\n" for number in range(199))
    answers = {"ask/answer": NO} | {f"ask#{number}/answer": NO for number in range(2, 10)}
    played = rehearsed(steps + "  ask: { approve: { message: Fine? }, on-refuse: s0 }\n", answers=answers)
    assert ending(played).reason == "exhausted" and IN_LOOPS // 200 == 5
    assert "ask#6" in played.results and "s0#7" not in played.results


ON = """
  ask: { approve: { message: Send it? }, on-refuse: close }
  send: { tool: say, with: { value: sent } }
  told: { needs: [send], tool: say, with: { value: told } }
  beside: { needs: ask, tool: say, with: { value: beside } }
  close: { needs: [told], tool: say, with: { value: "${{ steps.ask.status }}" } }
  end: { needs: [close, beside], tool: say, with: { value: end } }
"""


def test_a_no_can_lead_on_and_passes_over_all_else_that_waits_for_the_answer() -> None:
    refused = rehearsed(ON, answers={"ask/answer": NO})
    assert ending(refused).output == "end" and outputs(refused)["close"] == "failed"
    assert {key for key, record in refused.results.items() if record.status == "skipped"} == {"send", "told", "beside"}
    assert refused.results["send"].reason == "'ask' was refused, which led to 'close'"
    approved = rehearsed(ON, answers={"ask/answer": {"approved": True}})
    assert not [key for key, record in approved.results.items() if record.status == "skipped"]


def test_an_approval_that_cannot_be_asked_leads_nowhere() -> None:
    """Only a no is a no: an expression that cannot be worked out ends the run, whatever `on-refuse` says."""
    broken = ON.replace("message: Send it?", 'message: "${{ inputs.x }}"')
    played = Rehearsal(flow_of("playnex: 1\nname: flow\ninputs: { x: {} }\nsteps:\n" + broken, Script(say)))
    played.play()
    assert (ending(played).status, ending(played).step) == ("failed", "ask")


STAND_IN = """
  kind: { tool: say, with: { value: odd } }
  go:
    switch: ${{ steps.kind.output }}
    cases: { even: { tool: say, with: { value: even } }, odd: { step: special } }
  special: { tool: fail, retry: { times: 1, delay: 10ms }, fallback: { step: safe } }
  safe: { tool: say, with: { value: "safe, for ${{ steps.kind.output }}" } }
  last: { tool: say, with: { value: "${{ steps.go.status }}: ${{ steps.go.output }}" } }
"""


def test_a_step_can_stand_in_for_another_and_runs_in_no_other_place() -> None:
    played = rehearsed(STAND_IN)
    assert ending(played).output == "fallback: safe, for odd"
    assert played.results["last"].fallback_from == ("go",)
    assert list(outputs(played)) == [
        *("kind", "go/route", "go/try-2/route", "go/try-2/fallback/safe", "go", "last"),
    ], "neither `special` nor `safe` ran by itself, and `last` waited for `go`"
    even = rehearsed(STAND_IN.replace("value: odd", "value: even"))
    assert list(outputs(even)) == ["kind", "go/route", "go", "last"]


def test_cases_can_be_settings_of_one_shared_action() -> None:
    steps = """
  urgent: { tool: say, with: { value: true } }
  reply:
    switch: ${{ steps.urgent.output }}
    tool: say
    with: { value: calm }
    cases: { true: { with: { value: now } } }
    default: {}
"""
    assert ending(rehearsed(steps)).output == "now"
    assert ending(rehearsed(steps.replace("value: true", "value: false"))).output == "calm"


class Tree:
    """Flows that call themselves twice, whatever becomes of it."""

    def __init__(self) -> None:
        self.called = 0

    async def pin(self, name: str) -> Json:
        self.called += 1
        return name

    def load(self, definition: Json, given: Mapping[str, Json]) -> Code:
        return Code(body=self.grow, budget=NO_LIMITS)

    async def grow(self, context: StepContext) -> Json:
        for _ in range(2):
            with suppress(StepFailed):
                await context.flow("tree")
        return None


def test_flows_that_call_each_other_have_a_cap_of_all_their_calls() -> None:
    """As a tree they would come to a million million calls before they were too deep."""
    tree, context = Tree(), MemoryContext()
    context.execution.flows = tree
    asyncio.run(until_exhausted(context))
    assert tree.called == CALLS
    again = context.again()
    again.execution.flows = tree
    asyncio.run(until_exhausted(again))
    assert tree.called == CALLS, "a worker that takes the run over counts what was called before"


async def until_exhausted(context: StepContext) -> None:
    with pytest.raises(BudgetExhausted, match="1,000 flows"):
        while True:
            await context.flow("tree")


FAULTY = {
    "a loop without a cap": ("  a:\n    repeat: { until: 'true' }\n    steps: { b: { tool: x } }\n", "a loop without a cap"),
    "a loop without steps": ("  a: { repeat: { max: 2 } }\n", "the loop 'a' has no steps"),
    "steps without a loop": ("  a: { tool: x, steps: { b: { tool: x } } }\n", "'steps' has no meaning beside 'tool'"),
    "too many rounds": ("  a: { repeat: { max: 5000 }, steps: { b: { tool: x } } }\n", "it must be from 1 to 1,000"),
    "an id used in and out of a loop": ("  a: { repeat: { max: 2 }, steps: { a: { tool: x } } }\n", "there is a step 'a' outside"),
    "steps that stand in for each other": (
        "  a: { tool: x, fallback: { step: b } }\n  b: { tool: x, fallback: { step: c } }\n  c: { tool: x, fallback: { step: b } }\n",
        "steps stand in for each other: b → c → b",
    ),
    "a stand-in that is not there": ("  a: { tool: x, fallback: { step: b } }\n", "there is no step 'b'"),
    "a stand-in that others need": (
        "  a: { tool: x, fallback: { step: b } }\n  b: { tool: x }\n  c: { needs: b, tool: x }\n",
        "runs only in the place of another",
    ),
    "a stand-in with needs": ("  a: { tool: x, fallback: { step: b } }\n  b: { needs: [], tool: x }\n", "'needs' has no meaning in it"),
}


@pytest.mark.parametrize("what", FAULTY)
def test_a_loop_or_stand_in_that_makes_no_sense_is_refused(what: str) -> None:
    steps, message = FAULTY[what]
    with pytest.raises(DefinitionError, match=message):
        flow_of(HEAD + steps, Script(say))
