"""The sources that the house tests read: each file once, as text and as a syntax tree."""

import ast
import functools
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "playnex"
TEMPLATES = PACKAGE / "templates"
"""Files that become the user's own: read as text, not part of the house."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One Python file; `module` is its dotted name where it is part of playnex, `path` is relative to the repository."""

    path: str
    module: str
    text: str

    @property
    def room(self) -> str:
        """The first word below playnex: `spec`, `errors`, `cli`; `playnex` for the package's own face."""
        return self.module.partition(".")[2].partition(".")[0] or self.module

    @property
    def tree(self) -> ast.Module:
        """The file's syntax tree."""
        return parsed(self.text)

    @property
    def lines(self) -> list[str]:
        """The file's lines."""
        return self.text.splitlines()


@functools.cache
def parsed(text: str) -> ast.Module:
    """The text's syntax tree."""
    return ast.parse(text)


@functools.cache
def package() -> tuple[Source, ...]:
    """Every module of playnex."""
    return tuple(read(path) for path in sorted(PACKAGE.rglob("*.py")) if TEMPLATES not in path.parents)


@functools.cache
def around() -> tuple[Source, ...]:
    """Every Python file of ours outside the package: tests, scripts, benchmarks, start.py."""
    folders = (ROOT / "tests", ROOT / "scripts", ROOT / "benchmarks")
    paths = [ROOT / "start.py", *(path for folder in folders for path in folder.rglob("*.py"))]
    return tuple(read(path) for path in sorted(paths))


def read(path: Path) -> Source:
    """The file as a source."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts if PACKAGE in path.parents else ()
    module = ".".join(part for part in parts if part != "__init__")
    return Source(path=path.relative_to(ROOT).as_posix(), module=module, text=path.read_text(encoding="utf-8"))


def sample(module: str, text: str) -> Source:
    """A made-up source, for the known-bad arm of a rule."""
    return Source(path=f"src/{module.replace('.', '/')}.py", module=module, text=text)


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of the file, methods and inner ones too."""
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Every file that git tracks; the test that asks skips where there is no git."""
    listed = subprocess.run(("git", "ls-files", "-z"), cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git clone, so there is no list of tracked files")
    return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())


def refuse_any(faults: Iterable[str]) -> None:
    """Fails with every fault on its own line."""
    lines = list(faults)
    assert not lines, "\n" + "\n".join(lines)
