"""A command imports little before its work; what it must not import is listed here, for CPU time says something else on each day.

The figures are in benchmarks/RESULTS.md.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from playnex.app.templates import lay_out

COSTLY = {
    "asyncio",
    "rich",
    "pydantic",
    "pydantic_ai",
    "httpx",
    "apsw",
    "msgspec",
    "minijinja",
    "jsonschema_rs",
    "tomllib",
    "_hashlib",
    "watchfiles",
}

OF_THE_WORK = (
    "playnex.agents",
    "playnex.patterns",
    "playnex.app.definitions",
    "playnex.engine.interpreter",
    "playnex.models.discovery",
    "playnex.models.embedded",
    "playnex.spec.read_flow",
    "playnex.tools.browser",
    "ruamel",
)
"""What carries runs on or reads their files: whoever looks at what there is does without, and starts a third sooner."""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    lay_out("research", tmp_path)
    return tmp_path


def test_the_version_is_printed_without_the_command_line(workspace: Path) -> None:
    assert imported(workspace, "--version") & (COSTLY | {"cyclopts", "ruamel", "typing", "dataclasses"}) == set()


def test_the_list_of_flows_imports_what_parses_and_what_reads_yaml_and_nothing_costly(workspace: Path) -> None:
    found = imported(workspace, "flow", "list")
    assert found & COSTLY == set()
    assert {"cyclopts", "ruamel"} <= found


@pytest.mark.parametrize("words", ["run list", "capsule list", "inbox list"])
def test_who_only_looks_imports_nothing_that_carries_runs_on(workspace: Path, words: str) -> None:
    found = modules(workspace, *words.split())
    assert {name for name in found if f"{name}.".startswith(tuple(f"{room}." for room in OF_THE_WORK))} == set()


def test_a_costly_import_is_seen(workspace: Path) -> None:
    assert {"apsw", "asyncio"} <= imported(workspace, "run", "list")


def imported(workspace: Path, *words: str) -> set[str]:
    """The top-level modules that the command imported."""
    return {name.partition(".")[0] for name in modules(workspace, *words)}


def modules(workspace: Path, *words: str) -> set[str]:
    """All modules that the command imported, each by its whole name."""
    command = (sys.executable, "-X", "importtime", "-m", "playnex", *words)
    done = subprocess.run(command, cwd=workspace, env=os.environ, capture_output=True, text=True, timeout=60, check=True)
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
