"""What a user sees when the disk is full, the folder may not be written, or the store is not what it should be."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from flows.batches import batch_desk, happened, results, write_cases
from flows.stage import Desk, is_second, pair_desk, wait_for
from playnex.store import checksums
from playnex.testing.model_replies import Asked, Reply
from playnex.testing.model_scripts import research
from playnex.testing.model_server import serving

NOWHERE = "http://127.0.0.1:9/v1"
PAGE = 4096


class SmallDisk:
    """A disk of one megabyte."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, *, leaving: int = 0) -> None:
        """Leave so many pages of space."""
        with self._ballast.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * PAGE)
            except OSError:
                os.truncate(file.fileno(), max(0, os.fstat(file.fileno()).st_size - leaving * PAGE))

    def free(self) -> None:
        self._ballast.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a small disk needs the right to mount one (root)")
    yield SmallDisk(folder)
    subprocess.run(["umount", folder], check=True)


@pytest.mark.slow
def test_a_run_on_a_disk_that_fills_stops_saying_so_and_loses_nothing_that_was_recorded(disk: SmallDisk) -> None:
    def script(asked: Asked) -> Reply:
        if is_second(asked) and asked.times == 1:
            disk.fill()
        return research(asked)

    with serving(script) as server:
        desk = pair_desk(disk.folder / "desk", server.url)
        done = desk.playnex("flow", "run", "pair")
        assert done.returncode == 1
        assert "error: no space left on the disk for" in done.stderr
        assert "free some space: nothing recorded is lost; go on with: playnex run resume" in done.stderr
        assert calm(done.stderr)
        assert desk.json("run", "show", "last")["steps"][0]["status"] == "succeeded", "it can still be looked at"
        again = desk.playnex("run", "resume", "last", "--json")
        told = json.loads(again.stdout)["error"]
        assert (again.returncode, told["code"]) == (1, "disk-full")
        assert "go on with: playnex run resume" in told["hint"]
        assert desk.json("run", "show", "last")["status"] == "paused", "its last fact was written into the space held back for it"
        disk.free()
        assert desk.playnex("run", "resume", "last").returncode == 0
    assert sorted(server.counts.values()) == [1, 2], "the second answer could not be recorded, the first one was"


def test_a_batch_on_a_full_disk_is_paused_says_so_and_goes_on_when_there_is_space(disk: SmallDisk) -> None:
    desk = batch_desk(disk.folder / "desk")
    write_cases(desk.folder, range(3))
    (desk.folder / "ready").touch()
    words = (sys.executable, "-m", "playnex", "batch", "run", "held", "cases.jsonl", "--out", "results.jsonl")
    child = subprocess.Popen(words, cwd=desk.folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(happened(desk.folder)) == 3, "the cases to be at work")
    disk.fill()
    (desk.folder / "ready").rename(desk.folder / "let-go")
    said = child.communicate(timeout=60)[1]
    assert child.returncode == 1 and "no space left on the disk" in said and "go on with: playnex batch resume" in said and calm(said)
    assert {run["state"] for run in desk.json("run", "list")["items"]} == {"paused"}
    disk.free()
    assert desk.playnex("batch", "resume").returncode == 0
    assert [line["case"] for line in results(desk.folder)] == [1, 2, 3]


@pytest.mark.slow
def test_commands_on_a_full_disk_say_so_and_work_when_there_is_space(disk: SmallDisk) -> None:
    desk = pair_desk(disk.folder / "desk", NOWHERE)
    assert desk.playnex("capsule", "create", "notes/first", "text").returncode == 0
    disk.fill()
    commands = (("init", "news"), ("capsule", "create", "notes/second", "text " * 5000), ("flow", "run", "pair"))
    for command in commands:
        done = desk.playnex(*command)
        assert (done.returncode, done.stdout) == (1, "")
        assert "no space left on the disk" in done.stderr and "free some space" in done.stderr
        assert calm(done.stderr)
    assert [capsule["name"] for capsule in desk.json("capsules")["items"]] == ["notes/first"], "it can still be looked at"
    disk.free()
    assert [capsule["name"] for capsule in desk.json("capsules")["items"]] == ["notes/first"]
    for command in commands[:2]:
        assert desk.playnex(*command).returncode == 0, "nothing half made is in the way"


@pytest.mark.slow
@pytest.mark.parametrize("leaving", range(60, 108, 4))
def test_a_disk_that_fills_at_any_moment_of_the_first_write_gives_all_or_nothing(disk: SmallDisk, leaving: int) -> None:
    desk = Desk(disk.folder / "desk")
    desk.folder.mkdir()
    (desk.folder / "playnex.toml").write_text("")
    disk.fill(leaving=leaving)
    done = desk.playnex("capsule", "create", "notes/first", "text " * 2000)
    assert calm(done.stderr)
    assert done.returncode == 0 or (done.returncode == 1 and "no space left" in done.stderr)
    disk.free()
    names = [capsule["name"] for capsule in desk.json("capsules")["items"]]
    assert names == (["notes/first"] if done.returncode == 0 else [])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full stdout needs /dev/full")
@pytest.mark.parametrize("words", [("flow", "list"), ("capsules", "--json")])
def test_a_full_disk_behind_stdout_is_told_on_stderr(tmp_path: Path, words: tuple[str, ...]) -> None:
    desk = pair_desk(tmp_path, NOWHERE)
    command = [sys.executable, "-m", "playnex", *words]
    buffered = os.environ | {"PYTHONUNBUFFERED": ""}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command, cwd=desk.folder, env=buffered, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert done.returncode == 1
    assert "no space left on the disk" in done.stderr and calm(done.stderr) and "ignored" not in done.stderr


def not_sqlite(store: Path) -> None:
    store.write_bytes(b"These are not the facts you are looking for.\n" * 300)


def cut(store: Path) -> None:
    store.write_bytes(store.read_bytes()[: PAGE + 900])


def overwritten(store: Path) -> None:
    store.write_bytes(store.read_bytes()[:PAGE] + b"\xa5" * PAGE * 20)


def foreign(store: Path) -> None:
    store.unlink()
    with closed(store) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")


def newer(store: Path) -> None:
    with closed(store) as connection:
        connection.pragma("user_version", 99)


def a_folder(store: Path) -> None:
    store.unlink()
    store.mkdir()


SPOILT: dict[Callable[[Path], None], tuple[str, str, str]] = {
    not_sqlite: ("store", "is not a SQLite database", "restore it from a backup"),
    cut: ("store", "is damaged", "restore it from a backup"),
    overwritten: ("store", "is damaged", "restore it from a backup"),
    foreign: ("store", "belongs to another program", "move it away"),
    newer: ("store-too-new", "was written by a newer Playnex (store version 99", "upgrade Playnex"),
    a_folder: ("store", "unable to open", "check the disk"),
}


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_a_store_that_is_not_what_it_should_be_is_told_and_left_as_it_is(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    code, told, hint = SPOILT[spoil]
    desk = pair_desk(tmp_path, NOWHERE)
    assert desk.playnex("capsule", "create", "notes/first", "text").returncode == 0
    store = tmp_path / ".playnex/store.db"
    spoil(store)
    found = store.read_bytes() if store.is_file() else b""
    for command in (("capsules",), ("run", "list"), ("flow", "run", "pair")):
        done = desk.playnex(*command)
        assert done.returncode == 1
        assert f"error: {store} " in done.stderr and told in done.stderr and hint in done.stderr
        assert calm(done.stderr)
    assert desk.json("capsules")["error"]["code"] == code
    assert (store.read_bytes() if store.is_file() else b"") == found


@pytest.mark.parametrize("with_store", [False, True])
def test_a_folder_that_may_not_be_written_is_told_with_exit_4(tmp_path: Path, with_store: bool) -> None:
    desk = pair_desk(tmp_path, NOWHERE)
    if with_store:
        assert desk.playnex("capsule", "create", "notes/first", "text").returncode == 0
    guest = without_rights(desk)
    set_modes(tmp_path, folder_mode=0o555, file_mode=0o444)
    try:
        listed, ran, made = guest.playnex("flow", "list"), guest.playnex("flow", "run", "pair"), guest.playnex("init", "news")
        code = guest.json("capsules")["error"]["code"]
    finally:
        set_modes(tmp_path, folder_mode=0o755, file_mode=0o644)
    assert (listed.returncode, ran.returncode, made.returncode, code) == (0, 4, 4, "read-only")
    assert "store.db cannot be written: permission denied" in ran.stderr and "right to write in its folder" in ran.stderr
    assert "permission denied" in made.stderr and calm(ran.stderr + made.stderr)


def test_a_flow_that_may_not_be_read_is_told_with_exit_4(tmp_path: Path) -> None:
    desk = pair_desk(tmp_path, NOWHERE)
    guest = without_rights(desk)
    (tmp_path / "flows/pair.yaml").chmod(0)
    done = guest.playnex("flow", "run", "pair")
    assert done.returncode == 4
    assert "permission denied" in done.stderr and "flows/pair.yaml" in done.stderr and calm(done.stderr)


def without_rights(desk: Desk) -> Desk:
    """The same desk for somebody whom file permissions bind, as they do not bind root."""
    if os.geteuid() != 0:
        return desk
    if shutil.which("setpriv") is None:
        pytest.skip("root keeps to file permissions only through setpriv")
    return Desk(desk.folder, through=("setpriv", "--bounding-set=-all", "--inh-caps=-all"))


def set_modes(folder: Path, *, folder_mode: int, file_mode: int) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(folder_mode if path.is_dir() else file_mode)


def closed(store: Path) -> "contextlib.closing[apsw.Connection]":
    return contextlib.closing(checksums.connect(store))


def calm(stderr: str) -> bool:
    """No traceback, and no report of a mistake inside Playnex."""
    return "Traceback" not in stderr and "inside Playnex" not in stderr
