"""Serves a workspace over stdio: a call of a flow's tool is a run of it, and a capsule is a resource."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

import anyio
import mcp_types as wire
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server

from playnex import __version__
from playnex.app.opening import App
from playnex.app.runs import Runs
from playnex.canonical import Json
from playnex.errors import PlaynexError
from playnex.ids import short
from playnex.journal.events import RunFinished
from playnex.spec.inputs import inputs_schema

RESULT = "run_result"
"""The tool that goes on with a run; no flow's name has a `_`."""

SCHEME = "capsule:///"
CAPSULES = 1_000

RUN_PARAMETERS: Mapping[str, Json] = {
    "type": "object",
    "properties": {"run": {"type": "string", "description": "the run's id, as the call of its flow answered"}},
    "required": ["run"],
    "additionalProperties": False,
}

Context: TypeAlias = ServerRequestContext[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Answers one client."""

    app: App

    async def tools(self, _context: Context, _asked: wire.PaginatedRequestParams | None) -> wire.ListToolsResult:
        """The flows that can be run, and the tool that goes on with a run that waits."""
        found = [tool for name in self.app.workspace.flow_names() if (tool := self._tool(name))]
        says = "Go on with a run that waited for a person or was paused, and give its output. A person answers with: playnex inbox"
        return wire.ListToolsResult(tools=[*found, wire.Tool(name=RESULT, description=says, input_schema=dict(RUN_PARAMETERS))])

    async def called(self, _context: Context, asked: wire.CallToolRequestParams) -> wire.CallToolResult:
        """The flow's output; how to go on where the run waits; why it failed. Given up by the client, the run is paused."""
        runs, given = Runs(app=self.app), asked.arguments or {}
        try:
            run = (await runs.find(str(given.get("run", "")))).id if asked.name == RESULT else await runs.start(asked.name, given)
            ending = await runs.carry(run)
        except PlaynexError as fault:
            return _said(f"{fault.message}; {fault.hint}" if fault.hint else fault.message, failed=True)
        if not isinstance(ending, RunFinished):
            return _waits(run, type(ending).__name__.removeprefix("Run").lower(), ending.reason)
        if ending.status != "succeeded":
            return _said(f"run {short(run)} {ending.status} ({ending.reason}): {ending.message}", failed=True)
        return _given(ending.output)

    async def resources(self, _context: Context, _asked: wire.PaginatedRequestParams | None) -> wire.ListResourcesResult:
        """The named capsules, last written first."""
        heads = await self.app.capsules.list(limit=CAPSULES)
        return wire.ListResourcesResult(
            resources=[wire.Resource(name=head.name, uri=SCHEME + quote(head.name), mime_type="text/markdown") for head in heads]
        )

    async def read(self, _context: Context, asked: wire.ReadResourceRequestParams) -> wire.ReadResourceResult:
        """The text of one. Raises NotFoundError."""
        uri = str(asked.uri)
        capsule = await self.app.capsules.read(unquote(uri.removeprefix(SCHEME)))
        return wire.ReadResourceResult(contents=[wire.TextResourceContents(uri=uri, mime_type="text/markdown", text=capsule.body)])

    def _tool(self, name: str) -> wire.Tool | None:
        """The flow as a tool; None for one with a fault, which `playnex check` tells."""
        try:
            flow = self.app.definitions.flow(name).flow
        except PlaynexError:
            return None
        return wire.Tool(name=name, description=flow.description or f"Run the flow {name}.", input_schema=inputs_schema(flow))


async def serve(app: App) -> None:
    """Answer a client on stdin and stdout until it closes them. Whatever else would print to stdout goes to stderr."""
    serving = Serving(app=app)
    server: Server[Any] = Server(
        "playnex",
        version=__version__,
        on_list_tools=serving.tools,
        on_call_tool=serving.called,
        on_list_resources=serving.resources,
        on_read_resource=serving.read,
    )
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as client:
        os.dup2(2, 1)
        async with stdio_server(stdout=anyio.wrap_file(client)) as (heard, say):
            await server.run(heard, say, server.create_initialization_options())


def _waits(run: str, state: str, reason: str) -> wire.CallToolResult:
    how = (
        f"a person answers with: playnex inbox; then call {RESULT} with this run"
        if reason == "approval"
        else f"call {RESULT} with this run"
    )
    told = _said(f"run {short(run)} is {state} ({reason}); {how}")
    return told.model_copy(update={"structured_content": {"run": run, "state": state, "reason": reason}})


def _given(output: Json) -> wire.CallToolResult:
    told = _said(output if isinstance(output, str) else json.dumps(output, ensure_ascii=False))
    return told.model_copy(update={"structured_content": output}) if isinstance(output, dict) else told


def _said(text: str, *, failed: bool = False) -> wire.CallToolResult:
    return wire.CallToolResult(content=[wire.TextContent(type="text", text=text)], is_error=failed)
