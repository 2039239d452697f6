"""One flow over a file of cases, with the real command line and real processes."""

import csv
import io
import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows.batches import at_once, batch_desk, finished, happened, kill_after, results, without_runs, write_cases
from flows.stage import Desk, research_desk, wait_for
from playnex.app.templates import lay_out
from playnex.testing.model_server import serving

OUT = ("--out", "results.jsonl")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return batch_desk(tmp_path)


def runs_of(desk: Desk) -> list[str]:
    return [run["run"] for run in desk.json("run", "list", "--limit", "1000")["items"]]


def test_every_case_is_a_run_of_its_own_and_its_result_stands_in_the_order_of_the_cases(desk: Desk) -> None:
    write_cases(desk.folder, range(30))
    done = desk.playnex("batch", "run", "three", "cases.jsonl", *OUT)
    lines = results(desk.folder)
    assert (done.returncode, [line["case"] for line in lines]) == (0, list(range(1, 31))), done.stderr
    assert [line["output"] for line in lines] == [number + 3 for number in range(30)]
    assert sorted(line["run"] for line in lines) == sorted(runs_of(desk))
    assert {*happened(desk.folder).values()} == {1}
    assert lines[4] | {"run": ""} == {
        "case": 5,
        "key": "",
        "inputs": {"n": 4, "note": None},
        "run": "",
        "status": "succeeded",
        "reason": "",
        "message": "",
        "fallback": [],
        "output": 7,
        "usage": {"requests": 0, "input_tokens": 0, "output_tokens": 0, "usd": 0.0},
    }


def test_a_case_that_fails_touches_no_other_and_is_tried_again_when_that_is_wanted(desk: Desk) -> None:
    write_cases(desk.folder, [1, -5, 2, -2, 3])
    done = desk.playnex("batch", "run", "three", "cases.jsonl", *OUT)
    assert done.returncode == 1 and "2 failed" in done.stderr and "-5 is below zero" in done.stderr
    assert [line["status"] for line in results(desk.folder)] == ["succeeded", "failed", "succeeded", "failed", "succeeded"]
    status = desk.json("batch", "status")
    assert (status["state"], status["succeeded"], status["failed"]) == ("failed", 3, 2)
    assert [(line["case"], line["reason"]) for line in status["failures"]] == [(2, "tool-failed"), (4, "tool-failed")]
    (desk.folder / "mended").touch()
    again = desk.playnex("batch", "retry-failed", "last")
    lines = results(desk.folder)
    assert (again.returncode, [line["output"] for line in lines]) == (0, [4, -2, 5, 1, 6]), again.stderr
    assert [line["case"] for line in lines] == [1, 2, 3, 4, 5] and len(runs_of(desk)) == 5
    assert happened(desk.folder)["one-1"] == 1 and happened(desk.folder)["one--5"] == 2


def test_a_fallback_is_counted_and_named(desk: Desk) -> None:
    write_cases(desk.folder, [1, -1, 5])
    flow = desk.folder / "flows/three.yaml"
    flow.write_text(flow.read_text().replace('"${{ inputs.n }}"', "1").replace("${{ steps.one.output }}", "${{ inputs.n }}"))
    done = desk.playnex("batch", "run", "three", "cases.jsonl", *OUT, "--json")
    assert (done.returncode, json.loads(done.stdout)["fallback"]) == (0, 1), done.stderr
    assert [line["fallback"] for line in results(desk.folder)] == [[], ["two"], []]


def test_no_more_cases_are_at_work_at_once_than_was_said(desk: Desk) -> None:
    write_cases(desk.folder, range(40))
    assert desk.playnex("batch", "run", "three", "cases.jsonl", "--at-most", "3").returncode == 0
    assert at_once(desk.folder) == 3


@pytest.mark.slow
def test_a_batch_that_is_killed_three_times_repeats_nothing_and_gives_the_same_table(desk: Desk, tmp_path: Path) -> None:
    put_to_the_test(desk, tmp_path / "undisturbed", cases=120, kills=3)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_batch_that_is_killed_ten_times_repeats_nothing_and_gives_the_same_table(desk: Desk, tmp_path: Path) -> None:
    put_to_the_test(desk, tmp_path / "undisturbed", cases=600, kills=10)


def put_to_the_test(desk: Desk, other: Path, *, cases: int, kills: int) -> None:
    """A batch that is killed now and then, beside one that is not."""
    numbers = [-number if number % 17 == 3 else number for number in range(cases)]
    write_cases(desk.folder, numbers)
    words: tuple[str, ...] = ("batch", "run", "three", "cases.jsonl", *OUT, "--at-most", "16")
    for _ in range(kills):
        known, before = finished(desk) if words[1] == "resume" else set(), happened(desk.folder)
        killed = kill_after(desk, random.randrange(1, 3 * cases // (kills + 1)), *words)
        assert killed, "it ended before it could be killed"
        again = happened(desk.folder) - before
        assert not {f"{step}-{numbers[case - 1] + at}" for case in known for at, step in enumerate(("one", "two", "three"))} & again.keys()
        words = ("batch", "resume", "last")
    assert desk.playnex(*words).returncode == 1
    undisturbed = batch_desk(other)
    write_cases(other, numbers)
    assert undisturbed.playnex("batch", "run", "three", "cases.jsonl", *OUT).returncode == 1
    assert without_runs(results(desk.folder)) == without_runs(results(other))
    assert len(runs_of(desk)) == cases
    assert happened(desk.folder).keys() == happened(other).keys()
    assert sum((happened(desk.folder) - happened(other)).values()) <= 16 * kills, "only what was in flight is done again"


def test_a_torn_line_of_the_results_is_mended_and_no_case_stands_there_twice(desk: Desk) -> None:
    write_cases(desk.folder, range(60))
    assert kill_after(desk, 60, "batch", "run", "three", "cases.jsonl", *OUT, "--at-most", "4")
    file = desk.folder / "results.jsonl"
    file.write_bytes(file.read_bytes() + b'{"case":7,"key":"","inp')
    assert desk.playnex("batch", "resume").returncode == 0
    assert [line["case"] for line in results(desk.folder)] == list(range(1, 61))


@pytest.mark.slow
def test_the_first_ctrl_c_pauses_the_batch_and_says_how_it_goes_on(desk: Desk) -> None:
    write_cases(desk.folder, range(8))
    command = [sys.executable, "-m", "playnex", "batch", "run", "held", "cases.jsonl", "--at-most", "5", *OUT]
    child = subprocess.Popen(command, cwd=desk.folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(happened(desk.folder)) == 5, "five cases to be at work")
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=60)[1]
    name = desk.json("batch", "list")["items"][0]["batch"][-6:]
    assert (child.returncode, said.splitlines()[-1]) == (130, f"paused; resume with: playnex batch resume {name}")
    assert {run["state"] for run in desk.json("run", "list")["items"]} == {"paused"}
    assert desk.json("batch", "status")["state"] == "interrupted"
    (desk.folder / "let-go").touch()
    assert desk.playnex("batch", "resume", name).returncode == 0
    assert len(results(desk.folder)) == len(runs_of(desk)) == 8


def test_the_second_ctrl_c_leaves_at_once_and_nothing_is_lost(desk: Desk) -> None:
    write_cases(desk.folder, range(4))
    child = desk.start("batch", "run", "held", "cases.jsonl")
    wait_for(lambda: len(happened(desk.folder)) == 4, "the cases to be at work")
    child.send_signal(signal.SIGINT)
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 130
    (desk.folder / "let-go").touch()
    assert desk.playnex("batch", "resume").returncode == 0
    assert len(runs_of(desk)) == 4


@pytest.mark.slow
def test_stop_all_stops_a_batch_with_its_runs(desk: Desk) -> None:
    write_cases(desk.folder, range(9))
    child = desk.start("batch", "run", "held", "cases.jsonl", "--at-most", "3")
    wait_for(lambda: len(happened(desk.folder)) == 3, "three cases to be at work")
    assert desk.playnex("stop", "--all").returncode == 0
    assert child.wait(60) == 130
    assert len(runs_of(desk)) == 3
    (desk.folder / "let-go").touch()
    refused = desk.playnex("batch", "resume")
    assert refused.returncode == 1 and "playnex stop --lift" in refused.stderr
    assert desk.playnex("stop", "--lift").returncode == 0
    assert desk.playnex("batch", "resume").returncode == 0
    assert desk.json("batch", "status")["succeeded"] == 9


def test_two_processes_never_carry_on_one_batch(desk: Desk) -> None:
    write_cases(desk.folder, range(3))
    child = desk.start("batch", "run", "held", "cases.jsonl")
    wait_for(lambda: len(happened(desk.folder)) == 3, "the cases to be at work")
    refused = desk.playnex("batch", "resume", "last")
    assert refused.returncode == 1 and "is being carried out by another process" in refused.stderr
    assert desk.json("batch", "status")["state"] == "running"
    (desk.folder / "let-go").touch()
    assert child.wait(60) == 0


@pytest.mark.slow
def test_a_case_that_waits_for_a_person_holds_up_no_other_and_goes_on_once_it_is_answered(desk: Desk) -> None:
    write_cases(desk.folder, range(6))
    done = desk.playnex("batch", "run", "asks", "cases.jsonl", *OUT)
    assert done.returncode == 6 and "1 waiting" in done.stderr
    status = desk.json("batch", "status")
    (waits,) = status["waits"]
    assert (status["state"], status["succeeded"], waits["case"], waits["reason"]) == ("waiting", 5, 3, "approval")
    assert [line["case"] for line in results(desk.folder)] == [1, 2, 4, 5, 6]
    assert desk.playnex("batch", "resume").returncode == 6
    assert desk.playnex("inbox", "approve", waits["run"]).returncode == 0
    resumed = desk.playnex("batch", "resume")
    assert (resumed.returncode, [line["case"] for line in results(desk.folder)]) == (0, [1, 2, 3, 4, 5, 6]), resumed.stderr
    assert {*happened(desk.folder).values()} == {1}


@pytest.mark.slow
def test_a_case_that_waits_for_a_time_is_waited_for_and_the_others_go_on(desk: Desk) -> None:
    write_cases(desk.folder, range(5))
    assert desk.playnex("batch", "run", "naps", "cases.jsonl", *OUT, "--at-most", "1").returncode == 0
    order = [word for word in (desk.folder / "outside.txt").read_text().split() if word.startswith("last")]
    assert order == ["last-0", "last-1", "last-3", "last-4", "last-2"]
    assert [line["case"] for line in results(desk.folder)] == [1, 2, 3, 4, 5]


@pytest.mark.slow
def test_a_case_that_kills_its_process_is_parked_in_the_end_and_the_others_succeed(desk: Desk) -> None:
    write_cases(desk.folder, range(12))
    codes = [desk.playnex("batch", "run", "dies", "cases.jsonl", *OUT, "--at-most", "6").returncode]
    while codes[-1] == -signal.SIGKILL and len(codes) < 6:
        codes.append(desk.playnex("batch", "resume").returncode)
    assert codes == [-signal.SIGKILL] * 3 + [6]
    assert [(line["case"], line["reason"]) for line in desk.json("batch", "status")["waits"]] == [(4, "poison")]
    assert [line["case"] for line in results(desk.folder)] == [number for number in range(1, 13) if number != 4]


@pytest.mark.slow
def test_cases_that_were_changed_are_told_and_what_is_begun_stays(desk: Desk) -> None:
    write_cases(desk.folder, range(100))
    assert kill_after(desk, 20, "batch", "run", "three", "cases.jsonl", "--at-most", "2")
    write_cases(desk.folder, range(50, 150))
    refused = desk.playnex("batch", "resume")
    assert (refused.returncode, "cases.jsonl was changed since the batch began" in refused.stderr) == (2, True)
    assert len(runs_of(desk)) < 100 and {run["state"] for run in desk.json("run", "list")["items"]} <= {"succeeded", "running", "pending"}
    (desk.folder / "cases.jsonl").unlink()
    assert "cannot read cases.jsonl" in desk.playnex("batch", "resume").stderr
    write_cases(desk.folder, range(100))
    assert desk.playnex("batch", "resume").returncode == 0
    assert len(runs_of(desk)) == 100


def test_a_batch_keeps_the_flow_that_it_began_with(desk: Desk) -> None:
    write_cases(desk.folder, range(40))
    assert kill_after(desk, 10, "batch", "run", "three", "cases.jsonl", *OUT, "--at-most", "2")
    (desk.folder / "flows/three.yaml").write_text("playnex: 1\nname: three\nsteps:\n  other: { save: notes/x, content: other }\n")
    assert desk.playnex("batch", "resume").returncode == 0
    assert [line["output"] for line in results(desk.folder)] == [number + 3 for number in range(40)]


@pytest.mark.slow
def test_a_key_makes_a_case_the_same_case_in_every_batch_of_the_flow(desk: Desk) -> None:
    named = [{"id": f"c-{number}", "n": number} for number in range(10)]
    write_cases(desk.folder, named[:6])
    words = ("--key", "id")
    assert desk.playnex("batch", "run", "three", "cases.jsonl", *words, *OUT).returncode == 0
    write_cases(desk.folder, named[::-1], "more.jsonl")
    again = desk.playnex("batch", "run", "three", "more.jsonl", *words, "--out", "more-results.jsonl")
    assert again.returncode == 0 and len(runs_of(desk)) == 10 and {*happened(desk.folder).values()} == {1}
    assert [line["key"] for line in results(desk.folder, "more-results.jsonl")] == [case["id"] for case in named[::-1]]
    known = {line["key"]: line["run"] for line in results(desk.folder)}
    assert all(line["run"] == known.get(line["key"], line["run"]) for line in results(desk.folder, "more-results.jsonl"))
    assert desk.playnex("flow", "run", "three", "--input", "n=3", "--key", "c-3").returncode == 0
    assert len(runs_of(desk)) == 10


def test_a_failed_case_of_an_earlier_batch_is_counted_and_not_tried_again(desk: Desk) -> None:
    write_cases(desk.folder, [{"id": 1, "n": 1}, {"id": 2, "n": -9}])
    first = desk.playnex("batch", "run", "three", "cases.jsonl", "--key", "id")
    second = desk.playnex("batch", "run", "three", "cases.jsonl", "--key", "id", *OUT)
    assert (first.returncode, second.returncode, happened(desk.folder)["one--9"]) == (1, 1, 1)
    assert [line["status"] for line in results(desk.folder)] == ["succeeded", "failed"]


def test_a_case_that_another_batch_carries_on_is_waited_for(desk: Desk) -> None:
    write_cases(desk.folder, [{"id": number, "n": number} for number in range(3)])
    first = desk.start("batch", "run", "held", "cases.jsonl", "--key", "id")
    wait_for(lambda: len(happened(desk.folder)) == 3, "the cases to be at work")
    second = desk.start("batch", "run", "held", "cases.jsonl", "--key", "id", *OUT)
    wait_for(lambda: len(desk.json("batch", "list")["items"]) == 2, "the second batch")
    (desk.folder / "let-go").touch()
    assert (first.wait(60), second.wait(60)) == (0, 0)
    assert [line["status"] for line in results(desk.folder)] == ["succeeded"] * 3 and {*happened(desk.folder).values()} == {1}


def test_a_worker_beside_a_batch_takes_nothing_away_from_its_results(desk: Desk) -> None:
    write_cases(desk.folder, range(200))
    child = desk.start("batch", "run", "three", "cases.jsonl", *OUT, "--at-most", "8")
    wait_for(lambda: sum(happened(desk.folder).values()) > 50, "things to happen")
    worker = desk.start("worker")
    assert child.wait(60) == 0
    worker.send_signal(signal.SIGINT)
    assert worker.wait(60) == 130
    assert [line["case"] for line in results(desk.folder)] == list(range(1, 201)) and {*happened(desk.folder).values()} == {1}


@pytest.mark.parametrize("harm", ["removed", "scribbled"])
def test_a_file_of_results_that_somebody_harmed_meanwhile_is_whole_in_the_end(desk: Desk, harm: str) -> None:
    write_cases(desk.folder, range(4))
    child = desk.start("batch", "run", "held", "cases.jsonl", *OUT)
    wait_for(lambda: len(happened(desk.folder)) == 4, "the cases to be at work")
    file = desk.folder / "results.jsonl"
    if harm == "removed":
        file.unlink()
    else:
        file.write_text("scribble\n")
    (desk.folder / "let-go").touch()
    assert child.wait(60) == 0
    assert [line["case"] for line in results(desk.folder)] == [1, 2, 3, 4]


def test_all_faults_of_the_cases_are_told_at_once_and_nothing_starts(desk: Desk) -> None:
    write_cases(desk.folder, [{"n": "x"}, {"m": 1}, *({"n": number, "nte": ""} for number in range(30))])
    refused = desk.playnex("batch", "run", "three", "cases.jsonl", *OUT)
    assert refused.returncode == 3
    assert "cases.jsonl:1:1: error: input 'n' must be a whole number, not 'x'" in refused.stderr
    assert "cases.jsonl:2:2: error: flow 'three' has no input 'm'" in refused.stderr
    assert "cases.jsonl:3:10: error: flow 'three' has no input 'nte'" in refused.stderr and "did you mean 'note'?" in refused.stderr
    assert refused.stderr.splitlines()[-1] == "20 faults and 12 more; nothing was run"
    assert not desk.json("batch", "list")["items"] and not runs_of(desk) and not (desk.folder / "results.jsonl").exists()


def test_a_table_is_read_with_the_types_of_the_inputs(desk: Desk) -> None:
    text = '\ufeffn,note\r\n1,"two\r\nlines"\r\n\r\n 2 ,"a ""word"", quoted"\r\n3,\r\n'
    (desk.folder / "cases.csv").write_bytes(text.encode())
    done = desk.playnex("batch", "run", "three", "cases.csv", *OUT)
    assert done.returncode == 0, done.stderr
    given = [line["inputs"] for line in results(desk.folder)]
    assert given == [{"n": 1, "note": "two\r\nlines"}, {"n": 2, "note": 'a "word", quoted'}, {"n": 3, "note": None}]


def test_results_are_exported_as_a_table_too(desk: Desk) -> None:
    write_cases(desk.folder, [{"n": 1, "note": "a,b"}, {"n": -3}])
    assert desk.playnex("batch", "run", "three", "cases.jsonl").returncode == 1
    rows = list(csv.DictReader(io.StringIO(desk.playnex("batch", "export", "last", "--format", "csv").stdout)))
    assert [(row["case"], row["status"], row["input.n"], row["input.note"], row["output"]) for row in rows] == [
        ("1", "succeeded", "1", "a,b", "4"),
        ("2", "failed", "-3", "", ""),
    ]
    lines = desk.playnex("batch", "export", "last").stdout.splitlines()
    assert [json.loads(line)["case"] for line in lines] == [1, 2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cases.txt",), "cases.txt is no file of cases"),
        (("nothing.jsonl",), "cannot read nothing.jsonl"),
        (("cases.jsonl", "--rate", "fast"), "'fast' is not a rate; write it like 10/s"),
        (("cases.jsonl", "--at-most", "0"), "--at-most cannot be 0"),
        (("cases.jsonl", "--out", "cases.jsonl"), "--out cases.jsonl: it is there already"),
        (("cases.jsonl", "--out", "nowhere/r.jsonl"), "there is no folder nowhere"),
    ],
)
def test_wrong_usage_is_told_in_words(desk: Desk, words: tuple[str, ...], said: str) -> None:
    write_cases(desk.folder, [1])
    refused = desk.playnex("batch", "run", "three", *words)
    assert (refused.returncode, said in refused.stderr) == (2, True), refused.stderr


def test_an_unknown_flow_or_batch_is_exit_5(desk: Desk) -> None:
    write_cases(desk.folder, [1])
    assert desk.playnex("batch", "run", "thre", "cases.jsonl").returncode == 5
    assert desk.playnex("batch", "resume", "last").returncode == 5
    assert desk.playnex("batch", "run", "three", "cases.jsonl").returncode == 0
    assert desk.playnex("batch", "status", "ZZZZZZ").returncode == 5


def test_a_batch_of_agents_shares_the_model_and_says_what_each_case_used(tmp_path: Path) -> None:
    with serving() as server:
        desk = research_desk(tmp_path, server.url)
        hello = "playnex: 1\nname: hello\ninputs: { who: string }\nsteps:\n  say: { agent: writing, prompt: 'Greet ${{ inputs.who }}.' }\n"
        (tmp_path / "flows/hello.yaml").write_text(hello)
        write_cases(tmp_path, [{"who": f"person {number}"} for number in range(6)])
        assert desk.playnex("batch", "run", "hello", "cases.jsonl", *OUT).returncode == 0
        used = [line["usage"] for line in results(tmp_path)]
        assert len(server.asked) == 6 and all(usage["requests"] == 1 and usage["output_tokens"] > 0 for usage in used)


def test_a_flow_in_python_has_batches_too(desk: Desk) -> None:
    flow = "import playnex\n\n@playnex.flow\nasync def twice(ctx, inputs):\n    return 2 * inputs['n']\n"
    (desk.folder / "flows/twice.py").write_text(flow)
    write_cases(desk.folder, range(5))
    assert desk.playnex("batch", "run", "twice", "cases.jsonl", *OUT).returncode == 0
    assert [line["output"] for line in results(desk.folder)] == [0, 2, 4, 6, 8]


def test_the_template_runs(tmp_path: Path) -> None:
    lay_out("batch", tmp_path)
    desk = Desk(tmp_path)
    assert desk.playnex("check").returncode == 0
    done = desk.playnex("batch", "run", "quote", "orders.jsonl", "--key", "id", "--out", "quotes.jsonl")
    assert done.returncode == 0 and "8 cases: 8 succeeded (1 with a fallback)" in done.stderr
    assert results(tmp_path, "quotes.jsonl")[0]["output"]["letter"] == "Dear Ana, your parcel costs 10.25 euros."
