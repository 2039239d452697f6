"""The page's own files: whose code it carries, and what its modules may not do."""

import hashlib
import json
import re
from pathlib import Path

import pytest

import playnex.dashboard

PAGE = Path(playnex.dashboard.__file__).parent / "page"
OURS = sorted(path for path in PAGE.rglob("*.js") if "vendor" not in path.parts)
MOST_LINES = 400
WRITES_HTML = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML|\beval\(|new Function")
IMPORTED = re.compile(r'^(?:import|export)[^"\n]*"(\.[^"]+)"', re.MULTILINE)


def test_the_code_of_others_is_the_code_that_was_looked_at_and_has_its_licences() -> None:
    about = json.loads((PAGE / "vendor/about.json").read_text())
    assert hashlib.sha256((PAGE / "vendor" / about["file"]).read_bytes()).hexdigest() == about["sha256"]
    licences = (PAGE / "vendor/LICENCES.txt").read_text()
    assert [f"{name} {version}" in licences for name, version in about["packages"].items()] == [True] * len(about["packages"])


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(PAGE)))
def test_a_module_of_the_page_is_small_and_makes_no_html_of_text(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES
    assert WRITES_HTML.findall(text) == []
    assert "http://" not in text.replace("http://www.w3.org", "")


def test_the_page_has_no_script_or_style_within_it_and_names_every_module_that_it_begins_with() -> None:
    index = (PAGE / "index.html").read_text()
    assert re.findall(r"<style|style=|<script(?![^>]* src=)|\son\w+=", index) == []
    named = set(re.findall(r'href="/page/([^"]+\.js)"', index))
    assert named == first_modules() - {"main.js"}


def first_modules() -> set[str]:
    """Those that every page needs: they are fetched at once, not one after another."""
    found: set[Path] = set()
    rest = [PAGE / "main.js"]
    while rest:
        path = rest.pop()
        if path not in found:
            found.add(path)
            rest += [(path.parent / name).resolve() for name in IMPORTED.findall(path.read_text())]
    return {path.relative_to(PAGE).as_posix() for path in found}


def test_no_selector_is_styled_in_two_sheets() -> None:
    """A page keeps the sheets of those that were visited before it, so that the order of visits would decide."""
    homes: dict[str, set[str]] = {}
    for sheet in (PAGE / "style").glob("*.css"):
        for selectors in re.findall(r"^([^@{}/\s][^{}]*?)\s*\{", sheet.read_text(), re.MULTILINE):
            for one in [selectors] if "(" in selectors else selectors.split(", "):
                homes.setdefault(one, set()).add(sheet.name)
    assert {one: found for one, found in homes.items() if len(found) > 1 and one not in ("body", "kbd")} == {}
