"""Which tools sign in to a remote account, and which of them the user has named. In local mode the others are not there at all.

A tool signs in where its author says so (`egress="account"`), and where it can: an MCP server that has the network and is granted a secret.
"""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from playnex.spec import variables
from playnex.spec.faults import Fault, Place
from playnex.spec.server import ServerSpec
from playnex.spec.tool_rules import ToolRule
from playnex.tools.tool import Tool


def signs_in(server: ServerSpec) -> bool:
    """Whether the entry grants both the network, which all rights bring along, and a secret."""
    has_network = server.network or server.trust == "full"
    return has_network and any(variables.is_secret(name) for value in server.env.values() for name in variables.named(value))


def is_permitted(tool: Tool, rules: Iterable[ToolRule]) -> bool:
    """Whether the tool stays on this machine, or the user has named it."""
    return not tool.account or any(rule.remote and fnmatchcase(tool.name, rule.pattern) for rule in rules)


def barred_servers(servers: Iterable[ServerSpec], rules: Sequence[ToolRule]) -> Iterator[ServerSpec]:
    """The servers that sign in and of which no tool is named."""
    return (server for server in servers if signs_in(server) and not any(rule.remote and _may_name(rule, server) for rule in rules))


def fault_of_server(server: ServerSpec) -> Fault:
    """Why the entry is refused."""
    message = f"server {server.name!r} has the network and a secret, so it signs in to a remote account, and the workspace is in local mode"
    return Fault(place=server.place, message=message, hint=_mend(f"{server.name}.*"))


def fault_of_tool(tool: Tool, place: Place) -> Fault:
    """Why the tool is refused."""
    message = f"{tool.name} signs in to a remote account, and the workspace is in local mode"
    return Fault(place=place, message=message, hint=_mend(tool.name))


def place_of(tool: Tool) -> Place:
    """Where the tool is defined."""
    path, _, line = tool.source.rpartition(":")
    return Place(path=path or tool.source, line=int(line) if line.isdigit() else 1, column=1)


def _mend(name: str) -> str:
    return f'name it in playnex.toml where it may: [tools."{name}"] with `remote = true`'


def _may_name(rule: ToolRule, server: ServerSpec) -> bool:
    """Whether the rule's pattern can fit a tool of the server, whose tools may not be known yet."""
    start = f"{server.name}."
    return rule.pattern.startswith(start) or fnmatchcase(start, rule.pattern)
