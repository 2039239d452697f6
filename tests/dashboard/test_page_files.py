"""The page's own files: whose code it carries, and what its modules may not do."""

import hashlib
import json
import re
from pathlib import Path

import pytest

import playnex.dashboard
from playnex.dashboard.guard import LOADED
from playnex.dashboard.page_files import PageFiles

PAGE = Path(playnex.dashboard.__file__).parent / "page"
OURS = sorted(path for path in PAGE.rglob("*.js") if "vendor" not in path.parts)
MOST_LINES = 400
WRITES_HTML = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML|\beval\(|new Function")
IMPORTED = re.compile(r'^(?:import|export)[^"\n]*"(\.[^"]+)"', re.MULTILINE)


def test_the_code_of_others_is_the_code_that_was_looked_at_and_has_its_licences() -> None:
    about = json.loads((PAGE / "vendor/about.json").read_text())
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (PAGE / "vendor").glob("*.js")}
    assert files == about["sha256"]
    licences = (PAGE / "vendor/LICENCES.txt").read_text()
    assert [f"{name} {version}" in licences for name, version in about["packages"].items()] == [True] * len(about["packages"])


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(PAGE)))
def test_a_module_of_the_page_is_small_and_makes_no_html_of_text(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES
    assert WRITES_HTML.findall(text) == []
    assert "http://" not in text.replace("http://www.w3.org", "")


def test_the_page_has_no_script_or_style_within_it() -> None:
    index = (PAGE / "index.html").read_text()
    assert re.findall(r"<style|style=|<script(?![^>]* src=)|\son\w+=", index) == []


def test_the_policy_of_a_worker_comes_with_its_file_which_is_known_by_its_name() -> None:
    files = [name for path in OURS if "SharedWorker(" in (text := path.read_text()) for name in re.findall(r'URL\("\./([^"]+)"', text)]
    assert files == ["stream_worker.js"] and not LOADED.fullmatch("/page/v/stream_worker.js")
    assert LOADED.fullmatch("/page/v/main.js") and not LOADED.fullmatch("/page/mark.svg") and not LOADED.fullmatch("/page/index.html")


@pytest.mark.parametrize(("path", "needs"), [("/runs/01AB", "run/graph.js"), ("/", "runs/list.js"), ("/capsules/a/b", "capsules/tree.js")])
def test_the_document_of_an_address_names_every_module_that_it_begins_with(path: str, needs: str) -> None:
    files = PageFiles()
    files.look()
    document = files.document(path)
    assert document is not None
    named = set(re.findall(r'href="/page/\w+/([^"]+\.js)"', document.body.decode()))
    imported = {
        (PAGE / name).parent.joinpath(other).resolve().relative_to(PAGE).as_posix()
        for name in (named | {"main.js"})
        for other in IMPORTED.findall((PAGE / name).read_text())
    }
    assert needs in named and imported - {"main.js"} <= named


@pytest.mark.parametrize(
    ("path", "sheets"),
    [("/runs/01AB", {"run", "inspector", "ask"}), ("/doctor", {"rooms"}), ("/inbox/x/y", {"rooms", "ask"}), ("/nothing", set())],
)
def test_the_document_of_an_address_names_its_style_sheets(path: str, sheets: set[str]) -> None:
    files = PageFiles()
    files.look()
    document = files.document(path)
    assert document is not None
    assert set(re.findall(r"style/(\w+)\.css", document.body.decode())) == {"tokens", "shell", "parts"} | sheets


def test_no_selector_is_styled_in_two_sheets() -> None:
    """A page keeps the sheets of those that were visited before it, so that the order of visits would decide."""
    homes: dict[str, set[str]] = {}
    for sheet in (PAGE / "style").glob("*.css"):
        for selectors in re.findall(r"^([^@{}/\s][^{}]*?)\s*\{", sheet.read_text(), re.MULTILINE):
            for one in [selectors] if "(" in selectors else selectors.split(", "):
                homes.setdefault(one, set()).add(sheet.name)
    assert {one: found for one, found in homes.items() if len(found) > 1 and one not in ("body", "kbd")} == {}
