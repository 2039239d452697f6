"""Between our records and Pydantic AI's messages, both ways; loads Pydantic AI, so import it only where a request is made."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from pydantic_ai.messages import ModelMessage as TheirMessage
from pydantic_ai.messages import ModelRequest as TheirRequest
from pydantic_ai.messages import ModelResponse, SystemPromptPart, TextPart, ThinkingPart, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings as TheirSettings
from pydantic_ai.tools import ToolDefinition

from playnex.canonical import Json, digest
from playnex.errors import ModelUnavailable
from playnex.models.model import (
    DataMessage,
    FinishReason,
    Message,
    ModelAnswer,
    ModelMessage,
    ModelRequest,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from playnex.spec.envelope import Usage

FORBIDDEN = re.compile(r"[^a-zA-Z0-9_-]")
NAME_LENGTH = 64
"""OpenAI's limits for the name of a function: ^[a-zA-Z0-9_-]{1,64}$."""

FINISHES: Mapping[str, FinishReason] = {"tool_call": "tool-calls", "content_filter": "content-filter"}


def wire_name(name: str) -> str:
    """A tool's name as OpenAI allows it: `fs.read` is `fs__read`; a name that is too long is cut and ends in its hash."""
    wire = FORBIDDEN.sub("-", name.replace(".", "__"))
    return wire if len(wire) <= NAME_LENGTH else f"{wire[:55]}_{digest(name.encode())[:8]}"


def wire_names(names: Iterable[str]) -> dict[str, str]:
    """Every name's wire form, no two alike: where two would clash, the later one ends in its hash."""
    wires: dict[str, str] = {}
    for name in names:
        wire = wire_name(name)
        wires[name] = f"{wire[:55]}_{digest(name.encode())[:8]}" if wire in wires.values() else wire
    return wires


def to_messages(request: ModelRequest, wires: Mapping[str, str]) -> list[TheirMessage]:
    """The instructions as a system message, then the conversation; neighbours of one side become one message."""
    theirs: list[TheirMessage] = []
    if request.instructions:
        theirs.append(TheirRequest(parts=[SystemPromptPart(request.instructions)]))
    return [*theirs, *(_to_message(message, wires) for message in request.messages)]


def _to_message(message: Message, wires: Mapping[str, str]) -> TheirMessage:
    match message:
        case UserMessage() | DataMessage():
            return TheirRequest(parts=[UserPromptPart(message.text)])
        case ToolMessage():
            return TheirRequest(parts=[ToolReturnPart(_wire(message.name, wires), message.text, message.id)])
        case ModelMessage():
            calls = [ToolCallPart(_wire(call.name, wires), dict(call.arguments), call.id) for call in message.calls]
            return ModelResponse(parts=[*([TextPart(message.text)] if message.text else []), *calls])


def to_parameters(request: ModelRequest, wires: Mapping[str, str]) -> ModelRequestParameters:
    """Tools as functions; the schema as a native response format."""
    tools = [
        ToolDefinition(name=wires[tool.name], description=tool.description, parameters_json_schema=dict(tool.parameters), strict=False)
        for tool in request.tools
    ]
    if request.schema is None:
        return ModelRequestParameters(function_tools=tools)
    output = OutputObjectDefinition(json_schema=dict(request.schema), name="answer", strict=False)
    return ModelRequestParameters(function_tools=tools, output_mode="native", output_object=output)


def to_settings(request: ModelRequest) -> TheirSettings:
    """Temperature, seed and length of the answer, where they are set."""
    settings = TheirSettings()
    if request.temperature is not None:
        settings["temperature"] = request.temperature
    if request.max_output_tokens is not None:
        settings["max_tokens"] = request.max_output_tokens
    if request.seed is not None:
        settings["seed"] = request.seed
    return settings


def from_response(response: ModelResponse, wires: Mapping[str, str]) -> ModelAnswer:
    """The answer in our words. Raises ModelUnavailable for one without a finish reason: it broke off
    (Pydantic AI takes it for complete; only the provider's own details tell)."""
    if not (response.provider_details or {}).keys() & {"finish_reason", "refusal"}:
        raise ModelUnavailable("the answer broke off: it has no finish reason")
    names = {wire: name for name, wire in wires.items()}
    texts = [part.content for part in response.parts if isinstance(part, TextPart)]
    thoughts = [part.content for part in response.parts if isinstance(part, ThinkingPart)]
    calls = tuple(from_call(part, names) for part in response.parts if isinstance(part, ToolCallPart))
    usage = Usage(requests=1, input_tokens=response.usage.input_tokens, output_tokens=response.usage.output_tokens)
    return ModelAnswer(
        message=ModelMessage(text="".join(texts), calls=calls),
        finish=_finish(response),
        usage=usage,
        model=response.model_name or "",
        thinking="".join(thoughts),
    )


def from_call(part: ToolCallPart, names: Mapping[str, str]) -> ToolCall:
    """The call under the tool's own name; what is not a JSON object is kept in `invalid`."""
    name = names.get(part.tool_name, part.tool_name.replace("__", "."))
    arguments = _read(part.args) if isinstance(part.args, str) else part.args
    if isinstance(arguments, dict):
        return ToolCall(id=part.tool_call_id, name=name, arguments=arguments)
    if not part.args:  # some servers leave the arguments of a tool without parameters out
        return ToolCall(id=part.tool_call_id, name=name, arguments={})
    return ToolCall(id=part.tool_call_id, name=name, arguments={}, invalid=str(part.args))


def names_in(request: ModelRequest) -> Sequence[str]:
    """Every tool named in a request, offered or called before."""
    called = [call.name for message in request.messages if isinstance(message, ModelMessage) for call in message.calls]
    return list(dict.fromkeys([*(tool.name for tool in request.tools), *called]))


def _wire(name: str, wires: Mapping[str, str]) -> str:
    return wires.get(name) or wire_name(name)


def _finish(response: ModelResponse) -> FinishReason:
    reason = FINISHES.get(response.finish_reason or "", response.finish_reason or "stop")
    return next((known for known in get_args(FinishReason) if known == reason), "stop")


def _read(text: str) -> Json:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is not JSON")
