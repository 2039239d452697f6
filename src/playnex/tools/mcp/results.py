"""A server's answer as a tool's result: text and structured content as they are, anything else described."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from playnex.canonical import Json, encode
from playnex.errors import ToolFailed, UsageError
from playnex.tools.tool import ToolResult

if TYPE_CHECKING:
    from mcp_types import CallToolResult, ContentBlock


def result_of(answer: "CallToolResult", tool: str) -> ToolResult:
    """The result. Raises ToolFailed for an answer that says it is an error, or that is no JSON."""
    parts = [told(block) for block in answer.content]
    if answer.is_error:
        raise ToolFailed("\n".join(parts) or f"{tool} failed, and its server does not say why")
    return ToolResult(output=_sound(_output(answer, parts), tool))


def told(block: "ContentBlock") -> str:
    """One piece of content as text: what is not text is named with its kind and size."""
    match block.type:
        case "text":
            return block.text
        case "image" | "audio":
            return f"[{block.type}, {block.mime_type}, {len(block.data):,} characters of base64, not shown]"
        case "resource_link":
            return f"[a link to the resource {block.name!r}: {block.uri}]"
        case "resource":
            text = getattr(block.resource, "text", None)
            head = f"[the resource {block.resource.uri}]"
            return f"{head}\n{text}" if isinstance(text, str) else f"{head[:-1]}, binary, not shown]"


def _output(answer: "CallToolResult", parts: list[str]) -> Json:
    structured = answer.structured_content
    if structured is None:
        return "\n".join(parts)
    others = _not_text(answer.content, parts)
    return {"structured": structured, "content": others} if others else structured


def _not_text(content: "Iterable[ContentBlock]", parts: list[str]) -> list[str]:
    return [part for block, part in zip(content, parts, strict=True) if block.type != "text"]


def _sound(output: Json, tool: str) -> Json:
    try:
        encode(output)
    except UsageError as fault:
        raise ToolFailed(f"the answer of {tool} cannot be kept: {fault.message}") from None
    return output
