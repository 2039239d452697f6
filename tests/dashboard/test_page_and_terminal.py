"""The page and the terminal show the same of a run, also of one whose worker was killed, and of one of another process."""

import json
import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.stage import SECONDS, Served, serving_folder
from flows.stage import Desk, pair_desk, wait_for
from playnex.app.templates import lay_out
from playnex.testing.model_replies import Asked, Reply, answer, refusal, slowly, word_by_word
from playnex.testing.model_server import serving

FLOW = """\
playnex: 1
name: mixed
inputs: { topic: { type: string, default: boats } }
steps:
  one: { agent: helper, prompt: "Say something of ${{ inputs.topic }}." }
  left: { needs: one, agent: helper, prompt: "More of ${{ steps.one.output }}", retry: 1 }
  right: { needs: one, for-each: [a, b, c], agent: helper, prompt: "Of ${{ item }}", continue-on-error: true }
  rest: { needs: [left, right], wait: 0.05s }
  last: { if: "steps.one.output == 'no'", agent: helper, prompt: Never. }
output: ${{ steps.left.output }}
"""

ENDED = ("succeeded", "failed", "cancelled")
WATCHED = re.compile(r"^\d\d:\d\d:\d\d (?P<sign>\S+) (?P<step>\S+)\s+(?P<rest>.*)$")
SIGNS = {"✓": "succeeded", "!": "fallback", "✕": "failed", "○": "skipped"}


def script(chance: random.Random) -> Any:
    """A model that takes its time, and fails now and then."""

    def say(asked: Asked) -> Reply:
        if chance.random() < 0.08:
            return refusal(400, "not like this")
        return slowly(answer("A text about it."), chance.random() * 0.15)

    return say


def desk(folder: Path, url: str) -> Desk:
    lay_out("minimal", folder)
    (folder / "flows/mixed.yaml").write_text(FLOW)
    (folder / "playnex.toml").write_text(f'[models.main]\nbase_url = "{url}"\nname = "scripted"\ncontext = 32768\n')
    return Desk(folder)


def cut(at: Desk, chance: random.Random) -> str:
    """A run whose workers were killed at random moments, until one came to its end; its id."""
    at.playnex("flow", "run", "mixed", "--detach")
    run = str(at.json("run", "list")["items"][0]["run"])
    for _ in range(chance.randrange(1, 3)):
        worker = at.start("run", "resume", run)
        try:
            worker.wait(0.6 + chance.random() * 0.8)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
    at.playnex("run", "resume", run)
    wait_for(lambda: at.json("run", "show", run)["status"] in ENDED, "the end of the run")
    return run


def same(served: Served, at: Desk, run: str) -> list[str]:
    """Where the page's snapshot, its patches, the stream and the terminal do not say the same of a run that has ended."""
    page, shown = served.get(f"/api/runs/{run}"), at.json("run", "show", run)
    watched = at.playnex("run", "watch", run).stderr
    rows = {row["key"]: row for row in page["steps"]}
    faults = [f"{row['key']} is stuck" for row in rows.values() if row["status"] in ("running", "retry", "waiting")]
    faults += _of_header(page["header"], shown)
    for step in shown["steps"]:
        row = rows[step["step"]]
        said = (step["status"], step["actor"], round(step["seconds"], 3))
        if said != (row["status"], row["actor"], row["seconds"]):
            faults.append(f"{step['step']}: the terminal has {said}, the page {row}")
        if "usage" in step and row["tokens"] != step["usage"]["input_tokens"] + step["usage"]["output_tokens"]:
            faults.append(f"{step['step']}: the terminal has {step['usage']}, the page {row['tokens']} tokens")
    return faults + _of_watched(watched, rows) + _of_patches(served, run, page)


def _of_watched(watched: str, rows: Any) -> list[str]:
    """A step that failed and went on has several lines: the last one counts."""
    lines = {match["step"]: match for line in watched.splitlines() if (match := WATCHED.match(line)) and match["sign"] in SIGNS}
    faults = [] if len(lines) > 1 else [f"watch says of no step how it ended: {watched!r}"]
    for step, match in lines.items():
        row = rows[step]
        told = (row["gist"], row["note"], f"{row['tokens']} tok" if row["tokens"] else "")
        if row["status"] != SIGNS[match["sign"]] or not all(word in match["rest"] for word in told):
            faults.append(f"watch says {match[0]!r}, the page {row}")
    return faults


def _of_header(header: Any, shown: Any) -> list[str]:
    pairs = [
        (header["state"], shown["status"]),
        (header["reason"], shown["reason"]),
        (header["output"], shown["output"]),
        (header["tokens"], shown["usage"]["input_tokens"] + shown["usage"]["output_tokens"]),
        (header["waits"], shown["waits"]),
        (header["unknown"], shown["unknown"]),
        (header["left_machine"], shown["left_machine"]),
        (header["updated"], shown["updated"]),
    ]
    return [f"the page says {one!r}, run show {other!r}" for one, other in pairs if one != other]


def _of_patches(served: Served, run: str, page: Any) -> list[str]:
    """A replay of all patches, and of those after a position, come to the snapshot."""
    header: dict[str, Any] = {}
    rows: dict[str, Any] = {}
    frames = served.get(f"/api/runs/{run}/frames")["frames"]
    for number, frame in enumerate(frames):
        header |= frame["patch"]["run"]
        rows |= {row["key"]: row for row in frame["patch"]["steps"]}
        if number == len(frames) // 2:
            half = served.get(f"/api/runs/{run}", at=frame["position"])
            if {row["key"]: row for row in half["steps"]} != rows:
                return [f"at {frame['position']} the snapshot is not what the patches say"]
    faults = [] if rows == {row["key"]: row for row in page["steps"]} else ["the patches come to other rows"]
    return faults + [f"{name}: {header[name]!r} is not {page['header'][name]!r}" for name in header if header[name] != page["header"][name]]


def tried(folder: Path, count: int, seed: int) -> None:
    chance = random.Random(seed)
    with serving(script(chance)) as server:
        at = desk(folder, server.url)
        runs = [cut(at, chance) for _ in range(count)]
        with serving_folder(folder) as served:
            faults = [f"seed {seed}, run {run}: {fault}" for run in runs for fault in same(served, at, run)]
    assert not faults, "\n".join(faults)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_after_random_runs_with_crashes_page_and_terminal_say_the_same(tmp_path: Path) -> None:
    tried(tmp_path, 5, int(time.time()))


@pytest.mark.soak
@pytest.mark.timeout(3000)
def test_after_fifty_random_runs_with_crashes_page_and_terminal_say_the_same(tmp_path: Path) -> None:
    tried(tmp_path, 50, int(time.time()))


@pytest.fixture
def served_pair(tmp_path: Path) -> Iterator[tuple[Served, Desk]]:
    with serving(lambda asked: slowly(answer("A part."), 0.4)) as server:
        at = pair_desk(tmp_path, server.url)
        with serving_folder(tmp_path) as served:
            yield served, at


@pytest.mark.slow
def test_the_stream_tells_of_a_run_of_this_server_to_its_end_and_a_page_that_comes_back_gets_the_rest(
    served_pair: tuple[Served, Desk],
) -> None:
    served, _ = served_pair
    run = served.post("/api/runs", flow="pair", inputs={})["run"]
    first = served.get(f"/api/runs/{run}")
    header, rows = dict(first["header"]), {row["key"]: row for row in first["steps"]}
    positions = [first["position"]]
    with served.stream() as lines:
        follow(served, lines, run, (header, rows, positions), until=lambda: rows["one"]["status"] == "succeeded")
    with served.stream() as lines:  # another connection, with the position of the first
        follow(served, lines, run, (header, rows, positions), until=lambda: header["state"] in ENDED)
    whole = served.get(f"/api/runs/{run}")
    assert rows == {row["key"]: row for row in whole["steps"]} and positions == sorted(positions)
    assert (header["state"], header["tokens"]) == ("succeeded", whole["header"]["tokens"])


def follow(served: Served, lines: Iterator[Any], run: str, has: tuple[Any, Any, list[int]], *, until: Any) -> None:
    header, rows, positions = has
    stream = next(lines)["stream"]
    served.post(f"/api/stream/{stream}/watch", runs={run: positions[-1]}, batches=[])
    while not until():
        line = next(lines)
        if line.get("run") == run:
            header |= line["patch"]["run"]
            rows |= {row["key"]: row for row in line["patch"]["steps"]}
            positions.append(line["position"])


@pytest.mark.slow
def test_what_a_model_says_is_told_while_it_says_it(tmp_path: Path) -> None:
    text = "The river is long and the sea lies behind the hills where nobody lives"
    with serving(lambda _asked: word_by_word(answer(text, input_tokens=500), 0.1)) as models:
        pair_desk(tmp_path, models.url)
        settings = tmp_path / "playnex.toml"
        settings.write_text(settings.read_text().replace("timeout = 1", "timeout = 30"))
        with serving_folder(tmp_path) as served, served.stream() as lines:
            stream = next(lines)["stream"]
            run = served.post("/api/runs", flow="pair", inputs={})["run"]
            served.post(f"/api/stream/{stream}/watch", runs={run: 0}, batches=[])
            spoken: list[str] = []
            while not (spoken and spoken[-1] == ""):
                spoken += next(lines).get("said", {}).values()
    *parts, over = spoken
    assert len(parts) > 1
    assert all(text.startswith(part) for part in parts), "each line has all that was said so far"
    assert over == "", "and the last one says that it is over"


@pytest.mark.slow
def test_a_run_of_another_process_is_shown_and_its_death_by_kill_is_noticed(tmp_path: Path) -> None:
    patience = [10.0]  # nothing ends by itself before the kill
    with serving(lambda _asked: slowly(answer("A part."), patience[0])) as models:
        at = pair_desk(tmp_path, models.url)
        settings = tmp_path / "playnex.toml"
        settings.write_text(settings.read_text().replace("timeout = 1", "timeout = 60"))
        with serving_folder(tmp_path) as served:
            killed_and_noticed(served, at, patience)


def killed_and_noticed(served: Served, at: Desk, patience: list[float]) -> None:
    at.playnex("stop", "--all")  # else this server would take the run up again as soon as its worker is dead
    at.playnex("stop", "--lift")
    worker = at.start("flow", "run", "pair")
    with served.stream() as lines:
        run = next(row["run"] for line in lines for row in line.get("runs", ()) if row["state"] == "running" and row["worker"])
        (at.folder / ".playnex/stopped.json").write_text(json.dumps({"by": "a test", "at": 0.0}))
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        patience[0] = 0.0
        began = time.monotonic()
        row = next(row for line in lines for row in line.get("runs", ()) if row["run"] == run and not row["worker"])
    assert row["shown_state"] in ("interrupted", "paused") and time.monotonic() - began < SECONDS
    (at.folder / ".playnex/stopped.json").unlink()
    served.post(f"/api/runs/{run}/resume")
    assert served.until(run, lambda header: header["state"] in ENDED)["header"]["state"] == "succeeded"


@pytest.mark.slow
def test_ctrl_c_ends_the_server_at_once_and_its_runs_go_on_with_the_next(tmp_path: Path) -> None:
    with serving(lambda asked: slowly(answer("A part."), 0.6)) as server:
        pair_desk(tmp_path, server.url)
        with serving_folder(tmp_path) as served, served.stream() as lines:
            run = served.post("/api/runs", flow="pair", inputs={})["run"]
            next(line for line in lines if any(row["state"] == "running" for row in line.get("runs", ())))
            served.process.send_signal(signal.SIGINT)
            assert served.process.wait(SECONDS) == 130
            token = served.token
        with serving_folder(tmp_path) as served:
            assert served.token == token  # the page stays signed in
            assert served.until(run, lambda header: header["state"] in ENDED)["header"]["state"] == "succeeded"


@pytest.mark.slow
def test_a_second_server_says_where_the_first_one_is(served_pair: tuple[Served, Desk]) -> None:
    served, at = served_pair
    second = at.playnex("serve")
    assert second.returncode == 1 and served.address in second.stderr and "playnex dashboard" in second.stderr
    first_line = at.playnex("flow", "run", "pair").stderr.splitlines()[0]
    assert f"{served.address}/r/" in first_line
