"""The tools of a workspace, for people."""

from collections.abc import Iterator, Sequence

from playnex.canonical import Json
from playnex.cli.showing_mcp import hinted
from playnex.cli.terminal import Terminal, columns, gist, visible
from playnex.tools.arguments import parameters_of

SAID = 200
"""Characters of what is said of an argument."""


def tool_table(lines: Sequence[Json], terminal: Terminal) -> str:
    """A line for each tool."""
    rows = [(line["name"], line["from"], line["effect"], line["approval"], _marks(line), gist(line["description"])) for line in lines]
    return columns(("TOOL", "FROM", "EFFECT", "APPROVAL", "MARKS", "DESCRIPTION"), rows, terminal)


def tool_page(line: Json, terminal: Terminal) -> Iterator[str]:
    """All that is known of one tool."""
    yield f"{terminal.head(line['name'])}  {line['from']}" + (f", MCP server {line['server']}" if line["server"] else "")
    yield from (f"  {text}" for text in visible(line["description"]).splitlines())
    yield ""
    yield f"effect    {line['effect']}" + ("" if line["effect_is_declared"] else ", as nothing is declared")
    yield f"egress    {line['egress']}" + (": a call leaves this machine" if line["egress"] == "remote" else "")
    yield f"sinks     {_sinks(line)}"
    yield f"result    {'untrusted' if line['untrusted'] else 'trusted, as long as nothing untrusted led to the call'}"
    for name, why in zip(("may ask  ", *("         " for _ in line["may_ask"])), line["may_ask"] or ["never"], strict=False):
        yield f"{name} {why}"
    if words := hinted(line["hints"]):
        yield f"it says   {words} (its server's own words, on which nothing relies)"
    yield ""
    rows = [(each.name, each.kind, gist(each.says, SAID)) for each in parameters_of(line["parameters"])]
    yield columns(("ARGUMENT", "KIND", "DESCRIPTION"), rows, terminal) if rows else "it takes no arguments"


def _marks(line: Json) -> str:
    marks = ["remote"] * (line["egress"] == "remote") + ["untrusted"] * line["untrusted"]
    return ", ".join(marks + ([f"sinks {' '.join(line['sinks'])}"] if line["sinks"] else []))


def _sinks(line: Json) -> str:
    if line["sinks"]:
        return ", ".join(line["sinks"])
    if line["sinks"] is None and (line["effect"] == "once" or line["egress"] == "remote"):
        return "all arguments, as nothing is declared"
    return "none: no argument matters"
