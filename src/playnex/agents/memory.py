"""What an agent is given of memory before its first turn, and the contract of the place that gathers it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal, Protocol

from playnex.spec.context import Write
from playnex.spec.envelope import Label
from playnex.spec.memory import MemorySpec

CAP = 8_000
"""Characters of the long-term memory, and of the history, that an agent is given."""

LEAST = 800
"""Characters of room that are worth filling with the beginning of something longer."""

Kind = Literal["history", "pinned", "recalled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """A piece of memory. `name` is the capsule's, or for `history` the step's; `by` is who wrote it, in the `run` of
    that id if it was one, `written` seconds since 1970. `text`
    may be a part: `whole` is how many characters there are."""

    kind: Kind
    name: str
    text: str
    whole: int
    written: float
    version: int = 0
    by: str = ""
    run: str = ""
    labels: tuple[Label, ...] = ()
    sources: tuple[str, ...] = ()
    found: str = ""

    @property
    def date(self) -> str:
        """The day on which it was written."""
        return datetime.fromtimestamp(self.written, UTC).date().isoformat()

    @property
    def title(self) -> str:
        """What the model is told of it: capsule, version, who wrote it, when."""
        if self.kind == "history":
            return f"earlier in this run: {self.name}"
        what = "long-term memory" if self.kind == "pinned" else "from memory"
        part = "" if len(self.text) == self.whole else f", {len(self.text):,} of its {self.whole:,} characters"
        return f"{what}: {self.name}, version {self.version}, by {self.by}, {self.date}{part}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All that an agent is given; `left_out` what did not fit, as (name, characters); `why` says why recall went by words alone, where
    it was to go by meaning; `sent_to` whom it asked on another machine. `labels` are those of what was left out."""

    pieces: tuple[Memory, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()
    why: str = ""
    sent_to: str = ""
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembering:
    """Who remembers: an agent, at the step of that key, with so much of its task as the query, which may have something private in it."""

    agent: str
    spec: MemorySpec
    key: str
    query: str
    is_private: bool = False


class Memories(Protocol):
    """Where memory is."""

    async def gather(self, remembering: Remembering) -> tuple[Gathered, Sequence[Write]]:
        """What that agent is given now, and the writes that note it with the step's record."""
        ...


@dataclass(frozen=True, slots=True)
class NoMemories:
    """For agents that work where no memory is."""

    async def gather(self, remembering: Remembering) -> tuple[Gathered, Sequence[Write]]:
        return Gathered(), ()


NO_MEMORIES = NoMemories()


@dataclass(slots=True, kw_only=True)
class Room:
    """So many characters, for pieces one after another: each whole, or the beginning of one where there is room worth filling. Who wrote
    what is left out may have chosen its name: `labels` are known of that."""

    left: int = CAP
    pieces: list[Memory] = field(default_factory=list)
    left_out: list[tuple[str, int]] = field(default_factory=list)
    labels: tuple[Label, ...] = ()

    def put(self, piece: Memory) -> None:
        """Take it in, or note that it did not fit."""
        if len(piece.text) > self.left:
            if self.left < LEAST:
                self.left_out.append((piece.name, piece.whole))
                self.labels = tuple(dict.fromkeys((*self.labels, *piece.labels)))
                return
            piece = replace(piece, text=piece.text[: self.left])
        self.left -= len(piece.text)
        self.pieces.append(piece)
