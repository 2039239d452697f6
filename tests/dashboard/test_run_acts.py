"""What a person does with runs on the dashboard: stop, go on, again, from here with other words; and a step opened."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.stage import Served, serving_folder
from flows.stage import pair_desk, wait_for
from offline import offline
from playnex.testing.model_replies import Asked, Reply, answer, refusal, slowly
from playnex.testing.model_server import serving

ASKING = """\
playnex: 1
name: asking
inputs: { topic: { type: string, default: boats } }
steps:
  one: { agent: helper, prompt: "Say something of ${{ inputs.topic }}." }
  ok: { approve: { message: "Send it?", show: "${{ steps.one.output }}", editable: true } }
  two: { agent: helper, prompt: "Write on with ${{ steps.ok.output }} of ${{ inputs.topic }}." }
output: ${{ steps.two.output }}
"""

FRUGAL = """\
playnex: 1
name: frugal
budget: { turns: 1 }
steps:
  one: { agent: helper, prompt: Write the first part. }
  two: { agent: helper, prompt: Write the second part., needs: one }
"""
MOODY = """\
playnex: 1
name: moody
steps:
  one: { agent: helper, prompt: Write the first part. }
  two: { agent: helper, prompt: Nobody answers this before it is mended., needs: one }
"""
PAYING = '''\
"""A payment, whose process can die in the middle."""

import os
import time

import playnex


@playnex.flow
async def paying(ctx, inputs):
    """Pay once."""

    async def pay():
        with open("paid", "a") as told:
            told.write("paid\\n")
        while not os.path.exists("open"):
            time.sleep(0.01)
        return 18

    return await ctx.step("pay", pay, effect="once")
'''

DONE = ("succeeded", "failed", "cancelled")
MENDED: list[bool] = []


def says(asked: Asked) -> Reply:
    if "before it is mended" in asked.prompt and not MENDED:
        return refusal(400, "not like this")
    return slowly(answer("Boats float."), 0.2)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("acts")
    with offline(), serving(says) as server:  # before the first test is
        pair_desk(folder, server.url)
        for name, text in {"asking.yaml": ASKING, "frugal.yaml": FRUGAL, "moody.yaml": MOODY, "paying.py": PAYING}.items():
            (folder / "flows" / name).write_text(text)
        with serving_folder(folder) as served:
            yield served


def item_of(served: Served, run: str) -> Any:
    return next(item for item in served.get("/api/inbox")["items"] if item["run"] == run)


@pytest.mark.slow
def test_a_run_waits_for_a_person_goes_on_as_approved_and_each_of_its_steps_can_be_opened_and_forked(served: Served) -> None:
    run = served.post("/api/runs", flow="asking", inputs={"topic": "kites"})["run"]
    waits = served.until(run, lambda header: header["state"] == "waiting")
    row = next(row for row in waits["steps"] if row["key"] == "ok")
    assert (row["status"], row["ask"]["message"], row["ask"]["show"]) == ("waiting", "Send it?", "Boats float.")
    assert served.get("/api/workspace")["counts"]["inbox"] == 1
    item = item_of(served, run)["id"].replace("/", "%2F")
    assert item  # answered below, through the run's own signal, as any client may
    wait = waits["header"]["waits"][0]
    served.post(f"/api/runs/{run}/signal", name=wait["signal"], payload={"approved": True, "value": "Kites fly."})
    ended = served.until(run, lambda header: header["state"] in DONE)
    assert ended["header"]["state"] == "succeeded"
    prompt = served.get(f"/api/runs/{run}/step", key="two")["prompts"][0]
    assert "Kites fly." in prompt["messages"][0]["text"]
    assert {(one["name"], one["from"], one["text"]) for one in prompt["variables"]} == {
        ("steps.ok.output", "ok", "Kites fly."),
        ("inputs.topic", "inputs", "kites"),
    }
    plan = served.post(f"/api/runs/{run}/fork-plan", step="two", changes={"topic": "cranes"})
    assert (plan["kept"], plan["reruns"]) == (["one", "ok"], ["two"]) and "--from two --set topic=cranes" in plan["command"]
    fork = served.post(f"/api/runs/{run}/fork", step="two", changes={"topic": "cranes"})["run"]
    other = served.until(fork, lambda header: header["state"] in DONE)
    assert other["header"]["forked"] == {"run": run, "step": "two"} and other["header"]["state"] == "succeeded"
    assert "cranes" in served.get(f"/api/runs/{fork}/step", key="two")["prompts"][0]["messages"][0]["text"]
    assert served.get("/api/diff", one=run, other=fork)["inputs"] == {"topic": ["kites", "cranes"]}


@pytest.mark.slow
def test_a_run_is_paused_resumed_and_cancelled(served: Served) -> None:
    run = served.post("/api/runs", flow="pair", inputs={})["run"]
    served.until(run, lambda header: header["state"] == "running")
    assert served.post(f"/api/runs/{run}/pause")["state"] == "paused"
    paused = served.get(f"/api/runs/{run}")
    assert not [row for row in paused["steps"] if row["status"] == "running"]
    served.post(f"/api/runs/{run}/resume")
    assert served.until(run, lambda header: header["state"] in DONE)["header"]["state"] == "succeeded"
    again = served.client.post(f"/api/runs/{run}/pause", json={})
    assert (again.status_code, again.json()["error"]["kind"]) == (422, "usage")
    other = served.post("/api/runs", flow="pair", inputs={})["run"]
    assert served.post(f"/api/runs/{other}/cancel")["state"] == "cancelled"


@pytest.mark.slow
def test_a_failed_run_is_retried_from_its_step_and_an_exhausted_one_goes_on_with_more(served: Served) -> None:
    failed = served.post("/api/runs", flow="moody", inputs={})["run"]
    spent = served.post("/api/runs", flow="frugal", inputs={})["run"]
    told = served.until(failed, lambda header: header["state"] in DONE)["header"]
    assert (told["state"], told["error_step"]) == ("failed", "two")
    MENDED.append(True)
    served.post(f"/api/runs/{failed}/retry", step="two")
    again = served.until(failed, lambda header: header["state"] == "succeeded")
    assert [row["status"] for row in again["steps"] if not row["parent"]] == ["succeeded", "succeeded"]
    header = served.until(spent, lambda header: header["state"] in DONE)["header"]
    assert (header["reason"], header["budget"]["turns"]) == ("exhausted", 1)
    served.post(f"/api/runs/{spent}/resume", budget={"turns": 2})
    assert served.until(spent, lambda header: header["state"] == "succeeded")["header"]["budget"]["turns"] == 2


@pytest.mark.slow
def test_a_payment_that_may_have_happened_is_asked_about_and_goes_on_as_a_person_says(served: Served) -> None:
    command = [sys.executable, "-m", "playnex", "flow", "run", "paying"]
    worker = subprocess.Popen(command, cwd=served.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for((served.folder / "paid").exists, "the payment")
    worker.kill()
    worker.wait()
    (served.folder / "open").touch()
    run = served.get("/api/runs", flow="paying")["runs"][0]["run"]
    parked = served.until(run, lambda header: header["state"] == "parked")
    item = item_of(served, run)
    assert ([one["step"] for one in parked["header"]["unknown"]], item["run"]) == (["pay"], run)
    served.post(f"/api/runs/{run}/resolve", decision="done", value=17)
    ended = served.until(run, lambda header: header["state"] in DONE)["header"]
    assert (ended["state"], ended["output"], (served.folder / "paid").read_text()) == ("succeeded", 17, "paid\n")


@pytest.mark.slow
def test_the_same_key_starts_one_run_and_pages_of_the_list_follow_each_other(served: Served) -> None:
    one, two = (served.post("/api/runs", flow="pair", inputs={}, key="k")["run"] for _ in range(2))
    assert one == two
    runs = {one} | {served.post("/api/runs", flow="pair", inputs={})["run"] for _ in range(4)}
    first = served.get("/api/runs", limit=3)
    rest = served.get("/api/runs", limit=2, before=first["next"])
    assert {row["run"] for row in (*first["runs"], *rest["runs"])} == runs
    every = served.get("/api/runs", flow="pair", limit=200)
    assert (every["total"], every["next"]) == (len(every["runs"]), None) and runs <= {row["run"] for row in every["runs"]}
    assert served.get("/api/runs", q="no such word")["runs"] == []


@pytest.mark.slow
def test_eight_listeners_hear_the_same_within_a_moment(served: Served) -> None:
    run = served.post("/api/runs", flow="asking", inputs={})["run"]
    position = served.until(run, lambda header: header["state"] == "waiting")["position"]
    heard: list[Any] = []
    streams = [served.stream() for _ in range(8)]
    lines = [stream.__enter__() for stream in streams]
    try:
        for each in lines:
            served.post(f"/api/stream/{next(each)['stream']}/watch", runs={run: position}, batches=[])
        began = time.monotonic()
        served.post(f"/api/runs/{run}/cancel")
        for each in lines:
            heard.append(
                next(line["position"] for line in each if line.get("run") == run and line["patch"]["run"].get("state") == "cancelled")
            )
        assert len(set(heard)) == 1 and time.monotonic() - began < 30
    finally:
        for stream in streams:
            stream.__exit__(None, None, None)


@pytest.mark.slow
def test_a_capsule_that_another_process_writes_is_told_of(served: Served) -> None:
    served.playnex("capsule", "create", "notes/first", "One.", "--json")
    with served.stream() as lines:
        next(lines)
        served.playnex("capsule", "create", "notes/before", "One.", "--json")
        told: list[str] = []
        written = threading.Thread(target=lambda: _written(served, told), daemon=True)
        written.start()
        told += next(line["capsules"] for line in lines if "capsules" in line)
        written.join(60)
    assert any(name.startswith("notes/") for name in told)


def _written(served: Served, told: list[str]) -> None:
    for number in range(5):
        if not told:
            served.playnex("capsule", "create", f"notes/n{number}", "One.", "--json")
