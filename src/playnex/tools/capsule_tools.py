"""The built-in tools for shared memory: capsules within the patterns that an agent was given.

This room does not know where capsules live: it is handed a reader and a way to prepare a version.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from playnex.canonical import Json
from playnex.errors import CapsuleConflict, NotFoundError, ToolFailed, ToolRefused, UsageError
from playnex.spec.context import Write
from playnex.spec.envelope import CapsuleRef, Label
from playnex.spec.memory import TAG, Moment, fits
from playnex.tools.tool import CallScope, Tool, ToolResult
from playnex.tools.toolbox import is_named

PAGE = 12_000
"""Characters of a body that one read gives; less than a model is shown of a result, so that a page arrives whole."""

LISTED = 200

FOUND = 5
"""Capsules that a search gives where nobody says how many."""

EXCERPT = 2_000
"""Characters of a body that a search gives; `capsule.read` gives the whole."""


class Writer(Protocol):
    """Who wrote a version: `run` is empty for a person."""

    @property
    def run(self) -> str: ...


class KnownCapsule(Protocol):
    """A capsule's version as a list has it."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def written(self) -> float: ...
    @property
    def header(self) -> Json: ...
    @property
    def labels(self) -> tuple[Label, ...]: ...
    @property
    def author(self) -> Writer: ...


class ReadCapsule(KnownCapsule, Protocol):
    """A capsule's version, whole."""

    @property
    def body(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def sources(self) -> tuple[str, ...]: ...


class Searcher(Protocol):
    """Whoever searches capsules."""

    async def search(
        self, text: str, *, within: str = "", patterns: tuple[str, ...] = ("*",), limit: int = 10, moment: Moment | None = None
    ) -> Sequence[ReadCapsule]:
        """Those that say what is looked for, best first; as they are seen at that moment, where one is given."""
        ...


class Reader(Protocol):
    """What can be asked of the place that keeps capsules."""

    async def list(self, *, prefix: str = "", limit: int = 200) -> Sequence[KnownCapsule]:
        """The newest versions, last written first."""
        ...

    async def list_as_of(self, moment: Moment, *, prefix: str = "", limit: int = 200) -> Sequence[KnownCapsule]:
        """The same, as they are seen at that moment."""
        ...

    async def read(self, typed: str, version: int | None = None) -> ReadCapsule:
        """The newest version, or that one. Raises NotFoundError."""
        ...

    async def read_at(self, typed: str, moment: Moment) -> ReadCapsule:
        """What is seen at that moment. Raises NotFoundError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What an agent wants a capsule to say; `expected` is the version it had read, 0 for a new capsule. The author is in
    `scope`: run, step and agent, and what they had read."""

    name: str
    body: str
    expected: int
    scope: CallScope


class PreparedRevision(Protocol):
    """The version that will be, and the write that makes it so."""

    @property
    def ref(self) -> CapsuleRef: ...
    @property
    def write(self) -> Write: ...


Prepare: TypeAlias = Callable[[Revision], Awaitable[PreparedRevision]]
"""Raises CapsuleConflict where the capsule moved on, UsageError for a bad name."""


Note: TypeAlias = Callable[[Sequence[KnownCapsule], CallScope], Write]
"""The write that notes that a call was given these versions; it is committed with the call's record."""


def _noted_nowhere(_given: Sequence[KnownCapsule], _scope: CallScope) -> Write:
    return lambda _connection: None


def capsule_tools(reader: Reader, prepare: Prepare, searcher: Searcher, *, note: Note = _noted_nowhere) -> tuple[Tool, ...]:
    """`capsule.list`, `capsule.read`, `capsule.search` and `capsule.write`."""

    async def list_them(arguments: Mapping[str, Json], scope: CallScope) -> ToolResult:
        return await list_capsules(reader, scope, prefix=arguments.get("prefix", ""))

    async def read_one(arguments: Mapping[str, Json], scope: CallScope) -> ToolResult:
        return await read_capsule(reader, scope, arguments=arguments, note=note)

    async def search_them(arguments: Mapping[str, Json], scope: CallScope) -> ToolResult:
        return await search_capsules(searcher, scope, arguments=arguments, note=note)

    async def write_one(arguments: Mapping[str, Json], scope: CallScope) -> ToolResult:
        revision = Revision(name=arguments["name"], body=arguments["body"], expected=arguments.get("expected", 0), scope=scope)
        return await write_capsule(reader, revision, prepare=prepare)

    return (
        Tool(name="capsule.list", description=LIST, parameters=LIST_PARAMETERS, effect="idempotent", call=list_them),
        Tool(name="capsule.read", description=READ, parameters=READ_PARAMETERS, effect="idempotent", call=read_one),
        Tool(name="capsule.search", description=SEARCH, parameters=SEARCH_PARAMETERS, effect="idempotent", call=search_them),
        Tool(name="capsule.write", description=WRITE, parameters=WRITE_PARAMETERS, effect="idempotent", call=write_one),
    )


async def list_capsules(reader: Reader, scope: CallScope, *, prefix: str = "") -> ToolResult:
    """The capsules that the scope may read, last written first, 200 at most; whoever wrote one may have chosen its name."""
    found: dict[str, KnownCapsule] = {}
    for start in _prefixes(prefix, scope.memory_read):
        for known in await _listed(reader, scope, start):
            if fits(known.name, known.header, scope.memory_read):
                found[known.id] = known
    newest = sorted(found.values(), key=lambda known: known.written, reverse=True)[:LISTED]
    labels = tuple(dict.fromkeys(label for known in newest for label in known.labels))
    return ToolResult(output=[{"name": known.name, "version": known.version} for known in newest], labels=labels)


async def _listed(reader: Reader, scope: CallScope, prefix: str) -> Sequence[KnownCapsule]:
    if scope.memory_at is None:
        return await reader.list(prefix=prefix, limit=LISTED)
    return await reader.list_as_of(scope.memory_at, prefix=prefix, limit=LISTED)


async def read_capsule(reader: Reader, scope: CallScope, *, arguments: Mapping[str, Json], note: Note = _noted_nowhere) -> ToolResult:
    """A page of a capsule's body, with the version to name when writing it. Raises ToolFailed where there is none, ToolRefused
    for what the scope may not read, whether it exists or not."""
    capsule = await _readable(reader, scope, arguments=arguments)
    start = arguments.get("start", 0)
    page = capsule.body[start : start + PAGE]
    output: dict[str, Json] = {"name": capsule.name, "version": capsule.version, "body": page}
    if len(page) < len(capsule.body):
        output |= {"start": start, "characters": len(capsule.body)}
    if start + PAGE < len(capsule.body):
        output["next"] = start + PAGE
    return ToolResult(output=output, labels=capsule.labels, sources=(capsule.name,), writes=(note((capsule,), scope),))


async def search_capsules(
    searcher: Searcher, scope: CallScope, *, arguments: Mapping[str, Json], note: Note = _noted_nowhere
) -> ToolResult:
    """The capsules that have words of the query and that the scope may read, best first, each with the beginning of its body."""
    within, limit = arguments.get("in", ""), arguments.get("limit", FOUND)
    found = await searcher.search(arguments["query"], within=within, patterns=scope.memory_read, limit=limit, moment=scope.memory_at)
    return ToolResult(
        output=[_hit(capsule) for capsule in found],
        labels=tuple(dict.fromkeys(label for capsule in found for label in capsule.labels)),
        sources=tuple(capsule.name for capsule in found),
        writes=(note(found, scope),),
    )


def _hit(capsule: ReadCapsule) -> Json:
    hit: dict[str, Json] = {"id": capsule.id, "name": capsule.name, "version": capsule.version, "title": capsule.title}
    cut = {"characters": len(capsule.body)} if len(capsule.body) > EXCERPT else {}
    return hit | {"text": capsule.body[:EXCERPT]} | cut


async def write_capsule(reader: Reader, revision: Revision, *, prepare: Prepare) -> ToolResult:
    """A new version, committed with the call's record; a conflict is the answer, with the text that is there now. Raises
    ToolRefused for a name that the scope may not write."""
    if not is_named(revision.name, revision.scope.memory_write):
        raise _refused("written", revision.name, patterns=revision.scope.memory_write)
    try:
        prepared = await prepare(revision)
    except CapsuleConflict as conflict:
        return await _told(reader, revision, conflict=conflict)
    except UsageError as fault:
        raise ToolRefused(fault.message, hint=fault.hint) from None
    return ToolResult(output={"name": prepared.ref.name, "version": prepared.ref.version}, writes=(prepared.write,))


async def _told(reader: Reader, revision: Revision, *, conflict: CapsuleConflict) -> ToolResult:
    told: dict[str, Json] = {"conflict": conflict.message, "name": revision.name}
    if not is_named(revision.name, revision.scope.memory_read):
        return ToolResult(output=told | {"next": "nothing was written; you may write this capsule, not read it"})
    try:
        now = await reader.read(revision.name)
    except NotFoundError:
        return ToolResult(output=told | {"version": 0, "next": "nothing was written; write it again with expected 0"})
    mend = f"nothing was written; merge your text into this body, then write it with expected {now.version}"
    return ToolResult(output=told | {"version": now.version, "body": now.body, "next": mend}, labels=now.labels, sources=(now.name,))


async def _readable(reader: Reader, scope: CallScope, *, arguments: Mapping[str, Json]) -> ReadCapsule:
    name, version = arguments["name"], arguments.get("version")
    try:
        capsule: ReadCapsule | None = await _seen(reader, scope, name, version)
    except (NotFoundError, UsageError):  # their messages name capsules that this agent may not know of
        if is_named(name, scope.memory_read):
            missing = f"capsule {name!r}" if version is None else f"version {version} of capsule {name!r}"
            raise ToolFailed(f"there is no {missing}", hint="capsule.list shows what there is") from None
        capsule = None
    if capsule is None or not fits(capsule.name, capsule.header, scope.memory_read):
        raise _refused("read", name, patterns=scope.memory_read)
    return capsule


async def _seen(reader: Reader, scope: CallScope, name: str, version: int | None) -> ReadCapsule:
    """That version, or the newest; in a forked run of those that were there at its fork, and its own. Raises NotFoundError, UsageError."""
    if scope.memory_at is None:
        return await reader.read(name, version)
    newest = await reader.read_at(name, scope.memory_at)
    if version is None:
        return newest
    wanted = await reader.read(name, version)
    if wanted.written > scope.memory_at.at and wanted.author.run != scope.run:
        raise NotFoundError(f"version {version} of {name!r} is newer than the run's fork", hint="leave the version out")
    return wanted


def _prefixes(prefix: str, patterns: Sequence[str]) -> set[str]:
    """What has to be listed to find all names that begin with `prefix` and fit a pattern."""
    literals = ("" if pattern.startswith(TAG) else re.split(r"[*?\[]", pattern, maxsplit=1)[0] for pattern in patterns)
    return {max(prefix, literal, key=len) for literal in literals if prefix.startswith(literal) or literal.startswith(prefix)}


def _refused(done: str, name: str, *, patterns: Sequence[str]) -> ToolRefused:
    return ToolRefused(
        f"there is no capsule {name!r} that may be {done} here",
        hint=f"names that may: {', '.join(patterns) or 'none'}; capsule.list shows them",
    )


LIST = "List the shared capsules (notes, drafts, results) that you may read."
READ = "Read a capsule; a long one in pages: go on with start at the number that `next` gives."
SEARCH = "Find shared capsules by words of their names and texts, best first; each with the beginning of its text."
WRITE = "Write a capsule as a new version. To change one, read it first and give the version you read as expected."

NAME = {"type": "string", "minLength": 1, "description": "The capsule's name, like notes/tides"}

LIST_PARAMETERS: Mapping[str, Json] = {
    "type": "object",
    "properties": {"prefix": {"type": "string", "description": "Only names that begin so"}},
    "additionalProperties": False,
}
READ_PARAMETERS: Mapping[str, Json] = {
    "type": "object",
    "properties": {
        "name": NAME,
        "version": {"type": "integer", "minimum": 1, "description": "An older version; leave it out for the newest"},
        "start": {"type": "integer", "minimum": 0, "description": "The character to start from"},
    },
    "required": ["name"],
    "additionalProperties": False,
}
SEARCH_PARAMETERS: Mapping[str, Json] = {
    "type": "object",
    "properties": {
        "query": {"type": "string", "description": "What to look for, in plain words"},
        "in": {"type": "string", "description": "Only capsules of this folder, like kb"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 50, "description": f"How many at most; {FOUND} where nothing is said"},
    },
    "required": ["query"],
    "additionalProperties": False,
}
WRITE_PARAMETERS: Mapping[str, Json] = {
    "type": "object",
    "properties": {
        "name": NAME,
        "body": {"type": "string", "description": "The whole new text"},
        "expected": {"type": "integer", "minimum": 0, "description": "The version you read; leave it out for a new capsule"},
    },
    "required": ["name", "body"],
    "additionalProperties": False,
}
