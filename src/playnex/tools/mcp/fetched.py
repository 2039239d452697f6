"""Commands that fetch their program from a registry at each start, which a sandbox has no use for: they are told apart before they hang."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

RUNNERS = {
    ("npx",): "--npm",
    ("bunx",): "--npm",
    ("npm", "exec"): "--npm",
    ("pnpm", "dlx"): "--npm",
    ("yarn", "dlx"): "--npm",
    ("uvx",): "--pypi",
    ("uv", "tool", "run"): "--pypi",
    ("pipx", "run"): "--pypi",
}
NAMING = ("-p", "--package", "--from", "--spec")
"""Options whose value is the package."""


def installed_by(command: Sequence[str]) -> str:
    """How `playnex mcp add` installs the package that the command would fetch; nothing for any other command."""
    words = (Path(command[0]).name, *command[1:])
    runner = next((runner for runner in RUNNERS if words[: len(runner)] == runner), None)
    if runner is None:
        return ""
    rest = words[len(runner) :]
    named = (value for option, value in pairwise(rest) if option in NAMING)
    package = next(named, None) or next((word for word in rest if not word.startswith("-")), "PACKAGE")
    return f"{RUNNERS[runner]} {package}"
