"""Notes that stand for the older turns of a conversation that no longer fits: what is asked for them, and what they say."""

from collections.abc import Sequence
from dataclasses import replace

from playnex.agents.turns import newest_turn
from playnex.canonical import encode
from playnex.models.model import Message, ModelMessage, ModelRequest, ToolMessage, UserMessage

CALLS_NAMED = 40
"""Earlier calls that the notes name, the newest ones."""

NOTES_ABOUT = "[notes on your earlier turns, which no longer fit]"

CALLS_MADE = "Calls made in those turns, the newest last:"

NOTES_PROMPT = (
    "Your conversation becomes too long, so its older part will be replaced by notes that you write now. Note all that matters "
    "for the task: facts found, with their sources; what was done; what failed; what is still to be done. Be brief and exact; do not "
    "answer the task."
)


def has_notes(request: ModelRequest) -> bool:
    """Whether notes stand in this conversation for turns that no longer fit."""
    return any(isinstance(message, UserMessage) and message.text.startswith(NOTES_ABOUT) for message in request.messages)


def older_turns(request: ModelRequest, opening: int) -> ModelRequest:
    """The request for notes: the task and the older turns, and what is asked about them."""
    until = newest_turn(request.messages, opening)
    messages = (*request.messages[:until], UserMessage(text=NOTES_PROMPT))
    return replace(request, messages=messages, tools=(), schema=None)


def notes_of(request: ModelRequest, opening: int, said: str) -> str:
    """What stands for the older turns: what the model has noted, and which calls it made."""
    until = newest_turn(request.messages, opening)
    older = request.messages[opening:until]
    noted, named = _earlier(older)
    calls = [*named, *(_call_line(message, request.messages) for message in older if isinstance(message, ToolMessage))]
    made = "\n".join([CALLS_MADE, *calls[-CALLS_NAMED:]]) if calls else ""
    return "\n\n".join(part for part in (NOTES_ABOUT, said.strip() or noted, made) if part)


def _earlier(older: Sequence[Message]) -> tuple[str, list[str]]:
    """What earlier notes said, and the calls that they named."""
    texts = [message.text for message in older if isinstance(message, UserMessage) and _is_notes(message)]
    said, _, calls = (texts[-1].removeprefix(NOTES_ABOUT) if texts else "").partition(CALLS_MADE)
    return said.strip(), [line for line in calls.splitlines() if line.startswith("- ")]


def _is_notes(message: UserMessage) -> bool:
    return message.text.startswith(NOTES_ABOUT)


def _call_line(result: ToolMessage, messages: Sequence[Message]) -> str:
    calls = (call for message in messages if isinstance(message, ModelMessage) for call in message.calls)
    call = next((call for call in calls if call.id == result.id), None)
    arguments = encode(dict(call.arguments)).decode() if call else "{}"
    return f"- {result.name} {arguments[:120]} gave {max(result.whole, len(result.text)):,} characters, kept as {result.at}"


def with_notes(request: ModelRequest, opening: int, notes: str) -> ModelRequest:
    """The request in which the notes stand for the older turns."""
    until = newest_turn(request.messages, opening)
    return replace(request, messages=(*request.messages[:opening], UserMessage(text=notes), *request.messages[until:]))
