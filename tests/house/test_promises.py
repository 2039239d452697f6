"""Each promise has its page and its tests, and each page and test that a promise names is there."""

import re
from collections.abc import Iterable

from house.sources import ROOT, functions, read, refuse_any
from promised.promise import Promise
from promises import DUE, PROMISES


def test_every_promise_that_is_due_is_made_once() -> None:
    refuse_any(astray(DUE, [promise.id for promise in PROMISES]))


def test_every_promise_has_its_place_in_the_docs() -> None:
    refuse_any(fault for promise in PROMISES for fault in undocumented(promise))


def test_every_promise_is_proved_by_tests_that_exist() -> None:
    refuse_any(fault for promise in PROMISES for fault in unproved(promise))


def test_a_promise_that_is_missing_doubled_or_not_due_is_seen() -> None:
    assert astray(["F1", "F2", "F3"], ["F1", "F1", "F3", "F9"]) == ["F2 is due and not made", "F9 is made and not due", "F1 is made twice"]


def test_a_promise_without_a_page_or_a_proof_is_seen() -> None:
    kept = "tests/house/test_promises.py::test_every_promise_that_is_due_is_made_once"
    assert not unproved(Promise(id="F1", says="", docs="", tests=(kept,)))
    assert unproved(Promise(id="F1", says="", docs=""))
    assert unproved(Promise(id="F1", says="", docs="", tests=("tests/house/test_promises.py::test_that_is_not_there",)))
    assert unproved(Promise(id="F1", says="", docs="", tests=("tests/nowhere.py::test_x",)))
    assert undocumented(Promise(id="F1", says="", docs="docs/concepts.md#pipeline"))
    assert undocumented(Promise(id="F1", says="", docs="docs/nowhere.md#x"))


def astray(due: Iterable[str], made: list[str]) -> list[str]:
    """Ids that are missing, not due, or made twice."""
    missing = [f"{name} is due and not made" for name in due if name not in made]
    early = [f"{name} is made and not due" for name in made if name not in due]
    doubled = [f"{name} is made twice" for name in dict.fromkeys(made) if made.count(name) > 1]
    return missing + early + doubled


def undocumented(promise: Promise) -> list[str]:
    """What is wrong with the promise's place in the docs."""
    name, _, anchor = promise.docs.partition("#")
    path = ROOT / name
    if not path.is_file():
        return [f"{promise.id}: there is no page {name!r}"]
    return [] if anchor in anchors(path.read_text(encoding="utf-8")) else [f"{promise.id}: {name} has no heading for #{anchor}"]


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as the docs' builder makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^(```+).*?^\1$", "", page, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def unproved(promise: Promise) -> list[str]:
    """Tests that the promise lacks or that are not there."""
    missing = [f"{promise.id}: there is no test {name}" for name in promise.tests if not exists(name)]
    return missing if promise.tests else [f"{promise.id}: no test proves {promise.says!r}"]


def exists(test: str) -> bool:
    """True where the file has a test function of that name."""
    name, _, function = test.partition("::")
    path = ROOT / name
    return path.is_file() and any(found.name == function for found in functions(read(path)))
