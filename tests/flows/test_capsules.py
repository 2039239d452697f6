"""Capsules in runs: who was given what, memory as of a step, and that what is deleted reaches no agent any more."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.stage import playnex
from flows.test_laundering import unpacked
from playnex.app.templates import lay_out
from playnex.testing.model_replies import Asked, Reply, answer
from playnex.testing.model_server import ModelServer, serving

SECRET = "The treasure lies under the third palm of the southern beach, behind the old lighthouse."
WAITING = 6
FLOW = """\
playnex: 1
name: memo
steps:
  one: { agent: helper, capsules: [notes/treasure], prompt: Sum it up., save: notes/summary }
  pause: { wait: { signal: go } }
  two: { agent: helper, capsules: [notes/treasure], prompt: Once more. }
"""


def parrot(asked: Asked) -> Reply:
    """Says again what it was given."""
    return answer(f"I was told: {SECRET}" if SECRET in asked.prompt else "I was told nothing.")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Path, ModelServer]]:
    lay_out("minimal", tmp_path)
    (tmp_path / "flows" / "memo.yaml").write_text(FLOW)
    with serving(parrot) as server:
        (tmp_path / "playnex.toml").write_text(f'[models.main]\nbase_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n')
        ok(tmp_path, "capsule", "create", "notes/treasure", SECRET)
        assert playnex("flow", "run", "memo", folder=tmp_path).code == WAITING
        yield tmp_path, server


def ok(folder: Path, *words: str) -> Any:
    said = playnex(*words, "--json", folder=folder)
    assert said.code == 0, said.err + said.out
    return json.loads(said.out)


def edit(folder: Path, text: str) -> None:
    (folder / "text.md").write_text(text)
    ok(folder, "capsule", "edit", "notes/treasure", "--file", "text.md")


def test_it_is_known_which_version_a_step_was_given_and_what_was_made_of_it(desk: tuple[Path, ModelServer]) -> None:
    folder, _ = desk
    edit(folder, "It is gone.")
    uses = [use for version in ok(folder, "capsule", "history", "notes/treasure")["items"] for use in version["uses"]]
    assert {(use["version"], use["by"]["step"], (use["made"] or {}).get("name")) for use in uses} == {
        (1, "one", None),
        (1, "one", "notes/summary"),
    }
    assert ok(folder, "capsule", "view", "notes/summary")["sources"] == ["notes/treasure"]


def test_memory_is_seen_as_it_was_at_a_step(desk: tuple[Path, ModelServer]) -> None:
    folder, _ = desk
    edit(folder, "It is gone.")
    ok(folder, "capsule", "create", "notes/later", "later")
    seen = ok(folder, "run", "show", "last", "--memory", "one")
    assert [(ref["name"], ref["version"]) for ref in seen["given"]] == [("notes/treasure", 1)]
    assert {(item["name"], item["version"]) for item in seen["items"]} == {("notes/treasure", 1), ("notes/summary", 1)}
    assert ok(folder, "capsule", "view", "notes/treasure", "--at", "last/one")["body"] == SECRET
    assert playnex("capsule", "view", "notes/later", "--at", "last/one", folder=folder).code == 5
    assert playnex("run", "show", "last", "--memory", "tow", folder=folder).code == 5


def test_a_deleted_capsule_reaches_no_agent_of_a_run_that_goes_on_or_is_forked(desk: tuple[Path, ModelServer]) -> None:
    folder, server = desk
    run = ok(folder, "run", "list")["items"][0]["run"]
    ok(folder, "capsule", "delete", "notes/treasure", "--yes")
    ok(folder, "capsule", "delete", "notes/summary", "--yes")
    before = len(server.asked)
    ok_or_failed = playnex("run", "signal", run, "go", folder=folder), playnex("run", "resume", run, folder=folder)
    assert ok_or_failed[1].code == 1 and "there is no capsule 'notes/treasure'" in ok_or_failed[1].err + ok_or_failed[1].out
    forked = playnex("run", "fork", run, "--from", "one", "--json", folder=folder)
    assert forked.code == 1 and "there is no capsule" in forked.out
    assert not [asked for asked in server.asked[before:] if SECRET in asked.prompt]
    for words in (("view", "notes/treasure"), ("view", f"runs/{run}/one"), ("view", "notes/treasure", "--at", f"{run}/one")):
        assert playnex("capsule", *words, folder=folder).code == 5, words
    assert ok(folder, "capsule", "search", "treasure palm")["items"] == ok(folder, "capsules")["items"] == []
    for tool in (("capsule.search", "query=treasure"), ("capsule.list",), ("capsule.read", "name=notes/treasure")):
        assert "lighthouse" not in playnex("tool", "call", *tool, folder=folder).out
    assert ok(folder, "run", "show", run, "--memory", "one")["items"] == []


def test_a_purged_capsule_is_in_no_record_of_any_run_and_the_runs_can_still_be_read(desk: tuple[Path, ModelServer]) -> None:
    folder, _ = desk
    run = ok(folder, "run", "list")["items"][0]["run"]
    assert remains(folder), "the known-bad arm: before, it is found"
    assert ok(folder, "capsule", "purge", "notes/treasure", "--yes")["facts"] > 0
    ok(folder, "capsule", "purge", "notes/summary", "--yes")
    for words in (("run", "show", run), ("run", "show", run, "--transcript"), ("run", "show", run, "--tools")):
        assert "lighthouse" not in json.dumps(ok(folder, *words))
    assert ok(folder, "run", "replay", run)["verdict"] != "different"
    assert remains(folder) == []


def remains(folder: Path) -> list[str]:
    """The words of the secret that are still in a file of the workspace, or in anything packed in its store."""
    texts = [*(path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.parent.name != "flows"), *unpacked(folder)]
    return [word for word in ("third palm", "lighthouse", "ighthous") if any(word.encode() in text for text in texts)]


FORKED = """\
playnex: 1
name: forked
steps:
  start: { save: notes/start, content: Begin. }
  look: { tool: capsule.list, with: { prefix: notes/ } }
  older: { tool: capsule.read, with: { name: notes/treasure, version: 2 }, continue-on-error: true }
  first: { tool: capsule.read, with: { name: notes/treasure, version: 1 } }
output: "${{ steps.look.output }} ${{ steps.older.status }} ${{ steps.first.output.version }}"
"""


def test_a_forked_run_lists_and_reads_the_versions_that_were_there_at_its_fork(desk: tuple[Path, ModelServer]) -> None:
    folder, _ = desk
    (folder / "flows/forked.yaml").write_text(FORKED)
    run = ok(folder, "flow", "run", "forked")
    assert run["output"].endswith("failed 1")
    edit(folder, "It is gone.")
    ok(folder, "capsule", "create", "notes/later", "later")
    forked = ok(folder, "run", "fork", run["run"], "--from", "look")
    assert "later" not in forked["output"] and '"version": 2' not in forked["output"] and forked["output"].endswith("failed 1")
    anew = ok(folder, "flow", "run", "forked")
    assert "later" in anew["output"] and anew["output"].endswith("succeeded 1"), "the known-bad arm: another run sees them"
