"""Schedules: nothing fires before it is switched on, and then each time of it is one run, whoever serves and whatever the clock does."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.stage import Desk, wait_for
from flows.test_background import desk_with, started
from playnex.app.opening import opened
from playnex.app.runs import Runs
from playnex.app.schedules import GRACE, Schedules, Told
from playnex.testing.clock import FakeClock

DIGEST = """\
playnex: 1
name: digest
on:
  manual:
  schedule:
{schedules}
inputs: {{ word: {{ type: string, default: hello }} }}
steps:
  note: {{ save: notes/digest, content: "${{{{ inputs.word }}}}" }}
"""
DAILY = '    - { cron: "0 7 * * *", zone: Europe/Vienna }\n'
EACH_MINUTE = '    - { cron: "* * * * *" }\n'
DAY, HOUR, MINUTE = 86_400.0, 3_600.0, 60.0


def digest_desk(folder: Path, schedules: str = DAILY, **flows: str) -> Desk:
    """A workspace with the flow `digest`, which has these schedules."""
    desk = desk_with(folder, **flows)
    (folder / "flows/digest.yaml").write_text(DIGEST.format(schedules=schedules))
    return desk


def at(text: str) -> float:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


class Service:
    """Serves a workspace by a clock of its own, a look at a time."""

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self.folder, self.clock = folder, clock

    def enable(self, flow: str = "digest") -> None:
        async def enable() -> None:
            async with opened(str(self.folder)) as app:
                await Schedules(app=app, clock=self.clock).enable(flow)

        asyncio.run(enable())

    def look(self, times: int = 1) -> list[Told]:
        """What a process tells that is started now and looks so often."""
        told: list[Told] = []

        async def look() -> None:
            async with opened(str(self.folder)) as app:
                schedules = Schedules(app=app, clock=self.clock)
                for _ in range(times):
                    await schedules.look(told.append)

        asyncio.run(look())
        return told

    def keys(self) -> list[str]:
        """What the runs are called, the first first."""

        async def read() -> list[str]:
            async with opened(str(self.folder)) as app:
                return [run.idempotency_key for run in reversed(await app.journal.runs())]

        return asyncio.run(read())


def test_nothing_fires_until_it_is_switched_on_and_from_then_each_time_is_one_run(tmp_path: Path) -> None:
    digest_desk(tmp_path)
    service = Service(tmp_path, FakeClock(at("2026-06-01T00:00")))
    service.clock.advance(3 * DAY)
    assert (service.look(), service.keys()) == ([], [])
    service.enable()
    assert service.look() == [], "what passed before it was on is no matter"
    for _ in range(3):
        service.clock.advance(DAY)
        assert [told.what for told in service.look(times=3)] == ["started"]
    days = ("04", "05", "06")
    assert service.keys() == [f"schedule 2026-06-{day}T05:00:00Z 0 7 * * * Europe/Vienna" for day in days]


def test_a_process_that_died_between_the_start_and_its_note_starts_no_second_run(tmp_path: Path) -> None:
    digest_desk(tmp_path)
    service = Service(tmp_path, FakeClock(at("2026-06-01T00:00")))
    service.enable()
    service.clock.advance(DAY)

    async def dies() -> None:
        async with opened(str(tmp_path)) as app:
            await Runs(app=app).start("digest", {}, key="schedule 2026-06-01T05:00:00Z 0 7 * * * Europe/Vienna")

    asyncio.run(dies())
    assert [told.what for told in service.look()] == ["started"]
    assert len(service.keys()) == 1


def test_after_a_time_without_a_process_the_newest_fire_of_a_day_is_made_up_for_and_older_ones_are_told_and_skipped(tmp_path: Path) -> None:
    digest_desk(tmp_path)
    service = Service(tmp_path, FakeClock(at("2026-06-01T00:00")))
    service.enable()
    service.clock.advance(10 * DAY + 8 * HOUR)
    missed, newest = service.look()
    assert (missed.what, missed.at) == ("missed", at("2026-06-01T05:00"))
    assert (newest.what, newest.at) == ("started", at("2026-06-11T05:00"))
    assert len(service.keys()) == 1
    digest = tmp_path / "flows/digest.yaml"
    digest.write_text(DIGEST.format(schedules='    - { cron: "0 7 1 * *" }\n'))
    service.clock.advance(25 * DAY)
    (missed,) = service.look()
    assert (missed.what, missed.at) == ("missed", at("2026-07-01T07:00")), f"older than {GRACE} s"


def test_a_clock_that_is_put_back_and_forth_starts_no_time_twice_and_leaves_none_out(tmp_path: Path) -> None:
    digest_desk(tmp_path, EACH_MINUTE)
    service = Service(tmp_path, FakeClock(at("2026-06-01T12:00") + 1))
    service.enable()
    for step in (MINUTE, MINUTE, -2 * MINUTE, MINUTE, MINUTE, MINUTE, 400 * DAY, -400 * DAY, MINUTE):
        service.clock.advance(step)
        service.look(times=2)
    keys = service.keys()
    minutes = sorted(key.split()[1][11:16] for key in keys if key.startswith("schedule 2026"))
    assert minutes == ["12:01", "12:02", "12:03", "12:04"] and len(set(keys)) == len(keys)


def test_two_schedules_of_one_flow_at_one_time_are_two_runs_with_their_own_inputs(tmp_path: Path) -> None:
    both = "".join(f'    - {{ cron: "0 7 * * *", inputs: {{ word: {word} }} }}\n' for word in ("tea", "rum"))
    desk = digest_desk(tmp_path, both)
    service = Service(tmp_path, FakeClock(at("2026-06-01T06:59")))
    service.enable()
    service.clock.advance(2 * MINUTE)
    assert [told.what for told in service.look(times=2)] == ["started", "started"]
    assert sorted(run["inputs"]["word"] for run in desk.json("run", "list")["items"]) == ["rum", "tea"]


def test_a_flow_that_is_broken_at_its_time_is_told_once_and_fires_when_it_is_mended(tmp_path: Path) -> None:
    digest_desk(tmp_path)
    service = Service(tmp_path, FakeClock(at("2026-06-01T04:59")))
    service.enable()
    service.clock.advance(2 * MINUTE)
    digest = tmp_path / "flows/digest.yaml"
    good = digest.read_text()
    digest.write_text(good + "nonsense: 1\n")
    told = service.look(times=3)
    assert [(one.what, "playnex check" in one.why) for one in told] == [("not-started", True)]
    digest.write_text(good)
    assert [one.what for one in service.look()] == ["started"]


def test_an_edited_schedule_counts_from_where_the_old_one_was_seen_to(tmp_path: Path) -> None:
    digest_desk(tmp_path)
    service = Service(tmp_path, FakeClock(at("2026-06-01T12:00")))
    service.enable()
    service.look()
    (tmp_path / "flows/digest.yaml").write_text(DIGEST.format(schedules='    - { cron: "0 9 * * *" }\n'))
    assert service.look() == [], "nine o'clock of this day was before it was written"
    service.clock.advance(DAY)
    assert [told.at for told in service.look()] == [at("2026-06-02T09:00")]


@pytest.mark.slow
def test_the_list_says_what_is_on_and_when_it_fires_next(tmp_path: Path) -> None:
    desk = digest_desk(tmp_path)
    (line,) = desk.json("schedule", "list")["items"]
    assert (line["flow"], line["cron"], line["enabled"], line["next"]) == ("digest", "0 7 * * *", False, None)
    said = desk.playnex("schedule", "enable", "digest")
    assert said.returncode == 0 and "next " in said.stderr and "playnex serve" in said.stderr
    (line,) = desk.json("schedule", "list")["items"]
    assert line["enabled"] and 0 < line["next"] - time.time() <= 25 * HOUR
    assert "already on" in desk.playnex("schedule", "enable", "digest").stderr
    (tmp_path / "flows/digest.yaml").unlink()
    (line,) = desk.json("schedule", "list")["items"]
    assert line["enabled"] and "no flow" in line["fault"]
    assert desk.playnex("schedule", "disable", "digest").returncode == 0
    assert desk.json("schedule", "list")["items"] == []
    assert desk.playnex("schedule", "enable", "hello").returncode == 2
    assert desk.playnex("schedule", "enable", "nothing").returncode == 5


def overdue(folder: Path) -> None:
    """Let the flow's schedules look as if nobody had seen to them for some minutes."""

    async def put_back() -> None:
        async with opened(str(folder)) as app:
            (line,) = app.timetable.enabled()
            await app.timetable.see(line, time.time() - 5 * MINUTE)

    asyncio.run(put_back())


def served(folder: Path) -> "subprocess.Popen[str]":
    """A process that serves the workspace and tells in JSON."""
    command = (sys.executable, "-m", "playnex", "serve", "--jsonl")
    return subprocess.Popen(command, cwd=folder, env=os.environ | {"PLAYNEX_HOME": ""}, stdout=subprocess.PIPE, text=True)


def stopped(service: "subprocess.Popen[str]") -> list[dict[str, Any]]:
    """End it with Ctrl-C; what it told."""
    service.send_signal(signal.SIGINT)
    out, _ = service.communicate(timeout=60)
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.slow
def test_of_two_processes_that_would_serve_one_does_and_starts_one_run(tmp_path: Path) -> None:
    desk = digest_desk(tmp_path, '    - { cron: "*/2 * * * *" }\n')
    assert desk.playnex("schedule", "enable", "digest").returncode == 0
    overdue(tmp_path)
    services = [served(tmp_path) for _ in range(2)]
    wait_for(lambda: [run["state"] for run in desk.json("run", "list")["items"]][-1:] == ["succeeded"], "the run")
    lines = [line for service in services for line in stopped(service)]
    assert sorted(service.returncode for service in services) == [1, 130]
    fired = [line["due"] for line in lines if line["event"] == "started"]
    runs = desk.json("run", "list")["items"]
    assert len(runs) == len(fired) == len(set(fired))
    assert [line["event"] for line in lines].count("ready") == [line["event"] for line in lines].count("stopped") == 1


SLOWLY = """\
import asyncio
import os
import playnex


@playnex.flow
async def slowly(ctx, inputs):
    \"\"\"Wait for a file.\"\"\"
    async def do():
        open("begun", "w").close()
        while not os.path.exists("open"):
            await asyncio.sleep(0.01)
    await ctx.step("do", do)
"""


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_under_way_when_a_serving_process_ended_goes_on_with_the_next(tmp_path: Path, end: signal.Signals) -> None:
    desk = digest_desk(tmp_path, EACH_MINUTE, slowly=SLOWLY)
    started(tmp_path, "slowly", 1)
    service = served(tmp_path)
    wait_for((tmp_path / "begun").exists, "the step")
    service.send_signal(end)
    out, _ = service.communicate(timeout=60)
    assert ('"under_way": 1' in out) is (end == signal.SIGTERM)
    (tmp_path / "open").touch()
    again = served(tmp_path)
    wait_for(lambda: desk.json("run", "show", "last")["status"] == "succeeded", "the end of the run")
    stopped(again)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_schedule_fires_at_its_minute(tmp_path: Path) -> None:
    desk = digest_desk(tmp_path, EACH_MINUTE)
    assert desk.playnex("schedule", "enable", "digest").returncode == 0
    service = served(tmp_path)
    wait_for(lambda: desk.json("run", "list")["items"], "the next minute")
    fired = [line for line in stopped(service) if line["event"] == "started"]
    assert 0 <= fired[0]["at"] - fired[0]["due"] < 5
