"""How an exception becomes a recorded failure, and when another try is worth it: pure decisions."""

from playnex.canonical import Json
from playnex.errors import (
    BudgetExhausted,
    JournalMismatch,
    ModelRefused,
    ModelUnavailable,
    PlaynexError,
    StaleEpoch,
    StepFailed,
    StoreError,
    ToolRefused,
)
from playnex.spec.envelope import Envelope
from playnex.spec.flow import RetrySpec

ENDS_THE_RUN = (StoreError, StaleEpoch, JournalMismatch, BudgetExhausted)
"""Failures of the run itself: recorded as no step's result, so that a resume tries the step anew."""

USELESS_TO_RETRY = (ModelRefused, ToolRefused)


def failed(reason: str, message: str, partial: Json = None) -> Envelope:
    """A failure as a step's record: `output` holds the message, and what there is of a result."""
    output = {"error": message} | ({} if partial is None else {"partial": partial})
    return Envelope(status="failed", reason=reason, output=output)


def from_exception(error: Exception) -> Envelope:
    """What a step's record says after this exception."""
    match error:
        case StepFailed():
            return failed(error.reason, error.message)
        case PlaynexError():
            return failed(error.code, f"{error.message}; {error.hint}" if error.hint else error.message)
        case _:
            return failed("error", f"{type(error).__name__}: {error}")


def message_of(envelope: Envelope) -> str:
    """The message of a failed step's record."""
    return str(envelope.output.get("error", "")) if isinstance(envelope.output, dict) else str(envelope.output or "")


def delay_before(retry: RetrySpec, number: int, jitter: float) -> float:
    """Seconds to wait after try `number` failed: exponential, spread by `jitter` in [0, 1) over half to one and a half."""
    return retry.delay * retry.backoff ** (number - 1) * (0.5 + jitter)


def is_worth_retrying(retry: RetrySpec, number: int, envelope: Envelope) -> bool:
    """Whether try `number`, which ended like this, is followed by another."""
    return envelope.status == "failed" and number <= retry.times and (not retry.on or envelope.reason in retry.on)


def retry_after(error: Exception | None) -> float:
    """The seconds that a server asked us to wait, else 0."""
    return (error.retry_after or 0.0) if isinstance(error, ModelUnavailable) else 0.0
