"""What a user sees when the model server fails, when a run is taken already, and when it is told to stop."""

import json
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from flows.stage import Desk, is_second, pair_desk, wait_for
from playnex.store import checksums
from playnex.testing.model_replies import (
    Asked,
    Reply,
    answer,
    drop,
    empty,
    garbage,
    half,
    loading,
    rate_limited,
    refusal,
    stall,
    wrong_shape,
)
from playnex.testing.model_scripts import research
from playnex.testing.model_server import ModelServer, serving

FAULTS: Mapping[str, tuple[Callable[[], Reply], str]] = {
    "overloaded": (lambda: rate_limited(2), "answered 429: slow down"),
    "broken": (lambda: refusal(500, "out of memory"), "answered 500: out of memory"),
    "loading": (loading, "answered 503: Loading model"),
    "garbage": (garbage, "not JSON"),
    "empty": (empty, "an empty body"),
    "misshapen": (wrong_shape, "not of the OpenAI form"),
    "half": (lambda: half(answer("One half of this.")), "broke the connection"),
    "dropped": (drop, "broke the connection"),
    "stalled": (stall, "did not answer within 1 s; give it longer: timeout under [models.main]"),
}
"""Each fault, and what a person is told of it."""

ONE_TRY, ALL_TRIES = 1, 4


class Sick:
    """A script whose server is sick at the second request of `pair`, until it is well."""

    def __init__(self, fault: Callable[[], Reply]) -> None:
        self.fault = fault
        self.well = False

    def __call__(self, asked: Asked) -> Reply:
        return self.fault() if is_second(asked) and not self.well else research(asked)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_every_passing_fault_is_told_and_costs_one_more_request_of_its_own_step(tmp_path: Path) -> None:
    def script(asked: Asked) -> Reply:
        name = next((name for name in FAULTS if f"about {name}." in asked.prompt), "")
        return FAULTS[name][0]() if name and asked.times == 1 else answer("Well said.")

    steps = "".join(f"  {name}: {{ agent: helper, prompt: Write about {name}. }}\n" for name in ("health", *FAULTS))
    with serving(script) as server:
        desk = pair_desk(tmp_path, server.url)
        (tmp_path / "flows/ward.yaml").write_text(f"playnex: 1\nname: ward\nsteps:\n{steps}")
        done = desk.playnex("flow", "run", "ward")
    assert done.returncode == 0, done.stderr
    retries = {line.split()[2]: line for line in done.stderr.splitlines() if ", retry " in line}
    assert list(retries) == list(FAULTS)
    assert all(FAULTS[name][1] in line for name, line in retries.items()), done.stderr
    assert " in 2.0s" in retries["overloaded"], "as long as the server asked for"
    assert sorted(server.counts.values()) == [1] + [2] * len(FAULTS)


@pytest.mark.parametrize("name", [name if name == "broken" else pytest.param(name, marks=pytest.mark.slow) for name in FAULTS])
def test_a_lasting_fault_fails_the_run_by_name_and_a_resume_finishes_it_when_the_server_is_well(tmp_path: Path, name: str) -> None:
    sick = Sick(FAULTS[name][0])
    with serving(sick) as server:
        desk = pair_desk(tmp_path, server.url)
        done = desk.playnex("flow", "run", "pair", "--json")
        assert (done.returncode, reason_of(done.stdout)) == (1, ("failed", "model-unavailable"))
        assert f"failed: step 'two' failed: model 'main' (scripted at {server.url})" in done.stderr
        assert FAULTS[name][1] in done.stderr.splitlines()[-2]
        assert "go on with: playnex run resume" in done.stderr.splitlines()[-1]
        assert sent(server) == (ONE_TRY, ALL_TRIES)
        assert kept(desk) == [("one", "succeeded"), ("two", "failed")]
        sick.well = True
        done = desk.playnex("run", "resume", "last", "--json")
    assert (done.returncode, reason_of(done.stdout)) == (0, ("succeeded", "")), done.stderr
    assert sent(server) == (ONE_TRY, ALL_TRIES + 1)


@pytest.mark.slow
def test_a_refused_request_is_sent_once_and_again_only_by_a_resume(tmp_path: Path) -> None:
    sick = Sick(lambda: refusal(400, "no such parameter: colour"))
    with serving(sick) as server:
        desk = pair_desk(tmp_path, server.url)
        done = desk.playnex("flow", "run", "pair", "--json")
        assert (done.returncode, reason_of(done.stdout)) == (1, ("failed", "model-refused"))
        assert "answered 400: no such parameter: colour" in done.stderr.splitlines()[-2]
        assert ", retry " not in done.stderr
        assert sent(server) == (1, 1)
        sick.well = True
        assert desk.playnex("run", "resume", "last").returncode == 0
    assert sent(server) == (1, 2)


@pytest.mark.slow
def test_a_second_process_on_a_run_is_refused_by_name_and_the_first_goes_on_undisturbed(tmp_path: Path) -> None:
    hold = threading.Event()
    with serving(held(hold)) as server:
        desk = pair_desk(tmp_path, server.url)
        allow(tmp_path, seconds=60)
        first = desk.start("flow", "run", "pair")
        wait_for(lambda: len(server.asked) == 2, "the second request")
        second = desk.playnex("run", "resume", "last")
        told = desk.json("run", "resume", "last")["error"]
        hold.set()
        assert first.wait(60) == 0
    assert second.returncode == 1
    assert f"is being carried out by process {first.pid}" in second.stderr
    assert "playnex run watch" in second.stderr and "go on with" not in second.stderr
    assert told["code"] == "busy"
    assert sent(server) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_one_stop_pauses_a_run_whose_request_is_never_answered(tmp_path: Path, stop: signal.Signals) -> None:
    sick = Sick(stall)
    with serving(sick) as server:
        desk = pair_desk(tmp_path, server.url)
        allow(tmp_path, seconds=300)
        child = desk.start("flow", "run", "pair")
        wait_for(lambda: len(server.asked) == 2, "the second request")
        child.send_signal(stop)
        assert child.wait(30) == 130
        assert [run["state"] for run in desk.json("run", "list")["items"]] == ["paused"]
        sick.well = True
        assert desk.playnex("run", "resume", "last").returncode == 0
    assert sent(server) == (1, 2)


@pytest.mark.slow
def test_a_second_stop_leaves_at_once_where_the_first_cannot_finish(tmp_path: Path) -> None:
    """The store is locked by somebody else, so that the clean stop would wait half a minute to record itself."""
    sick = Sick(stall)
    with serving(sick) as server:
        desk = pair_desk(tmp_path, server.url)
        allow(tmp_path, seconds=300)
        child = desk.start("flow", "run", "pair")
        wait_for(lambda: len(server.asked) == 2, "the second request")
        other = checksums.connect(tmp_path / ".playnex/store.db")
        other.set_busy_timeout(20_000)
        other.execute("BEGIN IMMEDIATE")
        code = pressed_until_gone(child)
        other.close()
        paused = [run["state"] for run in desk.json("run", "list")["items"]] == ["paused"]
        sick.well = True
        resumed = desk.playnex("run", "resume", "last")
    assert (code, paused) == (130, False), "it left without a word in the journal"
    assert resumed.returncode == 0, resumed.stderr
    assert sent(server) == (1, 2)


def pressed_until_gone(child: "subprocess.Popen[bytes]") -> int:
    """Ctrl-C again and again, for ten seconds at most; the exit code."""
    for _ in range(100):
        child.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return child.wait(0.1)
    child.kill()
    raise AssertionError("the process did not leave")


def allow(folder: Path, *, seconds: int) -> None:
    """Give the model so long to answer."""
    settings = folder / "playnex.toml"
    settings.write_text(settings.read_text().replace("timeout = 1\n", f"timeout = {seconds}\n"))


def held(hold: threading.Event) -> Callable[[Asked], Reply]:
    """A script that answers the second request when it may."""

    def script(asked: Asked) -> Reply:
        if is_second(asked):
            hold.wait(60)
        return research(asked)

    return script


def sent(server: ModelServer) -> tuple[int, int]:
    """How often the first step's request came, and how often the second's."""
    second = sum(is_second(asked) for asked in server.asked)
    return len(server.asked) - second, second


def kept(desk: Desk) -> list[tuple[str, str]]:
    """The steps of the newest run, and what became of them."""
    return [(step["step"], step["status"]) for step in desk.json("run", "show", "last")["steps"]]


def reason_of(stdout: str) -> tuple[str, str]:
    document = json.loads(stdout)
    return document["status"], document["reason"]
