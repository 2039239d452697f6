"""Making a conversation fit the model's window (requirement A7): pure.

Long results are always cut to their share of the window, with a mark that says how to read on. Where that is not enough, the older
turns give way to notes: the task and the newest turn stay, and no call is ever parted from its result. Where even that is not
enough, results and material are cut shorter, step by step. What then still does not fit is refused: nothing is dropped without a word.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from playnex.agents.dialect import spoken
from playnex.agents.notes import has_notes
from playnex.agents.paging import OFFER, read_on
from playnex.agents.quoting import quoted
from playnex.agents.turns import merged
from playnex.models.model import DataMessage, Message, ModelCard, ModelRequest, ToolMessage, UserMessage
from playnex.models.tokens import request_tokens

CHARACTERS_PER_TOKEN = 3
"""A token has more, in most languages."""

ROOM_FOR_ANSWER = 1024
"""Tokens reserved for an answer whose agent sets no limit; a quarter of the window, where that is less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How much of the window each result, all results together, and all material together may take at most; None: as long as it is."""

    result: float
    data: float | None
    results: float = float("inf")


LEVELS = (
    Shares(result=0.25, data=None),
    Shares(result=0.25, data=0.4),
    Shares(result=0.12, data=0.25),
    Shares(result=0.06, data=0.12, results=0.15),
)


def fitted(request: ModelRequest, card: ModelCard, levels: Sequence[Shares] = LEVELS) -> ModelRequest | None:
    """The request, cut to the first of the levels at which it fits; None where it fits at none."""
    cuts = (cut(request, card.context, shares) for shares in levels)
    return next((shorter for shorter in cuts if fits(shorter, card)), None)


def fits(request: ModelRequest, card: ModelCard) -> bool:
    """Whether the request, as this model is asked, has room in its window, and the answer too."""
    asked = spoken(request, card)
    return request_tokens(asked) + room_for_answer(asked, card.context) <= card.context


def room_for_answer(request: ModelRequest, context: int) -> int:
    """Tokens that are kept for the answer."""
    return request.max_output_tokens or min(ROOM_FOR_ANSWER, context // 4)


def cut(request: ModelRequest, context: int, shares: Shares) -> ModelRequest:
    """The request with its results and material cut to their shares and marked as data, and what the user says in a row in one
    message. Where something was cut, the model is offered to read on."""
    results, material = (_count(request, kind) for kind in (ToolMessage, DataMessage))
    limit = int(context * min(shares.result, shares.results / results) * CHARACTERS_PER_TOKEN)
    of_data = None if shares.data is None else int(context * shares.data * CHARACTERS_PER_TOKEN / material)
    shown = [_shown(message, limit, of_data) for message in request.messages]
    is_cut = any(was_cut for _, was_cut in shown) or has_notes(request)
    tools = (*request.tools, OFFER) if is_cut and OFFER not in request.tools else request.tools
    return replace(request, messages=tuple(merged(message for message, _ in shown)), tools=tools)


def _count(request: ModelRequest, kind: type) -> int:
    return max(1, sum(isinstance(message, kind) for message in request.messages))


def _shown(message: Message, limit: int, of_data: int | None) -> tuple[Message, bool]:
    """The message as it is sent, and whether a part of it was left out."""
    match message:
        case ToolMessage():
            text, was_cut = _cut(message.text, max(message.whole, len(message.text)), limit, message.at)
            return replace(message, text=quoted(f"result of {message.name}", text)), was_cut
        case DataMessage():
            text, was_cut = _cut(message.text, len(message.text), len(message.text) if of_data is None else of_data, message.at)
            return UserMessage(text=quoted(message.name, text)), was_cut
        case _:
            return message, False


def _cut(text: str, whole: int, limit: int, at: str) -> tuple[str, bool]:
    shown = text[:limit]
    if len(shown) == whole or not at:
        return text, False
    return f"{shown}\n[… cut: {len(shown):,} of {whole:,} characters shown; {read_on(at, len(shown))}]", True
