"""The tools of a workspace as people look at them: where each comes from, what a call of it may do, and when it asks."""

from collections.abc import Iterator

from playnex.app.may_ask import Foresight
from playnex.app.mcp_servers import state_of
from playnex.app.opening import App
from playnex.canonical import Json
from playnex.errors import NotFoundError
from playnex.spec.faults import did_you_mean
from playnex.tools.policy import Policy
from playnex.tools.tool import Tool

BUILT_IN = "built in"


def tool_lines(app: App, pattern: str) -> tuple[Json, ...]:
    """The tools that the pattern names, sorted by name. Raises NotFoundError where there is none."""
    config = app.workspace.config()
    foresight = Foresight(policy=Policy(untrusted=config.untrusted, private=config.private))
    found = tuple(_line(app, tool, foresight) for tool in app.toolbox.matching((pattern,)))
    if not found and pattern != "*":
        raise NotFoundError(f"there is no tool {pattern!r}", hint=_way_on(app, pattern))
    return found


def unaccepted(app: App, pattern: str) -> Iterator[Json]:
    """The servers whose tools are missing, because nobody has accepted what they are."""
    for spec in app.offer.servers:
        if spec.name in app.offer.unseen and (pattern == "*" or pattern.partition(".")[0] == spec.name):
            yield {"server": spec.name, "state": state_of(app, spec), "accept": f"playnex mcp test {spec.name}"}


def _way_on(app: App, pattern: str) -> str:
    server = next((each for each in unaccepted(app, pattern)), None)
    if server is not None:
        return f"nobody has accepted what its server is; look at it: {server['accept']}"
    return did_you_mean(pattern, app.toolbox.names()) or "playnex tool list lists them"


def _line(app: App, tool: Tool, foresight: Foresight) -> Json:
    server = tool.name.partition(".")[0] if tool.name in app.offer.hints else ""
    return {
        "name": tool.name,
        "description": tool.description,
        "from": tool.source or BUILT_IN,
        "server": server,
        "effect": tool.effect or "once",
        "effect_is_declared": tool.effect is not None,
        "approval": tool.approval,
        "egress": tool.egress,
        "sinks": None if tool.sinks is None else list(tool.sinks),
        "untrusted": tool.untrusted,
        "may_ask": list(foresight.of_tool(tool)),
        "parameters": dict(tool.parameters),
        "hints": dict(app.offer.hints.get(tool.name, {})),
    }
