"""What the API says of the inbox, capsules, flows, agents, tools, batches and the doctor, and what it does to them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.stage import Served, serving_folder
from playnex.app.batch_view import squares, throughput
from playnex.app.capsule_lines import snippet_of
from playnex.app.flow_record import percentile

ASKING = """\
playnex: 1
name: refund
inputs:
  customer: { type: string, required: true }
  channel: { type: [card, bank], default: card }
on: { schedule: [{ cron: "0 7 * * *", zone: Europe/Vienna, inputs: { customer: Ada } }] }
steps:
  ask:
    approve: { message: "Pay ${{ inputs.customer }}?", show: "${{ inputs.customer }}", editable: true }
  keep: { save: "refunds/${{ inputs.customer | slug }}", content: "${{ steps.ask.output }}" }
"""
GRADING = """\
playnex: 1
name: grade
inputs: { n: { type: integer, required: true } }
steps: { read: { tool: marks.read, with: { n: "${{ inputs.n }}" } } }
"""
HALVING = GRADING.replace("grade", "halve").replace("marks.read", "marks.halve")
TOOLS = '''\
"""Marks."""

import os

import playnex


@playnex.tool(effect="idempotent")
async def read(n: int) -> int:
    """Read one; a mark below zero cannot be read."""
    if n < 0 and not os.path.exists("mended"):
        raise ValueError("it is below zero")
    return n


@playnex.tool(effect="idempotent")
async def halve(n: int) -> int:
    """Half of one; an odd mark has none."""
    if n % 2:
        raise ValueError("it is odd")
    return n // 2
'''
AGENT = "---\nname: clerk\ndescription: Files things.\ntools: [capsule.read]\n---\nYou are a clerk.\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("rooms")
    for name in ("flows", "agents", "tools"):
        (folder / name).mkdir()
    (folder / "playnex.toml").write_text("")
    (folder / "flows/refund.yaml").write_text(ASKING)
    (folder / "flows/grade.yaml").write_text(GRADING)
    (folder / "flows/halve.yaml").write_text(HALVING)
    (folder / "tools/marks.py").write_text(TOOLS)
    (folder / "agents/clerk.md").write_text(AGENT)
    with serving_folder(folder) as found:
        yield found


def asked(served: Served, customer: str) -> Any:
    """A run that waits for a person, as the inbox has it."""
    run = served.post("/api/runs", flow="refund", inputs={"customer": customer})["run"]
    served.until(run, lambda header: header["state"] == "waiting")
    return next(item for item in served.get("/api/inbox")["items"] if item["run"] == run)


def refused(served: Served, method: str, path: str, **body: Any) -> tuple[int, Any]:
    """The status and the error of what is not done."""
    answer = served.client.request(method, path, json=body or None)
    return answer.status_code, answer.json()["error"]


def test_what_a_person_changes_before_they_say_yes_is_what_the_run_goes_on_with(served: Served) -> None:
    item = asked(served, "Ada")
    assert (item["show"], item["answers"], item["editable"]) == ("Ada", ["approve", "refuse"], True)
    served.post(f"/api/inbox/{item['id']}", decision="approve", value="Ada Lovelace")
    served.until(item["run"], lambda header: header["state"] == "succeeded")
    assert served.get("/api/capsules/refunds/ada")["body"] == "Ada Lovelace"
    status, error = refused(served, "POST", f"/api/inbox/{item['id']}", decision="refuse")
    assert status == 422 and "answered already" in error["message"]


def test_a_no_ends_the_run_with_its_reason(served: Served) -> None:
    item = asked(served, "Bob")
    status, error = refused(served, "POST", f"/api/inbox/{item['id']}", decision="again")
    assert status == 422 and "no answer" in error["message"]
    served.post(f"/api/inbox/{item['id']}", decision="refuse", reason="the sum is wrong")
    found = served.until(item["run"], lambda header: header["state"] == "failed")
    assert "the sum is wrong" in found["header"]["message"]


def test_a_capsule_is_made_changed_compared_brought_back_and_deleted(served: Served) -> None:
    made = served.post("/api/capsules", name="notes/idea", body="one two", private=True)
    assert (made["version"], made["labels"]) == (1, ["private"])
    place = f"/api/capsules/{made['id']}"
    served.client.put(place, json={"body": "one three", "expected": 1}).raise_for_status()
    lines = served.get(f"{place}/history")["versions"]
    assert [line["version"] for line in lines] == [2, 1]
    diff = served.get(f"{place}/diff", one=1, other=2)
    assert (diff["from"]["body"], diff["to"]["body"]) == ("one two", "one three")
    assert served.post(f"{place}/restore", version=1)["body"] == "one two"
    assert served.post(f"{place}/pin")["pinned"] and not served.post(f"{place}/unpin")["pinned"]
    served.client.delete(place).raise_for_status()
    assert refused(served, "GET", "/api/capsules/notes/idea")[0] == 404
    assert [gone["name"] for gone in served.get("/api/deleted-capsules")["capsules"]] == ["notes/idea"]
    assert served.post(f"{place}/restore")["name"] == "notes/idea"


def test_whoever_is_slower_gets_both_texts_and_loses_none(served: Served) -> None:
    made = served.post("/api/capsules", name="notes/both", body="first")
    place = f"/api/capsules/{made['id']}"
    served.client.put(place, json={"body": "theirs", "expected": 1}).raise_for_status()
    status, error = refused(served, "PUT", place, body="mine", expected=1)
    assert (status, error["newest"]["body"], error["seen"]["body"]) == (409, "theirs", "first")
    assert served.get("/api/capsules/notes/both")["body"] == "theirs"


def test_a_search_shows_where_the_words_stand(served: Served) -> None:
    served.post("/api/capsules", name="kb/tides", body="filler " * 60 + "the harbour lies dry at low tide")
    (hit,) = served.get("/api/capsules", q="harbour dry")["capsules"]
    assert hit["name"] == "kb/tides" and "harbour lies dry" in hit["snippet"] and hit["snippet"].startswith("…")


def test_a_flow_is_shown_with_its_form_its_record_and_its_schedule(served: Served) -> None:
    served.post("/api/schedules/refund", on=True)
    flow = served.get("/api/flows/refund")
    assert [(one["name"], one["required"], one["choices"]) for one in flow["inputs"]] == [
        ("customer", True, []),
        ("channel", False, ["card", "bank"]),
    ]
    assert [one["enabled"] for one in flow["schedules"]] == [True] and flow["is_served"]
    assert {step["id"] for step in flow["graph"]["nodes"]} == {"ask", "keep"}
    assert served.post("/api/schedules/refund", on=False)["schedules"][0]["next"] is None


def test_a_runs_calls_are_listed_with_who_made_them_what_was_given_and_what_came_of_it(served: Served) -> None:
    for number, state, result in ((2, "succeeded", 1), (3, "failed", "it is odd")):
        run = served.post("/api/runs", flow="halve", inputs={"n": number})["run"]
        served.until(run, lambda header: header["state"] in ("succeeded", "failed"))
        (call,) = served.get(f"/api/runs/{run}/tools")["items"]
        assert (call["step"], call["tool"], call["arguments"], call["status"]) == ("read/tool-1", "marks.halve", {"n": number}, state)
        assert str(result) in json.dumps(call["result"])


def test_a_flow_with_faults_is_not_written_unless_that_is_wanted(served: Served) -> None:
    flow = served.get("/api/flows/grade")
    broken = flow["text"].replace("marks.read", "marks.reed")
    (fault,) = served.post("/api/flows/grade/check", text=broken)["faults"]
    assert fault["line"] == 4 and "marks.reed" in fault["message"]
    status, error = refused(served, "PUT", "/api/flows/grade", text=broken, expected=flow["stamp"])
    assert status == 422 and error["faults"][0]["line"] == 4
    assert served.get("/api/flows/grade")["text"] == flow["text"]
    status, error = refused(served, "PUT", "/api/flows/grade", text=flow["text"], expected="another")
    assert status == 422 and "changed meanwhile" in error["message"]


def test_an_agent_is_shown_with_the_tools_that_its_list_names(served: Served) -> None:
    agent = served.get("/api/agents/clerk")
    assert [tool["name"] for tool in agent["tools"][0]["tools"]] == ["capsule.read"]
    assert agent["agent"]["instructions"] == "You are a clerk." and agent["memory"]["given"] == []
    assert [one["name"] for one in served.get("/api/agents")["agents"]] == ["clerk"]


def test_failed_cases_are_grouped_by_error_and_tried_again(served: Served) -> None:
    (served.folder / "cases.jsonl").write_text("".join(json.dumps({"n": n}) + "\n" for n in (1, -1, 2, -2)))
    served.playnex("batch", "run", "grade", "cases.jsonl", "--json")
    (line,) = served.get("/api/batches")["batches"]
    batch = served.get(f"/api/batches/{line['batch']}")
    assert batch["squares"] == "sfsf" and sum(batch["throughput"]["bars"]) == 4
    (group,) = batch["errors"]
    assert group["count"] == 2 and "below zero" in group["message"]
    tools = {tool["name"]: tool for tool in served.get("/api/tools")["tools"]}
    assert (tools["marks.read"]["calls"], tools["marks.read"]["errors"]) == (4, 2)
    (served.folder / "mended").touch()
    assert served.post(f"/api/batches/{line['batch']}/retry-failed")["retried"] == 2
    for case in group["cases"]:
        served.until(case["run"], lambda header: header["state"] == "succeeded")
    assert served.get(f"/api/batches/{line['batch']}")["squares"] == "ssss"


def test_the_doctor_looks_while_others_are_answered_and_all_runs_are_stopped_and_let_go(served: Served) -> None:
    found = served.get("/api/doctor")
    assert {"store", "journals", "files"} <= {one["area"] for one in found["findings"]} and found["halted"] is None
    assert served.post("/api/stop")["halted"]["by"]
    assert refused(served, "POST", "/api/runs", flow="grade", inputs={"n": 1})[0] == 409
    assert served.post("/api/lift")["was_stopped"] and served.get("/api/workspace")["halted"] is None


def test_ten_thousand_cases_are_ten_thousand_letters() -> None:
    letters = squares(10_000, [(1, "succeeded"), (10_000, "failed"), (2, "running")])
    assert len(letters) == 10_000 and letters[:3] == "sr." and letters[-1] == "f"


def test_every_end_is_counted_in_one_stretch_of_time() -> None:
    said = throughput(100.0, [100.0, 101.0, 160.0])
    assert sum(said["bars"]) == 3 and said["bars"][-1] == 1 and said["rate"] == 3 / 60


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.0
    assert percentile([1.0], 0.95) == 1.0


def test_a_snippet_of_a_text_without_the_words_is_its_beginning() -> None:
    assert snippet_of("one\ntwo", "three") == "one two"
