"""What is asked of a model and what it answers, in our own words: these records are journaled, so they outlive libraries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from playnex.canonical import Json
from playnex.config import ModelKind
from playnex.models.price import LOCAL, Price
from playnex.spec.envelope import Usage

FinishReason = Literal["stop", "length", "tool-calls", "content-filter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A model's wish to use a tool; `id` pairs it with its result. `invalid` is what the model wrote where that was not a
    JSON object (`arguments` is empty then): such a call is never made, and the model is told."""

    id: str
    name: str
    arguments: Mapping[str, Json]
    invalid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMessage:
    """What the model is told."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMessage:
    """What the model said and wished."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolMessage:
    """What a tool gave; never parted from the call with the same `id`. `text` is the beginning of a result of `whole` characters (0:
    all of it), which is recorded at the step `at` below the agent's own."""

    id: str
    name: str
    text: str
    at: str = ""
    whole: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DataMessage:
    """Material that goes with the task, under a name; `at` is where the agent can read it in pages."""

    name: str
    text: str
    at: str = ""


Message: TypeAlias = UserMessage | ModelMessage | ToolMessage | DataMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOffer:
    """A tool as the model sees it."""

    name: str
    description: str
    parameters: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One request. `schema` is the JSON Schema that the answer's text must fit, where the agent's output is typed."""

    instructions: str
    messages: tuple[Message, ...]
    tools: tuple[ToolOffer, ...] = ()
    schema: Mapping[str, Json] | None = None
    temperature: float | None = None
    max_output_tokens: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """One complete answer: an answer without a finish reason is none. `model` is the name that the server gave."""

    message: ModelMessage
    finish: FinishReason
    usage: Usage
    model: str
    thinking: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What is known of a model: where it runs, its real window in tokens, whether it calls tools natively and keeps to a
    JSON schema. `local` is false where requests leave the machine. `probed` is when `playnex model test` last looked (seconds since
    1970), 0 for never: until then the window and the abilities are what is written or usual. `price` says what a request costs."""

    alias: str
    kind: ModelKind
    name: str
    base_url: str
    context: int
    tool_calling: bool = True
    json_schema: bool = True
    local: bool = True
    found: str = ""
    probed: float = 0.0
    price: Price = LOCAL


class Model(Protocol):
    """A model that can be asked."""

    @property
    def card(self) -> ModelCard:
        """What is known of it."""
        ...

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        """One request to the server, tried once. Raises ModelUnavailable where another try may help, ModelRefused where
        it cannot (also: a request that does not fit the window)."""
        ...

    async def close(self) -> None:
        """Let go of connections and processes."""
        ...


Hear: TypeAlias = Callable[[str], None]
"""Is given what a model says, piece after piece, while it says it."""


@runtime_checkable
class Speaking(Protocol):
    """A model whose answer can be heard while it is made."""

    async def ask_aloud(self, request: ModelRequest, hear: Hear) -> ModelAnswer:
        """The same answer as `ask` gives, with its text told as it comes. Raises as `ask`."""
        ...


class Models(Protocol):
    """The models of a workspace, by alias; opened when first asked for."""

    async def get(self, alias: str) -> Model:
        """The model. Raises NotFoundError, ModelUnavailable, DefinitionError (not loopback in local mode)."""
        ...

    async def close(self) -> None:
        """Close all that were opened."""
        ...


def request_json(request: ModelRequest) -> dict[str, Json]:
    """The request as the journal keeps it, defaults left out."""
    parts: dict[str, Json] = {"instructions": request.instructions, "messages": [message_json(message) for message in request.messages]}
    if request.tools:
        parts["tools"] = [
            {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)} for tool in request.tools
        ]
    for name in ("schema", "temperature", "max_output_tokens", "seed"):
        if (value := getattr(request, name)) is not None:
            parts[name] = value
    return parts


def message_json(message: Message) -> dict[str, Json]:
    """A message as the journal keeps it."""
    match message:
        case UserMessage():
            return {"role": "user", "text": message.text}
        case ModelMessage():
            return {"role": "model", "text": message.text, "calls": [call_json(call) for call in message.calls]}
        case ToolMessage():
            cut = {"at": message.at, "whole": message.whole} if message.whole else {}
            return {"role": "tool", "id": message.id, "name": message.name, "text": message.text} | cut
        case DataMessage():
            return {"role": "data", "name": message.name, "text": message.text}


def call_json(call: ToolCall) -> dict[str, Json]:
    """`{id, name, arguments}`, and `invalid` where there is any."""
    parts: dict[str, Json] = {"id": call.id, "name": call.name, "arguments": dict(call.arguments)}
    return parts | ({"invalid": call.invalid} if call.invalid else {})


def answer_json(answer: ModelAnswer) -> dict[str, Json]:
    """The answer as the journal keeps it; its usage lies in the step's envelope."""
    parts: dict[str, Json] = {
        "text": answer.message.text,
        "calls": [call_json(call) for call in answer.message.calls],
        "finish": answer.finish,
        "model": answer.model,
    }
    return parts | ({"thinking": answer.thinking} if answer.thinking else {})


def answer_from_json(parts: dict[str, Json], usage: Usage) -> ModelAnswer:
    """The answer that `answer_json` wrote."""
    calls = tuple(ToolCall(**call) for call in parts["calls"])
    return ModelAnswer(
        message=ModelMessage(text=parts["text"], calls=calls),
        finish=parts["finish"],
        usage=usage,
        model=parts["model"],
        thinking=parts.get("thinking", ""),
    )


DEFAULT_CONTEXT = 8192
