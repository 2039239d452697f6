"""Whether an agent goes in circles: decided from its calls, and from what they gave, alone (requirement A5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from playnex.canonical import digest, encode_sorted
from playnex.models.model import ToolCall

SAME_CALLS = 3
"""So many identical calls in a row, with nothing new in their results, are a circle."""

PERIODS = (2, 3)
"""A-B-A-B and A-B-C-A-B-C are circles too."""

PATIENCE = 10
"""So many identical calls in a row are a circle even where each gives something new: whoever waits should wait, and not ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A call that an agent wished: what it asked for, and what came of it (empty: nothing yet, or it was not made)."""

    asked: str
    gave: str = ""


def made(call: ToolCall) -> Made:
    """The call, before its result is known."""
    return Made(asked=f"{call.name} {digest(encode_sorted([dict(call.arguments), call.invalid]))}")


def with_result(call: Made, text: str) -> Made:
    """The call with its result."""
    return Made(asked=call.asked, gave=digest(text.encode()))


def circle(history: Sequence[Made]) -> str:
    """What the newest call, whose result is not known, repeats, in words; empty where it is no circle."""
    asked = [call.asked for call in history]
    if len(set(asked[-PATIENCE:])) == 1 and len(asked) >= PATIENCE:
        return f"the same call {PATIENCE} times"
    if _repeats(history, period=1, rounds=SAME_CALLS):
        return f"the same call with the same arguments {SAME_CALLS} times"
    period = next((period for period in PERIODS if _repeats(history, period=period, rounds=2)), 0)
    return f"the same {period} calls in turn, twice" if period else ""


def _repeats(history: Sequence[Made], *, period: int, rounds: int) -> bool:
    """Whether the last calls are the same ones again and again, with no result that differs from that of the round before."""
    last = history[-period * rounds :]
    pairs = list(zip(last, last[period:], strict=False))
    return len(last) == period * rounds and all(_is_again(earlier, later) for earlier, later in pairs)


def _is_again(earlier: Made, later: Made) -> bool:
    has_news = bool(earlier.gave and later.gave) and earlier.gave != later.gave
    return earlier.asked == later.asked and not has_news
