"""What a pattern comes to: one result made from those of its participants, with their cost and all that is known of their origin."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.patterns.pattern import Pattern
from playnex.spec.agent_result import AgentResult
from playnex.spec.context import StepPlan, Verify
from playnex.spec.envelope import Usage
from playnex.spec.flow import NO_RETRY, RetrySpec

OnFailure = Literal["fail", "skip", "retry"]
"""What becomes of a pattern one of whose equals fails: it fails with what there is, it goes on without, or it tries once more first."""

ONCE_MORE = RetrySpec(times=1)

NOT_CONVERGED = "not-converged"


def success(pattern: Pattern, output: Json, made_from: Sequence[AgentResult], *, reason: str = "") -> AgentResult:
    """The pattern's result."""
    return _joined(AgentResult(agent=pattern.kind, succeeded=True, output=output, reason=reason), made_from)


def failure(pattern: Pattern, made_from: Sequence[AgentResult], *, reason: str, message: str, partial: Json = None) -> AgentResult:
    """The pattern's failure, with what there is of a result."""
    return _joined(AgentResult(agent=pattern.kind, succeeded=False, reason=reason, message=message, partial=partial), made_from)


def failure_of(pattern: Pattern, failed: AgentResult, made_from: Sequence[AgentResult], *, who: str, partial: Json = None) -> AgentResult:
    """The failure of a pattern that comes from a participant's: its reason, and what there is; where that is nothing, what it has left.
    A retry of the run does that step anew."""
    there = failed.partial if partial is None else partial
    told = failure(pattern, made_from, reason=failed.reason, message=f"{who} failed: {failed.message}", partial=there)
    return replace(told, step=failed.step)


def handed_over(check: Verify | None, on_failure: OnFailure = "fail") -> StepPlan:
    """How a participant is asked whose result goes to another one: checked first, so that what fails never gets there."""
    return StepPlan(verify=check, retry=ONCE_MORE if on_failure == "retry" else NO_RETRY)


def told_of(failed: Mapping[str, AgentResult]) -> str:
    """Who was left out, and why; empty for nobody."""
    return f"without {', '.join(f'{name} ({result.reason})' for name, result in failed.items())}" if failed else ""


def to_be_seen(result: AgentResult) -> Json:
    """What there is of a failed result for other agents to see: nothing of one that did not pass its check."""
    return None if result.reason in ("verify", "refused") else result.partial


def bounded(what: str, number: int, *, least: int, most: int) -> None:
    """Raises UsageError for a number out of its bounds."""
    if not least <= number <= most:
        raise UsageError(f"{what}: {number} is not from {least} to {most}")


def _joined(result: AgentResult, made_from: Sequence[AgentResult]) -> AgentResult:
    return replace(
        result,
        usage=sum((each.usage for each in made_from), Usage()),
        labels=tuple(dict.fromkeys(label for each in made_from for label in each.labels)),
        sources=tuple(dict.fromkeys(source for each in made_from for source in each.sources)),
    )
