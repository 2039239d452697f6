"""How sure a figure is: 95 % intervals of pass rates, means, paired differences and ratios. Pure, and the same twice.

A bootstrap draws the cases again, with replacement, and looks how far the figure moves. Of few cases it knows too little: where three
of three were better, every draw says so too. So where a figure has bounds, one case at each bound is thrown in, as Bonett and Price do for
paired proportions (Statistics in Medicine 31, 2012) and Agresti and Coull for single ones: three of three then still leave room for chance,
and where no case differed the interval says what can be ruled out, and not zero.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

Z = 1.959964
"""Standard deviations of a normal distribution within which 95 % lie."""

POWER = 0.841621
"""And those below which 80 % lie: how surely a difference that is there is to be seen."""

RESAMPLES = 2_000
OUTSIDE = 49
"""Draws below an interval, and above it: 2.5 % of them."""

SEED = 19_690_720


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure, and the bounds within which it lies with 95 % confidence."""

    value: float
    low: float
    high: float

    def excludes(self, number: float) -> bool:
        """Whether the number lies outside of it."""
        return not self.low <= number <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a figure of one case can be at least and at most."""

    least: float
    most: float


SCORE = Bounds(least=0.0, most=1.0)
DIFFERENCE = Bounds(least=-1.0, most=1.0)


def rate(passed: int, count: int) -> Interval:
    """A pass rate with Wilson's interval (Journal of the American Statistical Association 22, 1927); of no cases, it may be anything."""
    if not count:
        return Interval(value=0.0, low=0.0, high=1.0)
    share, spread = passed / count, Z * Z / count
    middle = (share + spread / 2) / (1 + spread)
    width = Z / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return Interval(value=share, low=0.0 if not passed else middle - width, high=1.0 if passed == count else middle + width)


def mean(values: Sequence[float], bounds: Bounds | None = None) -> Interval:
    """A mean with its bootstrap interval; of no values it is 0, and of one it is known no better than its bounds."""
    if not values:
        return Interval(value=0.0, low=bounds.least if bounds else 0.0, high=bounds.most if bounds else 0.0)
    drawn_from = padded(values, bounds)
    if len(set(drawn_from)) == 1:
        return Interval(value=drawn_from[0], low=drawn_from[0], high=drawn_from[0])
    chance = random.Random(SEED)
    draws = sorted(fmean(chance.choices(drawn_from, k=len(drawn_from))) for _ in range(RESAMPLES))
    return _around(fmean(values), draws)


def ratio(over: Sequence[float], under: Sequence[float], of: Callable[[list[float]], float] = sum) -> Interval | None:
    """The ratio of two sums (or medians, say: `of`) over the same cases, with its bootstrap interval; None where there is nothing to
    divide by."""
    pairs = list(zip(over, under, strict=True))
    if not pairs or not of(list(under)):
        return None
    chance, draws = random.Random(SEED), []
    for _ in range(RESAMPLES):
        drawn = chance.choices(pairs, k=len(pairs))
        below = of([pair[1] for pair in drawn])
        draws.append(of([pair[0] for pair in drawn]) / below if below else math.inf)
    return _around(of(list(over)) / of(list(under)), sorted(draws))


def score(values: Sequence[float]) -> Interval:
    """The mean of scores from 0 to 1: Wilson's interval where each is a pass or none, else a bootstrap."""
    if all(value in (0.0, 1.0) for value in values):
        return rate(round(sum(values)), len(values))
    return mean(values, SCORE)


def cases_needed(differences: Sequence[float], wanted: float) -> int:
    """How many cases it takes to see a mean difference of `wanted` four times out of five, if they differ as much as these do."""
    spread = pstdev(padded(differences, DIFFERENCE))
    return math.ceil(((Z + POWER) * spread / wanted) ** 2)


def padded(values: Sequence[float], bounds: Bounds | None) -> list[float]:
    """The values, and one at each bound."""
    return [*values, *((bounds.least, bounds.most) if bounds else ())]


def _around(value: float, draws: Sequence[float]) -> Interval:
    return Interval(value=value, low=min(value, draws[OUTSIDE]), high=max(value, draws[-1 - OUTSIDE]))
