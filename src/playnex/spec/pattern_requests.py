"""What one try of a pattern costs, as far as it can be said before it runs: how often it asks whom, and the model requests of that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from playnex.spec.flow import StepSpec
from playnex.spec.pattern_table import PATTERNS, Asking, Settings

HANDED_OVER = ("debates", "drafts", "works")
"""The parts whose results pass a check on their way to others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Model requests; `most` is None where only the run will know."""

    least: int
    most: int | None


def askings(step: StepSpec, settings: Settings) -> tuple[Asking, ...]:
    """How often each agent of the step's pattern is asked, those of its checks included."""
    again = any(check.on_fail == "retry" for checks in step.checks.values() for check in checks)
    twice = again or settings.get("on-failure") == "retry"
    asked = [_twice(each) if twice and each.part in HANDED_OVER else each for each in PATTERNS[step.target].askings(settings)]
    handed = [each for each in asked if each.part in HANDED_OVER]
    judges = [check.agent for checks in step.checks.values() for check in checks if check.agent]
    shared = next((each.shared for each in handed if each.shared), None)
    least = sum(each.least for each in handed) + (shared.least if shared else 0)
    most = shared.most if shared else total([each.most for each in handed])
    return (*asked, *(Asking(agent=judge, part="checks", least=least, most=most) for judge in judges))


def bounds(asked: Sequence[Asking], turns: Mapping[str, int]) -> Bounds:
    """The model requests of these askings: an agent that is asked makes one at least, and at most one in each of its `turns`."""
    sure = [each for each in asked if each.shared is None]
    least = sum(each.least for each in sure) + max((each.shared.least for each in asked if each.shared), default=0)
    costs = [None if each.most is None else each.most * turns.get(each.agent, 1) for each in sure]
    dearest = max((each.shared.most * turns.get(each.agent, 1) for each in asked if each.shared), default=0)
    return Bounds(least=least, most=total([*costs, dearest]))


def total(numbers: Sequence[int | None]) -> int | None:
    """The sum; None where one of them is not known."""
    return None if None in numbers else sum(number or 0 for number in numbers)


def _twice(asking: Asking) -> Asking:
    shared = replace(asking.shared, most=2 * asking.shared.most) if asking.shared else None
    return replace(asking, most=None if asking.most is None else 2 * asking.most, shared=shared)
