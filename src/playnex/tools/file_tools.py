"""The built-in tools that read files: in the workspace, and in the folders that a run was given."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path, PurePath
from typing import TypeAlias

from playnex.canonical import Json
from playnex.errors import ToolFailed, ToolRefused
from playnex.tools.folders import Folders, Spot
from playnex.tools.tool import CallScope, Tool, ToolResult

LISTED = 2_000
"""Files that one call lists or looks through at most."""

LOOKED_THROUGH = 50_000_000
"""Bytes that one search reads at most."""

HITS = 200
LINE = 400
"""Characters of a line that a search shows."""

PASSAGES = 12
PROSE = (".md", ".txt")

Sentences: TypeAlias = Callable[[str], Sequence[str]]
Rank: TypeAlias = Callable[[str, Sequence[Json], int], Sequence[Json]]
"""The best passages for a query, as many as the limit says, numbered from 1; a passage is `{number, file, text}`."""

Work: TypeAlias = Callable[[Folders, Mapping[str, Json]], ToolResult]


def file_tools(workspace: Path, sentences: Sentences, rank: Rank) -> tuple[Tool, ...]:
    """All of them, bound to this workspace; how prose is split and ranked is handed in."""

    def passages(folders: Folders, arguments: Mapping[str, Json]) -> ToolResult:
        return find_passages(folders, arguments, split=sentences, rank=rank)

    return (
        _tool("list", LIST, list_files, workspace),
        _tool("read", READ, read_file, workspace),
        _tool("search", SEARCH, search_files, workspace),
        _tool("passages", FIND_PASSAGES, passages, workspace),
    )


def list_files(folders: Folders, arguments: Mapping[str, Json]) -> ToolResult:
    """The names of the files below a folder."""
    spots = folders.files(folders.spot(arguments.get("folder", ".")))
    pattern = arguments.get("pattern", "*")
    names = list(islice((spot.name for spot in spots if _fits(spot, pattern)), LISTED + 1))
    return ToolResult(output={"files": names[:LISTED], "complete": len(names) <= LISTED}, labels=("untrusted",))


def read_file(folders: Folders, arguments: Mapping[str, Json]) -> ToolResult:
    """The text of a file, or some lines of it."""
    spot = folders.spot(arguments["path"])
    text, note = _decoded(folders.read(spot))
    lines = text.splitlines(keepends=True)
    start = arguments.get("start", 1)
    wanted = lines[start - 1 : start - 1 + arguments.get("lines", len(lines))]
    output = {"file": spot.name, "start": start, "end": start - 1 + len(wanted), "total": len(lines), "text": "".join(wanted)}
    return ToolResult(output=output | ({"note": note} if note else {}), labels=("untrusted",), sources=(spot.name,))


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
    return ToolResult(output=output, labels=("untrusted",), sources=_files_of(hits[:HITS]))


def find_passages(folders: Folders, arguments: Mapping[str, Json], *, split: Sentences, rank: Rank) -> ToolResult:
    """The sentences of a folder's prose that fit the query best, numbered from 1."""
    reading = Reading(folders, folders.spot(arguments["folder"]), *PROSE)
    pairs = [(spot.name, sentence) for spot, text in reading.texts() for sentence in split(text) if not sentence.endswith(":")]
    found = [{"number": number, "file": name, "text": sentence} for number, (name, sentence) in enumerate(pairs, 1)]
    if not found:
        raise ToolFailed(
            f"there is nothing to read below {arguments['folder']!r}: no text in any *.md or *.txt file",
            hint="; ".join(reading.skipped) or "put notes there as Markdown or plain text",
        )
    output = list(rank(arguments["query"], found, arguments.get("limit", PASSAGES)))
    return ToolResult(output=output, labels=("untrusted",), sources=_files_of(output))


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


def _files_of(items: Sequence[Mapping[str, Json]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item["file"] for item in items))


def _tool(name: str, parameters: Mapping[str, Json], work: Work, workspace: Path) -> Tool:
    async def call(arguments: Mapping[str, Json], scope: CallScope) -> ToolResult:
        return await asyncio.to_thread(lambda: work(Folders(workspace, scope.folders), arguments))

    described = parameters["description"]
    schema = {key: value for key, value in parameters.items() if key != "description"}
    return Tool(name=f"file.{name}", description=described, parameters=schema, effect="idempotent", call=call)


def _parameters(description: str, *required: str, **properties: Json) -> Mapping[str, Json]:
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


FOLDER = {"type": "string", "description": "A folder, relative to the workspace"}
QUERY = {"type": "string", "minLength": 1, "description": "The words to look for"}

LIST = _parameters(
    "List the files below a folder (2,000 at most).",
    folder=FOLDER,
    pattern={"type": "string", "description": "Only names like this, for example *.md"},
)
READ = _parameters(
    "Read a text file, or some lines of it.",
    "path",
    path={"type": "string", "description": "The file, as file.list names it"},
    start={"type": "integer", "minimum": 1, "description": "The first line wanted, counting from 1"},
    lines={"type": "integer", "minimum": 1, "description": "How many lines"},
)
SEARCH = _parameters("Find the lines that have all the words, in the files below a folder.", "query", query=QUERY, folder=FOLDER)
FIND_PASSAGES = _parameters(
    "Find the sentences that fit a query best, in the *.md and *.txt files below a folder.",
    "folder",
    "query",
    folder=FOLDER,
    query=QUERY,
    limit={"type": "integer", "minimum": 1, "maximum": 100, "description": "How many sentences"},
)
