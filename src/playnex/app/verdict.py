"""Which to use, the flow or the agent alone, and why: rules over the evidence of a comparison, pure, and never bolder than its intervals.

docs/compare.md has the rules in words. They are tried in this order: the quality differs; it does not differ by as much as `MARGIN`, so
that the cheaper one will do; there are too few cases to tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from playnex.app.intervals import DIFFERENCE, Interval, cases_needed, mean

Use = Literal["flow", "baseline", "either", "undecided"]

MARGIN = 0.1
"""A smaller difference in quality does not matter: ten cases in a hundred, or a tenth of a point."""

LEAST_DECIDED = 6
"""Cases that must differ before anything is called better: five that all fall to one side do so by chance once in sixteen times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a comparison has found. `quality` has the difference, flow less baseline, of each case whose quality is known, None where
    nobody looked at it; `tokens` and `seconds` are the flow's over the baseline's, None where the baseline has none; `compared` is the
    number of cases that both have answered."""

    flow: str
    baseline: str
    compared: int
    quality: Sequence[float] | None
    tokens: Interval | None
    seconds: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """Which to use, why, in a sentence, and about how many more cases it would take to know (0 where it is known)."""

    use: Use
    says: str
    more_cases: int = 0


def conclusion(found: Evidence) -> Conclusion:
    """What the evidence allows to say."""
    if not found.compared:
        return Conclusion(use="undecided", says="nothing can be said: there is no case that both have answered")
    if found.quality is None:
        return Conclusion(use="undecided", says=f"quality was not compared, add --check or --judge; {cost(found)}")
    if not found.quality:
        return Conclusion(use="undecided", says=f"quality is not known of any case; {cost(found)}")
    quality = mean(found.quality, DIFFERENCE)
    if quality.excludes(0.0) and sum(difference != 0 for difference in found.quality) >= LEAST_DECIDED:
        return _better(found, quality)
    if quality.low > -MARGIN and quality.high < MARGIN:
        return _alike(found, quality)
    return _unsure(found, quality)


def _better(found: Evidence, quality: Interval) -> Conclusion:
    use: Use = "flow" if quality.value > 0 else "baseline"
    low, high = sorted((abs(quality.low), abs(quality.high)))
    better = Interval(value=abs(quality.value), low=low, high=high)
    return Conclusion(use=use, says=f"use {_named(found, use)}: its answers are better by {figures(better)}; {cost(found)}")


def _alike(found: Evidence, quality: Interval) -> Conclusion:
    use = _cheaper(found)
    seen = f"the difference in quality is below {MARGIN:g}: {figures(quality)}"
    return Conclusion(use=use, says=f"use {_named(found, use)}: {seen}, and {cost(found)}")


def _unsure(found: Evidence, quality: Interval) -> Conclusion:
    assert found.quality is not None
    count = len(found.quality)
    wanted = max(MARGIN, abs(quality.value))
    if cases_needed(found.quality, wanted) <= count:
        wanted = max(abs(quality.value), MARGIN - abs(quality.value))
    more = max(cases_needed(found.quality, wanted), LEAST_DECIDED, count + 1) - count
    says = (
        f"too few cases to tell: the difference in quality is {figures(quality)}; "
        f"about {more:,} more would be needed to see one of {wanted:.2g}; {cost(found)}"
    )
    return Conclusion(use="undecided", says=says, more_cases=more)


def cost(found: Evidence) -> str:
    """What the flow takes: `the flow takes 4.2 × the tokens and 3.0 × the time`."""
    parts = [
        f"{share.value:.{2 if share.value < 1 else 1}f} × the {noun}"
        for share, noun in ((found.tokens, "tokens"), (found.seconds, "time"))
        if share is not None
    ]
    return f"the flow takes {' and '.join(parts)}" if parts else "neither has taken tokens or time worth counting"


def _cheaper(found: Evidence) -> Use:
    """Which takes fewer tokens, else less time, for certain."""
    for share in (found.tokens, found.seconds):
        if share is not None and share.excludes(1.0):
            return "flow" if share.value < 1 else "baseline"
    return "either"


def _named(found: Evidence, use: Use) -> str:
    match use:
        case "flow":
            return f"the flow {found.flow}"
        case "baseline":
            return f"the agent {found.baseline} alone"
        case _:
            return "either"


def figures(interval: Interval) -> str:
    """`0.25 (95 %: 0.02 to 0.48)`."""
    value, low, high = (round(number, 2) + 0.0 for number in (interval.value, interval.low, interval.high))  # no -0.00
    return f"{value:.2f} (95 %: {low:.2f} to {high:.2f})"
