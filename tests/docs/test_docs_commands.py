"""The commands of the docs and of the README are run as a reader would: each page in a fresh folder, from top to bottom.

A comment above a fenced block says what becomes of it, and shows on no page:

    <!-- run -->              its lines after `$ ` are run and must succeed
    <!-- run: exit 2 -->      its last command must end with that exit code
    <!-- file: notes/a.md --> its text is written to that file

The other lines of a run block are output: each must come, in this order; `…` stands for anything.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from offline import online

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^<!-- (run|file)(?:: (.+?))? -->\n+(```+)\w*\n(.*?)^\3$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^(````+).*?^\1$", re.MULTILINE | re.DOTALL)
"""Blocks with four ticks or more show how this works; nothing in them is run."""

BOUND = 600
"""Seconds that one block may take, the embedded model and its first fetching included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A marked block of a page."""

    verb: str
    word: str
    text: str

    @property
    def commands(self) -> list[str]:
        """What follows `$ `."""
        return [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]

    @property
    def output(self) -> list[str]:
        """The lines that must come."""
        return [line for line in self.text.splitlines() if line.strip() and not line.startswith("$ ")]

    @property
    def exit_code(self) -> int:
        """What the last command must end with."""
        return int(self.word.removeprefix("exit ")) if self.word else 0


def blocks(page: str) -> Iterator[Block]:
    """The marked blocks of a page, in order."""
    for match in BLOCK.finditer(SHOWN.sub("", page)):
        yield Block(verb=match[1], word=match[2] or "", text=match[4])


def follow(page: str, folder: Path) -> None:
    """Does what the page says, beginning in this folder; a folder that a command changes to is kept."""
    place = folder
    for block in blocks(page):
        if block.verb == "file":
            (place / block.word).parent.mkdir(parents=True, exist_ok=True)
            (place / block.word).write_text(block.text, encoding="utf-8")
        else:
            place = run(block, place, folder / ".place")


def run(block: Block, place: Path, note: Path) -> Path:
    """Runs a block and compares what came; the folder in which it ended."""
    script = "\n".join((f"trap 'pwd > {note}' EXIT", *(f"{command} || exit" for command in block.commands)))
    done = subprocess.run(
        ("bash", "-c", script),
        cwd=place,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=False,
    )
    came = done.stdout + done.stderr
    assert done.returncode == block.exit_code, f"{block.text}ended with {done.returncode}:\n{came}"
    assert not (missing := absent(block.output, done.stdout)), f"{block.text}did not print {missing!r}, but:\n{came}"
    return Path(note.read_text(encoding="utf-8").strip())


def absent(expected: list[str], came: str) -> str:
    """The first expected line that did not come after the one before it, or nothing."""
    lines = iter(came.splitlines())
    for line in expected:
        pattern = ".*".join(re.escape(part.strip()) for part in line.split("…"))
        if not any(re.fullmatch(pattern, found.strip()) for found in lines):
            return line
    return ""


def environment() -> dict[str, str]:
    """Ours, with this environment's `playnex` first, and nobody's own settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PLAYNEX_")}
    return own | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1", "COLUMNS": "120"}


def pages() -> list[Path]:
    """The README and every page that has something to run."""
    return [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if any(blocks(path.read_text(encoding="utf-8")))]


@pytest.mark.slow
@pytest.mark.timeout(2 * BOUND)
@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_commands_of_a_page_do_what_it_says(page: Path, tmp_path: Path) -> None:
    if not shutil.which("bash"):
        pytest.skip("the docs' commands are run by bash, and there is none here")
    with online("a page may install what it speaks of"):
        follow(page.read_text(encoding="utf-8"), tmp_path)


def test_a_page_is_followed_through_files_folders_and_exit_codes(tmp_path: Path) -> None:
    page = (
        "<!-- file: news/a.md -->\n```markdown\n# Hello\n```\n<!-- run -->\n```console\n$ cd news\n```\n"
        "<!-- run: exit 3 -->\n```console\n$ cat a.md\n# H…o\n$ exit 3\n```\n```console\n$ only shown\n```\n"
    )
    follow(page, tmp_path)


@pytest.mark.parametrize("command", ["false", "false && true\n$ true", "echo something else\nexpected"])
def test_a_page_that_is_wrong_is_refused(command: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"ended with 1|did not print 'expected'"):
        follow(f"<!-- run -->\n```console\n$ {command}\n```\n", tmp_path)


def test_a_block_that_shows_how_it_works_is_not_run() -> None:
    assert not list(blocks("````markdown\n<!-- run -->\n```console\n$ false\n```\n````\n"))
