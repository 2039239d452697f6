"""What of memory an agent is given, by itself or when it asks: three facilities, each switched on by the agent's own file."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from playnex.canonical import Json

TAG = "#"
"""Before a pattern that means a tag in a capsule's header and no name."""

HITS = 5
"""What recall gives where nothing is said (requirement M6)."""

MOST_HITS = 50
EVERYTHING = ("*",)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallSpec:
    """Search by words and meaning: `limit` hits, of the capsules that fit `within` (patterns; none: those that the agent may read),
    `at_start` with the task as the query, before the first turn."""

    limit: int = HITS
    within: tuple[str, ...] = ()
    at_start: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySpec:
    """What an agent remembers. `read` and `write` are the capsules that its tools reach, as patterns of names (`style/*`) or `#tag`;
    empty means none beyond its step's own. `history` is what it was asked and answered before in the run, `pinned` the long-term memory
    as standing context, `recall` search; None for none."""

    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    history: bool = False
    pinned: bool = False
    recall: RecallSpec | None = None

    @property
    def gives(self) -> bool:
        """Whether the agent is given anything before it is asked."""
        return self.history or self.pinned or (self.recall is not None and self.recall.at_start)

    @property
    def standing(self) -> tuple[str, ...]:
        """Which pinned capsules it is given: those that it may read; all of them, where its file names none."""
        return self.read or EVERYTHING

    @property
    def recalled(self) -> tuple[str, ...]:
        """Which capsules recall searches."""
        return (self.recall.within if self.recall else ()) or self.standing


NO_MEMORY = MemorySpec()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Memory at a time (seconds since 1970): what was there by `at`, and what `run` wrote, by `until` if that is said. A forked run
    sees memory as it was at its fork, and its own versions."""

    at: float
    run: str = ""
    until: float | None = None


def tags_of(header: Json) -> tuple[str, ...]:
    """The tags in a capsule's header: `tags: [style, house]`, or one alone."""
    said = header.get("tags") if isinstance(header, dict) else None
    return (said,) if isinstance(said, str) else tuple(tag for tag in said if isinstance(tag, str)) if isinstance(said, list) else ()


def fits(name: str, header: Json, patterns: Iterable[str]) -> bool:
    """True where a capsule's name fits one of the patterns, or it has one of their tags."""
    return any(pattern[1:] in tags_of(header) if pattern.startswith(TAG) else fnmatchcase(name, pattern) for pattern in patterns)


def below(place: str) -> tuple[str, ...]:
    """A folder of names as patterns; a pattern or a tag as it is."""
    if place.startswith(TAG) or any(sign in place for sign in "*?["):
        return (place,)
    folder = place.strip("/")
    return (folder, f"{folder}/*")
