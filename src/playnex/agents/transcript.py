"""A conversation as a text: what an agent was told and said, for whoever goes on with its work."""

from collections.abc import Iterator, Sequence

from playnex.canonical import encode
from playnex.models.model import DataMessage, Message, ModelMessage, ToolMessage, UserMessage


def transcript_of(messages: Sequence[Message]) -> str:
    """Message by message, each under who said it."""
    return "\n\n".join(part for message in messages for part in _parts(message))


def _parts(message: Message) -> Iterator[str]:
    match message:
        case UserMessage():
            yield f"[told]\n{message.text}"
        case DataMessage():
            yield f"[material: {message.name}]\n{message.text}"
        case ToolMessage():
            yield f"[{message.name} gave]\n{message.text}"
        case ModelMessage():
            if message.text.strip():
                yield f"[said]\n{message.text}"
            yield from (f"[called {call.name}]\n{encode(dict(call.arguments)).decode()}" for call in message.calls)
