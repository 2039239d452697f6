"""The command that starts a server under its guard, in a Python that reads no file and no variable brought along by its entry."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

MEMORY = 4_000_000_000
PACKAGE = str(Path(__file__).resolve().parents[3])
GUARD = "import sys; sys.path.append(sys.argv.pop(1)); from playnex.tools.mcp.guard import main; sys.exit(main(sys.argv[1:]))"


def guarded(way: Sequence[str], command: Sequence[str], *, memory: int = MEMORY) -> tuple[str, ...]:
    """`way` is how the guard starts the command; see `guard`. `memory` are the bytes of data that each process may have."""
    return (sys.executable, "-I", "-S", "-c", GUARD, PACKAGE, str(os.getpid()), str(memory), *way, *command)
