"""What the evidence of a comparison allows to say, and what it does not."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playnex.app.intervals import DIFFERENCE, Interval, mean
from playnex.app.verdict import LEAST_DECIDED, MARGIN, Conclusion, Evidence, conclusion


def exactly(value: float) -> Interval:
    return Interval(value=value, low=value, high=value)


TOKENS, SECONDS = exactly(4.2), exactly(3.0)


def concluded(
    quality: Sequence[float] | None, *, tokens: Interval | None = TOKENS, seconds: Interval | None = SECONDS, compared: int = 1
) -> Conclusion:
    count = len(quality) if quality else compared
    return conclusion(Evidence(flow="team", baseline="solo", compared=count, quality=quality, tokens=tokens, seconds=seconds))


def test_a_flow_that_is_better_is_to_be_used_and_its_price_is_told() -> None:
    found = concluded([1.0] * 12 + [0.0] * 8)
    assert found.use == "flow"
    assert found.says.startswith("use the flow team: its answers are better by 0.60 (95 %: 0.")
    assert found.says.endswith("; the flow takes 4.2 × the tokens and 3.0 × the time")


def test_an_agent_that_is_better_is_to_be_used_alone() -> None:
    found = concluded([-1.0] * 12 + [0.0] * 8)
    assert (found.use, found.says[:59]) == ("baseline", "use the agent solo alone: its answers are better by 0.60 (9")


def test_where_no_difference_that_matters_is_possible_the_cheaper_one_will_do() -> None:
    assert concluded([0.0] * 60).use == "baseline"
    assert concluded([0.0] * 60, tokens=exactly(0.5)).use == "flow"
    assert concluded([0.0] * 60, tokens=None, seconds=exactly(0.5)).use == "flow"
    assert concluded([0.0] * 60, tokens=Interval(value=1.1, low=0.9, high=1.3), seconds=None).use == "either"


def test_few_cases_decide_nothing_and_the_verdict_says_how_many_more_it_takes() -> None:
    for quality in ([1.0] * 5, [-1.0] * 3, [0.0] * 10, [1.0, -1.0] * 4):
        found = concluded(quality)
        assert found.use == "undecided" and found.more_cases > 0
        assert found.says.startswith("too few cases to tell") and f"about {found.more_cases} more would be needed" in found.says


def test_five_cases_that_all_fall_to_one_side_are_not_enough_though_the_bootstrap_is_sure() -> None:
    assert mean([1.0] * 5, DIFFERENCE).excludes(0.0)
    assert (concluded([1.0] * 5).use, concluded([1.0] * 6).use) == ("undecided", "flow")


def test_without_quality_only_the_price_is_told() -> None:
    assert concluded(None).says == "quality was not compared, add --check or --judge; the flow takes 4.2 × the tokens and 3.0 × the time"
    assert concluded([]).says.startswith("quality is not known of any case")
    assert concluded(None, compared=0).says.startswith("nothing can be said")


def test_a_price_that_nobody_counted_is_not_made_up() -> None:
    assert concluded(None, tokens=None).says.endswith("; the flow takes 3.0 × the time")
    assert concluded(None, tokens=exactly(0.25), seconds=None).says.endswith("; the flow takes 0.25 × the tokens")
    assert "neither has taken" in concluded(None, tokens=None, seconds=None).says


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), min_size=1, max_size=40))
def test_no_verdict_claims_more_than_its_interval_allows(quality: list[float]) -> None:
    found, interval = concluded(quality), mean(quality, DIFFERENCE)
    if "better" in found.says:
        assert interval.low > 0 if found.use == "flow" else interval.high < 0
        assert sum(difference != 0 for difference in quality) >= LEAST_DECIDED
    elif found.use != "undecided":
        assert interval.low > -MARGIN and interval.high < MARGIN
    else:
        assert found.more_cases > 0


@pytest.mark.slow
@pytest.mark.parametrize("chances", [0.3, 0.5])
def test_two_that_are_equally_good_are_seldom_called_different(chances: float) -> None:
    chance = random.Random(3)
    called = [
        "better" in concluded([chance.choices([1.0, -1.0, 0.0], weights=[chances, chances, 2 - 2 * chances])[0] for _ in range(24)]).says
        for _ in range(150)
    ]
    assert sum(called) / len(called) < 0.07
