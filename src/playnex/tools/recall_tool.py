"""The built-in tool of recall: what an agent finds in shared memory by words and meaning, when it asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from playnex.canonical import Json
from playnex.errors import ToolRefused
from playnex.spec.memory import HITS, MOST_HITS
from playnex.tools.capsule_tools import EXCERPT, Note, ReadCapsule
from playnex.tools.tool import CallScope, Tool, ToolResult

NAME = "memory.recall"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A hit: the version, the part of it that was found, who wrote it, and the run that did, if one did."""

    capsule: ReadCapsule
    text: str
    by: str
    run: str


class Rememberer(Protocol):
    """Whoever searches by words and meaning."""

    async def __call__(self, query: str, limit: int, scope: CallScope) -> Sequence[Remembered]:
        """The best hits that the scope may recall."""
        ...


def recall_tool(remember: Rememberer, note: Note) -> Tool:
    """`memory.recall`, for agents whose memory has recall."""

    async def call(arguments: Mapping[str, Json], scope: CallScope) -> ToolResult:
        if scope.recall is None:
            raise ToolRefused("this agent has no recall", hint="write `memory: {recall: true}` in its file")
        found = await remember(arguments["query"], arguments.get("limit", scope.recall.limit), scope)
        return ToolResult(
            output=[_hit(hit) for hit in found],
            labels=tuple(dict.fromkeys(label for hit in found for label in hit.capsule.labels)),
            sources=tuple(hit.capsule.name for hit in found),
            writes=(note([hit.capsule for hit in found], scope),) if found else (),
        )

    return Tool(name=NAME, description=RECALL, parameters=PARAMETERS, effect="idempotent", call=call)


def _hit(hit: Remembered) -> Json:
    date = datetime.fromtimestamp(hit.capsule.written, UTC).date().isoformat()
    found: dict[str, Json] = {"capsule": hit.capsule.name, "version": hit.capsule.version, "by": hit.by, "run": hit.run, "date": date}
    part = {} if len(hit.text) == len(hit.capsule.body) <= EXCERPT else {"characters": len(hit.capsule.body)}
    return found | {"text": hit.text[:EXCERPT]} | part


RECALL = "Search the shared memory by words and meaning. Each hit says which capsule it is of, who wrote it, in which run and when."
PARAMETERS: Mapping[str, Json] = {
    "type": "object",
    "properties": {
        "query": {"type": "string", "minLength": 1, "description": "What you want to know, in plain words"},
        "limit": {"type": "integer", "minimum": 1, "maximum": MOST_HITS, "description": f"How many hits at most; {HITS} is usual"},
    },
    "required": ["query"],
    "additionalProperties": False,
}
