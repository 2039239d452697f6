"""The command line in this process: what it says on both streams, and its exit code."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from playnex.cli.main import run


@dataclass(frozen=True, slots=True)
class Said:
    """What one command line said."""

    code: int
    out: str
    err: str


def playnex(*words: str, folder: Path | None = None) -> Said:
    """Carry out one command line, in that folder."""
    out, err = StringIO(), StringIO()
    with standing_in(folder or Path.cwd()), redirect_stdout(out), redirect_stderr(err):
        code = run(words)
    return Said(code, out.getvalue(), err.getvalue())


@contextmanager
def standing_in(folder: Path) -> Iterator[None]:
    """The current folder, for the length of the block."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
