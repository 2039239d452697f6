"""A long reading with a small window, whole: the real command line, and a server that would cut a long prompt silently."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.stage import Desk
from playnex.testing.model_replies import Asked, Reply, answer, calls, text_of
from playnex.testing.model_scripts import truncating
from playnex.testing.model_server import serving

FILES = 10
WINDOW = 4096
SENTENCE = "The lock keeper writes down every boat that passes, its name, its load and the hour. "
AGENT = """\
---
name: reader
description: Reads long files.
model: small
tools: [file.read]
plan: true
reflect: after-error
limits: { turns: 60 }
---
You read what you are given, to its end.
"""
FLOW = """\
playnex: 1
name: reading
inputs:
  notes: { type: folder, required: true }
steps:
  read: { agent: reader, prompt: "How does the keeper work? Read all files in ${{ inputs.notes }}." }
"""


@dataclass
class Reader:
    """A model that plans, reads file after file, makes notes when it is told to, and then answers."""

    read: int = 0
    noted: int = 0

    def __call__(self, asked: Asked) -> Reply:
        newest = text_of(asked.body["messages"][-1])
        if "replaced by notes" in newest:
            self.noted += 1
            return answer(f"So far {self.read} files: the keeper writes down boats.")
        if "short plan" in newest:
            return answer("Read one file after another, then answer.")
        if self.read < FILES and asked.body.get("tools"):
            self.read += 1
            return calls(("file__read", {"path": f"notes/{self.read}.md"}))
        return answer(f"The keeper writes down boats; I read {self.read} files.")


def laid_out(folder: Path, url: str) -> Desk:
    desk = Desk(folder)
    assert desk.playnex("init").returncode == 0
    (folder / "agents/reader.md").write_text(AGENT)
    (folder / "flows/reading.yaml").write_text(FLOW)
    (folder / "playnex.toml").write_text(f'[models.small]\nbase_url = "{url}"\nname = "small"\ncontext = {WINDOW}\n')
    (folder / "notes").mkdir()
    for number in range(1, FILES + 1):
        (folder / f"notes/{number}.md").write_text(f"# Part {number}\n" + SENTENCE * 245)
    return desk


def words(body: Mapping[str, object]) -> int:
    return len(json.dumps(body).split())


def test_an_agent_reads_200_kilobytes_with_a_window_of_4096_tokens_and_the_transcript_tells_how(tmp_path: Path) -> None:
    reader = Reader()
    with serving(truncating(WINDOW, reader)) as server:
        desk = laid_out(tmp_path, server.url)
        done = desk.playnex("flow", "run", "reading", "--input", "notes=notes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "The keeper writes down boats; I read 10 files."
    assert sum(file.stat().st_size for file in tmp_path.glob("notes/*")) > 200_000
    assert reader.noted >= 2 and max(words(asked.body) for asked in server.asked) < WINDOW
    assert all("How does the keeper work?" in asked.prompt for asked in server.asked)
    transcript = desk.playnex("run", "show", "last", "--transcript").stdout
    for told in ("plans", "file.read", "makes notes of its older turns", "(in place of its older turns", "capsule view runs/"):
        assert told in transcript
    result = desk.playnex("capsule", "view", "runs/last/read/turn-2/tool-1")
    assert SENTENCE * 245 in json.loads(result.stdout.removeprefix("```json\n").removesuffix("```\n"))["text"], "nothing is lost"


def test_the_record_shows_which_agent_called_which_tool_with_what(tmp_path: Path) -> None:
    with serving(Reader()) as server:
        desk = laid_out(tmp_path, server.url)
        assert desk.playnex("flow", "run", "reading", "--input", "notes=notes").returncode == 0
    made = desk.json("run", "show", "last", "--tools")
    assert made["schema"] == "playnex.tool-calls/1"
    assert [(call["agent"], call["tool"], call["arguments"]["path"]) for call in made["items"]] == [
        ("reader", "file.read", f"notes/{number}.md") for number in range(1, FILES + 1)
    ]
    assert {call["status"] for call in made["items"]} == {"succeeded"}
    page = desk.playnex("run", "show", "last", "--tools").stdout
    assert page.count("file.read") == FILES and '{"path":"notes/3.md"}' in page
