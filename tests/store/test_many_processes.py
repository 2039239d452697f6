"""Eight processes write into one store at the same time: none is told that it is locked, and nothing is lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from playnex.store.file import SAFE
from store.stage import Plot, Shelf, faults_of, integrity, play

TESTS = Path(__file__).resolve().parents[1]
WRITERS = 8


@pytest.mark.parametrize("entries", [10, pytest.param(150, marks=pytest.mark.slow)])
def test_eight_processes_write_at_once_and_none_is_refused(tmp_path: Path, entries: int) -> None:
    assert all_at_once(tmp_path, entries=entries, patience=SAFE.patience) == [""] * WRITERS
    with Shelf(tmp_path) as shelf:
        assert integrity(shelf.database) == []
        for seed in range(WRITERS):
            assert play(faults_of(shelf, Plot(seed=seed), acknowledged=range(entries), tried=entries)) == []


def test_processes_without_patience_would_be_refused(tmp_path: Path) -> None:
    assert any("is held by another process" in told for told in all_at_once(tmp_path, entries=30, patience=0))


def all_at_once(folder: Path, *, entries: int, patience: int) -> list[str]:
    """What each of the writers complained of."""
    known = os.environ | {"PYTHONPATH": os.pathsep.join((str(TESTS), os.environ.get("PYTHONPATH", "")))}
    commands = [[sys.executable, "-m", "store.writer", str(folder), str(seed), str(entries), str(patience)] for seed in range(WRITERS)]
    writers = [subprocess.Popen(command, env=known, stderr=subprocess.PIPE, text=True) for command in commands]
    told = [writer.communicate(timeout=300)[1] for writer in writers]
    return [said or f"ended with {writer.returncode}" * bool(writer.returncode) for said, writer in zip(told, writers, strict=True)]
