"""A user's own function tools with their calls journaled; loads Pydantic AI, so import it only where an agent works."""

import asyncio
import contextvars
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from pydantic_ai import RunContext, ToolReturn
from pydantic_ai.exceptions import ApprovalRequired, CallDeferred, ModelRetry
from pydantic_ai.exceptions import ToolFailed as TheirToolFailed
from pydantic_ai.messages import MULTI_MODAL_CONTENT_TYPES
from pydantic_ai.tools import Tool as TheirTool
from pydantic_ai.toolsets import AbstractToolset, FunctionToolset, ToolsetTool, WrapperToolset

from playnex.agents.code_tools import gated
from playnex.agents.pydantic_model import not_durable
from playnex.agents.pydantic_records import jsonable
from playnex.agents.pydantic_task import Course
from playnex.canonical import Json
from playnex.errors import ToolFailed, UsageError
from playnex.spec.context import CodeTool, Effect
from playnex.spec.envelope import Envelope, Label
from playnex.tools.gate import CallRequest
from playnex.tools.tool import CallScope, Tool, ToolResult

ASKED_AGAIN, TOLD = "model-retry", "model-told"
"""Reasons of a call that failed so that its model reads why: with ModelRetry, and with Pydantic AI's own ToolFailed."""

UNCHECKED: Mapping[str, Json] = {"type": "object"}
"""Arguments have passed the library's own check, which may turn them into objects of the user's classes."""


@dataclass
class JournaledTools(WrapperToolset[Any]):
    """Every call of a function tool is the step `tool-N` of its turn: N is its place in the model's answer."""

    course: Course

    async def get_tools(self, ctx: RunContext[Any]) -> dict[str, ToolsetTool[Any]]:
        tools = await super().get_tools(ctx)
        for name, tool in tools.items():
            if tool.tool_def.kind not in ("function", "output"):
                raise not_durable(f"a tool whose call is deferred or needs approval ({name})", "ask with ctx.approve beside the agent")
            effect_of(name, tool.tool_def.metadata)
        return tools

    async def call_tool(self, name: str, tool_args: dict[str, Any], ctx: RunContext[Any], tool: ToolsetTool[Any]) -> Any:
        """What the tool gave, as JSON. Raises what the tool raised for its model to read, Halted where it failed otherwise."""
        course, surroundings = self.course, contextvars.copy_context()
        assert course.scope is not None, "calls come from an answer"
        if (own := next((one for one in course.task.tools if one.name == name), None)) is not None:
            return await self._call(_request(course, ctx, gated((own,))[0], tool_args), own)

        async def call(_arguments: Mapping[str, Json], _scope: CallScope) -> ToolResult | Envelope:
            calling = super(JournaledTools, self).call_tool(name, tool_args, ctx, tool)
            return await _told(name, asyncio.create_task(calling, context=surroundings))

        effect = effect_of(name, tool.tool_def.metadata)
        offered = Tool(
            name=name, description="", parameters=UNCHECKED, effect=effect, timeout=None, call=call, source="pydantic-ai", editable=False
        )
        return await self._call(_request(course, ctx, offered, tool_args), None)

    async def _call(self, request: CallRequest, own: CodeTool | None) -> Any:
        course, scope = self.course, self.course.scope
        assert scope is not None
        record = await course.errands.ask(lambda: course.task.gate.call(scope, request))
        course.spent(record)
        if record.status != "failed":
            if own is not None and own.ends:
                course.ended = course.result(record.output, reason=own.name)
                raise course.halt(own.name, f"{own.name} ended the work")
            return record.output
        message = str(record.output.get("error", "")) if isinstance(record.output, dict) else str(record.output)
        if record.reason == ASKED_AGAIN:
            raise ModelRetry(message)
        if record.reason == TOLD or own is not None or record.reason == "refused":
            raise TheirToolFailed(message)
        raise course.halt(record.reason, f"{request.tool}: {message}")


def effect_of(tool: str, metadata: Mapping[str, Any] | None) -> Effect | None:
    """What the tool's metadata says of doing a call twice. Raises UsageError for another word."""
    effect = (metadata or {}).get("effect")
    if effect is not None and effect not in get_args(Effect):
        raise UsageError(f"the tool {tool!r} has the effect {effect!r}", hint=f"say one of: {', '.join(get_args(Effect))}")
    return effect


def check_toolset(toolset: AbstractToolset[Any]) -> None:
    """Refuse what asks the world outside a call: only function tools are journaled."""
    if not isinstance(toolset, FunctionToolset):
        what = f"tools of {type(toolset).__name__}"
        raise not_durable(what, "give it function tools, or use an MCP server of the workspace through an agent of the workspace")


def toolset_of(tools: Sequence[CodeTool]) -> FunctionToolset[Any]:
    """The tools that the run's code gives, as the library offers them; their arguments are checked at the gate."""
    return FunctionToolset([TheirTool.from_schema(_never, tool.name, tool.description, dict(tool.parameters)) for tool in tools])


async def _never(**_: Any) -> None:
    raise AssertionError("a tool of the run's code is called through the gate")


def _request(course: Course, ctx: RunContext[Any], tool: Tool, arguments: Mapping[str, Any]) -> CallRequest:
    number = course.number_of(ctx.tool_call_id or "")
    return CallRequest(
        tool=tool.name,
        arguments=_shown(arguments),
        step=f"tool-{number}",
        allowed=(),
        offered=(tool,),
        scope=replace(course.task.scope, labels=_labels(course), sources=course.sources),
    )


def _labels(course: Course) -> tuple[Label, ...]:
    """What is known of the origin of all that the agent was given, and of what its calls brought."""
    return tuple(dict.fromkeys((*course.task.scope.labels, *course.task.labels, *course.labels)))


def _shown(arguments: Mapping[str, Any]) -> Json:
    """The arguments as the record shows them: the library has made objects of some."""
    try:
        return jsonable(dict(arguments), "the arguments")
    except ToolFailed:
        return {name: repr(value) for name, value in arguments.items()}


async def _told(name: str, calling: "asyncio.Task[Any]") -> ToolResult | Envelope:
    """What the function gave. What it tells its model by an exception is recorded as an answer of its own kind."""
    try:
        return ToolResult(output=_value(name, await calling))
    except ModelRetry as again:
        return Envelope(status="failed", reason=ASKED_AGAIN, output={"error": again.message})
    except TheirToolFailed as failed:
        return Envelope(status="failed", reason=TOLD, output={"error": failed.message})
    except (CallDeferred, ApprovalRequired):
        raise ToolFailed(
            f"{name} asks to be deferred, which an agent in a run cannot do", hint="use ctx.approve beside the agent"
        ) from None


def _value(name: str, given: object) -> Json:
    """The result as JSON, which is what its model would read."""
    parts = given if isinstance(given, (list, tuple)) else (given,)
    if isinstance(given, ToolReturn) or any(isinstance(part, MULTI_MODAL_CONTENT_TYPES) for part in parts):
        raise ToolFailed(f"{name} gave a {type(given).__name__}: images, files and ToolReturn cannot be journaled", hint="give JSON")
    return jsonable(given, f"what {name} gave")
