"""start.py tells an old or crippled Python what to do, and sets up once. (A whole set-up is tested in a fresh clone.)"""

import ast
import importlib.util
import runpy
import sys
from pathlib import Path
from types import ModuleType

import pytest

from house.sources import ROOT


@pytest.fixture
def start() -> ModuleType:
    """start.py as a module of its own."""
    spec = importlib.util.spec_from_file_location("start", ROOT / "start.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_old_python_can_still_read_start_py_and_so_be_told() -> None:
    ast.parse((ROOT / "start.py").read_text(encoding="utf-8"), feature_version=(3, 7))


def test_an_old_python_is_told_what_it_is_and_what_to_do(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "OLDEST", (99, 0))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer, and this is 3\."):
        start.refuse_old_python()


def test_a_python_that_cannot_make_environments_is_told_the_package(
    start: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "PYTHON", tmp_path / "none")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=rf"no venv and no ensurepip.*\n.*python3\.{sys.version_info.minor}-venv"):
        start.make_venv()


def test_a_set_up_is_stale_when_its_lock_changes(start: ModuleType, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("rich==15.0.0\n")
    before = start.fingerprint(lock)
    assert start.fingerprint(lock) == before
    lock.write_text("rich==15.0.1\n")
    assert start.fingerprint(lock) != before


def test_an_unknown_word_gets_the_usage_and_exit_code_2(start: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert start.main(["dmeo"]) == 2
    assert "python3 start.py demo" in capsys.readouterr().out


def test_the_table_of_results_keeps_the_sections_of_others() -> None:
    replaced = runpy.run_path(str(ROOT / "benchmarks" / "results.py"))["replaced"]
    page = replaced(replaced("# Results\n", "One", "1"), "Two", "2")
    assert replaced(page, "One", "3") == "# Results\n\n## One\n\n3\n\n## Two\n\n2\n"
