"""The tools of `.mcp.json` as a workspace has them: what was accepted of each server, without starting one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from playnex.canonical import Json
from playnex.spec.check_value import schema_problem
from playnex.spec.faults import Fault, decoded
from playnex.spec.read_servers import read_servers
from playnex.spec.server import ServerSpec
from playnex.tools.accounts import signs_in
from playnex.tools.mcp.definition import Definition, Pin, read_pin
from playnex.tools.mcp.servers import Servers
from playnex.tools.tool import Call, CallScope, Tool, ToolResult

FILE = ".mcp.json"
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,99}")
DESCRIPTION = 4_000
"""Characters of a server's own description of a tool that a model is shown."""

MARGIN = 65.0
"""Seconds above a call's own limit, for the start of its server, after which the gate gives it up; as long as the call itself it may
stand in line before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The servers of the file and the tools that may be used of them. `unseen` are servers of which nothing is accepted yet, or whose
    entry has changed since. `hints` are what servers say of their own tools, by the tools' names: for people to read, never acted on."""

    servers: tuple[ServerSpec, ...] = ()
    tools: tuple[Tool, ...] = ()
    unseen: tuple[str, ...] = ()
    hints: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def offer(root: Path, own: Path, servers: Servers, *, shown_as: str = FILE) -> Offer:
    """What the workspace's file and the pins say."""
    path = root / FILE
    if not path.is_file():
        return Offer()
    text, undecodable = decoded(path.read_bytes(), shown_as)
    if undecodable:
        return Offer(faults=undecodable)
    read = read_servers(text, shown_as)
    pins = {spec.name: _pin(own, spec) for spec in read.servers}
    tools = (tool for spec in read.servers if (pin := pins[spec.name]) for tool in tools_of(spec, pin, servers))
    unseen = tuple(spec.name for spec in read.servers if pins[spec.name] is None)
    hints = {f"{name}.{tool.name}": tool.annotations for name, pin in pins.items() if pin for tool in pin.tools}
    return Offer(servers=read.servers, tools=tuple(tools), unseen=unseen, hints=hints, faults=read.faults)


def tools_of(spec: ServerSpec, pin: Pin, servers: Servers) -> tuple[Tool, ...]:
    """The accepted tools that the entry offers."""
    offered = [tool for tool in pin.tools if spec.offers(tool.name) and not unusable(tool)]
    if spec.browser:
        from playnex.tools.browser.calls import browser_tools  # late: hardly any workspace has a browser

        return browser_tools(spec, offered, servers)
    return tuple(_tool(spec, definition, servers) for definition in offered)


def unusable(tool: Definition) -> str:
    """Why a server's tool cannot be offered to anybody, or nothing."""
    if not NAME.fullmatch(tool.name):
        return f"its name {tool.name[:40]!r} has signs that no agent can write"
    if why := schema_problem(tool.parameters):
        return f"the schema of its arguments cannot be used: {why}"
    return ""


def _pin(own: Path, spec: ServerSpec) -> Pin | None:
    pin = read_pin(own, spec.name)
    return pin if pin and pin.fits(spec) else None


def _tool(spec: ServerSpec, definition: Definition, servers: Servers) -> Tool:
    return Tool(
        name=f"{spec.name}.{definition.name}",
        description=definition.description[:DESCRIPTION],
        parameters=definition.parameters,
        effect=spec.effect_of(definition.name),
        egress=spec.reach(),
        timeout=spec.timeout + MARGIN + (0 if spec.share == "all" else spec.timeout),
        call=_calling(spec, definition, servers),
        source=f"{spec.place.path}:{spec.place.line}",
        untrusted=True,
        account=signs_in(spec),
    )


def _calling(spec: ServerSpec, definition: Definition, servers: Servers) -> Call:
    async def call(arguments: Mapping[str, Json], scope: CallScope) -> ToolResult:
        return await servers.call(spec, definition, arguments, run=scope.run)

    return call
