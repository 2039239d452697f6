"""Does the team pay? A flow and an agent alone over the same cases, with the real command line and a real model server."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.stage import playnex
from cli.terminals import on_screen
from flows.comparisons import (
    CHECK,
    COUNTRIES,
    TEAM,
    WORDS,
    Cast,
    compare_desk,
    compared,
    lines_of,
    prefers_right,
    prefers_the_first,
    right,
    write_cases,
    wrong,
)
from flows.stage import Desk, wait_for
from playnex.testing.model_replies import Asked, Reply, refusal, slowly
from playnex.testing.model_server import ModelServer, serving

FEW = ("--limit", "3")


@contextmanager
def playing(folder: Path, cast: Cast) -> Iterator[Desk]:
    """The workspace, with that cast behind its model."""
    with serving(cast) as server:
        yield compare_desk(folder, server.url)


@pytest.mark.slow
def test_a_team_that_is_better_is_to_be_used_and_what_it_costs_is_what_the_server_saw(tmp_path: Path) -> None:
    cast = Cast(team=right, solo=wrong)
    with playing(tmp_path, cast) as desk:
        found = desk.json(*WORDS, "--check", CHECK, "--limit", "10", "--out", "out.jsonl")
    assert (found["state"], found["compared"], found["verdict"]["use"]) == ("complete", 10, "flow")
    flow, baseline = found["arms"]["flow"], found["arms"]["baseline"]
    assert (flow["quality"]["value"], baseline["quality"]["value"]) == (1.0, 0.0)
    assert dict(cast.asked) == {"draft": 10, "edit": 10, "solo": 10}
    assert (flow["usage"]["requests"], baseline["usage"]["requests"]) == (20, 10)
    assert (flow["usage"]["input_tokens"], baseline["usage"]["input_tokens"]) == (2000, 1000)
    assert found["differences"]["requests"] == {"mean": 1, "low": 1, "high": 1, "ratio": {"value": 2.0, "low": 2.0, "high": 2.0}}
    first = lines_of(desk)[0]
    assert (first["case"], first["flow"]["output"], first["flow"]["score"]) == (1, right(COUNTRIES[0]), 1.0)
    assert (first["baseline"]["output"], first["baseline"]["score"], first["difference"]) == (wrong(COUNTRIES[0]), 0.0, 1.0)
    assert first["row"]["expected"] == right(COUNTRIES[0]) and "expected" not in first["inputs"]
    assert desk.json("run", "show", first["baseline"]["run"])["output"] == first["baseline"]["output"]


@pytest.mark.slow
def test_an_agent_that_is_better_alone_is_to_be_used_alone(tmp_path: Path) -> None:
    with playing(tmp_path, Cast(team=wrong, solo=right)) as desk:
        done = desk.playnex(*WORDS, "--check", CHECK, "--limit", "10")
    assert done.returncode == 0, done.stderr
    assert "use the agent solo alone: its answers are better by 1.00" in done.stdout
    assert "the flow takes 2.0 × the tokens" in done.stdout


@pytest.mark.slow
def test_where_both_are_as_good_the_cheaper_one_will_do(tmp_path: Path) -> None:
    with playing(tmp_path, Cast(team=right, solo=right)) as desk:
        found = compared(desk, "--check", CHECK)
    assert found["verdict"]["use"] == "baseline"
    assert found["verdict"]["says"].startswith(
        "use the agent solo alone: the difference in quality is below 0.1: 0.00 (95 %: -0.07 to 0.07)"
    )


def test_three_cases_decide_nothing(tmp_path: Path) -> None:
    with playing(tmp_path, Cast(team=right, solo=wrong)) as desk:
        found = compared(desk, "--check", CHECK, *FEW)
    assert (found["verdict"]["use"], found["verdict"]["more_cases"]) == ("undecided", 3)


def test_a_check_may_give_numbers_and_what_it_cannot_work_out_is_no_good(tmp_path: Path) -> None:
    with playing(tmp_path, Cast(team=right, solo=wrong)) as desk:
        found = compared(desk, "--check", "0.75 if output == case.expected else output.nothing", *FEW, "--out", "out.jsonl")
        refused = desk.playnex(*WORDS, *FEW, "--check", "(output | length) * 100")
    assert (found["arms"]["flow"]["quality"]["value"], found["arms"]["baseline"]["quality"]["value"]) == (0.75, 0.0)
    assert "nothing" in lines_of(desk)[0]["baseline"]["why"]
    assert refused.returncode == 2 and "for case 1" in refused.stderr and "number from 0 to 1" in refused.stderr


def test_a_judge_that_knows_gives_the_verdict_and_its_cost_is_told_apart(tmp_path: Path) -> None:
    cast = Cast(team=right, solo=wrong, judge=prefers_right)
    with playing(tmp_path, cast) as desk:
        found = compared(desk, "--judge", "judge", "--limit", "10", "--out", "out.jsonl")
    judging = found["judging"]
    assert (judging["flow"], judging["same"], judging["baseline"], judging["flipped"]) == (10, 0, 0, 0)
    assert (judging["usage"]["requests"], cast.asked["judge"]) == (20, 20)
    assert found["arms"]["flow"]["usage"]["requests"] == 20 and found["verdict"]["use"] == "flow"
    judged = lines_of(desk)[0]["judge"]
    assert desk.json("run", "show", judged["run"])["output"] == judged["output"]
    assert judged["output"]["asked"]["reason"] == "so it is"


def test_a_judge_with_a_bias_for_a_place_prefers_nobody_and_would_have_without_the_swap(tmp_path: Path) -> None:
    with playing(tmp_path, Cast(team=lambda country: right(country) + "!", solo=right, judge=prefers_the_first)) as desk:
        found = compared(desk, "--judge", "judge", "--limit", "12", "--out", "out.jsonl")
    judging = found["judging"]
    assert (judging["flow"], judging["same"], judging["baseline"], judging["flipped"]) == (0, 12, 0, 12)
    assert found["verdict"]["use"] == "undecided" and found["differences"]["quality"]["mean"] == 0
    lines = lines_of(desk)
    alone = [(line["judge"]["output"]["asked"]["better"] == "A") == line["judge"]["is_flow_first"] for line in lines]
    assert {line["judge"]["output"]["asked"]["better"] for line in lines} == {"A"}, "asked once, it has a winner in every case"
    assert 0 < sum(alone) < 12, "and which one is drawn by the case"


def test_answers_that_are_alike_need_no_judge(tmp_path: Path) -> None:
    cast = Cast(team=right, solo=right)
    with playing(tmp_path, cast) as desk:
        found = compared(desk, "--judge", "judge", *FEW)
    assert (found["judging"]["same"], found["judging"]["unjudged"], cast.asked["judge"], found["state"]) == (3, 0, 0, "complete")


@pytest.mark.slow
def test_nothing_is_asked_twice_unless_it_has_changed(tmp_path: Path) -> None:
    cast = Cast(team=right, solo=wrong)
    with playing(tmp_path, cast) as desk:
        compared(desk, "--check", CHECK, *FEW)
        assert cast.take() == {"draft": 3, "edit": 3, "solo": 3}
        again = desk.playnex(*WORDS, "--check", CHECK, *FEW)
        assert cast.take() == {} and "6 answers of 6 were there already" in again.stderr
        compared(desk, "--check", "output is string", *FEW)
        compared(desk, *FEW)
        assert cast.take() == {}
        compared(desk, "--judge", "judge", *FEW)
        assert cast.take() == {"judge": 6}
        compared(desk, "--judge", "judge", "--limit", "5")
        assert cast.take() == {"draft": 2, "edit": 2, "solo": 2, "judge": 4}
        (desk.folder / "flows/team.yaml").write_text(TEAM.replace("Mend this", "Mend at once this"))
        compared(desk, *FEW)
        assert cast.take() == {"draft": 3, "edit": 3}
        compared(desk, *FEW, "--prompt", "Say the capital of ${{ inputs.country }}, alone.")
        assert cast.take() == {"solo": 3}
        compared(desk, *FEW, "--trial", "two")
        compared(desk, *FEW, "--trial", "two")
        assert cast.take() == {"draft": 3, "edit": 3, "solo": 3}
        settings = desk.folder / "playnex.toml"
        settings.write_text(settings.read_text().replace('name = "scripted"', 'name = "another"'))
        compared(desk, *FEW)
        assert cast.take() == {"draft": 3, "edit": 3, "solo": 3}


PYTHON_TEAM = """import playnex

@playnex.flow
async def pair(ctx, inputs):
    \"\"\"Says the capital of a country.\"\"\"
    first = await ctx.agent("draft").run(f"The capital of {inputs['country']}?")
    last = await ctx.agent("edit").run(f"Mend: {inputs['country']}: {first.output}")
    return last.output
"""


def test_a_flow_written_in_python_is_compared_too_and_a_change_of_an_agent_of_it_is_seen(tmp_path: Path) -> None:
    cast = Cast(team=right, solo=wrong)
    with playing(tmp_path, cast) as desk:
        (desk.folder / "flows/pair.py").write_text(PYTHON_TEAM)
        words = ("compare", "pair", *WORDS[2:], "--limit", "2", "--check", CHECK, "--json")
        found = json.loads(playnex(*words, folder=desk.folder).out)
        assert (found["arms"]["flow"]["quality"]["value"], found["arms"]["baseline"]["quality"]["value"]) == (1.0, 0.0)
        assert cast.take() == {"draft": 2, "edit": 2, "solo": 2}
        (desk.folder / "agents/edit.md").write_text("---\nname: edit\n---\nYou are edit. Be quick.\n")
        assert playnex(*words, folder=desk.folder).code == 0
        assert cast.take() == {"draft": 2, "edit": 2}


def test_cases_that_are_alike_are_answered_each_for_itself(tmp_path: Path) -> None:
    cast = Cast(team=right, solo=right)
    with playing(tmp_path, cast) as desk:
        write_cases(desk.folder, [COUNTRIES[0]] * 3)
        found = compared(desk, "--check", CHECK)
    assert found["compared"] == 3 and cast.asked["solo"] == 3


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_comparison_that_is_killed_goes_on_and_pays_for_nothing_twice(tmp_path: Path) -> None:
    kills, at_once = 0, 2
    with serving(slowed(Cast(team=right, solo=wrong), 0.01)) as server:
        desk = compare_desk(tmp_path, server.url)
        words = (*WORDS, "--judge", "judge", "--limit", "30", "--at-most", str(at_once))
        for number in (25, 75, 110):
            child = desk.start(*words)
            wait_for(lambda number=number, child=child: len(server.asked) >= number or child.poll() is not None, "requests")
            os.killpg(child.pid, signal.SIGKILL)
            assert child.wait(60) == -signal.SIGKILL, "it ended before it could be killed"
            kills += 1
        found = compared(desk, *words[6:])
    assert (found["state"], found["compared"], found["judging"]["flow"], found["verdict"]["use"]) == ("complete", 30, 30, "flow")
    assert len(server.counts) == 30 * 5
    assert len(server.asked) <= 30 * 5 + kills * 2 * at_once, "only what was in flight is asked again"
    assert found["arms"]["flow"]["usage"]["requests"] + found["arms"]["baseline"]["usage"]["requests"] == 90


@pytest.mark.slow
def test_the_first_ctrl_c_pauses_the_comparison_and_says_how_it_goes_on(tmp_path: Path) -> None:
    with serving(slowed(Cast(team=right, solo=wrong), 0.1)) as server:
        desk = compare_desk(tmp_path, server.url)
        command = [sys.executable, "-m", "playnex", *WORDS, "--check", CHECK, "--limit", "12"]
        child = subprocess.Popen(command, cwd=desk.folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: len(server.asked) > 4, "requests")
        child.send_signal(signal.SIGINT)
        said = child.communicate(timeout=60)[1]
        assert child.returncode == 130
        assert said.splitlines()[-1] == "paused; the same command goes on where it stopped, and no answer is paid for twice"
        assert compared(desk, "--check", CHECK, "--limit", "12")["state"] == "complete"
        assert len(server.counts) == 36 and len(server.asked) <= 36 + 4


@pytest.mark.slow
def test_a_failure_is_a_bad_answer_and_a_model_that_does_not_answer_is_none(tmp_path: Path) -> None:
    cast = Cast(team=right, solo=right)

    def faulty(asked: Asked) -> Reply:
        if "You are edit" in asked.prompt and "Country 01" in asked.prompt:
            return refusal(400, "this cannot be done")
        if "You are solo" in asked.prompt and "Country 02" in asked.prompt and not (tmp_path / "mended").exists():
            return refusal(503, "Loading model")
        return cast(asked)

    with serving(faulty) as server:
        desk = compare_desk(tmp_path, server.url)
        done = desk.playnex(*WORDS, "--check", CHECK, *FEW, "--json")
        found = json.loads(done.stdout)
        assert (done.returncode, found["state"], found["compared"]) == (1, "incomplete", 2)
        assert found["arms"]["flow"]["failed"] == {"model-refused": 1} and found["arms"]["flow"]["quality"]["value"] == 0.5
        assert [(lost["case"], lost["arm"], lost["reason"]) for lost in found["left_out"]] == [(2, "baseline", "model-unavailable")]
        batch = found["arms"]["baseline"]["batch"]
        assert "case 1: step 'edit' failed" in done.stderr, "the names that its cases have for the store are not shown"
        assert f"playnex batch retry-failed {batch[-6:]}; then give the same command" in done.stderr
        (tmp_path / "mended").touch()
        assert desk.playnex("batch", "retry-failed", batch).returncode == 0
        assert compared(desk, "--check", CHECK, *FEW)["compared"] == 3


@pytest.mark.slow
def test_a_case_that_waits_for_a_person_is_compared_once_it_is_answered(tmp_path: Path) -> None:
    with playing(tmp_path, Cast(team=right, solo=wrong)) as desk:
        asks = "  ask: { if: \"inputs.country == 'Country 02'\", approve: { message: Sure? }, else: yes }\n"
        (desk.folder / "flows/team.yaml").write_text(TEAM + asks + "output: ${{ steps.edit.output }}\n")
        done = desk.playnex(*WORDS, "--check", CHECK, *FEW, "--json")
        assert (done.returncode, json.loads(done.stdout)["compared"]) == (6, 2)
        assert desk.playnex("inbox", "approve", "last").returncode == 0
        assert compared(desk, "--check", CHECK, *FEW)["compared"] == 3


def test_the_agent_alone_is_told_what_the_flow_is_for_and_given_its_inputs_as_data(tmp_path: Path) -> None:
    with serving(Cast(team=right, solo=right)) as server:
        desk = compare_desk(tmp_path, server.url)
        (desk.folder / "flows/team.yaml").write_text(TEAM + "goal: Be quick about ${{ inputs.country }}.\n")
        compared(desk, "--limit", "1")
        compared(desk, "--limit", "1", "--prompt", "Where? ${{ inputs.country }} ${{ brief }}")
    told = told_to_solo(server)
    assert "Says the capital of a country." in told[0] and "Be quick about Country 01." in told[0]
    assert "input country]\nCountry 01\n[end of data" in told[0] and "input note" not in told[0] and "expected" not in told[0]
    assert told[1].endswith("Where? Country 01 Goal:\nBe quick about Country 01.")


def test_the_agent_alone_answers_in_the_form_of_the_flow(tmp_path: Path) -> None:
    with serving(
        Cast(team=lambda country: json.dumps({"capital": country}), solo=lambda country: json.dumps({"capital": country}))
    ) as server:
        desk = compare_desk(tmp_path, server.url)
        flow = desk.folder / "flows/team.yaml"
        flow.write_text(TEAM.replace('output }}" }\n', 'output }}", output: { capital: string } }\n'))
        found = compared(desk, "--check", "output.capital == inputs.country", "--limit", "1")
    assert found["arms"]["baseline"]["quality"]["value"] == 1.0 and found["arms"]["flow"]["quality"]["value"] == 1.0


def told_to_solo(server: ModelServer) -> list[str]:
    """What the agent alone was asked, in order."""
    return [asked.prompt for asked in server.asked if "You are solo" in asked.prompt]


WRONG = {
    ("no-such", "solo", "--check", CHECK): (5, "there is no flow 'no-such'"),
    ("team", "sol", "--check", CHECK): (5, "did you mean 'solo'?"),
    ("team", "solo", "--judge", "jugde"): (5, "did you mean 'judge'?"),
    ("team", "solo", "--judge", "judge", "--check", CHECK): (2, "give one of them"),
    ("team", "solo", "--check", "outptu == 1"): (2, "did you mean 'output'?"),
    ("team", "solo", "--check", "case.expcted == output"): (2, "did you mean 'expected'?"),
    ("team", "solo", "--check", "output =="): (2, "--check: "),
    ("team", "solo", "--check", "inputs.contry == output"): (2, "did you mean 'country'?"),
    ("team", "solo", "--prompt", "${{ inputs.contry }}"): (2, "did you mean 'country'?"),
    ("team", "solo", "--prompt", "@nowhere.md"): (2, "cannot read 'nowhere.md'"),
    ("team", "solo", "--limit", "0"): (2, "give a number from 1 on"),
    ("team", "solo", "--at-most", "0"): (2, "give a number from 1 on"),
    ("team", "solo", "--out", "cases.jsonl"): (2, "another file is there already"),
    ("team", "solo", "--out", "no/where.jsonl"): (2, "make it first"),
    ("team", "solo", "--inputs", "none.jsonl"): (2, "cannot read none.jsonl"),
    ("team", "solo", "--inputs", "typo.jsonl"): (3, "typo.jsonl:1:27: error: flow 'team' has no input 'nots'"),
    ("team", "lost", "--check", CHECK): (3, "there is no model 'gone'"),
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_what_is_wrong_is_told_before_anything_is_asked(words: tuple[str, ...], tmp_path: Path) -> None:
    cast = Cast(team=right, solo=right)
    with playing(tmp_path, cast) as desk:
        (desk.folder / "typo.jsonl").write_text('{"country": "Country 01", "nots": "x"}\n')
        (desk.folder / "agents/lost.md").write_text("---\nname: lost\nmodel: gone\n---\nYou are lost.\n")
        flow, baseline, *others = words
        given = () if "--inputs" in others else ("--inputs", "cases.jsonl")
        said = playnex("compare", flow, "--baseline", baseline, *given, *others, folder=desk.folder)
    code, told = WRONG[words]
    assert (said.code, told in said.err) == (code, True), said.err
    assert not cast.asked


@pytest.mark.slow
def test_a_flow_that_does_not_say_what_it_is_for_needs_a_prompt(tmp_path: Path) -> None:
    with playing(tmp_path, Cast(team=right, solo=right)) as desk:
        (desk.folder / "flows/team.yaml").write_text(TEAM.replace("description: Says the capital of a country.\n", ""))
        refused = desk.playnex(*WORDS, *FEW)
        assert refused.returncode == 2 and "tell the agent what to do with --prompt" in refused.stderr
        assert compared(desk, *FEW, "--prompt", "${{ inputs.country }}?")["compared"] == 3


@pytest.mark.slow
def test_on_a_terminal_it_asks_before_anything_is_paid_for_and_not_when_all_is_there(tmp_path: Path) -> None:
    cast = Cast(team=right, solo=wrong)
    with playing(tmp_path, cast) as desk:
        with on_screen(desk.folder, *WORDS, *FEW, "--check", CHECK) as screen:
            screen.answer("flow team answers up to 3 cases and agent solo up to 3; go on? [y/N] (or use --yes)")
            assert screen.end() == 2
        assert not cast.asked
        with on_screen(desk.folder, *WORDS, *FEW, "--check", CHECK, "--yes") as screen:
            assert screen.end() == 0
        assert cast.take() == {"draft": 3, "edit": 3, "solo": 3}
        with on_screen(desk.folder, *WORDS, *FEW, "--check", CHECK) as screen:
            assert screen.end() == 0
        assert "too few cases to tell" in screen.shown and not cast.asked


def slowed(cast: Cast, seconds: float) -> "Slowed":
    """The same cast, which takes its time."""
    return Slowed(cast, seconds)


class Slowed:
    """A script that answers later."""

    def __init__(self, cast: Cast, seconds: float) -> None:
        self._cast, self._seconds = cast, seconds

    def __call__(self, asked: Asked) -> Reply:
        return slowly(self._cast(asked), self._seconds)
