"""A capsule that somebody deletes while a run goes on: no agent of it gets the text any more, by whatever way it would have come."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.stage import Said, playnex
from flows.stage import Desk
from playnex.app.templates import lay_out
from playnex.testing.model_replies import Asked, Reply, answer, calls
from playnex.testing.model_server import ModelServer, serving

SECRET = "The treasure lies under the third palm, behind the old lighthouse."
NAME = "notes/treasure"
KEEPER = """\
---
name: keeper
tools: [capsule.read, capsule.search, capsule.list, memory.recall]
memory: MEMORY
---
You keep notes.
"""
FLOW = """\
playnex: 1
name: memo
steps:
  own: { save: notes/own, content: Be brief. }
  think: { agent: helper, prompt: "Think of nothing." }
  two: { agent: keeper, prompt: "PROMPT ${{ steps.own.output }}"MORE }
"""
ASIDE = ("Think of nothing", "Say where the treasure is")
"""What the other steps are asked."""

EMBEDDER = '[recall]\nembedder = "main"\n'


@dataclass
class Yard:
    """A workspace, and what is done in another process while the step `think` is under way."""

    folder: Path
    server: ModelServer
    meanwhile: Callable[[], None] = lambda: None
    look: tuple[str, dict[str, Any]] | None = None

    def script(self, asked: Asked) -> Reply:
        if "Think of nothing" in asked.prompt:
            self.meanwhile()
            return answer("Nothing.")
        has_looked = any(message["role"] == "tool" for message in asked.body["messages"])
        return calls(self.look) if self.look and not has_looked else answer(f"I know: {SECRET}" if SECRET in asked.prompt else "No idea.")

    def flow(self, memory: str = "none", prompt: str = "What is there?", more: str = "", steps: str = "") -> None:
        (self.folder / "agents/keeper.md").write_text(KEEPER.replace("MEMORY", memory))
        text = FLOW.replace("PROMPT", prompt).replace("MORE", more)
        (self.folder / "flows/memo.yaml").write_text(text.replace("  think:", f"{steps}  think:"))

    def run(self, *words: str) -> Said:
        return playnex(*words, folder=self.folder)

    def delete(self) -> None:
        """By another process, as a person would."""
        done = Desk(self.folder).playnex("capsule", "delete", NAME, "--yes")
        assert done.returncode == 0, done.stderr

    def given(self) -> str:
        """All that the agent of the step `two` was given, in the newest run."""
        sent = [asked.body["messages"] for asked in self.server.asked if not any(words in asked.prompt for words in ASIDE)]
        self.server.asked.clear()
        return json.dumps(sent[-2 if self.look else -1 :]) if sent else ""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Yard]:
    pytest.importorskip("numpy", reason="numpy is not installed: pip install 'playnex[recall]'")
    lay_out("minimal", tmp_path)

    def script(asked: Asked) -> Reply:
        return made.script(asked)

    with serving(script) as server:
        made = Yard(tmp_path, server)
        settings = f'[models.main]\nbase_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n'
        (tmp_path / "playnex.toml").write_text(settings + EMBEDDER)
        assert made.run("capsule", "create", NAME, SECRET).code == 0
        yield made


def named(desk: Yard) -> None:
    desk.flow(more=f", capsules: [{NAME}]")


def by_tool(tool: str, arguments: dict[str, Any], memory: str) -> Callable[[Yard], None]:
    def prepare(desk: Yard) -> None:
        desk.flow(memory)
        desk.look = (tool, arguments)

    return prepare


def pinned(desk: Yard) -> None:
    desk.flow("{ pinned: true }")
    desk.run("capsule", "pin", NAME)


def recalled(desk: Yard) -> None:
    desk.flow("{ recall: true }", prompt="Where is the treasure?")


def as_a_result(desk: Yard) -> None:
    desk.run("capsule", "delete", NAME, "--yes")
    first = f'  one: {{ agent: helper, prompt: "Say where the treasure is. {SECRET}", save: {NAME} }}\n'
    desk.flow(prompt="Go on from: ${{ steps.one.output }}", steps=first)


def item_by_item(desk: Yard) -> None:
    as_a_result(desk)
    file = desk.folder / "flows/memo.yaml"
    file.write_text(
        file.read_text()
        .replace("steps.one.output", "item")
        .replace(" }\n", " }\n")
        .replace("two: { agent: keeper,", 'two: { agent: keeper, for-each: "${{ [steps.one.output] }}",')
    )


def in_history(desk: Yard) -> None:
    first = f'  one: {{ agent: keeper, capsules: [{NAME}], prompt: "Where is it?" }}\n'
    desk.flow("history", steps=first)


READ = '{ read: ["notes/*"] }'
WAYS: dict[str, Callable[[Yard], None]] = {
    "named by the step": named,
    "read by a tool": by_tool("capsule__read", {"name": NAME}, READ),
    "an older version": by_tool("capsule__read", {"name": NAME, "version": 1}, READ),
    "searched by a tool": by_tool("capsule__search", {"query": "treasure palm"}, READ),
    "recalled by a tool": by_tool("memory__recall", {"query": "treasure palm"}, "{ recall: { at-start: false } }"),
    "recalled at the start": recalled,
    "pinned": pinned,
    "as the result of the step that saved it": as_a_result,
    "as an item of a list": item_by_item,
    "in the agent's history": in_history,
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_what_another_process_deletes_while_a_run_goes_on_reaches_no_agent_of_it(way: str, desk: Yard) -> None:
    WAYS[way](desk)
    before = desk.run("flow", "run", "memo")
    assert before.code == 0 and "third palm" in desk.given(), f"the known-bad arm: undeleted it is given ({before.err})"
    desk.meanwhile = desk.delete
    done = desk.run("flow", "run", "memo")
    assert "third palm" not in desk.given()
    assert done.code == 0 or "deleted" in done.err or "there is no capsule" in done.err, done.err
    desk.meanwhile = lambda: None
    assert desk.run("run", "replay", "last").code == 0
    assert desk.run("capsule", "restore", NAME).code == 0
    assert desk.run("flow", "run", "memo").code == 0
    assert "third palm" in desk.given(), "restored, it is given again"
