"""Parcels of capsules: what is packed is unpacked, and what is not a parcel is refused."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playnex.capsules.capsule import Author, Capsule
from playnex.capsules.merging import beside, is_side, merge, names_before
from playnex.capsules.parcel import MANIFEST, History, Read, packed, unpacked
from playnex.errors import UsageError
from playnex.ids import encode

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NAMES = st.from_regex(r"[a-zA-Z][a-z]{0,3}(/[a-zA-Z]{1,3})?", fullmatch=True).filter(
    lambda name: not name.lower().startswith(("runs/", "con", "nul", "aux", "prn"))
)
AUTHORS = st.one_of(st.builds(Author, name=TEXT), st.builds(Author, kind=st.just("run"), run=TEXT, step=TEXT, agent=TEXT))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=5
)


@st.composite
def histories(draw: Any) -> tuple[History, ...]:
    found = []
    for number, name in enumerate(draw(st.lists(NAMES, unique=True, max_size=4))):
        pinned, count = draw(st.booleans()), draw(st.integers(1, 3))
        found.append(
            tuple(
                Capsule(
                    id=encode(number),
                    name=name,
                    version=version,
                    author=draw(AUTHORS),
                    written=draw(st.floats(0, 4e9)),
                    labels=tuple(draw(st.lists(st.sampled_from(["untrusted", "private"]), unique=True))),
                    sources=tuple(draw(st.lists(TEXT, max_size=2))),
                    header=draw(JSON),
                    pinned=pinned,
                    body=draw(TEXT),
                )
                for version in range(1, count + 1)
            )
        )
    return tuple(found)


def reading(files: Mapping[str, bytes]) -> Read:
    def read(name: str) -> bytes:
        if name not in files:
            raise UsageError(f"no {name}")
        return files[name]

    return read


@given(histories=histories())
def test_what_is_packed_is_unpacked(histories: tuple[History, ...]) -> None:
    files = packed(histories, version="1")
    assert unpacked(reading(files)) == histories
    assert len({name.casefold() for name in files}) == len(files), "no two files are one where case makes no difference"


ONE = Capsule(id="0" * 26, name="notes/tides", version=1, author=Author(name="anna"), written=1.0, body="one")
TWO = replace(ONE, version=2, written=2.0, body="two")


def entry(manifest: Any) -> Any:
    return manifest["capsules"][0]


def spoil(change: Callable[[Any], object]) -> dict[str, bytes]:
    files = packed([(ONE, TWO)], version="1")
    manifest = json.loads(files[MANIFEST])
    change(manifest)
    return files | {MANIFEST: json.dumps(manifest).encode()}


SPOILT: dict[str, Callable[[Any], object]] = {
    "another schema": lambda it: it.update(schema="playnex.capsules-export/9"),
    "a path that leads out": lambda it: entry(it)["versions"][0].update(file="../../etc/passwd"),
    "an absolute path": lambda it: entry(it)["versions"][0].update(file="/etc/passwd"),
    "a name that leads out": lambda it: entry(it).update(name="../x"),
    "a name of a run's view": lambda it: entry(it).update(name="runs/R/x"),
    "an id that is none": lambda it: entry(it).update(id="../../x"),
    "a version that is missing": lambda it: entry(it)["versions"].pop(0),
    "no versions": lambda it: entry(it).update(versions=[]),
    "the same twice": lambda it: it["capsules"].append(entry(it)),
    "another text": lambda it: entry(it)["versions"][0].update(sha256="0" * 64),
    "a label of its own": lambda it: entry(it)["versions"][0].update(labels=["trusted"]),
    "an author that is none": lambda it: entry(it)["versions"][0].update(author={"kind": "god"}),
    "an author of another shape": lambda it: entry(it)["versions"][0].update(author={"kind": "person", "x": 1}),
    "a time that is none": lambda it: entry(it)["versions"][0].update(written=float("nan")),
    "a time before all": lambda it: entry(it)["versions"][0].update(written=-1.0),
    "a time after all": lambda it: entry(it)["versions"][0].update(written=1e300),
    "a time too large for any number": lambda it: entry(it)["versions"][0].update(written=10**400),
    "a version of half a number": lambda it: entry(it)["versions"][0].update(version=1.5),
    "nothing at all": lambda it: it.clear(),
    "no list": lambda it: it.update(capsules=7),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_no_parcel_is_refused(how: str) -> None:
    with pytest.raises(UsageError):
        unpacked(reading(spoil(SPOILT[how])))


@pytest.mark.parametrize("manifest", [b"[" * 200_000, b"{", b"\xff\xfe", b'"text"', b"7", b"[]", b""])
def test_a_manifest_that_is_none_is_refused(manifest: bytes) -> None:
    with pytest.raises(UsageError):
        unpacked(reading({MANIFEST: manifest}))


def test_newer_versions_follow_and_forks_are_conflicts() -> None:
    fork = replace(TWO, body="another")
    assert merge((ONE, TWO), (ONE,)).versions == (TWO,)
    assert merge((ONE, TWO), (replace(ONE, name="renamed"),)).versions[0].name == "renamed"
    verdicts = {
        "same": merge((ONE, TWO), (ONE, TWO)),
        "older": merge((ONE,), (ONE, TWO)),
        "newer": merge((ONE, TWO), (ONE,)),
        "conflict": merge((ONE, TWO), (ONE, fork)),
    }
    assert {name: found.verdict for name, found in verdicts.items()} == {name: name for name in verdicts}


def test_a_side_of_a_conflict_keeps_its_id_when_more_of_it_comes_and_is_known_where_it_was_written() -> None:
    fork, three = replace(TWO, body="another"), replace(TWO, version=3, body="three")
    side = beside((ONE, TWO), (ONE, fork))
    assert beside((ONE, TWO, three), (ONE, fork))[0].id == side[0].id != beside((ONE, fork), (ONE, TWO))[0].id
    assert is_side(side, (ONE, TWO)) and is_side(side, (ONE, TWO, three)) and not is_side(side, (ONE, fork))
    assert not is_side((*side, replace(three, id=side[0].id)), (ONE, TWO)), "somebody has gone on with it there"
    assert list(names_before("a/b-imported-2-imported")) == ["a/b-imported-2", "a/b"]
