"""A run's budget, as a user meets it: the real command line against a model server that counts what it is asked."""

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from flows.stage import Desk, is_second, pair_desk, wait_for
from playnex.testing.model_replies import Asked, Reply, answer
from playnex.testing.model_server import ModelServer, serving

EXHAUSTED = 7
CALLER = """\
playnex: 1
name: caller
steps:
  pair: { flow: pair, fallback: none }
  last: { agent: helper, prompt: "Close, after: ${{ steps.pair.output }}" }
output: ${{ steps.last.output }}
"""


def desk_with(budget: str, folder: Path, server: ModelServer) -> Desk:
    """The flow `pair` with that budget; its model has as long as it takes."""
    desk = pair_desk(folder, server.url)
    pair = folder / "flows/pair.yaml"
    pair.write_text(pair.read_text().replace("name: pair\n", f"name: pair\nbudget: {budget}\n"))
    config = folder / "playnex.toml"
    config.write_text(config.read_text().replace("timeout = 1\n", "timeout = 60\n"))
    return desk


@pytest.mark.slow
@pytest.mark.parametrize(("turns", "code", "requests"), [(2, EXHAUSTED, 2), (3, 0, 3)])
def test_a_request_in_flight_at_kill_9_counts_and_no_further_one_is_sent(tmp_path: Path, turns: int, code: int, requests: int) -> None:
    hold = threading.Event()

    def script(asked: Asked) -> Reply:
        if is_second(asked):
            hold.wait(60)
        return answer("A part.", input_tokens=20)

    with serving(script) as server:
        desk = desk_with(f"{{ turns: {turns}, tokens: 100k }}", tmp_path, server)
        child = desk.start("flow", "run", "pair")
        wait_for(lambda: len(server.asked) == 2, "the second request")
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        hold.set()
        shown = desk.playnex("run", "show", "last").stdout
        held = desk.json("run", "show", "last")["held"]
        done = desk.playnex("run", "resume", "last")
        again = desk.playnex("run", "resume", "last")
    assert (done.returncode, again.returncode, len(server.asked)) == (code, code, requests)
    assert held["requests"] == 1 and held["tokens"] > 1000
    assert f"2 of {turns} turns" in shown and "for requests whose outcome nobody knows, and count as spent" in shown
    assert code == 0 or "budget exhausted: 2 of 2 model requests are used" in done.stderr


@pytest.mark.slow
def test_a_run_that_is_exhausted_keeps_what_is_finished_and_says_what_was_spent_of_what(tmp_path: Path) -> None:
    with serving(lambda _: answer("A part.", input_tokens=20)) as server:
        desk = desk_with("{ turns: 1 }", tmp_path, server)
        done = desk.playnex("flow", "run", "pair", "--json")
        document, shown = json.loads(done.stdout), desk.playnex("run", "show", "last").stdout
        part = desk.playnex("capsule", "view", "runs/last/one").stdout
    assert (done.returncode, document["status"], document["reason"]) == (EXHAUSTED, "failed", "exhausted")
    assert len(server.asked) == document["usage"]["requests"] == 1 and part.strip() == "A part."
    assert document["budget"]["turns"] == 1 and "held" not in document and "1 of 1 turns" in shown


@pytest.mark.slow
def test_an_exhausted_run_goes_on_with_the_budget_that_a_person_raises_and_so_does_its_fork(tmp_path: Path) -> None:
    with serving(lambda _: answer("A part.", input_tokens=20)) as server:
        desk = desk_with("{ turns: 1 }", tmp_path, server)
        told = desk.playnex("flow", "run", "pair").stderr
        wrong = desk.playnex("run", "resume", "last", "--budget", "turn=2")
        done = desk.json("run", "resume", "last", "--budget", "turns=2")
        forked = desk.json("run", "fork", "last", "--from", "two")
    assert "--budget" in told and wrong.returncode == 2 and "turns" in wrong.stderr
    assert (done["status"], done["usage"]["requests"], done["budget"]["turns"]) == ("succeeded", 2, 2)
    assert (forked["status"], forked["usage"]["requests"], len(server.asked)) == ("succeeded", 2, 3)


@pytest.mark.slow
def test_a_called_flows_budget_fails_the_step_that_calls_it_and_no_more(tmp_path: Path) -> None:
    with serving(lambda _: answer("A part.", input_tokens=20)) as server:
        desk = desk_with("{ turns: 1 }", tmp_path, server)
        (tmp_path / "flows/caller.yaml").write_text(CALLER)
        document = desk.json("flow", "run", "caller")
        steps = {step["step"]: step for step in desk.json("run", "show", "last")["steps"]}
    assert (document["status"], len(server.asked), document["usage"]["requests"]) == ("succeeded", 2, 2)
    assert (steps["pair"]["status"], steps["pair"]["reason"]) == ("fallback", "exhausted")


@pytest.mark.slow
def test_a_run_that_takes_more_than_twice_what_its_flow_usually_does_says_so_once(tmp_path: Path) -> None:
    tokens = [20]
    with serving(lambda _: answer("A part.", input_tokens=tokens[0])) as server:
        desk = desk_with("{ tokens: 100k }", tmp_path, server)
        for _ in range(2):
            assert "warnings" not in desk.json("flow", "run", "pair")
        assert "expected" not in desk.json("run", "show", "last"), "two runs are too few to expect anything"
        assert desk.playnex("flow", "run", "pair").returncode == 0
        usual = desk.json("flow", "run", "pair")
        tokens[0] = 200
        dear = desk.playnex("flow", "run", "pair", "--quiet", "--json")
        document, shown = json.loads(dear.stdout), desk.playnex("run", "show", "last").stdout
    assert usual["expected"] == {"tokens": 46, "runs": 3} and "warnings" not in usual
    (warning,) = document["warnings"]
    assert warning == "406 tokens: more than twice the 46 that the flow's last 4 runs took (their median)"
    told = [line for line in dear.stderr.splitlines() if line.startswith("!")]
    assert told == ["! 203 tokens: more than twice the 46 that the flow's last 4 runs took (their median)"]
    assert f"! {warning}" in shown
