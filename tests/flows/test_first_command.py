"""The README's first command, in a fresh clone with a fresh virtual environment, ends with an article."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from offline import online

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 900


@pytest.mark.slow
@pytest.mark.timeout(SECONDS)
def test_the_first_command_of_the_readme_makes_an_article_on_a_fresh_clone(tmp_path: Path) -> None:
    assert "$ python3 start.py demo" in (ROOT / "README.md").read_text()
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True, timeout=60)
    python = getattr(sys, "_base_executable", sys.executable)
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH", "PLAYNEX_HOME")}
    with online("a fresh clone fetches its libraries from PyPI"):
        done = subprocess.run(
            [python, "start.py", "demo"], cwd=clone, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    playnex = next((clone / ".venv").glob("*/playnex*"))
    article = subprocess.run(
        [str(playnex), "--workspace", "playnex-demo", "capsule", "view", "articles/local-first-software"],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert article.returncode == 0, article.stderr
    assert article.stdout.startswith("# ") and "## Sources" in article.stdout
