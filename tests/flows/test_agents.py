"""Two agents of one flow that differ in everything, seen from their model servers and in the record."""

import json
from pathlib import Path

import pytest

from flows.stage import Desk
from playnex.testing.model_replies import Asked, Reply, calls
from playnex.testing.model_server import ModelServer, serving

FLOW = """\
playnex: 1
name: pair
steps:
  look: { agent: scout, prompt: Look around., fallback: nothing }
  keep: { agent: keeper, prompt: Keep order., fallback: nothing }
"""
SCOUT = """\
---
name: scout
description: Looks.
model: quick
tools: [capsule.read, file.list]
memory: { read: ["style/*"] }
limits: { turns: 2 }
---
You are the scout.
"""
KEEPER = """\
---
name: keeper
description: Keeps.
model: careful
tools: [capsule.read]
memory: { read: ["drafts/*"] }
limits: { turns: 4 }
---
You are the keeper.
"""


def reading(asked: Asked) -> Reply:
    """Wants the same capsule each time, another part of it: never done, and never in a circle."""
    return calls(("capsule__read", {"name": "style/house", "start": asked.number - 1}))


def laid_out(folder: Path, quick: ModelServer, careful: ModelServer) -> Desk:
    desk = Desk(folder)
    assert desk.playnex("init").returncode == 0
    (folder / "flows/pair.yaml").write_text(FLOW)
    (folder / "agents/scout.md").write_text(SCOUT)
    (folder / "agents/keeper.md").write_text(KEEPER)
    (folder / "playnex.toml").write_text(
        f'[models.quick]\nbase_url = "{quick.url}"\nname = "quick-1"\n[models.careful]\nbase_url = "{careful.url}"\nname = "careful-2"\n'
    )
    assert desk.playnex("capsule", "create", "style/house", "Short sentences.").returncode == 0
    return desk


def tools_offered(server: ModelServer) -> set[tuple[str, ...]]:
    return {tuple(tool["function"]["name"] for tool in asked.body["tools"]) for asked in server.asked}


def test_agents_of_one_flow_differ_in_purpose_model_tools_memory_and_limits(tmp_path: Path) -> None:
    with serving(reading) as quick, serving(reading) as careful:
        desk = laid_out(tmp_path, quick, careful)
        done = desk.playnex("flow", "run", "pair", "--json")
    assert done.returncode == 0, done.stderr
    assert {asked.body["model"] for asked in quick.asked} == {"quick-1"}
    assert {asked.body["model"] for asked in careful.asked} == {"careful-2"}
    assert all("You are the scout." in asked.prompt and "Look around." in asked.prompt for asked in quick.asked)
    assert all("You are the keeper." in asked.prompt and "Keep order." in asked.prompt for asked in careful.asked)
    assert tools_offered(quick) == {("capsule__read", "file__list")}
    assert tools_offered(careful) == {("capsule__read",)}
    assert "Short sentences." in quick.asked[1].prompt
    assert "Short sentences." not in careful.asked[-1].prompt and "names that may: drafts/*" in careful.asked[-1].prompt
    assert (len(quick.asked), len(careful.asked)) == (2, 4), "each stops at its own cap of turns"


@pytest.mark.slow
def test_the_record_says_for_each_agent_which_model_answered_and_which_limit_ended_it(tmp_path: Path) -> None:
    with serving(reading) as quick, serving(reading) as careful:
        desk = laid_out(tmp_path, quick, careful)
        run = json.loads(desk.playnex("flow", "run", "pair", "--json").stdout)
    steps = {step["step"]: step for step in desk.json("run", "show", "last")["steps"]}
    assert {name: (step["actor"], step["status"], step["reason"]) for name, step in steps.items()} == {
        "look": ("scout", "fallback", "turn-limit"),
        "keep": ("keeper", "fallback", "turn-limit"),
    }
    assert {name: step["usage"]["requests"] for name, step in steps.items()} == {"look": 2, "keep": 4}
    assert run["usage"]["requests"] == 6
