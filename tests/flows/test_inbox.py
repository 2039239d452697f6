"""What waits for a person: listed over all runs, shown whole, answered from any terminal, at once or much later."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.conversation import Conversation
from flows.stage import Desk, wait_for
from flows.test_background import PAYING, desk_with, told
from playnex.app.inbox import Inbox
from playnex.app.opening import opened
from playnex.journal.events import WaitStarted, to_json

LETTER = """\
playnex: 1
name: letter
steps:
  send:
    approve: {{ message: Send this?, show: Dear Ana, editable: true{timeout} }}
{more}
  file: {{ save: notes/sent, content: "${{{{ steps.send.status }}}}" }}
output: ${{{{ steps.send.output if steps.send.status == 'succeeded' else 'nothing' }}}}
"""
WAITING = 6


def letter_desk(folder: Path, *, timeout: str = "", more: str = "", **flows: str) -> Desk:
    """A workspace with the flow `letter`, which asks before it sends."""
    desk = desk_with(folder, **flows)
    write_letter(folder, timeout=timeout, more=more)
    return desk


def write_letter(folder: Path, *, timeout: str = "", more: str = "") -> None:
    """The flow `letter` with a time to answer, and with what a no means."""
    text = LETTER.format(timeout=f", timeout: {timeout}" if timeout else "", more=more)
    (folder / "flows/letter.yaml").write_text(text)


def asked(desk: Desk) -> str:
    """A run of `letter` that waits; its id in the inbox."""
    assert desk.playnex("flow", "run", "letter").returncode == WAITING
    return str(desk.json("inbox", "list")["items"][-1]["id"])


@pytest.mark.slow
def test_the_inbox_shows_the_whole_action_and_a_yes_from_another_terminal_carries_the_run_on(tmp_path: Path) -> None:
    desk = letter_desk(tmp_path, timeout="24h")
    item = asked(desk)
    document = desk.json("inbox", "show", item)
    assert (document["message"], document["show"], document["editable"], document["step"]) == ("Send this?", "Dear Ana", True, "send")
    assert document["until"] - document["since"] == pytest.approx(86_400, abs=5)
    page = desk.playnex("inbox", "show", "last").stdout
    assert "Dear Ana" in page and "without an answer by then it is a no" in page and f"playnex inbox approve {item}" in page
    done = desk.playnex("inbox", "approve", item)
    assert (done.returncode, desk.json("run", "show", "last")["output"]) == (0, "Dear Ana"), done.stderr
    assert desk.json("inbox", "list")["items"] == []
    step = desk.json("run", "show", "last")["steps"][0]
    assert step["step"] == "send"


@pytest.mark.slow
def test_a_no_is_recorded_with_its_reason_and_name_and_ends_the_run_unless_the_step_goes_on(tmp_path: Path) -> None:
    desk = letter_desk(tmp_path)
    refused = desk.playnex("inbox", "reject", asked(desk), "-m", "too short")
    assert refused.returncode == 0, refused.stderr
    document = desk.json("run", "show", "last")
    assert (document["status"], document["reason"]) == ("failed", "refused") and document["message"].endswith(": too short")
    assert "refused by " in document["message"]
    write_letter(tmp_path, more="    on-refuse: continue")
    assert desk.playnex("inbox", "reject", asked(desk), "-m", "no").returncode == 0
    assert desk.json("run", "show", "last")["output"] == "nothing"


@pytest.mark.slow
def test_an_answer_may_change_what_is_shown_by_a_value_a_file_or_the_persons_editor(tmp_path: Path) -> None:
    desk = letter_desk(tmp_path)
    (tmp_path / "reply.txt").write_text("Dear Cleo")
    editor = tmp_path / "editor.py"
    editor.write_text("import sys; path = sys.argv[1]; text = open(path).read(); open(path, 'w').write(text + ' and Bob\\n')")
    ways = ((("--value", "12"), "12"), (("--value", "@reply.txt"), "Dear Cleo"), (("--edit",), "Dear Ana and Bob"))
    for words, sent in ways:
        item = asked(desk)
        done = desk.playnex("inbox", "approve", item, *words, EDITOR=f"{sys.executable} {editor}", VISUAL="")
        assert (done.returncode, desk.json("run", "show", "last")["output"]) == (0, sent), done.stderr
    item = asked(desk)
    failed = desk.playnex("inbox", "approve", item, "--edit", EDITOR="false", VISUAL="")
    assert (failed.returncode, "nothing was answered" in failed.stderr) == (2, True), failed.stderr
    assert [waiting["id"] for waiting in desk.json("inbox", "list")["items"]] == [item]


def test_what_is_not_editable_cannot_be_changed(tmp_path: Path) -> None:
    desk = letter_desk(tmp_path)
    flow = tmp_path / "flows/letter.yaml"
    flow.write_text(flow.read_text().replace("editable: true", "editable: false"))
    item = asked(desk)
    refused = desk.playnex("inbox", "approve", item, "--value", "x")
    assert refused.returncode == 2 and "cannot be changed" in refused.stderr
    assert [waiting["id"] for waiting in desk.json("inbox", "list")["items"]] == [item]


@pytest.mark.slow
def test_an_answer_twice_too_late_or_to_an_ended_run_is_told_and_changes_nothing(tmp_path: Path) -> None:
    desk = letter_desk(tmp_path)
    twice = asked(desk)
    assert desk.playnex("inbox", "reject", twice, "-m", "no").returncode == 0
    again = desk.playnex("inbox", "approve", twice)
    assert again.returncode == 2 and "has been answered already: refused by" in again.stderr
    ended = asked(desk)
    assert desk.playnex("run", "cancel", "last").returncode == 0
    told_so = desk.playnex("inbox", "approve", ended)
    assert told_so.returncode == 2 and "has ended: cancelled" in told_so.stderr
    write_letter(tmp_path, timeout="50ms")
    assert desk.playnex("flow", "run", "letter").returncode == 1, "a time that is nearly over is waited for, and silence means no"
    late = desk.playnex("inbox", "approve", "last")
    assert late.returncode == 5 and "nothing waits" in late.stderr
    assert desk.playnex("inbox", "approve", "ZZZZZZ/send").returncode == 5


def its_time_is_over(folder: Path, item: str) -> None:
    """Let the question look as if it had been asked long ago: its time is moved into the past, in the store."""

    async def move() -> None:
        async with opened(str(folder)) as app:
            (waiting,) = [found for found in await Inbox(app=app).items() if found.id == item]
            events = await app.journal.events(waiting.run)
            asked = next(event for event in events if isinstance(event.fact, WaitStarted))
            assert isinstance(asked.fact, WaitStarted)
            body = json.dumps(to_json(replace(asked.fact, until=asked.at - 1))).encode()

            def write(connection: Any) -> None:
                connection.execute("UPDATE events SET body = ? WHERE position = ?", (body, asked.position))

            await app.database.write(write)

    asyncio.run(move())


@pytest.mark.slow
def test_silence_past_the_time_is_a_no_whoever_answers_afterwards(tmp_path: Path) -> None:
    desk = letter_desk(tmp_path, timeout="1h")
    item = asked(desk)
    its_time_is_over(tmp_path, item)
    assert desk.json("inbox", "list")["items"] == []
    late = desk.playnex("inbox", "approve", item)
    assert late.returncode == 2 and "the time to answer" in late.stderr and "playnex run resume" in late.stderr
    assert desk.playnex("run", "resume", "last").returncode == 1
    assert desk.json("run", "show", "last")["reason"] == "refused"


def test_two_answers_at_the_same_moment_are_one_and_the_other_person_is_told(tmp_path: Path) -> None:
    desk = letter_desk(tmp_path, more="    on-refuse: continue")
    item = asked(desk)
    command = (sys.executable, "-m", "playnex", "inbox")
    words = (("approve", item), ("reject", item, "-m", "no"))
    env = os.environ | {"PLAYNEX_HOME": ""}
    children = [subprocess.Popen([*command, *said], cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True) for said in words]
    ends = [(child.communicate(timeout=60)[1], child.returncode) for child in children]
    output = desk.json("run", "show", "last")["output"]
    losers = [text for text, code in ends if code == 2]
    assert output in ("Dear Ana", "nothing") and len(losers) == 1, ends
    assert "answered" in losers[0] or "has ended" in losers[0]


@pytest.mark.slow
def test_a_living_worker_carries_on_what_was_answered_and_a_detached_answer_does_so_without_one(tmp_path: Path) -> None:
    desk = letter_desk(tmp_path)
    item = asked(desk)
    worker = desk.start("worker")
    try:
        assert desk.playnex("inbox", "approve", item).returncode == 0
        wait_for(lambda: desk.json("run", "show", "last")["status"] == "succeeded", "the end of the run")
    finally:
        worker.send_signal(signal.SIGINT)
        worker.wait(60)
    item = asked(desk)
    assert desk.playnex("inbox", "approve", item, "--detach").returncode == 0
    watched = desk.playnex("run", "watch", "last")
    assert watched.returncode == 0, watched.stderr


def test_an_unknown_outcome_waits_in_the_inbox_with_the_command_that_decides_it(tmp_path: Path) -> None:
    desk = letter_desk(tmp_path, paying=PAYING)
    child = desk.start("flow", "run", "paying")
    wait_for(partial(told, tmp_path), "the payment")
    child.kill()
    child.wait()
    assert desk.playnex("run", "resume", "last").returncode == WAITING
    (item,) = desk.json("inbox", "list")["items"]
    assert (item["kind"], item["step"], item["flow"]) == ("outcome", "pay", "paying")
    assert "playnex run resolve" in desk.playnex("inbox", "show", "last").stdout
    refused = desk.playnex("inbox", "approve", "last")
    assert refused.returncode == 2 and "playnex run resolve" in refused.stderr


@pytest.mark.slow
def test_several_questions_of_one_run_are_told_apart(tmp_path: Path) -> None:
    desk = desk_with(tmp_path)
    (tmp_path / "flows/both.yaml").write_text(
        "playnex: 1\nname: both\nsteps:\n"
        "  left:  { needs: [], approve: { message: Left?, show: 1 } }\n"
        "  right: { needs: [], approve: { message: Right?, show: 2 } }\n"
        "  last:  { needs: [left, right], save: notes/last, content: done }\n"
        "output: ${{ steps.left.output + steps.right.output }}\n"
    )
    assert desk.playnex("flow", "run", "both").returncode == WAITING
    (run,) = {item["run"][-6:] for item in desk.json("inbox", "list")["items"]}
    several = desk.playnex("inbox", "approve", run)
    assert several.returncode == 2 and f"{run}/left, {run}/right" in several.stderr
    assert desk.playnex("inbox", "approve", f"{run.lower()}/le").returncode == WAITING, "the other one still waits"
    assert desk.playnex("inbox", "approve", run).returncode == 0
    assert desk.json("run", "show", "last")["output"] == 3


@pytest.mark.parametrize(
    ("typed", "code", "status"),
    [
        ((("approve?", "y\n"),), 0, "succeeded"),
        ((("approve?", "what\n"), ("approve?", "yes\n")), 0, "succeeded"),
        ((("approve?", "n\n"), ("why:", "too short\n")), 1, "failed"),
        ((("approve?", "\n"),), 1, "failed"),
        ((("approve?", "\x04"),), 1, "failed"),
        ((("approve?", "l\n"),), WAITING, "waiting"),
        ((("approve?", "\x03"),), 130, "waiting"),
    ],
)
def test_a_run_on_a_terminal_asks_in_place_and_only_a_clear_yes_is_one(
    tmp_path: Path, typed: tuple[tuple[str, str], ...], code: int, status: str
) -> None:
    desk = letter_desk(tmp_path)
    with Conversation(tmp_path, "flow", "run", "letter") as talk:
        for prompt, answer in typed:
            talk.say(prompt, answer)
        assert talk.end() == code, talk.shown
    assert "Send this?" in talk.shown and "Dear Ana" in talk.shown
    document = desk.json("run", "show", "last")
    assert document["status"] == status
    assert document["reason"] == {"failed": "refused", "waiting": "approval"}.get(status, "")


def test_what_is_shown_can_be_changed_in_place_and_an_editor_that_fails_answers_nothing(tmp_path: Path) -> None:
    desk = letter_desk(tmp_path)
    editor = tmp_path / "editor.py"
    editor.write_text(
        "import os, sys; os.path.exists('fail') and sys.exit(os.remove('fail') or 1); open(sys.argv[1], 'w').write('Dear Bob\\n')"
    )
    (tmp_path / "fail").touch()
    with Conversation(tmp_path, "flow", "run", "letter", EDITOR=f"{sys.executable} {editor}", VISUAL="") as talk:
        talk.say("approve?", "e\n")
        talk.until("nothing was answered")
        talk.say("approve?", "e\n")
        assert talk.end() == 0, talk.shown
    assert desk.json("run", "show", "last")["output"] == "Dear Bob"


def test_a_question_on_a_terminal_closes_when_somebody_else_answers_it(tmp_path: Path) -> None:
    desk = letter_desk(tmp_path)
    with Conversation(tmp_path, "flow", "run", "letter") as talk:
        talk.until("approve?")
        desk.playnex("inbox", "approve", "last")
        assert talk.end() == 0, talk.shown
    assert "no longer asked" in talk.shown


@pytest.mark.slow
def test_a_question_on_a_terminal_closes_when_its_time_is_over(tmp_path: Path) -> None:
    desk = letter_desk(tmp_path, timeout="10s")
    with Conversation(tmp_path, "flow", "run", "letter") as talk:
        talk.until("approve?")
        assert talk.end() == 1, talk.shown
    assert "silence means no" in desk.json("run", "show", "last")["message"]


def test_a_terminal_that_is_closed_over_a_question_has_said_no_and_nothing_goes_on_by_itself(tmp_path: Path) -> None:
    desk = letter_desk(tmp_path, more="    on-refuse: continue")
    with Conversation(tmp_path, "flow", "run", "letter") as talk:
        talk.until("approve?")
        talk.hang_up()
    assert desk.json("inbox", "list")["items"] == []
    assert desk.json("run", "show", "last")["status"] == "waiting"
    assert desk.json("run", "resume", "last")["output"] == "nothing"


def test_no_input_asks_nothing_and_names_the_inbox(tmp_path: Path) -> None:
    letter_desk(tmp_path)
    with Conversation(tmp_path, "flow", "run", "letter", "--no-input") as talk:
        assert talk.end() == WAITING
    assert "approve?" not in talk.shown and "playnex inbox show" in talk.shown


@pytest.mark.slow
def test_the_list_is_a_document_and_empty_where_nothing_waits(tmp_path: Path) -> None:
    desk = letter_desk(tmp_path)
    assert desk.json("inbox", "list") == {"schema": "playnex.inbox/1", "items": []}
    assert "nothing waits" in desk.playnex("inbox", "list").stderr
    item = asked(desk)
    assert item in desk.playnex("inbox", "list").stdout
    assert json.loads(desk.playnex("inbox", "show", item, "--json").stdout)["id"] == item


def test_a_result_that_failed_its_check_waits_in_the_inbox_like_any_question(tmp_path: Path) -> None:
    desk = desk_with(tmp_path)
    (tmp_path / "flows/checked.yaml").write_text(
        "playnex: 1\nname: checked\nsteps:\n"
        "  list:\n    tool: file.search\n    with: { query: nothing-at-all }\n"
        '    verify: { that: "output | length > 3", on-fail: ask }\n'
        "output: ${{ steps.list.output | length }}\n"
    )
    assert desk.playnex("flow", "run", "checked").returncode == WAITING
    (item,) = desk.json("inbox", "list")["items"]
    assert item["kind"] == "approval" and item["editable"] and "did not pass its check" in item["message"]
    assert item["actor"] == "file.search"
    assert desk.playnex("inbox", "approve", "last", "--value", '["one"]').returncode == 0
    assert desk.json("run", "show", "last")["output"] == 1
