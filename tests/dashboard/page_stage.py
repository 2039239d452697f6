"""The dashboard as a person has it: the newsroom's workspace, `playnex serve` in a process of its own, and a real browser."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from dashboard.newsroom import newsroom, write
from offline import offline, online
from playnex.canonical import Json
from playnex.testing.model_replies import Asked, Reply, slowly, word_by_word
from playnex.testing.model_server import serving
from playnex.tools.browser.launch import browser_program

playwright = pytest.importorskip("playwright.sync_api")

PATIENCE = 20_000
"""Milliseconds that anything may take until it is seen."""

playwright.expect.set_options(timeout=PATIENCE)

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SLOWLY = 0.6
"""Seconds until a model begins to speak where the topic asks for it."""

PACE = 0.05
"""Seconds between two of its words then."""

CALL = """async ([method, path, body]) => {
  const answer = await fetch(path, {method, body: body === null ? undefined : JSON.stringify(body),
    headers: {"content-type": "application/json", authorization: "Bearer " + localStorage.getItem("playnex.token")}});
  return {status: answer.status, body: await answer.json()};
}"""

AXE = "axe-core@4.14.1"


def unhurried(asked: Asked) -> Reply:
    """The newsroom's answers; those about something slow take their time."""
    reply = newsroom(asked)
    return word_by_word(slowly(reply, SLOWLY), PACE) if "slowly" in asked.prompt else reply


@dataclass(slots=True, kw_only=True)
class House:
    """A workspace that is served."""

    folder: Path
    server: "subprocess.Popen[str] | None" = None
    children: list["subprocess.Popen[str]"] = field(default_factory=list)

    def start(self, *typed: str) -> "subprocess.Popen[str]":
        """A `playnex` of its own process."""
        command = [sys.executable, "-m", "playnex", *typed, "--workspace", str(self.folder), "--no-input"]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        self.children.append(child)
        return child

    def said(self, *typed: str) -> Any:
        """What a command says as JSON."""
        out, _ = self.start(*typed, "--json").communicate(timeout=60)
        return json.loads(out)

    def serve(self) -> None:
        """Serve, and wait until it is up."""
        self.server = self.start("serve")
        until = time.monotonic() + 60
        while not self.said("dashboard")["is_served"]:
            assert time.monotonic() < until, "it was never served"

    def stop_serving(self) -> None:
        """Kill it, as a crash would."""
        assert self.server is not None
        self.server.kill()
        self.server.wait(10)

    @property
    def link(self) -> str:
        """A new way in."""
        return str(self.said("dashboard")["link"])

    def end(self) -> None:
        """End all that was started."""
        for child in self.children:
            child.kill()
            child.wait(10)
            if child.stdout:
                child.stdout.close()


@contextmanager
def house(
    folder: Path, furnish: Callable[[Path], None] = lambda _: None, *, says: Callable[[Asked], Reply] = unhurried, pace: float = 0.0
) -> Iterator[House]:
    """A served newsroom, on this machine alone: what is added to its folder before it is served, what its models say, and what its tools
    take their time from, in seconds."""
    with offline(), serving(says) as models:
        write(folder, models.url, pace)
        furnish(folder)
        built = House(folder=folder)
        try:
            built.serve()
            yield built
        finally:
            built.end()


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; skipped where there is none."""
    program = browser_program(os.environ)
    if not program:
        pytest.skip("no browser: Chromium is not here")
    with offline(), playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def signed_in(context: Any, built: House) -> Any:
    """A page of that context that has come in by a link."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(built.link)
    playwright.expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible(timeout=PATIENCE)
    return page


@contextmanager
def page_at(home: Any, path: str) -> Iterator[Any]:
    """Another page of who is signed in at `home`; what goes wrong in its programs fails the test."""
    made = home.context.new_page()
    made.set_default_timeout(PATIENCE)
    faults: list[str] = []
    made.on("pageerror", lambda fault: faults.append(str(fault)))
    made.goto(home.evaluate("location.origin") + path)
    yield made
    made.close()
    assert faults == []


def call(page: Any, method: str, path: str, body: Json = None) -> Any:
    """What the API answers this page."""
    said = page.evaluate(CALL, [method, path, body])
    assert said["status"] < 300, said
    return said["body"]


def run_of(page: Any, flow: str, inputs: Mapping[str, Json]) -> str:
    """A run that was started."""
    return str(call(page, "POST", "/api/runs", {"flow": flow, "inputs": dict(inputs)})["run"])


def until_state(page: Any, run: str, *states: str) -> Any:
    """The run's header as soon as it stands like that."""
    until = time.monotonic() + 60
    while (header := call(page, "GET", f"/api/runs/{run}")["header"])["shown_state"] not in states:
        assert time.monotonic() < until, header
        page.wait_for_timeout(100)
    return header


def open_run(page: Any, run: str, rest: str = "") -> None:
    """Its page."""
    origin = page.evaluate("location.origin")
    page.goto(f"{origin}/runs/{run}{rest}")
    playwright.expect(page.get_by_role("region", name="Graph").or_(page.get_by_role("region", name="Transcript"))).to_be_visible(
        timeout=PATIENCE
    )


def axe_source() -> str:
    """What looks for what keeps people out; skipped where its registry cannot be reached."""
    folder = Path(mkdtemp(prefix="playnex-test-axe-"))
    try:
        with online("axe-core comes from its registry"):
            done = subprocess.run(
                ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), AXE], capture_output=True, text=True, check=False
            )
        if done.returncode:
            pytest.skip("no network: axe-core could not be fetched")
        return (folder / "node_modules/axe-core/axe.min.js").read_text()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
