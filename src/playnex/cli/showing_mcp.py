"""What a server offers, for people."""

from collections.abc import Iterator, Sequence

from playnex.canonical import Json
from playnex.cli.terminal import Terminal, columns, gist, seconds

SAYS = {
    "accepted": "its tools are accepted as they are now",
    "unchanged": "its tools are those that were accepted",
    "changed": "it is not what was accepted, and what changed is refused",
}

HINTS = {
    ("readOnlyHint", True): "only reads",
    ("readOnlyHint", False): "changes things",
    ("destructiveHint", True): "may destroy",
    ("idempotentHint", True): "again is harmless",
    ("openWorldHint", True): "reaches outside",
}

STATES = {
    "accepted": "its tools are accepted",
    "new": "nobody has looked at it yet",
    "changed": "its entry starts something else than what was accepted",
}


def server_table(lines: Sequence[Json], terminal: Terminal) -> str:
    """The servers: what is known of each, what it may do, and who has its process."""
    rows = [
        (
            line["name"],
            line["state"],
            str(len(line["tools"])) if line["known"] else "?",
            _rights(line),
            _sharing(line),
            " ".join(line["command"]),
        )
        for line in lines
    ]
    return columns(("SERVER", "STATE", "TOOLS", "RIGHTS", "SHARE", "COMMAND"), rows, terminal)


def _rights(line: Json) -> str:
    if line["trust"] == "full":
        return "all yours"
    grants = ["network"] * line["network"] + ["writes"] * bool(line["write"])
    return ", ".join(["sandbox", *grants])


def _sharing(line: Json) -> str:
    return "all" if line["share"] == "all" else f"{line['share']}, {line['processes']} at most"


def looked_page(document: dict[str, Json], terminal: Terminal) -> Iterator[str]:
    """The verdict, what differs, and the tools."""
    name, verdict = document["server"], document["verdict"]
    yield f"{terminal.symbol('failed' if verdict == 'changed' else 'succeeded')} {name}: {SAYS[verdict]} ({seconds(document['seconds'])})"
    if document["entry_changed"]:
        yield "    its entry in .mcp.json starts something else than it did"
    for kind in ("added", "changed", "gone"):
        if document[kind]:
            yield f"    {kind}: {', '.join(document[kind])}"
    rows = [(tool["name"], _effect(tool), hinted(tool["hints"]), _note(tool)) for tool in document["tools"]]
    yield columns(("TOOL", "EFFECT", "IT SAYS", "DESCRIPTION"), rows, terminal) if rows else "    it has no tools"
    if verdict == "changed":
        yield f"read what it says now; then: playnex mcp test {name} --accept"


def hinted(hints: Json) -> str:
    """What a server says of its own tool, in words."""
    return ", ".join(word for (name, value), word in HINTS.items() if hints.get(name) is value)


def imported_page(document: dict[str, Json], terminal: Terminal) -> Iterator[str]:
    """What was taken over, what was left, and how to go on."""
    for name in document["added"]:
        without = document["without"].get(name)
        yield f"{terminal.symbol('succeeded')} {name}: added" + (f", without {', '.join(without)}" if without else "")
    for name, why in document["left"].items():
        yield f"{terminal.symbol('skipped')} {name}: left, because {why}"
    for name in document["added"][:1]:
        yield f"none was started; look at each: playnex mcp test {name}"


def _note(tool: dict[str, Json]) -> str:
    if tool["unusable"]:
        return f"not offered: {tool['unusable']}"
    return gist(tool["description"]) if tool["offered"] else "not offered: `tools` in .mcp.json leaves it out"


def _effect(tool: dict[str, Json]) -> str:
    return f"{tool['effect']}, asks" if tool["asks"] and not tool["unusable"] else str(tool["effect"])
