"""What of a run's journal came before a step: the part that a fork begins with, and that a retry keeps. Pure functions."""

from collections.abc import Iterable, Sequence

from playnex.engine.keys import is_below
from playnex.errors import NotFoundError
from playnex.journal.events import AttemptFailed, Event, StepFinished, WaitStarted
from playnex.spec.faults import did_you_mean

KEPT = (StepFinished, AttemptFailed, WaitStarted)
"""What a fork takes along: results, tries and waits. Messages and intents were another run's."""


def top_level(events: Iterable[Event]) -> tuple[str, ...]:
    """The steps of the flow itself that the journal knows, in the order in which they were first heard of."""
    return tuple(dict.fromkeys(event.key.partition("/")[0] for event in events if event.key))


def began(events: Sequence[Event], step: str) -> int:
    """The position of the first that is known of a step. Raises NotFoundError, naming the steps that there are."""
    for event in events:
        if is_below(event.key, step):
            return event.position
    known = top_level(events)
    hint = did_you_mean(step, known) or f"steps: {', '.join(known) or 'none'}"
    raise NotFoundError(f"the run's journal has no step {step!r}", hint=hint)


def before(events: Sequence[Event], step: str) -> tuple[Event, ...]:
    """The results, tries and waits that were recorded before the step began, in order."""
    return _kept(events, began(events, step))


def rewound(events: Sequence[Event], step: str) -> tuple[Event, ...]:
    """The same; all of them where the step has not begun since it was last to be done again."""
    return _kept(events, next((event.position for event in events if is_below(event.key, step)), None))


def _kept(events: Sequence[Event], position: int | None) -> tuple[Event, ...]:
    return tuple(event for event in events if isinstance(event.fact, KEPT) and (position is None or event.position < position))
