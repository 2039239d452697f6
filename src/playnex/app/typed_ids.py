"""From what a person typed to the run or batch that they mean: the start or the end of an id, or `last`."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from playnex.errors import NotFoundError, UsageError
from playnex.ids import matches, short


class WithId(Protocol):
    """What has an id."""

    @property
    def id(self) -> str:
        """The whole of it."""
        ...


T = TypeVar("T", bound=WithId)

SEARCHED = 10_000
"""How many of the newest runs or batches a typed id is looked for in."""


def reach(typed: str) -> int:
    """How many of the newest have to be looked at."""
    return 1 if typed == "last" else SEARCHED


def meant(typed: str, newest: Sequence[T], *, noun: str, plural: str, begin: str) -> T:
    """The one that was typed, among the newest. Raises NotFoundError, which says how to `begin` where there are none yet; UsageError
    where several fit."""
    if not newest:
        raise NotFoundError(f"there are no {plural} here yet", hint=f"start one with: {begin}")
    if typed == "last":
        return newest[0]
    found = [one for one in newest if matches(one.id, typed)]
    if not found:
        raise NotFoundError(f"there is no {noun} {typed!r}", hint=f"playnex {noun} list shows them")
    if len(found) > 1:
        some = ", ".join(short(one.id) for one in found[:5])
        raise UsageError(f"{typed!r} fits {len(found)} {plural}: {some}", hint="type more of the id")
    return found[0]
