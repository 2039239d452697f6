"""A law of all flows: the same inputs and answers give the same steps, routes and results, whoever is faster and whoever dies."""

import asyncio
import json
import os
import random
from collections.abc import Awaitable, Mapping
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playnex.canonical import Json
from playnex.engine.engine import Ending
from playnex.spec.envelope import Envelope
from playnex.spec.flow import FlowSpec
from playnex.testing.crashes import Crash, Moment, crash_at
from playnex.testing.flow_script import Call, Script, Scripted, flow_of, spec_of
from playnex.testing.rehearsal import Between, Rehearsal

SLOWEST = 6
"""Turns of the event loop that an answer takes at most."""

Flow = dict[str, Any]


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    """A flow of a few steps that wait for, skip, route by and recover from each other, some in loops."""
    steps: Flow = {}
    before: dict[str, frozenset[str]] = {}
    for number in range(1, draw(st.integers(2, 8)) + 1):
        step, earlier = f"s{number}", list(steps)
        needs = draw(st.lists(st.sampled_from(earlier), max_size=3, unique=True)) if earlier else []
        before[step] = frozenset(needs).union(*(before[need] for need in needs))
        steps[step] = {"needs": needs, **draw(one_step(sorted(before[step])))}
    return {"playnex": 1, "name": "flow", "steps": steps, "output": {step: f"${{{{ steps.{step}.status }}}}" for step in steps}}


@st.composite
def one_step(draw: st.DrawFn, seen: list[str]) -> Flow:
    """A step that refers to those."""
    told = [f"${{{{ steps.{step}.output | default('-') }}}}" for step in seen]
    tool = {"tool": draw(st.sampled_from(["fine", "fine", "flaky", "bad"])), "with": {"told": told}}
    step: Flow = dict(tool)
    kind = draw(st.sampled_from(["tool", "tool", "for-each", "switch", "repeat"]))
    if kind == "for-each":
        step |= {"for-each": [1, 2, 3], "with": {"told": [*told, "${{ item }}"]}}
    if kind == "switch" and seen:
        step = {"switch": f"${{{{ steps.{seen[0]}.status }}}}", "cases": {"succeeded": tool}, "default": {**tool, "tool": "fine"}}
    if kind == "repeat":
        inner: Flow = {name: {"needs": [], **tool, "continue-on-error": True} for name in ("left", "right")}
        inner["both"] = {
            "needs": ["left", "right"],
            "tool": "fine",
            "with": {"told": ["${{ iteration.previous }}", "${{ steps.left.output }}"]},
        }
        step = {"repeat": {"max": 3, "until": "iteration.number == 2"}, "steps": inner}
    step |= draw(st.sampled_from([{}, {}, {"retry": {"times": 1, "delay": "10ms"}}]))
    step |= draw(st.sampled_from([{}, {}, {"fallback": "instead"}]))
    step |= draw(st.sampled_from([{}, {"continue-on-error": True}]))
    if seen and draw(st.sampled_from([True, False])):
        step["if"] = f"steps.{draw(st.sampled_from(seen))}.status {draw(st.sampled_from(['==', '!=']))} 'succeeded'"
    return step


def numbered(flow: Flow) -> Flow:
    """The same flow with ids of its own in each loop."""
    for name, step in flow["steps"].items():
        if "steps" in step:
            text = json.dumps(step["steps"])
            for inner in ("left", "right", "both"):
                text = text.replace(f'"{inner}"', f'"{name}-{inner}"').replace(f"steps.{inner}.", f"steps['{name}-{inner}'].")
            step["steps"] = json.loads(text)
    return flow


def answer(call: Call) -> Json:
    """A tool whose answer is what it was asked; one that works at its second try only; one that never works."""
    if call.name == "bad" or (call.name == "flaky" and "try-2" not in call.key):
        raise OSError(f"{call.key} does not work")
    return f"{call.name}({json.dumps(call.arguments['told'])[:200]})"


def at_any_speed(seed: int, answering: Scripted = answer) -> Script:
    """Answers that take as long as chance says."""
    chance = random.Random(seed)

    async def slowly(call: Call) -> Json:
        for _ in range(chance.randrange(SLOWEST)):
            await asyncio.sleep(0)
        given = answering(call)
        return await given if isinstance(given, Awaitable) else given

    return Script(slowly)


def limited(flow: Flow, at_most: int) -> FlowSpec:
    """The flow as it is read from a file, with so many items of a list at the same time."""
    steps = {name: step | ({"max-parallel": at_most} if "for-each" in step else {}) for name, step in flow["steps"].items()}
    return spec_of(json.dumps(flow | {"steps": steps}))


def played(flow: FlowSpec, script: Script) -> tuple[Ending, Mapping[str, Envelope]]:
    rehearsal = Rehearsal(flow_of(flow, script))
    return rehearsal.play(), rehearsal.results


def keeps_its_results_at_any_speed(flow: Flow, seed: int) -> None:
    expected = played(limited(flow, 3), Script(answer))
    for at_most in (1, 2, 3):
        assert played(limited(flow, at_most), at_any_speed(seed + at_most)) == expected


def keeps_its_end_through_a_death(flow: Flow, seed: int, death: Between) -> None:
    """Each life is of another speed."""
    spec = limited(flow, 2)
    expected, rehearsal = played(spec, at_any_speed(seed)), Rehearsal(flow_of(spec, at_any_speed(seed + 1)))
    try:
        rehearsal.play(death)
    except Crash:
        rehearsal.flow = flow_of(spec, at_any_speed(seed + 2))
        rehearsal.play()
    assert (rehearsal.ending, rehearsal.results) == expected


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(flow=flows().map(numbered), seed=st.integers(0, 10**6))
def test_any_flow_gives_the_same_at_any_concurrency_and_in_any_order(flow: Flow, seed: int) -> None:
    keeps_its_results_at_any_speed(flow, seed)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(flow=flows().map(numbered), seed=st.integers(0, 10**6), append=st.integers(1, 60), moment=st.sampled_from(get_args(Moment)))
def test_any_flow_that_dies_anywhere_comes_to_the_same_end(flow: Flow, seed: int, append: int, moment: Moment) -> None:
    keeps_its_end_through_a_death(flow, seed, crash_at(append, moment))


def test_an_answer_that_depends_on_who_is_faster_is_found_out() -> None:
    """The known-bad arm."""
    flow = {"playnex": 1, "name": "flow", "steps": {name: {"needs": [], "tool": "fine"} for name in ("a", "b", "c")}}
    found = set()
    for seed in range(20):
        asked: list[str] = []

        def count(call: Call, asked: list[str] = asked) -> Json:
            asked.append(call.key)
            return len(asked)

        rehearsal = Rehearsal(flow_of(limited(flow, 3), at_any_speed(seed, count)))
        rehearsal.play()
        found.add(json.dumps({key: record.output for key, record in sorted(rehearsal.results.items())}))
    assert len(found) > 1


def steps_of(**needs: list[str]) -> Flow:
    """A flow of plain steps with those needs."""
    return {"playnex": 1, "name": "flow", "steps": {name: {"needs": list(need), "tool": "fine"} for name, need in needs.items()}}


@pytest.mark.parametrize("append", range(1, 20))
@pytest.mark.parametrize("seed", range(95, 105))
def test_a_step_that_ends_between_two_steps_of_another_branch_is_found_again(seed: int, append: int) -> None:
    """There, for a moment, it is the only one under way; once that was taken for having had no company."""
    flow = steps_of(s1=[], s2=[], s3=["s1"], s4=["s2"], s5=["s1"], s6=["s4", "s1"], s7=[])
    flow["steps"] |= {name: {**step, "with": {"told": []}} for name, step in flow["steps"].items()}
    keeps_its_end_through_a_death(flow, seed, crash_at(append, "after"))


@pytest.mark.slow
@settings(max_examples=500, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(flow=flows().map(numbered), seed=st.integers(0, 10**6), append=st.integers(1, 60))
def test_a_great_many_flows_keep_both_laws(flow: Flow, seed: int, append: int) -> None:
    """The same flows each time; the soak tier takes others."""
    keeps_its_results_at_any_speed(flow, seed)
    keeps_its_end_through_a_death(flow, seed, crash_at(append, "after"))


@pytest.mark.soak
@settings(max_examples=int(os.environ.get("PLAYNEX_SOAK", "20000")), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(flow=flows().map(numbered), seed=st.integers(0, 10**6), append=st.integers(1, 60), moment=st.sampled_from(get_args(Moment)))
def test_flows_never_seen_before_keep_both_laws(flow: Flow, seed: int, append: int, moment: Moment) -> None:
    keeps_its_results_at_any_speed(flow, seed)
    keeps_its_end_through_a_death(flow, seed, crash_at(append, moment))
