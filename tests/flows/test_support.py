"""The support-ticket example, as a user runs it: sorted, looked up, answered, checked, approved and filed, whatever happens on the way."""

import asyncio
import json
import os
import re
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from flows.stage import Desk, wait_for
from playnex.app.stocking import begin
from playnex.testing.model_replies import Asked, Reply, value
from playnex.testing.model_server import serving

WAITING = 6
TICKETS = {"billing": "charged-twice", "bug": "notes-gone", "other": "schools"}
AGENTS = {"billing": "billing", "bug": "bugs", "other": "frontdesk"}
FIRST_WORDS = {
    "triage": "You sort support tickets",
    "billing": "You answer the billing tickets",
    "bugs": "You answer the bug reports",
    "frontdesk": "You answer the general questions",
    "checker": "You check replies",
}
SAFE_REPLY = "Thank you for writing. A colleague will answer within one working day."

WATCHED = '''

shipped = get_account


@playnex.tool(effect="idempotent")
def get_account(customer: str) -> dict[str, str]:
    """The shipped look-up, with a note for whoever counts; where a file says so, it waits until another lets it go."""
    with open("asked.txt", "a") as notes:
        notes.write(customer + "\\n")
    while Path("hold").exists():
        time.sleep(0.01)
    return shipped(customer)
'''


def who(asked: Asked) -> str:
    """The agent that this request is for."""
    return next(name for name, words in FIRST_WORDS.items() if words in asked.prompt)


def answering(urgency: str = "normal", *, passes: bool = True) -> Callable[[Asked], Reply]:
    """A model that sorts rightly, and writes what can be told apart."""

    def script(asked: Asked) -> Reply:
        agent, ticket = who(asked), asked.prompt.rpartition("<ticket>")[2]
        if agent == "triage":
            category = "billing" if "charged" in ticket else "bug" if "gone" in ticket else "other"
            summary = ticket.strip().splitlines()[2].rpartition("</ticket>")[0] or ticket.strip().splitlines()[2]
            return value({"category": category, "urgency": urgency, "summary": summary})
        if agent == "checker":
            return value({"pass": passes, "reason": "so it is"})
        return value({"reply": f"Dear customer, {agent} is here.", "sources": re.findall(r'<article id="(\w+)"', asked.prompt)})

    return script


def support_desk(folder: Path, url: str) -> Desk:
    """The template as `playnex init` makes it, with a look-up that counts, and the model server at that address."""
    asyncio.run(begin("support", folder))
    (folder / "playnex.toml").write_text(f'[models.main]\nbase_url = "{url}"\nname = "scripted"\ncontext = 32768\n')
    with (folder / "tools" / "crm.py").open("a") as tool:
        tool.write(WATCHED)
    return Desk(folder)


def run(category: str = "billing") -> tuple[str, ...]:
    return ("flow", "run", "support-ticket", "--input", f"ticket=@mails/{TICKETS[category]}.txt", "--input", "customer_id=C-1001")


def steps_of(desk: Desk, typed: str = "last") -> Mapping[str, Any]:
    return {step["step"]: step for step in desk.json("run", "show", typed)["steps"]}


def told(desk: Desk) -> list[dict[str, Any]]:
    return [json.loads(line) for line in desk.playnex("run", "logs", "last").stdout.splitlines()]


def looked_up(folder: Path) -> list[str]:
    """The customers that the look-up was asked for, as it notes itself."""
    path = folder / "asked.txt"
    return path.read_text().split() if path.exists() else []


def test_the_flow_of_the_template_passes_the_check_and_its_articles_are_found(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    done = desk.playnex("init", "--template", "support")
    assert done.returncode == 0 and "capsule kb/refunds" in done.stderr
    assert desk.playnex("check").returncode == 0
    assert desk.json("capsule", "search", "charged twice", "--in", "kb")["items"][0]["name"] == "kb/refunds"
    assert "kb/refunds" in desk.playnex("capsule", "search", "a charge").stdout
    assert (tmp_path / "capsules/kb/refunds.md").read_text() == desk.json("capsule", "view", "kb/refunds")["body"]


@pytest.mark.parametrize("category", TICKETS)
def test_each_kind_of_ticket_goes_to_its_agent_and_the_reply_is_filed(tmp_path: Path, category: str) -> None:
    with serving(answering()) as server:
        desk = support_desk(tmp_path, server.url)
        done = desk.playnex(*run(category), "--json")
    assert done.returncode == 0, done.stderr
    assert [who(asked) for asked in server.asked] == ["triage", AGENTS[category], "checker"]
    assert re.search(r"○ approve .*skipped: not steps.classify.*\n.*✓ file ", done.stderr), "a skipped step does not end the watching"
    document = json.loads(done.stdout)
    assert document["output"] == {"reply": f"Dear customer, {AGENTS[category]} is here.", "account_known": True}
    assert [made["name"] for made in document["capsules"]] == [f"tickets/{document['run']}"]
    assert desk.playnex("capsule", "view", document["capsules"][0]["name"]).stdout.strip() == document["output"]["reply"]
    asked = server.asked[1].prompt
    assert '"name":"Ana"' in asked.replace(" ", "") and "<article id=" in asked, "the draft was given the account and the articles"


@pytest.mark.slow
def test_the_route_that_was_taken_and_why_are_recorded_and_shown(tmp_path: Path) -> None:
    with serving(answering()) as server:
        desk = support_desk(tmp_path, server.url)
        assert desk.playnex(*run("bug")).returncode == 0
    route = steps_of(desk)["draft"]["route"]
    assert route == {"value": "bug", "to": "agent bugs", "by": "${{ steps.classify.output.category }}"}
    assert 'draft went to agent bugs: steps.classify.output.category is "bug"' in desk.playnex("run", "show", "last").stdout
    assert json.loads(desk.playnex("capsule", "view", "runs/last/draft/route").stdout.strip("`json\n"))["value"] == "bug"


@pytest.mark.slow
def test_the_account_is_looked_up_while_the_articles_are_searched_and_the_draft_waits_for_both(tmp_path: Path) -> None:
    with serving(answering()) as server:
        desk = support_desk(tmp_path, server.url)
        (tmp_path / "hold").touch()
        child = desk.start(*run())
        wait_for(lambda: looked_up(tmp_path) and "articles" in steps_of(desk), "the look-up's beginning and the search's end")
        assert [who(asked) for asked in server.asked] == ["triage"], "the draft waits for the look-up, which still goes on"
        assert "account" not in steps_of(desk)
        (tmp_path / "hold").unlink()
        assert child.wait(60) == 0
    order = [(line["event"], line["step"]) for line in told(desk) if line["step"] in ("account", "articles", "draft")]
    began = {order.index(("StepStarted", step)) for step in ("account", "articles")}
    assert max(began) < order.index(("StepFinished", "articles")) < order.index(("StepFinished", "account"))
    assert order.index(("StepStarted", "draft")) > order.index(("StepFinished", "account"))


@pytest.mark.slow
def test_a_look_up_that_times_out_is_tried_once_more_and_a_safe_reply_goes_out_that_says_so(tmp_path: Path) -> None:
    """The shipped flow, to the letter: five seconds, twice."""
    with serving(answering()) as server:
        desk = support_desk(tmp_path, server.url)
        (tmp_path / "crm-is-slow").touch()
        done = desk.playnex(*run())
    assert done.returncode == 0, done.stderr
    assert looked_up(tmp_path) == ["C-1001"] * 2
    assert [who(asked) for asked in server.asked] == ["triage"], "no agent is asked to write from what is not known"
    steps = steps_of(desk)
    account = steps["account"]
    assert (account["status"], account["reason"], account["attempts"]) == ("fallback", "timeout", 2)
    assert account["output"] == {"plan": "unknown"}
    assert {name: step.get("fallback_from", []) for name, step in steps.items() if step.get("fallback_from")} == {
        "draft": ["account"],
        "file": ["account"],
    }
    assert desk.json("run", "show", "last")["output"] == {"reply": SAFE_REPLY, "account_known": False}
    (filed,) = desk.json("capsules", "--prefix", "tickets/")["items"]
    assert desk.playnex("capsule", "view", filed["name"]).stdout.strip() == SAFE_REPLY
    assert re.search(r"↻ account .*timed out, retry 1/1", done.stderr)
    assert re.search(r"! account .*fallback used {plan: unknown}: timed out", done.stderr)
    assert "! account gave its fallback after 2 tries: timed out; made from it: draft, file" in done.stderr
    assert "account gave its fallback after 2 tries" in desk.playnex("run", "show", "last").stdout


def answer(desk: Desk, **said: Any) -> Any:
    """Answer what the last run waits for, and let it go on."""
    (wait,) = desk.json("run", "show", "last")["waits"]
    desk.playnex("run", "signal", "last", wait["signal"], "--data", json.dumps(said))
    return desk.playnex("run", "resume", "last", "--json")


@pytest.mark.slow
def test_an_urgent_reply_waits_for_a_person_who_sends_it_or_changes_it_or_says_no(tmp_path: Path) -> None:
    with serving(answering("high")) as server:
        desk = support_desk(tmp_path, server.url)
        for said, code, reply in (
            ({"approved": True}, 0, "Dear customer, bugs is here."),
            ({"approved": True, "value": "Dear Tom, sync again."}, 0, "Dear Tom, sync again."),
            ({"approved": False, "reason": "not like this"}, 1, None),
        ):
            waiting = desk.playnex(*run("bug"))
            assert waiting.returncode == WAITING
            (wait,) = desk.json("run", "show", "last")["waits"]
            assert wait["ask"] == {"message": "Send this reply?", "show": "Dear customer, bugs is here.", "editable": True}
            done = answer(desk, **said)
            document = json.loads(done.stdout)
            assert (done.returncode, (document["output"] or {}).get("reply")) == (code, reply)
            filed = desk.playnex("capsule", "view", f"tickets/{document['run']}")
            assert filed.stdout.strip() == (reply or "")
        assert (document["status"], document["reason"]) == ("failed", "refused")
        assert [who(asked) for asked in server.asked] == ["triage", "bugs", "checker"] * 3, "a person's answer asks no model again"


@pytest.mark.slow
def test_silence_about_an_urgent_reply_means_no(tmp_path: Path) -> None:
    with serving(answering("high")) as server:
        desk = support_desk(tmp_path, server.url)
        flow = tmp_path / "flows" / "support-ticket.yaml"
        flow.write_text(flow.read_text().replace("timeout: 24h", "timeout: 20ms"))
        desk.playnex(*run("bug"))
        done = desk.playnex("run", "resume", "last", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["status"], document["reason"]) == (1, "failed", "refused")
    assert "file" not in steps_of(desk)


@pytest.mark.slow
def test_a_reply_that_the_checker_refuses_waits_for_a_person(tmp_path: Path) -> None:
    with serving(answering(passes=False)) as server:
        desk = support_desk(tmp_path, server.url)
        assert desk.playnex(*run()).returncode == WAITING
        (wait,) = desk.json("run", "show", "last")["waits"]
        assert wait["step"] == "draft/answer" and "so it is" in wait["ask"]["message"]
        mended = {**wait["ask"]["show"], "reply": "Dear Ana, it comes back."}
        done = answer(desk, approved=True, value=mended)
        assert json.loads(done.stdout)["output"]["reply"] == "Dear Ana, it comes back."
        assert desk.playnex(*run()).returncode == WAITING
        refused = answer(desk, approved=False)
    assert (refused.returncode, json.loads(refused.stdout)["reason"]) == (1, "refused")


@pytest.mark.slow
def test_a_run_killed_between_the_parallel_steps_goes_on_and_repeats_nothing_that_was_answered(tmp_path: Path) -> None:
    with serving(answering()) as server:
        desk = support_desk(tmp_path, server.url)
        (tmp_path / "hold").touch()
        child = desk.start(*run())
        wait_for(lambda: looked_up(tmp_path) and "articles" in steps_of(desk), "the look-up's beginning and the search's end")
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        (tmp_path / "hold").unlink()
        done = desk.playnex("run", "resume", "last", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["output"]["account_known"]
    assert set(server.counts.values()) == {1} and len(server.asked) == 3
    assert looked_up(tmp_path) == ["C-1001"] * 2, "the call in flight, and once more"
    finished = [line["step"] for line in told(desk) if line["event"] == "StepFinished"]
    assert finished.count("articles") == 1


@pytest.mark.slow
def test_the_same_ticket_gives_the_same_steps_routes_and_reply_twice(tmp_path: Path) -> None:
    with serving(answering()) as server:
        desk = support_desk(tmp_path, server.url)
        outcomes = []
        for _ in range(2):
            assert desk.playnex(*run("other")).returncode == 0
            outcomes.append({name: (step["status"], step.get("route"), step.get("output")) for name, step in steps_of(desk).items()})
        assert desk.playnex("run", "replay", "last").stdout.startswith("same")
    assert outcomes[0] == outcomes[1]
    assert set(server.counts.values()) == {2}, "the same requests to the letter"
