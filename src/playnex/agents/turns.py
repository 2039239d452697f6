"""A conversation as turns: which messages belong together."""

from collections.abc import Iterator, Sequence

from playnex.models.model import Message, ModelMessage, UserMessage


def merged(messages: Iterator[Message]) -> Iterator[Message]:
    """Neighbouring user messages as one: many chat templates insist on turns."""
    pending: UserMessage | None = None
    for message in messages:
        if isinstance(message, UserMessage):
            pending = UserMessage(text=f"{pending.text}\n\n{message.text}") if pending else message
            continue
        if pending:
            yield pending
        pending = None
        yield message
    if pending:
        yield pending


def newest_turn(messages: Sequence[Message], opening: int) -> int:
    """Where the newest turn begins: what the model said last, with the results of its calls and all that came after."""
    spoken = [place for place, message in enumerate(messages) if isinstance(message, ModelMessage) and place > opening]
    return spoken[-1] if spoken else opening
