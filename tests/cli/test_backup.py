"""`playnex backup` copies a workspace at one moment while it is worked in; `playnex restore` brings it back and loses nothing."""

import asyncio
import gzip
import shutil
import tarfile
from pathlib import Path

import pytest

from cli.stage import playnex
from playnex.app.backups import back_up
from playnex.app.restoring import restore
from playnex.app.templates import lay_out
from playnex.errors import StoreError, UsageError
from playnex.journal.lease import FileLeases
from playnex.workspace import Workspace
from store.stage import RUNS, Plot, Shelf, faults_of, integrity, play

BEFORE = 20
ROUNDS = 3
LATER = 1_800_000_000.0


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    lay_out("research", folder)
    assert playnex("capsule", "create", "notes/first", "the first", folder=folder).code == 0
    return folder


def test_a_backup_while_a_writer_goes_on_is_whole_up_to_its_moment(tmp_path: Path) -> None:
    source, plot = Workspace(root=tmp_path / "source"), Plot(seed=5)
    source.root.mkdir()
    with Shelf(source.own) as shelf:
        kept, tried = play(saved_under_load(shelf, plot, source, tmp_path))
    assert tried > BEFORE + ROUNDS, "the writer went on meanwhile"
    for number, least in enumerate(kept):
        target = Workspace(root=tmp_path / f"target-{number}")
        target.root.mkdir()
        restore(tmp_path / f"{number}.tar.gz", target, lambda newer: False)
        with Shelf(target.own) as shelf:
            assert integrity(shelf.database) == []
            assert play(faults_of(shelf, plot, acknowledged=range(least), tried=tried)) == []
            assert play(holes(shelf, plot, tried)) == [], "entries were written one after another"


async def saved_under_load(shelf: Shelf, plot: Plot, source: Workspace, folder: Path) -> tuple[list[int], int]:
    """Back the store up some times while it is written to: what was acknowledged before each, and what was tried in all."""
    await shelf.begin()
    for number in range(BEFORE):
        await shelf.add(plot.entry(number))
    number, kept = BEFORE, []
    for turn in range(ROUNDS):
        kept.append(number)
        saving = asyncio.create_task(asyncio.to_thread(back_up, source, folder / f"{turn}.tar.gz", LATER))
        while not saving.done():
            await shelf.add(plot.entry(number))
            number += 1
        await saving
    return kept, number


async def holes(shelf: Shelf, plot: Plot, tried: int) -> list[int]:
    """Entries that are not there though later ones are."""
    there = {event.key for run in RUNS for event in await shelf.journal.events(run)}
    found = [plot.entry(number).drafts[0].key in there for number in range(tried)]
    return [number for number in range(tried) if not found[number] and any(found[number:])]


def test_what_was_saved_comes_back_and_what_it_replaces_is_kept_aside(workspace: Path) -> None:
    flow = workspace / "flows/research-to-article.yaml"
    saved = flow.read_text()
    made = playnex("backup", "saved.tar.gz", folder=workspace)
    assert (made.code, made.out) == (0, f"{workspace / 'saved.tar.gz'}\n")
    assert (workspace / "saved.tar.gz").stat().st_mode & 0o077 == 0
    flow.write_text("broken")
    assert playnex("capsule", "create", "notes/second", "the second", folder=workspace).code == 0
    assert playnex("restore", "saved.tar.gz", "--yes", folder=workspace).code == 0
    assert flow.read_text() == saved
    assert "notes/second" not in playnex("capsules", folder=workspace).out
    (aside,) = (workspace / ".playnex").glob("before-saved-*")
    assert (aside / "flows/research-to-article.yaml").read_text() == "broken"
    assert "the second" in (aside / "capsules/notes/second.md").read_text()
    shutil.copytree(aside, workspace, dirs_exist_ok=True)
    assert "notes/second" in playnex("capsules", folder=workspace).out, "what was replaced is a store like any other"


def test_a_workspace_comes_back_into_an_empty_folder(workspace: Path, tmp_path: Path) -> None:
    assert playnex("backup", str(tmp_path / "saved.tar.gz"), folder=workspace).code == 0
    (tmp_path / "fresh").mkdir()
    assert playnex("restore", "saved.tar.gz", "--workspace", "fresh", folder=tmp_path).code == 0
    assert playnex("capsule", "view", "notes/first", folder=tmp_path / "fresh").out == "the first\n"
    assert (tmp_path / "fresh/agents/writing.md").read_text() == (workspace / "agents/writing.md").read_text()


def test_newer_facts_are_not_replaced_without_a_yes(workspace: Path) -> None:
    assert playnex("backup", "saved.tar.gz", folder=workspace).code == 0
    assert playnex("capsule", "create", "notes/second", "the second", folder=workspace).code == 0
    said = playnex("restore", "saved.tar.gz", folder=workspace)
    assert (said.code, "1 capsule version" in said.err, "--yes" in said.err) == (2, True, True)
    assert "notes/second" in playnex("capsules", folder=workspace).out


def test_nothing_is_restored_while_a_run_is_held_or_the_store_is_open(workspace: Path) -> None:
    with Shelf(workspace / ".playnex") as shelf:
        play(shelf.begin())
    assert playnex("backup", "saved.tar.gz", folder=workspace).code == 0

    async def held() -> None:
        async with FileLeases(workspace / ".playnex/leases").hold(RUNS[0]):
            said = playnex("restore", "saved.tar.gz", "--yes", folder=workspace)
            assert (said.code, "playnex stop --all" in said.err) == (1, True)

    play(held())
    with Shelf(workspace / ".playnex") as shelf:
        said = playnex("restore", "saved.tar.gz", "--yes", folder=workspace)
        assert (said.code, "another process has the store open" in said.err) == (1, True)
        play(shelf.add(Plot(seed=1).entry(0)))
    assert playnex("restore", "saved.tar.gz", "--yes", folder=workspace).code == 0


def test_a_store_that_is_damaged_is_replaced(workspace: Path) -> None:
    assert playnex("backup", "saved.tar.gz", folder=workspace).code == 0
    store = workspace / ".playnex/store.db"
    store.write_bytes(store.read_bytes()[:4096] + b"\xa5" * 40_960)
    assert playnex("capsules", folder=workspace).code == 1
    assert playnex("restore", "saved.tar.gz", folder=workspace).code == 0
    assert "notes/first" in playnex("capsules", folder=workspace).out


@pytest.mark.parametrize("spoil", ["cut", "changed", "cut inside", "no archive"])
def test_a_damaged_archive_is_refused_and_nothing_is_changed(workspace: Path, tmp_path: Path, spoil: str) -> None:
    target, saved = Workspace(root=tmp_path / "fresh"), tmp_path / "saved.tar.gz"
    back_up(Workspace(root=workspace), saved, LATER)
    whole = saved.read_bytes()
    plain = gzip.decompress(whole)
    spoilt = {
        "cut": whole[:-3000],
        "changed": gzip.compress(plain.replace(b"local-first", b"local-fjrst", 1)),
        "cut inside": gzip.compress(plain[:9000]),
        "no archive": b"no",
    }
    saved.write_bytes(spoilt[spoil])
    target.root.mkdir()
    with pytest.raises((StoreError, UsageError), match=r"damaged|no backup"):
        restore(saved, target, lambda newer: True)
    assert [path.name for path in target.root.iterdir()] == [".playnex"]
    assert list(target.own.iterdir()) == []


def test_an_archive_cannot_write_outside_the_workspace(workspace: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.tar.gz"
    with tarfile.open(saved, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../outside"))
    with pytest.raises((StoreError, UsageError)):
        restore(saved, Workspace(root=workspace), lambda newer: True)
    assert not (tmp_path / "outside").exists()
