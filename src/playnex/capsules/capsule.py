"""What a capsule is, and the contract of the place that keeps them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.ids import short
from playnex.spec.context import Write
from playnex.spec.envelope import CapsuleRef, Label
from playnex.spec.memory import Moment

NAME = re.compile(r"[\w][\w.-]*(/[\w][\w.-]*)*")
NAME_LENGTH = 200
PART_BYTES = 240
"""A part of a name becomes a file's name, and file systems allow 255 bytes."""

RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
"""Device names that Windows keeps for itself, whatever their ending."""

HEADING = re.compile(r"^#{1,6}[ \t]+(.*\S)", re.MULTILINE)

RUN_VIEWS = "runs/"
"""Names that begin so are a view over the journal; nobody writes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote a version: a person, or a step of a run (with its agent, where one was at work). `name` is a person's, as the operating
    system knows it; empty where nobody said."""

    kind: Literal["person", "run"] = "person"
    run: str = ""
    step: str = ""
    agent: str = ""
    name: str = ""


PERSON = Author()

KEPT = 30 * 86_400.0
"""Seconds for which a deleted capsule can be restored; then it is purged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapsuleHead:
    """All that is known of one version, without its body: what a list can afford. `header` is free, small JSON that travels
    with the body; `written` is seconds since 1970; `model` in the header of a step's capsule says which model wrote it. `pinned` is no
    part of a version: the capsule as it is now is marked as long-term memory."""

    id: str
    name: str
    version: int
    author: Author
    written: float
    labels: tuple[Label, ...] = ()
    sources: tuple[str, ...] = ()
    header: Json = None
    pinned: bool = False

    @property
    def ref(self) -> CapsuleRef:
        """What a step's envelope says of it."""
        return CapsuleRef(name=self.name, id=self.id, version=self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capsule(CapsuleHead):
    """One version of a capsule, whole and immutable."""

    body: str

    @property
    def title(self) -> str:
        """The first heading of its body, or its name."""
        heading = HEADING.search(self.body)
        return heading[1] if heading else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class CapsuleDraft:
    """A version to be. `expected` is the version it was made from: 0 for a new capsule, None to follow whatever is
    there (the version before stays in the history). A person's version keeps the labels of the one before, for who mends a word has not
    vouched for the rest; one that `clears` has the labels that are given here and no others."""

    name: str
    body: str
    author: Author = PERSON
    expected: int | None = None
    labels: tuple[Label, ...] = ()
    sources: tuple[str, ...] = ()
    header: Json = None
    clears: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """A capsule that was deleted, can be restored, and is not read by anybody meanwhile."""

    ref: CapsuleRef
    deleted: float
    by: Author


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Who read a version, or made another capsule's version (`made`) of it; `at` is seconds since 1970."""

    version: int
    by: Author
    at: float
    made: CapsuleRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A version ready to be committed with other facts: what it will be called, and the write that makes it so.
    The write raises CapsuleConflict where somebody was faster."""

    ref: CapsuleRef
    write: Write


class Capsules(Protocol):
    """Where capsules live. A `typed` is a name, an id, or the start or end of an id."""

    async def prepare(self, draft: CapsuleDraft) -> Prepared:
        """The draft as a write for somebody's transaction. Raises CapsuleConflict, UsageError for a bad name."""
        ...

    async def write(self, draft: CapsuleDraft) -> Capsule:
        """The draft as a new version, durable. Raises CapsuleConflict, UsageError for a bad name."""
        ...

    async def read(self, typed: str, version: int | None = None) -> Capsule:
        """The newest version, or that one. Raises NotFoundError, also for a deleted capsule; UsageError where `typed`
        fits several."""
        ...

    async def read_at(self, typed: str, moment: Moment) -> Capsule:
        """The version that is seen at that moment. Raises NotFoundError where there is none, also for a capsule that is deleted by now;
        UsageError as `read` does."""
        ...

    async def list(self, *, prefix: str = "", limit: int = 200, after: str = "") -> tuple[CapsuleHead, ...]:
        """The newest version of each capsule that is not deleted, last written first, without bodies; those behind `after`, which is
        the `place_of` the last one of the page before. Raises UsageError where `after` is no such place."""
        ...

    async def list_as_of(self, moment: Moment, *, prefix: str = "", limit: int = 200) -> tuple[CapsuleHead, ...]:
        """What a list said at that moment, without what is deleted by now."""
        ...

    async def pinned(self) -> tuple[CapsuleHead, ...]:
        """The newest versions of the capsules that are marked as long-term memory, by name, without bodies."""
        ...

    async def search(
        self, text: str, *, within: str = "", patterns: tuple[str, ...] = ("*",), limit: int = 10, moment: Moment | None = None
    ) -> tuple[Capsule, ...]:
        """The capsules that have words of the text in their name or body, best first: those that have all of them, then those that
        have any. `text` is plain words, never a query's syntax; `within` is a folder of names, `patterns` are those that a name may
        fit. A deleted capsule is never among them. With a `moment`, memory is searched as it is seen then."""
        ...

    async def history(self, typed: str) -> tuple[CapsuleHead, ...]:
        """All versions, newest first, without bodies. Raises NotFoundError, UsageError as `read` does."""
        ...

    async def pin(self, typed: str) -> CapsuleRef:
        """Mark it as long-term memory. Raises as `read` does."""
        ...

    async def unpin(self, typed: str) -> CapsuleRef:
        """Take the mark away. Raises as `read` does."""
        ...

    async def delete(self, typed: str, author: Author = PERSON) -> CapsuleRef:
        """No read, list or history returns it from now on; a later write of its name is a new capsule. Raises NotFoundError,
        UsageError as `read` does."""
        ...

    async def deleted(self) -> tuple[Deleted, ...]:
        """What can be restored, last deleted first."""
        ...

    async def restore(self, typed: str) -> CapsuleRef:
        """Bring a deleted capsule back with its whole history; of several of that name the one that was deleted last. Raises
        NotFoundError, UsageError where several fit; CapsuleConflict where its name has been given away."""
        ...

    async def purge(self, typed: str) -> tuple[Capsule, ...]:
        """End a capsule for good, deleted or not: no body, header, source or word of it is kept, and its name neither. Its versions,
        for whoever has to look for copies. Raises NotFoundError, UsageError as `read` does."""
        ...

    async def due_for_purge(self) -> tuple[CapsuleRef, ...]:
        """What was deleted so long ago that nobody may restore it any more."""
        ...

    async def adopt(self, versions: Sequence[Capsule], after: int = 0) -> None:
        """Take these versions in as they are, number, author and time, behind version `after` of the capsule of their id; 0 for one
        that is not here. Raises CapsuleConflict where it is not so, or its name is another's; UsageError for a bad name."""
        ...

    async def standing(self, id: str) -> Literal["here", "deleted", "purged", "unknown"]:
        """What has become of the capsule of that whole id."""
        ...

    def noting(self, refs: Sequence[CapsuleRef], reader: Author) -> Write:
        """The write that notes that these versions were given to that step, for the transaction of the step's own record."""
        ...

    async def uses(self, typed: str) -> tuple[Use, ...]:
        """Who read which version of it, and what was made of it, newest first. Raises as `read` does."""
        ...

    async def given(self, run: str, step: str) -> tuple[CapsuleRef, ...]:
        """The versions that a step of a run was given, and all that goes on below it, by name; without those that are deleted by now."""
        ...

    async def given_and_gone(self, run: str) -> tuple[str, ...]:
        """The steps of a run that were given a capsule which is deleted by now."""
        ...

    async def runs_with(self, id: str) -> tuple[str, ...]:
        """The runs that were given the capsule of that id, or wrote a version of it."""
        ...

    async def versions_of_deleted(self, typed: str) -> tuple[Capsule, ...]:
        """All versions of a deleted capsule, the first one first, for whoever is about to purge it. Raises NotFoundError, UsageError."""
        ...


def place_of(capsule: CapsuleHead) -> str:
    """Where it stands in a list, for the page behind it."""
    return f"{capsule.written!r}/{capsule.id}"


def writer_of(author: Author) -> str:
    """Who wrote a version, in words: a person, or a run with its agent or step."""
    if author.kind == "person":
        return author.name or "the user"
    actor = author.agent or author.step
    return f"{actor} in run {short(author.run)}" if actor else f"run {short(author.run)}"


def check_name(name: str) -> str:
    """The name, if it is one: words of letters, digits, `_ . -` joined by `/`, 200 characters at most, that is also a file's
    name on every system. Raises UsageError."""
    if name.casefold().startswith(RUN_VIEWS):
        raise UsageError(f"{name!r} cannot be written: names under {RUN_VIEWS} show the steps of runs", hint="choose another name")
    if not NAME.fullmatch(name) or len(name) > NAME_LENGTH or unicodedata.normalize("NFC", name) != name:
        raise _bad_name(name, "use letters, digits, - _ . and / between words, like notes/local-first")
    for part in name.split("/"):
        if part.endswith("."):
            raise _bad_name(name, "no word of it may end in a dot")
        if RESERVED.fullmatch(part):
            raise _bad_name(name, f"{part!r} is the name of a device on Windows")
        if len(part.encode()) > PART_BYTES:
            raise _bad_name(name, f"each word of it may have {PART_BYTES} bytes at most")
    return name


def _bad_name(name: str, hint: str) -> UsageError:
    return UsageError(f"{name!r} cannot be a capsule's name", hint=hint)
