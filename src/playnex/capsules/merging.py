"""What an import does with a capsule that comes from another machine: decided from what is here and what comes. Pure."""

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


def merge(coming: History, here: History | None, *, is_name_free: bool) -> Merge:
    """For a capsule that is not deleted here; `here` are the versions of the capsule of its id, None where there is none."""
    if here is None:
        return Merge(verdict="new", versions=coming) if is_name_free else Merge(verdict="conflict")
    shared = 0
    while shared < min(len(coming), len(here)) and is_same(coming[shared], here[shared]):
        shared += 1
    if shared == len(coming):
        return Merge(verdict="same" if shared == len(here) else "older")
    if shared == len(here):
        versions = tuple(replace(one, name=here[-1].name) for one in coming[shared:])
        return Merge(verdict="newer", versions=versions, after=shared)
    return Merge(verdict="conflict")


def is_same(one: Capsule, other: Capsule) -> bool:
    """Whether two versions of the same capsule are one."""
    return replace(one, name="", pinned=False) == replace(other, name="", pinned=False)


def beside(coming: History, name: str) -> History:
    """What comes as a capsule of its own, under another name. Its id follows from what it is: imported again, it is known."""
    told = "\n".join(f"{one.version} {one.written!r} {digest(one.body.encode())}" for one in coming)
    own = encode(int(digest(f"{coming[0].id}\n{told}".encode())[:32], 16))
    return tuple(replace(one, id=own, name=name) for one in coming)
