"""Broken files, whole, and all that is said of each: every file in `broken/` has its words beside it, in a file that ends in .txt.

A message names the thing, says what was expected, and gives the next move. `python scripts/broken_files.py --write` writes what is said
now; read the difference before you commit it.
"""

import re
import shutil
from pathlib import Path

import pytest

from cli.stage import playnex
from playnex.app.templates import lay_out

BROKEN = Path(__file__).parent / "broken"
FILES = sorted(path.relative_to(BROKEN).as_posix() for path in BROKEN.rglob("*") if path.suffix in (".yaml", ".md"))
SETTINGS = sorted(path.relative_to(BROKEN).as_posix() for path in BROKEN.glob("config/*.toml"))
TOOL = '''
import playnex


@playnex.tool(effect="pure")
def lookup(customer: str, depth: int = 1) -> dict[str, str]:
    """The plan of a customer."""
    return {"plan": "gold"}
'''
SAID = re.compile(r"^(\S+?):\d+:\d+: error: .*?(?=^\S+?:\d+:\d+: error: |^\d+ faults?; nothing was run)", re.MULTILINE | re.DOTALL)


def said_of_files(folder: Path) -> dict[str, str]:
    """What `playnex check` says of each flow and agent, all of them in one workspace."""
    workspace(folder)
    for name in FILES:
        shutil.copy(BROKEN / name, folder / name)
    told: dict[str, str] = dict.fromkeys(FILES, "")
    for fault in SAID.finditer(playnex("check", folder=folder).err):
        told[fault[1]] = told.get(fault[1], "") + fault[0]
    return told


def said_of_settings(name: str, folder: Path) -> str:
    """What it says of a playnex.toml."""
    shutil.copy(BROKEN / name, workspace(folder) / "playnex.toml")
    return "".join(fault[0] for fault in SAID.finditer(playnex("check", folder=folder).err))


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return said_of_files(tmp_path_factory.mktemp("broken"))


@pytest.mark.parametrize("name", FILES)
def test_all_faults_of_a_file_are_told_at_once_each_with_its_line_a_caret_and_the_mend(name: str, said: dict[str, str]) -> None:
    assert said[name] == expected(name)
    assert said[name]


@pytest.mark.parametrize("name", SETTINGS)
def test_all_faults_of_the_settings_are_told_in_the_same_way(name: str, tmp_path: Path) -> None:
    assert said_of_settings(name, tmp_path) == expected(name)


def test_nothing_is_said_of_a_file_that_is_sound(said: dict[str, str]) -> None:
    assert said.keys() == set(FILES)


def test_there_are_many_and_each_has_its_words() -> None:
    assert len([*FILES, *SETTINGS]) >= 60
    assert [
        path.name for path in BROKEN.rglob("*.txt") if not any(path.with_suffix(end).exists() for end in (".yaml", ".md", ".toml"))
    ] == []


@pytest.mark.parametrize("name", [*FILES, *SETTINGS])
def test_every_fault_says_what_to_do(name: str) -> None:
    """By a hint of its own, or because the message says already what is expected."""
    for fault in SAID.finditer(expected(name) + "0 faults; nothing was run"):
        assert "\n      = " in fault[0] or EXPECTED.search(fault[0]), fault[0]


EXPECTED = re.compile(r"must be|must be from|write it like|not available in this version yet|above zero|occurs twice")


def expected(name: str) -> str:
    return (BROKEN / name).with_suffix(".txt").read_text(encoding="utf-8")


def workspace(folder: Path) -> Path:
    """One with an agent `writer` and a tool `crm.lookup`."""
    lay_out("minimal", folder)
    (folder / "agents/writer.md").write_text("---\nname: writer\n---\nYou write.\n")
    (folder / "flows/other.yaml").write_text("playnex: 1\nname: other\nsteps:\n  nap: { wait: 1s }\n")
    (folder / "tools").mkdir()
    (folder / "tools/crm.py").write_text(TOOL)
    return folder
