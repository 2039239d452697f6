"""Capsules as files, by the real command line: a person edits them while agents work."""

import getpass
import json
from pathlib import Path

import pytest

from flows.stage import Desk
from flows.test_disk_faults import without_rights
from playnex.app.templates import lay_out
from playnex.testing.model_replies import Asked, Reply, answer, calls
from playnex.testing.model_server import serving

FLOW = """\
playnex: 1
name: planning
steps:
  draft: { agent: helper, prompt: Draft the plan., save: notes/plan }
  think: { agent: helper, prompt: Think about it. }
  write: { agent: helper, capsules: [notes/plan], prompt: Write it. }
"""
READER = """\
---
name: keeper
description: Keeps notes.
tools: [capsule.read, capsule.write, capsule.list, capsule.search]
memory: { read: ["notes/*"], write: ["notes/*"] }
---
You keep notes.
"""


def planning_desk(folder: Path, url: str, settings: str = "") -> Desk:
    lay_out("minimal", folder)
    (folder / "flows/planning.yaml").write_text(FLOW)
    (folder / "agents/keeper.md").write_text(READER)
    (folder / "playnex.toml").write_text(f'[models.main]\nbase_url = "{url}"\nname = "scripted"\ncontext = 32768\n{settings}')
    return Desk(folder)


def history(desk: Desk, name: str) -> list[tuple[str, str]]:
    """Who wrote each version, and what, oldest first."""
    versions = desk.json("capsule", "history", name)["items"]
    read = [desk.json("capsule", "view", name, "--version", str(one["version"])) for one in reversed(versions)]
    return [(one["author"]["name"] or one["author"]["agent"], one["body"]) for one in read]


@pytest.mark.parametrize("settings", ["", "[capsules]\nwatch = false\n"], ids=["watched", "looked-at"])
def test_what_a_person_saves_while_a_run_goes_on_is_what_the_next_agent_reads(tmp_path: Path, settings: str) -> None:
    def script(asked: Asked) -> Reply:
        if "Think" in asked.prompt:
            file = tmp_path / "capsules/notes/plan.md"
            file.write_text(file.read_text() + "\nand I say so too")
        return answer("The plan.")

    with serving(script) as server:
        desk = planning_desk(tmp_path, server.url, settings)
        done = desk.playnex("flow", "run", "planning")
        assert done.returncode == 0, done.stderr
    assert "and I say so too" in server.asked[-1].prompt and "conflict" not in done.stderr
    assert history(desk, "notes/plan") == [("helper", "The plan."), (getpass.getuser(), "The plan.\nand I say so too")]


def test_an_agent_that_writes_over_a_persons_edit_is_told_and_merges_it(tmp_path: Path) -> None:
    def script(asked: Asked) -> Reply:
        said = json.dumps(asked.body["messages"])
        if "conflict" in said and "merged" not in said:
            return calls(("capsule__write", {"name": "notes/plan", "body": "merged", "expected": 2}))
        if "merged" in said:
            return answer("Done.")
        if "capsule__read" not in said:
            return calls(("capsule__read", {"name": "notes/plan"}))
        (tmp_path / "capsules/notes/plan.md").write_text("ada's")
        return calls(("capsule__write", {"name": "notes/plan", "body": "the keeper's", "expected": 1}))

    with serving(script) as server:
        desk = planning_desk(tmp_path, server.url)
        desk.playnex("capsule", "create", "notes/plan", "base")
        done = desk.playnex("agent", "run", "keeper", "Mend the plan.")
        assert done.returncode == 0, done.stderr
    assert [body for _, body in history(desk, "notes/plan")] == ["base", "ada's", "merged"]
    assert (tmp_path / "capsules/notes/plan.md").read_text() == "merged"


def test_a_file_that_is_deleted_while_a_run_goes_on_is_read_by_nobody_any_more(tmp_path: Path) -> None:
    def script(asked: Asked) -> Reply:
        said = json.dumps(asked.body["messages"])
        if "there is no capsule" in said:
            return answer("It is gone.")
        (tmp_path / "capsules/notes/plan.md").unlink(missing_ok=True)
        return calls(("capsule__read", {"name": "notes/plan"}), ("capsule__search", {"query": "secret"}), ("capsule__list", {}))

    with serving(script) as server:
        desk = planning_desk(tmp_path, server.url)
        desk.playnex("capsule", "create", "notes/plan", "a secret plan")
        done = desk.playnex("agent", "run", "keeper", "Read the plan.")
        assert (done.returncode, done.stdout.strip()) == (0, "It is gone."), done.stderr
    assert "secret plan" not in json.dumps(server.asked[-1].body)
    assert desk.playnex("capsule", "view", "notes/plan").returncode == 5


def test_without_files_all_works_and_no_folder_is_made(tmp_path: Path) -> None:
    desk = planning_desk(tmp_path, "http://127.0.0.1:9/v1", "[capsules]\nmirror = false\n")
    assert desk.playnex("capsule", "create", "notes/plan", "base").returncode == 0
    assert desk.playnex("capsule", "view", "notes/plan").stdout.strip() == "base" and not (tmp_path / "capsules").exists()


def test_a_place_that_cannot_be_written_is_told_once_and_the_run_goes_on(tmp_path: Path) -> None:
    with serving(lambda asked: answer("The plan.")) as server:
        desk = planning_desk(tmp_path, server.url)
        (tmp_path / "capsules").write_text("in the way")
        done = desk.playnex("flow", "run", "planning")
    assert done.returncode == 0 and done.stderr.count("must be a folder of its own") == 1, done.stderr
    told = desk.playnex("doctor").stdout
    assert "✕ capsules" in told and "must be a folder of its own" in told


def test_a_file_that_may_not_be_read_is_told_by_its_name_and_the_others_are_read(tmp_path: Path) -> None:
    desk = planning_desk(tmp_path, "http://127.0.0.1:9/v1")
    for name in ("notes/plan", "notes/other"):
        desk.playnex("capsule", "create", name, "base")
        (tmp_path / f"capsules/{name}.md").write_text("ada's")
    (tmp_path / "capsules/notes/plan.md").chmod(0)
    guest = without_rights(desk)
    listed = guest.playnex("capsules")
    assert "capsules/notes/plan.md: it may not be read: permission denied" in listed.stderr and listed.returncode == 0
    assert guest.playnex("capsule", "view", "notes/other").stdout.strip() == "ada's"
    assert guest.playnex("capsule", "view", "notes/plan").stdout.strip() == "base"


def test_a_folder_that_may_not_be_written_is_told_once_and_the_capsule_is_in_the_store(tmp_path: Path) -> None:
    desk = planning_desk(tmp_path, "http://127.0.0.1:9/v1")
    desk.playnex("capsule", "create", "notes/plan", "base")
    (tmp_path / "capsules/notes").chmod(0o555)
    made = without_rights(desk).playnex("capsule", "create", "notes/other", "text")
    (tmp_path / "capsules/notes").chmod(0o755)
    assert made.returncode == 0 and made.stderr.count("files cannot be written or read here: permission denied") == 1
    assert desk.playnex("capsule", "view", "notes/other").stdout.strip() == "text"
    assert (tmp_path / "capsules/notes/other.md").read_text() == "text"


def test_doctor_says_what_has_no_capsule_and_a_conflict_that_nobody_has_settled(tmp_path: Path) -> None:
    desk = planning_desk(tmp_path, "http://127.0.0.1:9/v1")
    desk.playnex("capsule", "create", "notes/plan", "base")
    for name in ("photo.png", "notes/plan.conflict-v2.md"):
        (tmp_path / "capsules" / name).write_text("x")
    told = desk.playnex("doctor").stdout
    assert "capsules/photo.png: only files that end in .md" in told and "plan.conflict-v2.md: it keeps one side of a conflict" in told
    for name in ("photo.png", "notes/plan.conflict-v2.md"):
        (tmp_path / "capsules" / name).unlink()
    assert "1 files say what the capsules say" in desk.playnex("doctor").stdout
