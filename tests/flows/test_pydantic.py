"""A Pydantic AI agent in a workspace, with real processes, real kills and a real model server that counts."""

import os
import signal
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flows.stage import Desk
from playnex.app.templates import lay_out
from playnex.testing.model_replies import Asked, Reply, answer, calls
from playnex.testing.model_server import serving

FLOW = '''\
"""A poet with a tool, at a model server on this machine."""

import os
import signal
from pathlib import Path

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

import playnex

poet = Agent(OpenAIChatModel("scripted", provider=OpenAIProvider(base_url="URL", api_key="none")), name="poet")


@poet.tool_plain(metadata={"effect": "EFFECT"})
def count(word: str) -> int:
    with open("calls.log", "a") as file:
        file.write(f"{word}\\n")
    if Path("die-in-tool").exists():
        Path("die-in-tool").unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return len(word)


@playnex.flow
async def poem(ctx, inputs):
    """Count twice, then write."""
    return (await ctx.agent(poet).run("Write.")).output
'''


@dataclass
class Conversation:
    """A script of three turns that kills the client once, in the middle of the request of that turn."""

    dies_at: int = 0
    child: int = 0
    started: threading.Event = field(default_factory=threading.Event)
    turns: Counter[int] = field(default_factory=Counter)

    def __call__(self, asked: Asked) -> Reply:
        turn = 1 + sum(message["role"] == "assistant" for message in asked.body["messages"])
        self.turns[turn] += 1
        if turn == self.dies_at and self.turns[turn] == 1:
            self.started.wait(30)
            os.killpg(self.child, signal.SIGKILL)
        return calls(("count", {"word": "a" * turn})) if turn < 3 else answer("Done.")


def desk_of(folder: Path, url: str, effect: str = "pure") -> Desk:
    """A workspace with the flow."""
    lay_out("minimal", folder)
    (folder / "flows/poem.py").write_text(FLOW.replace("URL", url).replace("EFFECT", effect))
    return Desk(folder)


@pytest.mark.slow
@pytest.mark.parametrize("dies_at", [1, 2, 3])
def test_a_run_killed_in_a_request_sends_only_that_one_again(dies_at: int, tmp_path: Path) -> None:
    script = Conversation(dies_at=dies_at)
    with serving(script) as server:
        desk = desk_of(tmp_path, server.url)
        child = desk.start("flow", "run", "poem")
        script.child = child.pid
        script.started.set()
        assert child.wait(60) == -signal.SIGKILL
        said = desk.playnex("run", "resume", "last")
    assert (said.returncode, said.stdout.splitlines()[-1]) == (0, "Done."), said.stderr
    assert script.turns == {turn: 1 + (turn == dies_at) for turn in (1, 2, 3)}
    assert (tmp_path / "calls.log").read_text().split() == ["a", "aa"]
    assert desk.playnex("run", "replay", "last").returncode == 0
    assert script.turns.total() == 4


@pytest.mark.slow
def test_a_run_killed_in_a_call_that_must_not_be_made_twice_asks(tmp_path: Path) -> None:
    script = Conversation()
    with serving(script) as server:
        desk = desk_of(tmp_path, server.url, effect="once")
        (tmp_path / "die-in-tool").touch()
        assert desk.playnex("flow", "run", "poem").returncode == -signal.SIGKILL
        parked = desk.playnex("run", "resume", "last")
        assert parked.returncode == 6 and "poet/turn-1/tool-1" in parked.stdout + parked.stderr
        assert desk.playnex("run", "resolve", "last", "--done", "1").returncode == 0
        said = desk.playnex("run", "resume", "last")
    assert said.returncode == 0, said.stderr
    assert script.turns == {1: 1, 2: 1, 3: 1}
    assert (tmp_path / "calls.log").read_text().split() == ["a", "aa"]


@pytest.mark.slow
def test_in_local_mode_a_workspaces_flow_cannot_ask_a_model_elsewhere(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, "https://models.example/v1")
    said = desk.playnex("flow", "run", "poem")
    assert said.returncode == 1 and "local mode" in said.stdout + said.stderr
