"""Supervisor, planner and handoff as steps of flow files, from the command line."""

import json
from pathlib import Path

from cli.stage import playnex
from flows.test_pattern_steps import laid_out, run, steps_of
from playnex.testing.model_replies import Asked, Reply, answer, calls, value
from playnex.testing.model_server import serving

HEAD = "playnex: 1\nname: talk\nsteps:\n  talk:\n    prompt: Name the longest river.\n"


def is_with(asked: Asked, name: str) -> bool:
    return f"You are {name}." in asked.prompt


def test_a_supervisor_step_asks_its_workers_and_what_fails_its_check_is_a_failed_delegation(tmp_path: Path) -> None:
    flow = HEAD + (
        "    pattern: supervisor\n"
        '    with: { supervisor: chair, workers: [left, right], delegations: 4, check: { that: "output | length > 4" } }\n'
    )

    def plays(asked: Asked) -> Reply:
        if not is_with(asked, "chair"):
            return answer("Nile" if is_with(asked, "left") else "Amazon")
        if "Amazon" in asked.prompt:
            return answer("The Amazon.")
        return calls(("delegate", {"worker": "left", "task": "Say one"}), ("delegate", {"worker": "right", "task": "Say one"}))

    with serving(plays) as server:
        folder = laid_out(tmp_path, server.url, flow)
        done = run(folder)
    assert (done["output"], done["usage"]["requests"]) == ("The Amazon.", 4)
    assert "Nile" not in server.asked[-1].prompt
    assert steps_of(folder)["talk"]["usage"]["requests"] == 4


def test_a_planner_step_carries_out_its_plan_within_its_bounds(tmp_path: Path) -> None:
    flow = (
        HEAD + "    pattern: planner\n    with: { planner: chair, executors: { a: left, b: right }, writer: chair, steps: 3, replans: 0 }\n"
    )
    plan = [{"id": "one", "task": "Say one", "agent": "a", "needs": []}, {"id": "two", "task": "Check it", "agent": "b", "needs": ["one"]}]

    def plays(asked: Asked) -> Reply:
        if is_with(asked, "chair"):
            return value({"steps": plan}) if "Make a plan" in asked.prompt else answer("The Nile.")
        return answer("Nile" if is_with(asked, "left") else "yes")

    with serving(plays) as server:
        done = run(laid_out(tmp_path, server.url, flow))
    assert (done["output"], done["usage"]["requests"]) == ("The Nile.", 4)
    assert "Nile" in next(asked.prompt for asked in server.asked if is_with(asked, "right"))


def test_a_handoff_step_gives_the_work_on(tmp_path: Path) -> None:
    flow = HEAD + "    pattern: handoff\n    with: { agents: [left, right], first: right, hops: 2 }\n"

    def plays(asked: Asked) -> Reply:
        if is_with(asked, "left"):
            return answer("The Nile.")
        packet = {"to": "left", "why": "It knows.", "task": "Name it", "findings": "It is in Africa.", "next_step": "Name it"}
        return calls(("handoff", packet))

    with serving(plays) as server:
        folder = laid_out(tmp_path, server.url, flow)
        done = run(folder)
    assert (done["output"], done["usage"]["requests"]) == ("The Nile.", 2)
    assert "It is in Africa." in server.asked[-1].prompt
    assert steps_of(folder)["talk"]["reason"] == "right -> left"


def test_a_dry_run_bounds_what_they_may_ask(tmp_path: Path) -> None:
    flow = """\
playnex: 1
name: talk
steps:
  lead: { pattern: supervisor, prompt: x, with: { supervisor: chair, workers: [left, right], delegations: 4, on-failure: retry } }
  plan: { pattern: planner, prompt: x, with: { planner: chair, executors: [left], steps: 3, replans: 1 } }
  pass: { pattern: handoff, prompt: x, with: { agents: [left, right], hops: 2 } }
"""
    folder = laid_out(tmp_path, "http://127.0.0.1:1/v1", flow)
    waves = json.loads(playnex("flow", "run", "talk", "--dry-run", "--json", folder=folder).out)["waves"]
    bounds = {step["step"]: (step["requests"]["least"], step["requests"]["most"]) for wave in waves for step in wave}
    turns = 3
    assert bounds == {"lead": (1, (1 + 8) * turns), "plan": (3, (4 + 6 + 1) * turns), "pass": (1, 3 * turns)}
