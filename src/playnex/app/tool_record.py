"""What tools did lately: how often each was called, what failed, what was refused; and how the MCP servers stand."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playnex.app.mcp_servers import server_lines
from playnex.app.opening import App
from playnex.app.tool_lines import tool_lines
from playnex.app.transcript import tool_calls
from playnex.canonical import Json

LOOKED_AT = 200
"""The newest runs whose calls are counted."""

NAMED = 50
"""Calls that failed or were refused, named one by one."""

TAIL = 8_000
"""Bytes of a server's own words that are shown."""


@dataclass(slots=True, kw_only=True)
class Count:
    """The calls of one tool, and how many of them failed or were kept from happening."""

    calls: int = 0
    errors: int = 0
    refused: int = 0
    seconds: float = 0.0

    def add(self, call: Json) -> None:
        """One more."""
        self.calls += 1
        self.errors += is_error(call)
        self.refused += is_refused(call)
        self.seconds += call.get("seconds") or 0.0

    def document(self) -> dict[str, Json]:
        """As JSON."""
        return {"calls": self.calls, "errors": self.errors, "refused": self.refused, "seconds": self.seconds}


@dataclass(slots=True, kw_only=True)
class Tally:
    """The calls of many runs: by tool, and the newest that did not end well."""

    by_tool: dict[str, Count] = field(default_factory=dict)
    spoilt: list[Json] = field(default_factory=list)
    runs: int = 0

    def add(self, run: str, calls: Iterable[Json]) -> None:
        """Those of one run more; newer runs first."""
        self.runs += 1
        for call in reversed(tuple(calls)):
            self.by_tool.setdefault(call["tool"], Count()).add(call)
            if (is_error(call) or is_refused(call)) and len(self.spoilt) < NAMED:
                self.spoilt.append({"run": run} | _spoilt(call))


def is_refused(call: Json) -> bool:
    """Whether a call was kept from happening."""
    return bool(call["status"] == "failed" and call.get("reason") in ("refused", "not-allowed"))


def is_error(call: Json) -> bool:
    """Whether it happened and failed."""
    return bool(call["status"] == "failed") and not is_refused(call)


def _spoilt(call: Json) -> dict[str, Json]:
    result = call.get("result")
    said = result.get("error", "") if isinstance(result, dict) else result
    return {
        "step": call["step"],
        "agent": call["agent"],
        "tool": call["tool"],
        "refused": is_refused(call),
        "reason": call.get("reason", ""),
        "message": str(said or "")[:1000],
        "at": call["asked"],
    }


async def tools_page(app: App) -> dict[str, Json]:
    """`servers`, `tools`, `spoilt`: all that is known of both."""
    tally = Tally()
    for run in await app.journal.runs(limit=LOOKED_AT):
        tally.add(run.id, tool_calls(await app.journal.skim(run.id)))
    tools = [line | tally.by_tool.get(line["name"], Count()).document() for line in tool_lines(app, "*")]
    known = {line["name"] for line in tools}
    unknown = [{"name": name} | count.document() for name, count in tally.by_tool.items() if name not in known]
    return {
        "servers": list(_servers(app, tally)),
        "tools": tools,
        "not_here": unknown,
        "spoilt": tally.spoilt,
        "looked_at": tally.runs,
        "faults": [str(fault) for fault in (*app.offer.faults, *app.barred.values())],
    }


def _servers(app: App, tally: Tally) -> Iterator[Json]:
    for line in server_lines(app):
        standing = app.servers.standing(line["name"])
        own = [count for tool, count in tally.by_tool.items() if tool.partition(".")[0] == line["name"]]
        yield line | {
            "up": standing.processes,
            "in_vain": standing.in_vain,
            "rests": round(standing.rests),
            "stderr": tail_of(standing.log),
            "calls": sum(count.calls for count in own),
            "errors": sum(count.errors for count in own),
        }


def tail_of(path: Path, most: int = TAIL) -> str:
    """The end of a file, from the beginning of a line; nothing where there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - most))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return text.partition("\n")[2] if size > most else text
