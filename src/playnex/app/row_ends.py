"""What becomes of a row when its run stops or ends, or the step that it is a part of: no row stays at work for ever."""

from dataclasses import replace

from playnex.app.step_row import StepRow

AT_WORK = ("running", "retry", "waiting")


def cut_off(row: StepRow, at: float) -> StepRow:
    """The run has ended, or the step around it: what was under way was cut off, and what had not begun never will."""
    return replace(row, status="cancelled", ended=at, note="cut off", ask=None, seconds=_took(row, at)) if row.status in AT_WORK else row


def at_rest(row: StepRow, *, is_waiting: bool, note: str) -> StepRow:
    """Nobody is at work on the run: a row waits, where it or a part of it waits for somebody, or stands still."""
    if row.status not in AT_WORK:
        return row
    if is_waiting:
        return replace(row, status="waiting")
    return replace(row, status="pending", note=note or row.note)


def _took(row: StepRow, at: float) -> float:
    return round(at - row.began, 3) if row.began is not None else 0.0
