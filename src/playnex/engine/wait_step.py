"""Steps that wait, for a time, a signal or a person: the wait is recorded when it begins, and its result when it ends."""

from collections.abc import Callable
from typing import TypeAlias

from playnex.engine import failure
from playnex.engine.execution import Execution
from playnex.engine.waits import Wait, WaitKind
from playnex.journal.events import SignalReceived, StepFinished, WaitStarted
from playnex.spec.envelope import Envelope, to_json

Conclude: TypeAlias = Callable[[SignalReceived | None, WaitStarted], Envelope]
"""What the end of a wait means: the signal that came, or None where its time is over."""


async def wait(execution: Execution, key: str, started: WaitStarted, *, conclude: Conclude, has_company: Callable[[], bool]) -> Envelope:
    """Wait, as it was recorded when this wait first began, and record what came of it."""
    began = execution.history.waits.get(key)
    if began is None:
        began = started
        if began.ask is not None:
            execution.waits.forget(began.signal)
        await execution.append(key, began)
    event = await execution.waits.hold(Wait(key=key, kind=_kind(began), signal=began.signal, until=began.until))
    signal = event.fact if event is not None and isinstance(event.fact, SignalReceived) else None
    envelope = conclude(signal, began)
    kind = "approve" if began.ask is not None else "wait"
    position = event.position if event is not None else 0
    fact = StepFinished(envelope=to_json(envelope), kind=kind, signal=position, beside=has_company())
    await execution.append(key, fact)
    return envelope


def rung(signal: SignalReceived | None, began: WaitStarted) -> Envelope:
    """A timer has rung."""
    return Envelope()


def signalled(signal: SignalReceived | None, began: WaitStarted) -> Envelope:
    """The signal's payload, or the failure that none came in time."""
    if signal is None:
        return failure.failed("timeout", f"no signal {began.signal!r} came in time")
    return Envelope(output=signal.payload)


def approved(signal: SignalReceived | None, began: WaitStarted) -> Envelope:
    """What was shown, or as the person changed it. Anything that is not a clear yes is a no; so is silence."""
    match signal:
        case None:
            return failure.failed("refused", "nobody answered in time, and silence means no")
        case SignalReceived(payload={"approved": True, **rest}, by=by):
            is_edited = "value" in rest and began.ask["editable"]
            return Envelope(output=rest["value"] if is_edited else began.ask["show"], reason=f"approved by {by}" if by else "approved")
        case SignalReceived(payload={"reason": str(why)}, by=by):
            return failure.failed("refused", f"refused by {by or 'a person'}: {why}")
        case _:
            return failure.failed("refused", f"refused by {signal.by or 'a person'}")


def _kind(began: WaitStarted) -> WaitKind:
    if began.ask is not None:
        return "approval"
    return "signal" if began.signal else "timer"
