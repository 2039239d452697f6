"""What an import does with a capsule that comes from another machine: decided from what is here and what comes. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from playnex.canonical import digest
from playnex.capsules.capsule import Capsule
from playnex.capsules.parcel import History
from playnex.ids import encode

Verdict = Literal["new", "newer", "same", "older", "conflict", "deleted", "purged"]
"""What came of a capsule: it is `new` here; its `newer` versions followed; it is the `same`; there are more versions here (`older`);
both sides went on from the same version, or its name is another's (`conflict`), and it is kept beside; it was `deleted` or `purged` here,
and stays so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """What to do: take `versions` in behind version `after` of the capsule of their id."""

    verdict: Verdict
    versions: History = ()
    after: int = 0


IMPORTED = "-imported"
"""What the name of a capsule gets that is kept beside another; a number follows where that is taken too."""

BESIDE = re.compile(rf"(.+){IMPORTED}(-\d+)?")


def merge(coming: History, here: History) -> Merge:
    """For a capsule that is here too; `here` are its versions."""
    shared = _shared(coming, here)
    if shared == len(coming):
        return Merge(verdict="same" if shared == len(here) else "older")
    if shared == len(here):
        return Merge(verdict="newer", versions=renamed(coming[shared:], here[-1].name), after=shared)
    return Merge(verdict="conflict")


def is_same(one: Capsule, other: Capsule) -> bool:
    """Whether two versions of the same capsule are one."""
    return replace(one, id="", name="", pinned=False) == replace(other, id="", name="", pinned=False)


def renamed(history: History, name: str) -> History:
    """The versions under another name."""
    return tuple(replace(one, name=name) for one in history)


def beside(coming: History, here: History) -> History:
    """What comes as a capsule of its own. Its id follows from where the two went apart: when more of it comes, that follows."""
    own = _side_id(coming[: _shared(coming, here) + 1])
    return tuple(replace(one, id=own) for one in coming)


def is_side(coming: History, own: History) -> bool:
    """Whether what comes is what another machine keeps of our own capsule beside its own, and nothing that we do not have."""
    ids = (_side_id(own[: count + 1]) for count in range(len(own)))
    return coming[0].id in ids and _shared(coming, own) == len(coming)


def names_before(name: str) -> Iterator[str]:
    """The names that a capsule may have had before it was kept beside another."""
    while found := BESIDE.fullmatch(name):
        name = found[1]
        yield name


def _shared(one: History, other: History) -> int:
    """How many versions they begin with together."""
    shared = 0
    while shared < min(len(one), len(other)) and is_same(one[shared], other[shared]):
        shared += 1
    return shared


def _side_id(first: History) -> str:
    """The id of the side of a conflict that begins so, up to the first version that the other side does not have."""
    told = "\n".join(f"{one.version} {one.written!r} {digest(one.body.encode())}" for one in first)
    return encode(int(digest(f"{first[0].id}\n{told}".encode())[:32], 16))
