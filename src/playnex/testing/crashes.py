"""Crashes on order: a journal that dies at its n-th append, before or after the facts are durable."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from playnex.journal.journal import Draft, Journal
from playnex.spec.context import Write
from playnex.testing.passing_journal import PassingJournal

Moment = Literal["before", "after"]


class Crash(BaseException):
    """The process died here; nothing that runs afterwards may count on anything but the journal."""


@dataclass(slots=True, eq=False)
class CrashingJournal(PassingJournal):
    """A `Journal` that hands everything on to `journal` and raises Crash around append number `at` (from 1)."""

    at: int
    moment: Moment = "before"
    appends: int = 0

    async def append(self, run: str, epoch: int, drafts: Sequence[Draft], writes: Sequence[Write] = ()) -> None:
        self.appends += 1
        if self.appends > self.at or (self.appends == self.at and self.moment == "before"):
            raise Crash
        await self.journal.append(run, epoch, drafts, writes)
        if self.appends == self.at:
            raise Crash


def crash_at(append: int, moment: Moment = "before") -> Callable[[Journal], CrashingJournal]:
    """Makes a journal die at that append, counted from 1: `before`, nothing of it is kept; `after`, all of it is, and nobody
    was told. Whatever is asked of it later dies too."""
    return lambda journal: CrashingJournal(journal, append, moment)
