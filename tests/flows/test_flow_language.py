"""The flow language at work: parallel steps, conditions, approvals, waits and sub-flows, from files in a workspace."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from flows.stage import Desk
from playnex.app.templates import lay_out

WAITING = 6

TOOLS = '''
import pathlib, time
import playnex

@playnex.tool(effect="idempotent")
def note(name: str, value: str = "done", wait_for: str = "") -> str:
    """Note that it ran; wait until another one has."""
    log = pathlib.Path("ran.txt")
    with log.open("a") as file:
        file.write(name + "\\n")
    while wait_for and wait_for not in log.read_text().split():
        time.sleep(0.01)
    return value

@playnex.tool(effect="idempotent")
def fail(name: str) -> str:
    """Note that it ran, and fail unless a file says that all is well."""
    note(name)
    if not pathlib.Path("well.txt").exists():
        raise ValueError("not well")
    return "well"
'''


def desk(folder: Path, **flows: str) -> Desk:
    """A workspace with these flows, by name, each given as its steps."""
    lay_out("minimal", folder)
    (folder / "tools").mkdir()
    (folder / "tools" / "work.py").write_text(TOOLS)
    for name, steps in flows.items():
        (folder / "flows" / f"{name}.yaml").write_text(f"playnex: 1\nname: {name}\n{steps}")
    return Desk(folder)


def ran(folder: Path) -> list[str]:
    return (folder / "ran.txt").read_text().split()


def steps_of(desk: Desk) -> Mapping[str, Any]:
    return {step["step"]: step for step in desk.json("run", "show", "last")["steps"]}


def test_steps_that_need_the_same_run_at_the_same_time_and_the_one_behind_waits_for_both(tmp_path: Path) -> None:
    """Each of the two waits until the other has begun: one after the other, they would never end."""
    user = desk(
        tmp_path,
        both="""
steps:
  first: { tool: work.note, with: { name: first } }
  left:  { needs: first, tool: work.note, with: { name: left, wait_for: right, value: L } }
  right: { needs: first, tool: work.note, with: { name: right, wait_for: left, value: R } }
  last:  { needs: [left, right], tool: work.note, with: { name: last, value: "${{ steps.left.output }}${{ steps.right.output }}" } }
""",
    )
    done = user.playnex("flow", "run", "both", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["output"] == "LR"
    assert (ran(tmp_path)[0], ran(tmp_path)[-1]) == ("first", "last")


def test_a_condition_that_does_not_hold_skips_its_step_and_else_gives_an_output(tmp_path: Path) -> None:
    user = desk(
        tmp_path,
        maybe="""
inputs: { urgent: { type: boolean, default: false } }
steps:
  ask:    { if: inputs.urgent, tool: work.note, with: { name: ask } }
  reply:  { if: inputs.urgent, else: "later ${{ 1 + 1 }}", tool: work.note, with: { name: reply, value: now } }
  joined: { needs: [ask], tool: work.note, with: { name: joined } }
  plain:  { tool: work.note, with: { name: plain } }
output: { asked: "${{ steps.ask.output | default('nobody') }}", reply: "${{ steps.reply.output }}" }
""",
    )
    calm = user.json("flow", "run", "maybe")
    assert calm["output"] == {"asked": "nobody", "reply": "later 2"}
    steps = steps_of(user)
    assert {name: step["status"] for name, step in steps.items()} == {
        "ask": "skipped",
        "reply": "skipped",
        "joined": "skipped",
        "plain": "succeeded",
    }
    assert "output" not in steps["ask"] and steps["ask"]["reason"] == "not inputs.urgent"
    assert ran(tmp_path) == ["plain"], "a step below a skipped one runs, one whose every need was skipped does not"
    assert user.json("flow", "run", "maybe", "--input", "urgent=true")["output"] == {"asked": "done", "reply": "now"}


def test_a_failed_branch_leaves_the_others_and_is_done_again_alone(tmp_path: Path) -> None:
    user = desk(
        tmp_path,
        branches="""
steps:
  good:   { needs: [], tool: work.note, with: { name: good } }
  bad:    { needs: [], tool: work.fail, with: { name: bad } }
  behind: { needs: good, tool: work.note, with: { name: behind } }
  joined: { needs: [behind, bad], tool: work.note, with: { name: joined } }
""",
    )
    failed = user.playnex("flow", "run", "branches")
    assert failed.returncode == 1 and "step 'bad' failed" in failed.stderr
    assert sorted(ran(tmp_path)) == ["bad", "behind", "good"], "what does not depend on the failure goes on"
    (tmp_path / "well.txt").write_text("")
    assert user.playnex("run", "retry", "last").returncode == 0
    assert sorted(ran(tmp_path)) == ["bad", "bad", "behind", "good", "joined"]


def test_continue_on_error_keeps_the_failure_and_goes_on(tmp_path: Path) -> None:
    user = desk(
        tmp_path,
        lenient="""
steps:
  bad:  { tool: work.fail, with: { name: bad }, continue-on-error: true }
  next: { tool: work.note, with: { name: next, value: "${{ steps.bad.status }}" } }
""",
    )
    assert user.json("flow", "run", "lenient")["output"] == "failed"


@pytest.mark.slow
def test_an_approval_waits_for_a_person_and_a_no_ends_the_run_unless_it_says_otherwise(tmp_path: Path) -> None:
    steps = """
steps:
  draft: {{ tool: work.note, with: {{ name: draft, value: Dear Ana }} }}
  send:
    approve: {{ message: Send this?, show: "${{{{ steps.draft.output }}}}", editable: true, timeout: 1h }}
{more}
  file: {{ tool: work.note, with: {{ name: file, value: "${{{{ steps.send.status }}}}" }} }}
"""
    user = desk(tmp_path, strict=steps.format(more=""), lenient=steps.format(more="    on-refuse: continue"))
    for flow, answer, code, output in (
        ("strict", {"approved": True}, 0, "succeeded"),
        ("strict", {"approved": False, "reason": "too short"}, 1, None),
        ("lenient", {"approved": False}, 0, "failed"),
    ):
        assert user.playnex("flow", "run", flow).returncode == WAITING
        (wait,) = user.json("run", "show", "last")["waits"]
        assert wait["ask"] == {"message": "Send this?", "show": "Dear Ana", "editable": True}
        assert user.playnex("run", "signal", "last", wait["signal"], "--data", json.dumps(answer)).returncode == 0
        done = user.playnex("run", "resume", "last", "--json")
        assert (done.returncode, json.loads(done.stdout)["output"]) == (code, output), done.stderr
    assert steps_of(user)["send"]["reason"] == "refused"


def test_a_wait_holds_for_a_time_or_a_signal(tmp_path: Path) -> None:
    user = desk(
        tmp_path,
        slow="""
steps:
  nap:  { wait: 50ms }
  paid: { wait: { signal: paid, timeout: 1h } }
  last: { tool: work.note, with: { name: last, value: "${{ steps.paid.output.amount }}" } }
""",
    )
    assert user.playnex("flow", "run", "slow").returncode == WAITING
    assert user.playnex("run", "signal", "last", "paid", "--data", '{"amount": "12"}').returncode == 0
    assert user.json("run", "resume", "last")["output"] == "12"


@pytest.mark.slow
def test_a_switch_takes_the_case_of_the_value_and_records_its_route(tmp_path: Path) -> None:
    user = desk(
        tmp_path,
        routed="""
inputs: { kind: { type: string, required: true } }
steps:
  answer:
    switch: ${{ inputs.kind }}
    cases:
      bill: { tool: work.note, with: { name: billing, value: paid } }
      bug:  { flow: fixing }
    default: { tool: work.note, with: { name: desk, value: hello } }
""",
        fixing="""
steps:
  fix: { tool: work.note, with: { name: fix, value: fixed } }
""",
    )
    said = [user.json("flow", "run", "routed", "--input", f"kind={kind}")["output"] for kind in ("bill", "bug", "other")]
    assert said == ["paid", "fixed", "hello"]
    assert ran(tmp_path) == ["billing", "fix", "desk"]
    assert user.json("capsule", "view", "runs/last/answer/route")["body"].count('"to": "tool work.note"') == 1
    assert user.playnex("run", "replay", "last").stdout.startswith("same")


def test_a_value_without_a_case_fails_the_step_and_says_what_there_is(tmp_path: Path) -> None:
    user = desk(
        tmp_path,
        routed="""
inputs: { kind: { type: string, required: true } }
steps:
  answer:
    switch: ${{ inputs.kind }}
    cases: { bill: { tool: work.note, with: { name: billing } } }
""",
    )
    document = user.json("flow", "run", "routed", "--input", "kind=bug")
    assert (document["status"], document["reason"]) == ("failed", "no-route")
    assert "'bug'" in document["message"] and "bill" in document["message"]


def test_a_step_for_each_item_gives_a_list_in_the_order_of_the_items(tmp_path: Path) -> None:
    """The first item waits for the last one to begin, so they finish in another order."""
    user = desk(
        tmp_path,
        each="""
steps:
  words:
    for-each: [a, b, c]
    tool: work.note
    with: { name: "${{ item }}", value: "${{ item | upper }}", wait_for: "${{ 'c' if item == 'a' else '' }}" }
  last: { tool: work.note, with: { name: last, value: "${{ steps.words.output | join('-') }}" } }
""",
    )
    assert user.json("flow", "run", "each")["output"] == "A-B-C"
    assert ran(tmp_path)[-1] == "last"


def test_items_that_failed_are_done_again_alone_and_max_parallel_keeps_them_apart(tmp_path: Path) -> None:
    user = desk(
        tmp_path,
        each="""
steps:
  words:
    for-each: [1, 2, 3]
    max-parallel: 1
    switch: ${{ item }}
    cases: { "2": { tool: work.fail, with: { name: two } } }
    default: { tool: work.note, with: { name: "n${{ item }}" } }
""",
    )
    failed = user.json("flow", "run", "each")
    assert failed["status"] == "failed" and "1 of 3 items failed; the first, item 2" in failed["message"]
    assert ran(tmp_path) == ["n1", "two", "n3"]
    (tmp_path / "well.txt").write_text("")
    assert user.json("run", "retry", "last")["output"] == ["done", "well", "done"]
    assert ran(tmp_path) == ["n1", "two", "n3", "two"]


def test_an_item_that_fell_back_marks_the_list_and_what_is_made_of_it(tmp_path: Path) -> None:
    user = desk(
        tmp_path,
        each="""
steps:
  words:
    for-each: [1, 2]
    tool: work.fail
    with: { name: "n${{ item }}" }
    fallback: "none for ${{ item }}"
  last: { tool: work.note, with: { name: last, value: "${{ steps.words.output | join(', ') }}" } }
""",
    )
    assert user.json("flow", "run", "each")["output"] == "none for 1, none for 2"
    steps = steps_of(user)
    assert (steps["words"]["status"], steps["words"]["reason"]) == ("fallback", "items 1, 2")
    assert steps["last"]["fallback_from"] == ["words"]


def test_a_flow_calls_another_and_gets_what_it_returns(tmp_path: Path) -> None:
    user = desk(
        tmp_path,
        outer="""
steps:
  inner: { flow: inner, with: { word: tides } }
  last:  { tool: work.note, with: { name: last, value: "${{ steps.inner.output.said }}" } }
""",
        inner="""
inputs: { word: { type: string, required: true } }
steps:
  say: { tool: work.note, with: { name: say, value: "about ${{ inputs.word }}" } }
output: { said: "${{ steps.say.output }}" }
""",
    )
    assert user.json("flow", "run", "outer")["output"] == "about tides"
    assert user.playnex("run", "replay", "last").stdout.startswith("same")


CHECKED = """
steps:
  draft:
    tool: work.note
    with: { name: draft, value: Dear Ana }
    output: string
    verify: { that: "output | length > 10", on-fail: ask }
    save: letters/ana
  file: { tool: work.note, with: { name: file, value: "filed ${{ steps.draft.output }}" } }
"""


@pytest.mark.slow
def test_a_result_that_fails_its_check_waits_for_a_person_who_may_change_it(tmp_path: Path) -> None:
    user = desk(tmp_path, checked=CHECKED)
    for answer, output in (({"approved": True}, "filed Dear Ana"), ({"approved": True, "value": "Dear Anastasia"}, "filed Dear Anastasia")):
        assert user.playnex("flow", "run", "checked").returncode == WAITING
        (wait,) = user.json("run", "show", "last")["waits"]
        assert wait["step"] == "draft/answer" and wait["ask"]["show"] == "Dear Ana" and wait["ask"]["editable"]
        assert "does not keep to: output | length > 10" in wait["ask"]["message"]
        user.playnex("run", "signal", "last", wait["signal"], "--data", json.dumps(answer))
        done = user.json("run", "resume", "last")
        assert done["output"] == output
        assert user.playnex("capsule", "view", "letters/ana").stdout.strip() == output.removeprefix("filed ")
        assert "the result does not keep to" in steps_of(user)["draft"]["reason"]
    assert ran(tmp_path).count("draft") == 2, "the tool is not called again while a person thinks"


@pytest.mark.slow
def test_a_change_that_does_not_fit_the_output_is_asked_about_again(tmp_path: Path) -> None:
    user = desk(tmp_path, checked=CHECKED)
    assert user.playnex("flow", "run", "checked").returncode == WAITING
    user.playnex("run", "signal", "last", "draft/answer", "--data", '{"approved": true, "value": 5}')
    assert user.playnex("run", "resume", "last").returncode == WAITING
    (again,) = user.json("run", "show", "last")["waits"]
    assert again["signal"] == "draft/answer#2" and "5 is not" in again["ask"]["message"]
    user.playnex("run", "signal", "last", again["signal"], "--data", '{"approved": true, "value": "Dear all"}')
    assert user.json("run", "resume", "last")["output"] == "filed Dear all"


@pytest.mark.slow
def test_a_no_to_a_result_fails_the_step_as_refused_and_so_does_silence(tmp_path: Path) -> None:
    silent = CHECKED.replace("on-fail: ask", "on-fail: ask, timeout: 50ms")
    user = desk(tmp_path, checked=CHECKED.replace("    save:", "    fallback: Dear customer\n    save:"), silent=silent)
    assert user.playnex("flow", "run", "checked").returncode == WAITING
    user.playnex("run", "signal", "last", "draft/answer", "--data", '{"approved": false, "reason": "too cold"}')
    refused = user.playnex("run", "resume", "last", "--json")
    assert refused.returncode == 1 and "too cold" in json.loads(refused.stdout)["message"]
    draft = steps_of(user)["draft"]
    assert (draft["status"], draft["reason"]) == ("failed", "refused"), "nothing stands in for what a person has refused"
    user.playnex("flow", "run", "silent")
    user.playnex("run", "resume", "last")
    assert steps_of(user)["draft"]["reason"] == "refused"
