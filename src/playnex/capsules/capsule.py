"""What a capsule is, and the contract of the place that keeps them."""

import re
from dataclasses import dataclass
from typing import Literal, Protocol

from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.spec.context import Write
from playnex.spec.envelope import CapsuleRef, Label

NAME = re.compile(r"[\w][\w.-]*(/[\w][\w.-]*)*")
NAME_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote a version: a person, or a step of a run (with its agent, where one was at work)."""

    kind: Literal["person", "run"] = "person"
    run: str = ""
    step: str = ""
    agent: str = ""


PERSON = Author()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capsule:
    """One version of a capsule, immutable. `header` is free, small JSON that travels with the body; `written` is seconds
    since 1970; `model` in the header of a step's capsule says which model wrote it."""

    id: str
    name: str
    version: int
    body: str
    author: Author
    written: float
    labels: tuple[Label, ...] = ()
    sources: tuple[str, ...] = ()
    header: Json = None

    @property
    def ref(self) -> CapsuleRef:
        """What a step's envelope says of it."""
        return CapsuleRef(name=self.name, id=self.id, version=self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapsuleDraft:
    """A version to be. `expected` is the version it was made from: 0 for a new capsule, None to follow whatever is
    there (the version before stays in the history)."""

    name: str
    body: str
    author: Author = PERSON
    expected: int | None = None
    labels: tuple[Label, ...] = ()
    sources: tuple[str, ...] = ()
    header: Json = None


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

    async def list(self, *, prefix: str = "", limit: int = 200) -> tuple[Capsule, ...]:
        """The newest version of each capsule that is not deleted, last written first."""
        ...

    async def history(self, typed: str) -> tuple[Capsule, ...]:
        """All versions, newest first. Raises NotFoundError."""
        ...

    async def delete(self, typed: str, author: Author = PERSON) -> CapsuleRef:
        """No read, list or history returns it from now on. Raises NotFoundError."""
        ...


def check_name(name: str) -> str:
    """The name, if it is one: words of letters, digits, `_ . -` joined by `/`, 200 characters at most. Raises UsageError."""
    if not NAME.fullmatch(name) or len(name) > NAME_LENGTH or any(part in (".", "..") for part in name.split("/")):
        raise UsageError(
            f"{name!r} cannot be a capsule's name", hint="use letters, digits, - _ . and / between words, like notes/local-first"
        )
    return name
