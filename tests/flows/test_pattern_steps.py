"""Patterns as steps of flow files, from the command line: what they are given, what they leave, and how they die, go on and fail."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from cli.stage import Said, playnex
from flows.stage import Desk, wait_for
from playnex.app.templates import lay_out
from playnex.testing.model_replies import Asked, Reply, answer, stall, value
from playnex.testing.model_server import ModelServer, serving

DEBATE = """\
playnex: 1
name: talk
inputs:
  question: { type: string, default: Which river? }
steps:
  notes: { save: notes/rivers, content: The Amazon is long. }
  talk:
    pattern: debate
    prompt: ${{ inputs.question }}
    with: { debaters: [left, right], judge: chair, rounds: 1 }
    save: answers/river
output: ${{ steps.talk.output }}
"""


def plays(asked: Asked) -> Reply:
    """Each debater has its river, the chair prefers B; everybody else says who they are."""
    if "You are chair." in asked.prompt:
        return value({"winner": "B", "reason": "longer"})
    return answer("Nile" if "You are left." in asked.prompt else "Amazon")


def laid_out(folder: Path, url: str, flow: str = DEBATE, *more: str) -> Path:
    lay_out("minimal", folder)
    (folder / "flows/talk.yaml").write_text(flow)
    for name in ("left", "right", "chair", *more):
        (folder / f"agents/{name}.md").write_text(
            f"---\nname: {name}\ndescription: The {name}.\nlimits: {{ turns: 3 }}\n---\nYou are {name}.\n"
        )
    (folder / "playnex.toml").write_text(f'[models.main]\nbase_url = "{url}"\nname = "scripted"\ncontext = 32768\n')
    return folder


def run(folder: Path, *words: str) -> Any:
    """What a run of the flow printed."""
    said = playnex("flow", "run", "talk", *words, "--json", folder=folder)
    assert said.err or said.out
    return json.loads(said.out)


def steps_of(folder: Path) -> dict[str, Any]:
    """The steps of the newest run."""
    detail = json.loads(playnex("run", "show", "last", "--json", folder=folder).out)
    return {step["step"]: step for step in detail["steps"]}


def debaters(server: ModelServer) -> list[Asked]:
    return [asked for asked in server.asked if "You are chair." not in asked.prompt]


def test_a_pattern_step_is_given_what_it_waits_for_as_data_and_saves_what_it_came_to(tmp_path: Path) -> None:
    with serving(plays) as server:
        folder = laid_out(tmp_path, server.url)
        done = run(folder)
    assert (done["output"], done["usage"]["requests"]) == ("Amazon", len(server.asked))
    assert all("The Amazon is long." in asked.prompt for asked in server.asked)
    assert [made["name"] for made in done["capsules"]] == ["notes/rivers", "answers/river"]
    talk = steps_of(folder)["talk"]
    assert (talk["actor"], talk["reason"], talk["usage"]["requests"]) == ("debate", "B (right) by judge", 5)


def test_a_replay_asks_nobody_and_a_fork_goes_on_with_another_prompt(tmp_path: Path) -> None:
    with serving(plays) as server:
        folder = laid_out(tmp_path, server.url)
        run(folder)
        before = len(server.asked)
        assert playnex("run", "replay", "last", folder=folder).code == 0
        assert len(server.asked) == before
        forked = playnex("run", "fork", "last", "--from", "talk", "--set", "steps.talk.prompt=Which lake?", folder=folder)
        assert forked.code == 0, forked.err
    assert "Which lake?" in debaters(server)[-1].prompt


def test_a_pattern_can_be_done_for_each_item_and_as_a_case_of_a_switch(tmp_path: Path) -> None:
    flow = """\
playnex: 1
name: talk
steps:
  each:
    for-each: [rivers, lakes]
    max-parallel: 2
    pattern: parallel
    prompt: Name one of the ${{ item }}
    with: { agents: [left, right] }
  route:
    switch: ${{ steps.each.output[0].left }}
    cases:
      Nile: { pattern: debate, with: { debaters: [left, right], judge: chair } }
      Amazon: { agent: left }
    prompt: And now?
output: { each: "${{ steps.each.output }}", route: "${{ steps.route.output }}" }
"""
    with serving(plays) as server:
        folder = laid_out(tmp_path, server.url, flow)
        done = run(folder)
    assert done["output"] == {"each": [{"left": "Nile", "right": "Amazon"}] * 2, "route": "Amazon"}
    assert len({asked.prompt for asked in server.asked if "lakes" in asked.prompt}) == 2


def test_output_is_the_form_of_each_result_where_a_pattern_gives_several_and_later_steps_are_checked_against_that(tmp_path: Path) -> None:
    flow = """\
playnex: 1
name: talk
steps:
  talk: { pattern: map, prompt: Name one, with: { agent: left, items: [a, b] }, output: { river: string } }
output: ${{ steps.talk.output.river }}
"""
    folder = laid_out(tmp_path, "http://127.0.0.1:1/v1", flow)
    said = playnex("check", folder=folder)
    assert "flows/talk.yaml:5" in said.err and "river" in said.err
    (folder / "flows/talk.yaml").write_text(flow.replace("output.river", "output[1].river"))
    assert playnex("check", folder=folder).code == 0


def test_a_failure_says_why_and_its_partial_result_is_what_a_fallback_sees(tmp_path: Path) -> None:
    def plays_badly(asked: Asked) -> Reply:
        return answer("I like both.") if "You are chair." in asked.prompt else plays(asked)

    with serving(plays_badly) as server:
        folder = laid_out(tmp_path, server.url)
        done = run(folder)
        assert (done["status"], done["output"]) == ("failed", None)
        talk = steps_of(folder)["talk"]
        assert talk["output"]["partial"] == {"A": "Nile", "B": "Amazon"} and talk["output"]["error"].startswith("the judge failed: ")
        text = DEBATE.replace("    save: answers", "    fallback: ${{ output.A }} or ${{ output.B }}\n    save: answers")
        (folder / "flows/talk.yaml").write_text(text)
        done = run(folder)
    assert (done["status"], done["output"]) == ("succeeded", "Nile or Amazon")
    assert steps_of(folder)["talk"]["status"] == "fallback"


def test_why_a_result_was_refused_goes_with_the_next_try_of_the_whole_pattern(tmp_path: Path) -> None:
    def learns(asked: Asked) -> Reply:
        if "You are chair." in asked.prompt or "does not keep to" not in asked.prompt:
            return plays(asked)
        return answer("Yangtze, the third" if "You are left." in asked.prompt else "Yangtze, the long")

    with serving(learns) as server:
        text = DEBATE.replace("    save: answers", '    verify: { that: "output | length > 8", on-fail: retry }\n    save: answers')
        done = run(laid_out(tmp_path, server.url, text))
    assert done["output"] == "Yangtze, the long"


def test_a_judge_of_a_hand_over_keeps_what_it_refuses_from_the_next_agent(tmp_path: Path) -> None:
    flow = """\
playnex: 1
name: talk
steps:
  talk:
    pattern: parallel
    prompt: Name a river
    with:
      agents: [left, right]
      merge: merger
      on-failure: skip
      check: { agent: chair }
"""

    def refuses(asked: Asked) -> Reply:
        if "You are chair." in asked.prompt:
            return value({"pass": "Nile" not in asked.prompt, "reason": "too well known"})
        return answer("merged") if "You are merger." in asked.prompt else plays(asked)

    with serving(refuses) as server:
        folder = laid_out(tmp_path, server.url, flow, "merger")
        done = run(folder)
    assert done["output"] == "merged"
    merging = next(asked for asked in server.asked if "You are merger." in asked.prompt)
    assert "Amazon" in merging.prompt and "Nile" not in merging.prompt
    assert steps_of(folder)["talk"]["reason"] == "without left (verify)"


def test_a_dry_run_says_who_is_asked_how_often_and_what_that_may_cost(tmp_path: Path) -> None:
    folder = laid_out(tmp_path, "http://127.0.0.1:1/v1")
    told = json.loads(playnex("flow", "run", "talk", "--dry-run", "--json", folder=folder).out)["waves"][1][0]
    assert told["requests"] == {
        "asked": [
            {"agent": "left", "part": "debates", "least": 1, "most": 2},
            {"agent": "right", "part": "debates", "least": 1, "most": 2},
            {"agent": "chair", "part": "judges", "least": 0, "most": 1},
        ],
        "least": 2,
        "most": 15,
    }
    assert [(agent["agent"], agent["part"]) for agent in told["agents"]] == [("left", "debates"), ("right", "debates"), ("chair", "judges")]
    page = playnex("flow", "run", "talk", "--dry-run", folder=folder).out
    assert "asks left 1 to 2 times (debates)" in page and "asks chair once at most (judges)" in page
    assert "model requests: 2 at least, 15 at most" in page


def test_a_flow_shows_who_works_together(tmp_path: Path) -> None:
    folder = laid_out(tmp_path, "http://127.0.0.1:1/v1")
    for words in ((), ("--graph",), ("--mermaid",)):
        assert "debate of left, right, chair" in playnex("flow", "show", "talk", *words, folder=folder).out


@pytest.mark.slow
@pytest.mark.parametrize(("words", "asked_before", "in_flight"), [("your own draft", 4, 2), ("You are chair.", 5, 1)])
def test_a_debate_whose_process_is_killed_asks_nobody_again_who_has_answered(
    words: str, asked_before: int, in_flight: int, tmp_path: Path
) -> None:
    dying = [True]

    def dies(asked: Asked) -> Reply:
        return stall() if dying[0] and words in asked.prompt else plays(asked)

    with serving(dies) as server:
        desk = Desk(laid_out(tmp_path, server.url))
        process = desk.start("flow", "run", "talk")
        wait_for(lambda: len(server.asked) == asked_before, words)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        dying[0] = False
        done = desk.json("run", "resume", "last")
    assert (done["status"], done["output"]) == ("succeeded", "Amazon")
    assert len(server.asked) == 5 + in_flight, "each of the five, and what was in flight once more"


@pytest.mark.slow
def test_a_batch_runs_a_pattern_for_every_case(tmp_path: Path) -> None:
    with serving(plays) as server:
        folder = laid_out(tmp_path, server.url)
        (folder / "cases.jsonl").write_text("".join(f'{{"question": "river {number}?"}}\n' for number in range(4)))
        said: Said = playnex("batch", "run", "talk", "cases.jsonl", "--out", "done.jsonl", folder=folder)
    assert said.code == 0, said.err
    lines = [json.loads(line) for line in (folder / "done.jsonl").read_text().splitlines()]
    assert [line["output"] for line in lines] == ["Amazon"] * 4
