"""What a person does with runs on the dashboard: stop, go on, again, from here with other words; and a step opened."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.stage import Served, serving_folder
from flows.stage import pair_desk
from playnex.testing.model_replies import Asked, Reply, answer, slowly
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

DONE = ("succeeded", "failed", "cancelled")


def says(asked: Asked) -> Reply:
    return slowly(answer("Boats float."), 0.2)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(says) as server:
        pair_desk(tmp_path, server.url)
        (tmp_path / "flows/asking.yaml").write_text(ASKING)
        with serving_folder(tmp_path) as served:
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
def test_the_same_key_starts_one_run_and_pages_of_the_list_follow_each_other(served: Served) -> None:
    one, two = (served.post("/api/runs", flow="pair", inputs={}, key="k")["run"] for _ in range(2))
    assert one == two
    runs = {one} | {served.post("/api/runs", flow="pair", inputs={})["run"] for _ in range(4)}
    first = served.get("/api/runs", limit=3)
    rest = served.get("/api/runs", limit=3, before=first["next"])
    assert {row["run"] for row in (*first["runs"], *rest["runs"])} == runs and (first["total"], rest["next"]) == (5, None)
    assert served.get("/api/runs", q="no such word")["runs"] == [] and len(served.get("/api/runs", flow="pair")["runs"]) == 5


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
