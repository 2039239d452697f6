"""Eight processes write the same capsules at the same time: every write that was accepted is in the history, and none is lost."""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from capsules.many_writer import NAMES
from playnex.capsules.capsule import CapsuleDraft
from playnex.capsules.stores.rows import MIGRATIONS
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.clock import SystemClock
from playnex.store.database import Database

TESTS = Path(__file__).resolve().parents[1]
WRITERS = 8
SAMPLE, SOAK = 200, 10_000


@pytest.mark.timeout(6 * 3600)
@pytest.mark.parametrize("writes", [pytest.param(SAMPLE, marks=pytest.mark.slow), pytest.param(SOAK, marks=pytest.mark.soak)])
def test_eight_processes_lose_no_write_and_are_never_told_of_a_lock(tmp_path: Path, writes: int) -> None:
    accepted, counted, complaints = counted_by_all(tmp_path / "store.db", writes=writes, mode="careful")
    assert complaints == ""
    assert counted == WRITERS * writes
    assert len(accepted) == WRITERS * writes
    assert in_history(tmp_path / "store.db", accepted) == []


@pytest.mark.slow
def test_the_same_processes_writing_blindly_do_lose_counts(tmp_path: Path) -> None:
    _, counted, complaints = counted_by_all(tmp_path / "store.db", writes=40, mode="blind")
    assert complaints == "" and counted < WRITERS * 40


def counted_by_all(store: Path, *, writes: int, mode: str) -> tuple[list[str], int, str]:
    """The lines of what was accepted, what the newest versions count together, and what anybody complained of."""
    database = Database(store, MIGRATIONS)
    capsules = SqliteCapsules(database, SystemClock())
    for name in NAMES:
        asyncio.run(capsules.write(CapsuleDraft(name=name, body="{}")))
    seed = int(os.environ.get("PLAYNEX_SEED") or random.SystemRandom().randrange(10**9))
    print(f"PLAYNEX_SEED={seed}")  # noqa: T201 - shown when the test fails
    known = os.environ | {"PYTHONPATH": os.pathsep.join((str(TESTS), os.environ.get("PYTHONPATH", "")))}
    commands = [
        (sys.executable, "-m", "capsules.many_writer", str(store), f"{seed}-{number}", str(writes), mode) for number in range(WRITERS)
    ]
    pipe = subprocess.PIPE
    writers = [subprocess.Popen(command, env=known, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for command in commands]
    for writer in writers:
        assert writer.stdout and writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.flush()
    said = [writer.communicate() for writer in writers]
    newest = [json.loads(asyncio.run(capsules.read(name)).body) for name in NAMES]
    database.close()
    complaints = "".join(error for _, error in said) + "".join(f"ended with {each.returncode}" for each in writers if each.returncode)
    return [line for out, _ in said for line in out.splitlines()], sum(sum(counts.values()) for counts in newest), complaints


def in_history(store: Path, accepted: list[str]) -> list[str]:
    """What is wrong with the history: an accepted version that is not in it or says something else, or one that nobody wrote."""
    database = Database(store, MIGRATIONS)
    kept = Counter[tuple[str, int]]()
    sql = "SELECT c.name, v.version, v.packed, v.body FROM versions v JOIN capsules c ON c.id = v.capsule WHERE v.version > 1"
    for name, version, _, body in database.read.execute(sql):
        kept[name, version] += 1
        assert isinstance(json.loads(body), dict)
    database.close()
    told = Counter((line.split()[0], int(line.split()[1])) for line in accepted)
    return [f"{name} {version}" for name, version in (told - kept) + (kept - told)]
