"""Writes requirements.lock and requirements-dev.lock from pyproject.toml: exact versions and hashes, no address.

Run it as `python scripts/lock.py` (uv must be on the PATH), with `--upgrade` to take newer versions. docs/design/locking.md says why.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = (
    *("uv", "pip", "compile", "pyproject.toml", "--quiet"),
    *("--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"),
)
ADDRESS = re.compile(r"https?:|file:|^--?[a-z]", re.MULTILINE)


def main(arguments: list[str]) -> int:
    """Writes both locks, the small one first: the larger one keeps its versions."""
    compile_lock("requirements.lock", "--group", "build", *arguments)
    wanted = ("--group", "build", "--group", "dev", "--extra", "embed-local")
    compile_lock("requirements-dev.lock", *wanted, "--constraints", "requirements.lock", *arguments)
    return 0


def compile_lock(name: str, *options: str) -> None:
    """One lock file, refused where an address or an option got into it."""
    subprocess.run((*COMPILE, *options, "--output-file", name), cwd=ROOT, check=True)
    if found := ADDRESS.search((ROOT / name).read_text()):
        raise SystemExit(f"{name} names an address or an option: {found.group()!r}; compile it without")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
