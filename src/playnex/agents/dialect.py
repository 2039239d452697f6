"""How a request is put to a model that can call tools, and to one that cannot: pure translations, both ways.

An agent's loop speaks of instructions, messages, tools and a schema, whatever the model. `native` passes tools as tools.
`constrained` is for models that cannot call tools: the same choice is made by a JSON Schema that the server enforces, either
`{"action": TOOL, "arguments": …}` or `{"action": "final answer", "answer": …}`, and earlier calls and results are told as text.
Where its tools were withdrawn on the way, the final answer is the one choice left. An agent that never had any is asked alike in
both: a text plainly, a typed answer by its own schema.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from pydantic_core import from_json

from playnex.agents.bounding import bounded, tidied
from playnex.agents.turns import merged
from playnex.agents.typed_output import is_text
from playnex.canonical import Json, encode
from playnex.models.model import Message, ModelAnswer, ModelCard, ModelMessage, ModelRequest, ToolCall, ToolMessage, UserMessage
from playnex.tools.arguments import signature

Dialect = Literal["native", "constrained"]

FINAL = "final answer"
"""The action that ends; a tool's name has no blank, so none can be taken for it."""

EMBEDDED_ANSWER = 320
"""Tokens that the embedded model may answer where its agent sets no limit: a small model may never stop by itself, and
says nothing new behind them."""


def dialect_of(card: ModelCard) -> Dialect:
    """The way to speak with this model."""
    return "native" if card.tool_calling else "constrained"


def spoken(request: ModelRequest, card: ModelCard) -> ModelRequest:
    """The request, which fits, as this model is asked."""
    request = replace(request, **_limits(request, card))
    if dialect_of(card) == "native":
        return _native(request)
    return _constrained(request)


def understood(answer: ModelAnswer, request: ModelRequest, card: ModelCard) -> ModelAnswer:
    """The model's answer in the loop's words: calls, or the final text (a typed value as JSON text). What does not keep to
    the form is left as it is: the loop checks every answer."""
    said = _begun_object_in(answer.message.text) if answer.finish == "length" else _object_in(answer.message.text)
    if dialect_of(card) == "constrained" and _is_choice(request) and not answer.message.calls:
        return _chosen(answer, said, request)
    if _is_wrapped(request) and not request.tools and said.keys() == {"answer"}:
        return _with_text(answer, said["answer"])
    if card.kind == "embedded" and said and request.schema is not None and answer.finish != "length":
        return _with_text(answer, tidied(said, bounded(request.schema, _room(request))))
    return answer


def _native(request: ModelRequest) -> ModelRequest:
    """Servers refuse or forget tools where a response format is set too, so beside tools the schema is told in words."""
    if is_text(request.schema):
        return replace(request, schema=None)
    if not request.tools:
        return replace(request, schema=_answer_schema(request))
    told = f"When you have what you need, answer with JSON alone that fits this JSON Schema:\n{_text(request.schema)}"
    return replace(request, instructions=_paragraphs(request.instructions, told), schema=None)


def _constrained(request: ModelRequest) -> ModelRequest:
    told = replace(request, messages=tuple(merged(_as_text(message) for message in request.messages)))
    if not _is_choice(request):
        return _native(told)
    return replace(told, instructions=_paragraphs(request.instructions, _manual(request)), tools=(), schema=action_schema(request))


def _is_choice(request: ModelRequest) -> bool:
    """True where there are tools to choose from, or were: a conversation goes on in the form that it began in."""
    return bool(request.tools) or any(isinstance(message, ModelMessage) and message.calls for message in request.messages)


def action_schema(request: ModelRequest) -> Mapping[str, Json]:
    """One branch for each tool, and one for the final answer; definitions of the tools' schemas move to the top,
    where references are looked up."""
    definitions: dict[str, Json] = {}
    branches = [_branch(tool.name, "arguments", _lifted(tool.parameters, f"tool{n}_", definitions)) for n, tool in enumerate(request.tools)]
    final = {"type": "string"} if is_text(request.schema) else _lifted(request.schema or {}, "answer_", definitions)
    schema: dict[str, Json] = {"anyOf": [*branches, _branch(FINAL, "answer", final)]}
    return schema | ({"$defs": definitions} if definitions else {})


def _branch(action: str, name: str, schema: Mapping[str, Json]) -> dict[str, Json]:
    properties = {"action": {"const": action}, name: dict(schema)}
    return {"type": "object", "properties": properties, "required": ["action", name], "additionalProperties": False}


def _lifted(schema: Mapping[str, Json], prefix: str, definitions: dict[str, Json]) -> dict[str, Json]:
    """The schema without its definitions, which go into `definitions` under names of their own."""
    own = schema.get("$defs", {})
    definitions.update({prefix + name: _renamed(inner, prefix) for name, inner in own.items()})
    return {key: _renamed(value, prefix) for key, value in schema.items() if key not in {"$defs", "$schema"}}


def _renamed(value: Json, prefix: str) -> Json:
    if isinstance(value, list):
        return [_renamed(item, prefix) for item in value]
    if not isinstance(value, Mapping):
        return value
    renamed = {key: _renamed(item, prefix) for key, item in value.items()}
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/"):
        renamed["$ref"] = f"#/$defs/{prefix}{reference.removeprefix('#/$defs/')}"
    return renamed


def _manual(request: ModelRequest) -> str:
    """How to choose, for a model that knows of no tools. The answer comes first: a small model does what it reads first."""
    form = "" if is_text(request.schema) else f" The answer is JSON that fits {_text(request.schema)}."
    finish = f'Write your whole answer as one JSON object: {{"action": "{FINAL}", "answer": "…"}}{form}'
    if not request.tools:
        return finish
    tools = "\n".join(f"- {tool.name}: {tool.description} Arguments: {signature(tool.parameters)}" for tool in request.tools)
    example = f'{{"action": "{request.tools[0].name}", "arguments": {{…}}}}'
    return f"{finish}\nOnly where the message lacks what you need, use a tool first: {example}\nTools:\n{tools}"


def _chosen(answer: ModelAnswer, said: Mapping[str, Json], request: ModelRequest) -> ModelAnswer:
    match said:
        case {"action": "final answer", "answer": value}:
            return _with_text(answer, value)
        case _ if answer.finish == "length":
            return _with_text(answer, "")  # a call that was cut is none
        case {"action": str(name), "arguments": dict(arguments)}:
            made = sum(len(message.calls) for message in request.messages if isinstance(message, ModelMessage))
            call = ToolCall(id=f"call-{made + 1}", name=name, arguments=arguments)
            return replace(answer, message=ModelMessage(calls=(call,)), finish="tool-calls")
        case _:
            return answer


def _with_text(answer: ModelAnswer, value: Json) -> ModelAnswer:
    return replace(answer, message=ModelMessage(text=value if isinstance(value, str) else _text(value)))


def _answer_schema(request: ModelRequest) -> Mapping[str, Json]:
    """The schema of a typed answer; one that is not of an object is wrapped in one, as OpenAI's format wants it."""
    schema = request.schema or {}
    if not _is_wrapped(request):
        return schema
    definitions: dict[str, Json] = {}
    inner = _lifted(schema, "", definitions)
    wrapped: dict[str, Json] = {"type": "object", "properties": {"answer": inner}, "required": ["answer"], "additionalProperties": False}
    return wrapped | ({"$defs": definitions} if definitions else {})


def _is_wrapped(request: ModelRequest) -> bool:
    return not is_text(request.schema) and request.schema is not None and request.schema.get("type") != "object"


def _limits(request: ModelRequest, card: ModelCard) -> dict[str, Json]:
    """The embedded model answers the same each time and not for ever, unless its agent says otherwise."""
    if card.kind != "embedded":
        return {}
    return {
        "temperature": 0.0 if request.temperature is None else request.temperature,
        "seed": 0 if request.seed is None else request.seed,
        "max_output_tokens": _room(request),
        "schema": request.schema if request.schema is None or is_text(request.schema) else bounded(request.schema, _room(request)),
    }


def _room(request: ModelRequest) -> int:
    return request.max_output_tokens or EMBEDDED_ANSWER


def _as_text(message: Message) -> Message:
    match message:
        case ToolMessage():
            return UserMessage(text=message.text)
        case ModelMessage(calls=calls) if calls:
            actions = [_text({"action": call.name, "arguments": dict(call.arguments)}) for call in calls]
            return ModelMessage(text="\n".join([*([message.text] if message.text else []), *actions]))
        case _:
            return message


def _object_in(text: str) -> Mapping[str, Json]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _begun_object_in(text: str) -> Mapping[str, Json]:
    """What there is of an object whose end was cut off."""
    try:
        found = from_json(text, allow_partial="trailing-strings")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _text(value: Json) -> str:
    return encode(value).decode()
