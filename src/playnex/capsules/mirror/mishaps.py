"""Tells a person who deletes files from a disk that is not there: most files gone at once are nobody's wish to delete their capsules."""

import math
import threading
from dataclasses import dataclass

from playnex.capsules.mirror import index
from playnex.capsules.mirror.folder import Folder, Unusable
from playnex.capsules.mirror.names import path_of
from playnex.clock import Clock
from playnex.store.database import Database

FEW = 10
"""So many files may always go at once."""

FRESH = 1.0
"""Seconds for which a call holds."""

AT_ONCE = 60.0
"""Seconds that count as one moment: a large folder is not deleted in less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """The names whose files are gone, of how many, and how many went a moment ago and were taken for deleted."""

    names: frozenset[str] = frozenset()
    of: int = 0
    before: int = 0

    @property
    def is_mishap(self) -> bool:
        """Whether nobody can have meant it: more than a few, and more than half of all."""
        gone = len(self.names) + self.before
        return gone > FEW and 2 * gone > self.of + self.before


class RollCall:
    """Who is missing. A file that was renamed is not: its text is there under another name."""

    def __init__(self, folder: Folder, database: Database, clock: Clock) -> None:
        self._folder = folder
        self._database = database
        self._clock = clock
        self._turn = threading.Lock()
        self._deleted: dict[str, float] = {}
        self._called, self._at = Missing(), -math.inf

    def is_mishap(self, name: str) -> bool:
        """Whether so many files are gone with this one that its capsule must stay."""
        with self._turn:
            is_fresh = self._clock.monotonic() - self._at < FRESH
            if not is_fresh or not (self._called.is_mishap or name in self._called.names):
                self._called, self._at = self.count(), self._clock.monotonic()
            return self._called.is_mishap

    def note_deleted(self, name: str) -> None:
        """The capsule of that name was deleted with its file."""
        self._deleted[name] = self._clock.monotonic()

    def count(self) -> Missing:
        """Look for every file that should be there."""
        agreed, since = index.agreements(self._database.read), self._clock.monotonic() - AT_ONCE
        missing = {name for name in agreed if not self._is_there(name)}
        kept = {digest for name, digest in agreed.items() if name not in missing}
        before = [name for name, at in list(self._deleted.items()) if at >= since and name not in agreed]
        return Missing(names=frozenset(name for name in missing if agreed[name] not in kept), of=len(agreed), before=len(before))

    def _is_there(self, name: str) -> bool:
        try:
            return self._folder.stamp(path_of(name)) is not None
        except (OSError, Unusable):
            return True
