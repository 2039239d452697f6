"""The built-in tools that read files: in the workspace, and in the folders that a run was given."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path, PurePath
from typing import TypeAlias

from playnex.canonical import Json
from playnex.errors import ToolFailed, ToolRefused
from playnex.spec.grounding import passages_of
from playnex.spec.ranking import rank
from playnex.tools.folders import Folders, Spot
from playnex.tools.tool import Call, CallScope, Tool, ToolResult

LISTED = 2_000
"""Files that one call lists or looks through at most."""

LOOKED_THROUGH = 50_000_000
"""Bytes that one search reads at most."""

HITS = 200
LINE = 400
"""Characters of a line that a search shows."""

PASSAGES = 12
PROSE = (".md", ".txt")

Work: TypeAlias = Callable[[Folders, Mapping[str, Json]], ToolResult]


def file_tools(workspace: Path) -> tuple[Tool, ...]:
    """All of them, bound to this workspace."""
    bodies: Mapping[str, Work] = {"list": list_files, "read": read_file, "search": search_files, "passages": find_passages}
    return tuple(
        Tool(
            name=f"file.{name}",
            description=DESCRIPTIONS[name],
            parameters=PARAMETERS[name],
            effect="idempotent",
            untrusted=True,
            call=_bound(workspace, work),
        )
        for name, work in bodies.items()
    )


def list_files(folders: Folders, arguments: Mapping[str, Json]) -> ToolResult:
    """The names of the files below a folder."""
    spots = folders.files(folders.spot(arguments.get("folder", ".")))
    pattern = arguments.get("pattern", "*")
    names = list(islice((spot.name for spot in spots if _fits(spot, pattern)), LISTED + 1))
    return ToolResult(output={"files": names[:LISTED], "complete": len(names) <= LISTED})


def read_file(folders: Folders, arguments: Mapping[str, Json]) -> ToolResult:
    """The text of a file, or some lines of it."""
    spot = folders.spot(arguments["path"])
    text, note = _decoded(folders.read(spot))
    lines = text.splitlines(keepends=True)
    start = arguments.get("start", 1)
    wanted = lines[start - 1 : start - 1 + arguments.get("lines", len(lines))]
    output = {"file": spot.name, "start": start, "end": start - 1 + len(wanted), "total": len(lines), "text": "".join(wanted)}
    return ToolResult(output=output | ({"note": note} if note else {}), sources=(spot.name,))


def search_files(folders: Folders, arguments: Mapping[str, Json]) -> ToolResult:
    """The lines that have every word of the query."""
    words = arguments["query"].casefold().split()
    reading = Reading(folders, folders.spot(arguments.get("folder", ".")), "*")
    found = (
        {"file": spot.name, "line": number, "text": line.strip()[:LINE]}
        for spot, text in reading.texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if all(word in line.casefold() for word in words)
    )
    hits = list(islice(found, HITS + 1))
    output = {"hits": hits[:HITS], "complete": len(hits) <= HITS and reading.complete}
    if reading.skipped:
        output["skipped"] = reading.skipped
    return ToolResult(output=output, sources=_files_of(hits[:HITS]))


def find_passages(folders: Folders, arguments: Mapping[str, Json]) -> ToolResult:
    """The sentences of a folder's prose that fit the query best, numbered from 1."""
    reading = Reading(folders, folders.spot(arguments["folder"]), *PROSE)
    passages = passages_of({spot.name: text for spot, text in reading.texts()})
    if not passages:
        raise ToolFailed(
            f"there is nothing to read below {arguments['folder']!r}: no text in any *.md or *.txt file",
            hint="; ".join(reading.skipped) or "put notes there as Markdown or plain text",
        )
    best = rank(arguments["query"], passages, arguments.get("limit", PASSAGES))
    if not best:
        hint = "ask with words that stand in the files; file.list shows them"
        raise ToolFailed(f"no sentence below {arguments['folder']!r} fits {arguments['query']!r}", hint=hint)
    return ToolResult(output=[dict(passage) for passage in best], sources=_files_of(best))


class Reading:
    """The texts of the files below a spot, within the limits; what was left out, and whether that was all."""

    def __init__(self, folders: Folders, spot: Spot, *endings: str) -> None:
        self.skipped: list[str] = []
        self.complete = True
        self._folders = folders
        self._spot = spot
        self._patterns = [f"*{ending}" for ending in endings]

    def texts(self) -> Iterator[tuple[Spot, str]]:
        """Each file with its text; binary ones are left out."""
        left = LOOKED_THROUGH
        for count, spot in enumerate(self._folders.files(self._spot)):
            if count >= LISTED or left <= 0:
                self.complete = False
                return
            data = self._data(spot) if any(_fits(spot, pattern) for pattern in self._patterns) else b""
            left -= len(data)
            if data and b"\0" not in data:
                yield spot, _decoded(data)[0]

    def _data(self, spot: Spot) -> bytes:
        try:
            return self._folders.read(spot)
        except (ToolRefused, ToolFailed) as fault:
            self.skipped.append(f"{spot.name}: {fault.message}")
            self.complete = False
            return b""


def _decoded(data: bytes) -> tuple[str, str]:
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return data.decode(errors="replace"), "this file is not UTF-8: what could not be read is shown as \ufffd"


def _fits(spot: Spot, pattern: str) -> bool:
    return fnmatchcase(spot.name, pattern) or fnmatchcase(PurePath(spot.name).name, pattern)


def _files_of(items: Iterable[Mapping[str, Json]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item["file"] for item in items))


def _bound(workspace: Path, work: Work) -> Call:
    async def call(arguments: Mapping[str, Json], scope: CallScope) -> ToolResult:
        return await asyncio.to_thread(lambda: work(Folders(workspace, scope.folders), arguments))

    return call


def _parameters(*required: str, properties: Mapping[str, Json]) -> Mapping[str, Json]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


FOLDER = {"type": "string", "description": "A folder, relative to the workspace"}
QUERY = {"type": "string", "minLength": 1, "description": "The words to look for"}

PATTERN = {"type": "string", "description": "Only names like this, for example *.md"}
PATH = {"type": "string", "description": "The file, as file.list names it"}
START = {"type": "integer", "minimum": 1, "description": "The first line wanted, counting from 1"}
LINES = {"type": "integer", "minimum": 1, "description": "How many lines"}
LIMIT = {"type": "integer", "minimum": 1, "maximum": 100, "description": "How many sentences"}

DESCRIPTIONS: Mapping[str, str] = {
    "list": "List the files below a folder (2,000 at most).",
    "read": "Read a text file, or some lines of it.",
    "search": "Find the lines that have all the words, in the files below a folder.",
    "passages": "Find the sentences that fit a query best, in the *.md and *.txt files below a folder.",
}
PARAMETERS: Mapping[str, Mapping[str, Json]] = {
    "list": _parameters(properties={"folder": FOLDER, "pattern": PATTERN}),
    "read": _parameters("path", properties={"path": PATH, "start": START, "lines": LINES}),
    "search": _parameters("query", properties={"query": QUERY, "folder": FOLDER}),
    "passages": _parameters("folder", "query", properties={"folder": FOLDER, "query": QUERY, "limit": LIMIT}),
}
