"""A real browser as agents have it: fresh for each run, counted, timed, gone at once, and never sending what nobody allowed."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from browser.stage import Page, Window, alive_after, at_the_window, browser_server, entry, site
from flows.stage import Desk, wait_for
from playnex.errors import ToolRefused
from playnex.tools.process_tree import below

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

SHOP = {
    "/": Page(
        "<title>Shop</title><h1>Lamps</h1><a href='/lamp?colour=red'>lamp</a><form method=post action=/order><button>Order</button></form>"
    ),
    "/lamp": Page("<title>Lamp</title><p>12 euros</p>"),
    "/order": Page("<title>Ordered</title>"),
    "/cookie": Page("<title>Cookie</title>", headers={"set-cookie": "who=me; max-age=99999"}),
    "/file": Page("x" * 99, kind="application/octet-stream", headers={"content-disposition": "attachment; filename=x.bin"}),
    "/sends": Page("<title>Sends</title><form id=f method=post action=/order><input name=a value=b></form><script>f.submit()</script>"),
}


def test_a_page_is_read_with_its_links_and_each_request_is_noted(tmp_path: Path) -> None:
    async def scenario(window: Window) -> str:
        await window.call("navigate", url=here.url("/"))
        return await window.call("snapshot")

    with site(SHOP) as here:
        said = at_the_window(tmp_path, entry(here.host), scenario)
        assert 'heading "Lamps"' in said and "/url: /lamp?colour=red" in said
        assert "\x1b" not in said


def test_a_cookie_of_one_run_is_unseen_in_the_next(tmp_path: Path) -> None:
    async def scenario(window: Window) -> None:
        for run in ("one", "two"):
            await window.call("navigate", run=run, url=here.url("/cookie"))
            await window.call("navigate", run=run, url=here.url("/lamp"))
            window.servers.give_back(run)

    with site(SHOP) as here:
        at_the_window(tmp_path, entry(here.host), scenario)
        asked = [(path, cookie) for (_, path), cookie in zip(here.asked, here.cookies, strict=True) if path in ("/cookie", "/lamp")]
    assert asked == [("/cookie", ""), ("/lamp", "who=me")] * 2, "within a run it is there"


def test_the_page_stays_while_a_run_waits_for_a_person_and_an_act_without_a_page_is_told_what_to_do(tmp_path: Path) -> None:
    async def scenario(window: Window) -> None:
        await window.call("navigate", url=here.url("/"))
        window.servers.give_back("one", waits=True)
        assert "Lamps" in await window.call("snapshot")
        window.servers.give_back("one")
        assert "no page is open" in await window.call("click", target="e3", element="lamp")

    with site(SHOP) as here:
        at_the_window(tmp_path, entry(here.host), scenario)


def test_a_form_is_sent_by_a_call_that_acts_and_never_by_the_page_itself(tmp_path: Path) -> None:
    async def scenario(window: Window) -> str:
        said = await window.call("navigate", url=here.url("/sends"))
        said += await window.call("snapshot")
        assert ("POST", "/order") not in here.asked
        await window.call("navigate", url=here.url("/"))
        page = await window.call("snapshot")
        button = next(line for line in page.splitlines() if "button" in line).partition("[ref=")[2].partition("]")[0]
        await window.call("click", target=button, element="Order")
        return said

    with site(SHOP) as here:
        said = at_the_window(tmp_path, entry(here.host), scenario)
        assert here.asked.count(("POST", "/order")) == 1
    assert "POST may change something, and no call that was allowed to is under way" in said


def test_a_download_is_refused_and_no_file_is_written(tmp_path: Path) -> None:
    async def scenario(window: Window) -> None:
        await window.call("navigate", url=here.url("/file"))
        await window.call("wait_for", time=1)

    with site(SHOP) as here:
        at_the_window(tmp_path, entry(here.host), scenario)
    assert not list(tmp_path.rglob("*x.bin*"))


def test_a_runs_steps_are_counted_and_another_run_has_its_own(tmp_path: Path) -> None:
    async def scenario(window: Window) -> str:
        for _ in range(2):
            await window.call("navigate", url=here.url("/"))
        with pytest.raises(ToolRefused, match="the browser's 2 steps are used up in this run"):
            await window.call("snapshot")
        return await window.call("navigate", run="two", url=here.url("/"))

    with site(SHOP) as here:
        assert "Page Title: Shop" in at_the_window(tmp_path, entry(here.host, steps=2), scenario)


def test_when_a_runs_time_is_over_its_call_ends_and_so_does_the_browser(tmp_path: Path) -> None:
    async def scenario(window: Window) -> None:
        await window.call("navigate", url=here.url("/"))
        running = below(os.getpid())
        assert len(running) > 3
        with pytest.raises(ToolRefused, match="the browser's 20 seconds are used up in this run"):
            await window.call("wait_for", time=50)
        assert alive_after(1, running) == set()
        with pytest.raises(ToolRefused, match="seconds are used up"):
            await window.call("snapshot")

    with site(SHOP) as here:
        at_the_window(tmp_path, entry(here.host, seconds=20), scenario)


def test_a_call_that_is_cancelled_ends_the_browser_within_a_second(tmp_path: Path) -> None:
    async def scenario(window: Window) -> None:
        await window.call("navigate", url=here.url("/"))
        running = below(os.getpid())
        assert len(running) > 3
        waiting = asyncio.create_task(window.call("wait_for", time=50))
        await asyncio.sleep(0.1)
        waiting.cancel()
        await asyncio.wait((waiting,))
        assert alive_after(1, running) == set()

    with site(SHOP) as here:
        at_the_window(tmp_path, entry(here.host), scenario)


LOOKS = """\
playnex: 1
name: looks
steps:
  open: { tool: browser.navigate, with: { url: "URL" } }
  wait: { tool: browser.wait_for, with: { time: 50 } }
"""


def test_kill_9_of_the_command_in_a_call_leaves_no_browser(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.playnex("init")
    with site(SHOP) as here:
        said = {"command": str(browser_server()), "browser": {"hosts": [here.host]}}
        (tmp_path / ".mcp.json").write_text(json.dumps({"mcpServers": {"browser": said}}))
        assert desk.playnex("mcp", "test", "browser").returncode == 0
        (tmp_path / "flows/looks.yaml").write_text(LOOKS.replace("URL", here.url("/")))
        running = desk.start("flow", "run", "looks")
        wait_for(lambda: here.asked, "the page is open")
        started = below(running.pid)
        assert len(started) > 3
        running.send_signal(signal.SIGKILL)
        running.wait()
        assert alive_after(1, started) == set()
