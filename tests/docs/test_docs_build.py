"""The docs build without a warning, and the built pages load nothing from anywhere else."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = r"""["']?((?:https?:)?//[^"' >]+)"""
LOADED = (re.compile(rf"<(?:script|img|iframe|source)\b[^>]*\bsrc={ELSEWHERE}"), re.compile(rf"<link\b[^>]*\bhref={ELSEWHERE}"))


@pytest.mark.slow
def test_the_docs_build_without_a_warning_and_load_nothing_from_elsewhere(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path))
    built = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, timeout=120, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 10
    assert not [found for page in pages for found in loaded(page.read_text(encoding="utf-8"))]


def test_a_page_that_loads_from_elsewhere_is_seen() -> None:
    assert loaded('<script src="https://example.com/x.js"></script>')
    assert loaded('<link rel="stylesheet" href="//example.com/x.css">')
    assert not loaded('<a href="https://example.com">a link</a><script src="assets/x.js"></script>')


def loaded(page: str) -> list[str]:
    """What a browser would fetch from another host to show the page."""
    return [found for pattern in LOADED for found in pattern.findall(page)]
