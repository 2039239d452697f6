"""How many tokens a text may be, without the model's tokenizer: a bound from above and one from below.

A tokenizer is known only to its server, so a request is checked with bounds that hold for the usual byte-pair vocabularies.
The weights were measured with SmolLM2's vocabulary (49,152 entries: a small one splits more), and rounded up: English, code and JSON
come out at 1.1 to 1.6 times the truth, Chinese at 0.9, Korean at 0.7, random letters at 0.6 times (the worst found). The bound from
below came out at 0.1 to 0.9 times the truth, above it for nothing that was tried, and at 0 for what has no blanks, digits or signs.
"""

import re
from functools import lru_cache
from math import ceil

from playnex.canonical import encode
from playnex.models.model import Message, ModelRequest, call_json

LOWER = b"abcdefghijklmnopqrstuvwxyz"
UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BLANK = b" \t\r"
ONE_LETTER = re.compile(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])")
TWO_LETTERS = re.compile(r"(?<![A-Za-z])[A-Za-z]{2}(?![A-Za-z])")
PIECES = re.compile(r"[A-Za-z\u00aa-\u058f]+(?:['’][A-Za-z\u00aa-\u058f]+)*|[0-9]{1,4}")
"""What is a token at the least, whatever stands around it: a run of letters (of scripts that join no signs to them), four digits."""

REMEMBERED = 512
"""Texts whose count is remembered: a conversation is counted again with every turn."""

PER_MESSAGE = 8
"""Role marks and line ends that a chat template puts around a message."""

PER_REQUEST = 32
"""A template's own system line, and the opening of the answer."""


@lru_cache(maxsize=REMEMBERED)
def most_tokens(text: str) -> int:
    """A count that a text's tokens seldom exceed: lower-case letters weigh 0.35, capitals 0.6, blanks 0.15, digits and
    signs 1, other letters 1.5 (two bytes), 2 (three bytes) or 3 (four bytes); a word of one or two letters about 1."""
    wide = 0.0 if text.isascii() else sum(_width(character) for character in text if character > "\x7f")
    ascii_part = text.encode("ascii", "ignore")
    lower, upper, blank = (_count(ascii_part, kind) for kind in (LOWER, UPPER, BLANK))
    rest = len(ascii_part) - lower - upper - blank
    short = 0.6 * len(ONE_LETTER.findall(text)) + 0.25 * len(TWO_LETTERS.findall(text))
    return ceil(0.35 * lower + 0.6 * upper + 0.15 * blank + rest + wide + short)


def fewest_tokens(text: str) -> int:
    """A count that a text's tokens never fall below: what blanks or signs part is at least a token each (0.9, to be safe);
    scripts without blanks at least one for four characters."""
    dense = 0 if text.isascii() else sum(character > "\u07ff" for character in text)
    return int(0.9 * max(len(text.split()), len(PIECES.findall(text))) + dense / 4)


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
