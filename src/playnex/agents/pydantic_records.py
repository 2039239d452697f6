"""What the journal keeps of a Pydantic AI agent's requests and answers; loads Pydantic AI, so import it only where one works.

The shape of an answer's record is fixed for ever: what every model step has (`text`, `calls`, `finish`, `model`, `local`,
`seconds`), and the library's own message as `response`, from which a resumed agent goes on.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_core import to_json, to_jsonable_python

from playnex.agents.fitting import ROOM_FOR_ANSWER
from playnex.canonical import Json
from playnex.errors import ToolFailed
from playnex.models.model import call_json
from playnex.models.openai_translation import FINISHES, from_call
from playnex.models.tokens import PER_MESSAGE, PER_REQUEST, most_tokens
from playnex.spec.envelope import Usage

PER_MEDIUM = 1024
"""Tokens reserved for an image or another piece of a prompt that is no text; what one really takes, only its server knows."""


def response_json(response: ModelResponse) -> Json:
    """The answer as it is journaled."""
    calls = [call_json(from_call(part, {part.tool_name: part.tool_name})) for part in response.parts if isinstance(part, ToolCallPart)]
    (whole,) = ModelMessagesTypeAdapter.dump_python([response], mode="json", exclude_none=True)
    whole["usage"] = {name: count for name, count in whole["usage"].items() if count}
    return {
        "text": text_of(response),
        "calls": calls,
        "finish": FINISHES.get(response.finish_reason or "", response.finish_reason or ("tool-calls" if calls else "stop")),
        "model": response.model_name or "",
        "response": whole,
    }


def response_from_json(record: Json) -> ModelResponse:
    """The answer that `response_json` wrote."""
    (response,) = ModelMessagesTypeAdapter.validate_python([record["response"]])
    assert isinstance(response, ModelResponse)
    return response


def usage_of(response: ModelResponse) -> Usage:
    """What the answer has cost."""
    return Usage(requests=1, input_tokens=response.usage.input_tokens, output_tokens=response.usage.output_tokens)


def text_of(response: ModelResponse) -> str:
    """What the answer says."""
    return "".join(part.content for part in response.parts if isinstance(part, TextPart))


def asked_json(messages: Sequence[ModelMessage], parameters: ModelRequestParameters, turn: int) -> Json:
    """What a request adds to the one before, for those who watch: the whole of the first, then what is new."""
    fresh = messages if turn == 1 else messages[-1:]
    parts = [part for message in fresh if isinstance(message, ModelRequest) for part in message.parts]
    said: Json = {"messages": [_part_json(part) for part in parts if not isinstance(part, SystemPromptPart)]}
    if turn > 1:
        return said
    system = [part.content for part in parts if isinstance(part, SystemPromptPart)]
    tools = [tool.name for tool in parameters.function_tools]
    return {"instructions": "\n\n".join([*system, *_instructions(messages)])} | said | ({"tools": tools} if tools else {})


def reservation(messages: Sequence[ModelMessage], settings: ModelSettings | None, parameters: ModelRequestParameters) -> int:
    """What a request may cost: a bound of its own tokens, and the room for its answer."""
    texts = [text for message in messages for part in message.parts for text in _texts(part)]
    tools = [to_json([tool.name, tool.description, tool.parameters_json_schema]).decode() for tool in _tools(parameters)]
    counted = sum(most_tokens(text) for text in (*texts, *tools, *_instructions(messages)))
    media = sum(1 for message in messages for part in message.parts for _ in _media(part))
    room = (settings or {}).get("max_tokens") or ROOM_FOR_ANSWER
    return PER_REQUEST + PER_MESSAGE * len(messages) + counted + PER_MEDIUM * media + room


def jsonable(value: object, what: str) -> Json:
    """The value as JSON. Raises ToolFailed for what has no such form, images and the like included."""
    try:
        return to_jsonable_python(value)
    except Exception as fault:  # a user's own class may raise anything
        raise ToolFailed(f"{what} is not JSON: {fault}", hint="give text, numbers, lists, dicts, dataclasses or Pydantic models") from None


def _part_json(part: Any) -> Json:
    if isinstance(part, ToolReturnPart):
        return {"role": "tool", "id": part.tool_call_id, "name": part.tool_name, "text": part.model_response_str()}
    return {"role": "user", "text": "\n".join(_texts(part))}


def _instructions(messages: Sequence[ModelMessage]) -> list[str]:
    """The instructions of the newest request."""
    newest = next((message for message in reversed(messages) if isinstance(message, ModelRequest)), None)
    return [newest.instructions] if newest is not None and newest.instructions else []


def _tools(parameters: ModelRequestParameters) -> Iterable[Any]:
    return (*parameters.function_tools, *parameters.output_tools)


def _texts(part: Any) -> list[str]:
    """All texts of a message's part; a call's arguments are one."""
    content = part.args if isinstance(part, ToolCallPart) else getattr(part, "content", None)
    if isinstance(content, str):
        return [content]
    if isinstance(part, (ToolCallPart, ToolReturnPart)):
        return [to_json(content, fallback=str).decode()] if content is not None else []
    return [item if isinstance(item, str) else "(no text)" for item in content or ()]


def _media(part: Any) -> list[object]:
    content = getattr(part, "content", None)
    return [item for item in content if not isinstance(item, str)] if isinstance(content, (list, tuple)) else []
