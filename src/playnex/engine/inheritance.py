"""What a fork begins with: the part of another run's journal that it keeps, and what that has spent. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass

from playnex.canonical import Json
from playnex.engine.history import fold, reserved_json
from playnex.engine.rewinding import before, began
from playnex.journal.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Inheritance:
    """The events that are kept, and where they come from: `{run, step, position, at}`, with `lost`, by step key, where something counts
    as spent beside the results that are kept, `seconds`, by account, where time was used, and the limits (`budget`) that a person set."""

    kept: tuple[Event, ...]
    origin: dict[str, Json]


def inheritance(events: Sequence[Event], step: str) -> Inheritance:
    """The part of a run's journal before a step began. Raises NotFoundError where there is no such step."""
    position = began(events, step)
    at = next(event.at for event in events if event.position == position)
    origin: dict[str, Json] = {"run": events[0].run, "step": step, "position": position, "at": at}
    earlier = [event for event in events if event.position < position]
    return Inheritance(kept=before(events, step), origin=origin | _spent(earlier) | _raised(events))


def _spent(earlier: Sequence[Event]) -> dict[str, Json]:
    history = fold(earlier)
    lost = {key: reserved_json(amount) | {"requests": amount.requests} for key, amount in history.unknown.items()}
    seconds = {account: used for account, used in history.time.all().items() if used}
    parts: dict[str, Json] = {"lost": lost, "seconds": seconds}
    return {name: part for name, part in parts.items() if part}


def _raised(events: Sequence[Event]) -> dict[str, Json]:
    """The limits that a person set, whenever that was."""
    raised = fold(events).raised
    return {"budget": raised} if raised else {}
