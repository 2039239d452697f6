"""Where the words come from that the work under way was given: passed on by itself to all that goes on below it.

Whoever begins a piece of work says what it was made from (`within`); the gate asks (`current`) before a call that has consequences.
Nothing else may decide by it: it is no second way to hand values on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from playnex.canonical import Json
from playnex.spec.envelope import Label

UNTRUSTED: tuple[Label, ...] = ("untrusted",)
PRIVATE: tuple[Label, ...] = ("private",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What is known of a piece of work: the `labels` of what it was made from, and `trusted` values of the user, in which an argument may
    be found again, whatever else was read."""

    labels: tuple[Label, ...] = ()
    trusted: tuple[Json, ...] = ()

    @property
    def is_untrusted(self) -> bool:
        """Whether it was made from something untrusted."""
        return "untrusted" in self.labels

    @property
    def is_private(self) -> bool:
        """Whether it was made from something private."""
        return "private" in self.labels

    def joined(self, other: "Origin") -> "Origin":
        """What is known of work that was made from both."""
        labels = tuple(dict.fromkeys((*self.labels, *other.labels)))
        return Origin(labels=labels, trusted=(*self.trusted, *other.trusted))


NOTHING_READ = Origin()
_CURRENT: ContextVar[Origin] = ContextVar("origin", default=NOTHING_READ)


def current() -> Origin:
    """The origin of the work under way."""
    return _CURRENT.get()


@contextmanager
def within(origin: Origin) -> Iterator[None]:
    """While the block runs, all work in it and below it was made from this, beside what is known already."""
    token = _CURRENT.set(_CURRENT.get().joined(origin))
    try:
        yield
    finally:
        _CURRENT.reset(token)
