"""Whether an agent goes in circles: decided from its calls alone."""

from collections.abc import Sequence

from playnex.models.model import ToolCall

SAME_CALLS = 3
"""So many identical calls in a row are a circle."""


def is_stuck(history: Sequence[ToolCall]) -> bool:
    """True where the last three calls are the same tool with the same arguments."""
    last = history[-SAME_CALLS:]
    return len(last) == SAME_CALLS and all(_same(call, last[0]) for call in last)


def _same(one: ToolCall, other: ToolCall) -> bool:
    return (one.name, one.arguments, one.invalid) == (other.name, other.arguments, other.invalid)
