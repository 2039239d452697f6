"""How many tokens a text may be, without the model's tokenizer: a bound from above and one from below.

A tokenizer is known only to its server, so a request is checked with bounds that hold for the usual byte-pair vocabularies.
The weights were measured with SmolLM2's vocabulary (49,152 entries: a small one splits more), and rounded up: English and code
come out at 1.2 to 1.5 times the truth, random letters at 0.6 times (the worst found; a server that refuses then says so itself).
"""

from functools import lru_cache
from math import ceil

from playnex.canonical import encode
from playnex.models.model import Message, ModelRequest, call_json

LOWER = b"abcdefghijklmnopqrstuvwxyz"
UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BLANK = b" \t\r"

REMEMBERED = 512
"""Texts whose count is remembered: a conversation is counted again with every turn."""

PER_MESSAGE = 8
"""Role marks and line ends that a chat template puts around a message."""

PER_REQUEST = 32
"""A template's own system line, and the opening of the answer."""


@lru_cache(maxsize=REMEMBERED)
def most_tokens(text: str) -> int:
    """A count that a text's tokens seldom exceed: lower-case letters weigh 0.35, capitals 0.6, blanks 0.15, digits and
    signs 1, other letters 1.5 (two bytes), 2 (three bytes) or 3 (four bytes)."""
    wide = 0.0 if text.isascii() else sum(_width(character) for character in text if character > "\x7f")
    ascii_part = text.encode("ascii", "ignore")
    lower, upper, blank = (_count(ascii_part, kind) for kind in (LOWER, UPPER, BLANK))
    rest = len(ascii_part) - lower - upper - blank
    return ceil(0.35 * lower + 0.6 * upper + 0.15 * blank + rest + wide)


def fewest_tokens(text: str) -> int:
    """A count that a text's tokens never fall below: words parted by blanks are at least a token each (0.9, to be safe);
    scripts without blanks at least one for four characters."""
    dense = 0 if text.isascii() else sum(character > "\u07ff" for character in text)
    return int(0.9 * len(text.split()) + dense / 4)


def request_tokens(request: ModelRequest) -> int:
    """The bound from above for a whole request, without its answer."""
    tools = sum(most_tokens(encode([tool.name, tool.description, dict(tool.parameters)]).decode()) for tool in request.tools)
    texts = (most_tokens(request.instructions), *(message_tokens(message) for message in request.messages))
    return PER_REQUEST + tools + sum(texts) + PER_MESSAGE * len(texts)


def fewest_request_tokens(request: ModelRequest) -> int:
    """The bound from below for instructions and messages; tools and schemas may be left out by a server's template."""
    return fewest_tokens(request.instructions) + sum(fewest_tokens(message_text(message)) for message in request.messages)


def message_tokens(message: Message) -> int:
    """The bound from above for one message."""
    return most_tokens(message_text(message))


def message_text(message: Message) -> str:
    """All that a message says, calls included."""
    calls = getattr(message, "calls", ())
    return message.text + "".join(encode(call_json(call)).decode() for call in calls)


def _count(data: bytes, kind: bytes) -> int:
    return len(data) - len(data.translate(None, kind))


def _width(character: str) -> float:
    if character < "\u0800":
        return 1.5
    return 2.0 if character < "\U00010000" else 3.0
