"""Intervals against values that are known from elsewhere, and what holds for all of them."""

import random
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playnex.app.intervals import DIFFERENCE, SCORE, Interval, cases_needed, mean, rate, ratio, score

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=12)
CHANGES = st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("passed", "count", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718), (20, 20, 0.8389, 1.0)],
)
def test_a_pass_rate_has_the_interval_that_newcombe_gives_for_wilsons_method(passed: int, count: int, low: float, high: float) -> None:
    found = rate(passed, count)
    assert (found.value, round(found.low, 4), round(found.high, 4)) == (passed / count, low, high)


def test_a_rate_of_no_cases_may_be_anything() -> None:
    assert rate(0, 0) == Interval(value=0.0, low=0.0, high=1.0)


def test_a_mean_of_many_has_the_interval_of_the_normal_distribution() -> None:
    chance = random.Random(1)
    values = [chance.gauss(5, 2) for _ in range(400)]
    found = mean(values)
    assert found.low == pytest.approx(found.value - 1.96 * 2 / 20, abs=0.03)
    assert found.high == pytest.approx(found.value + 1.96 * 2 / 20, abs=0.03)


def test_where_no_case_differs_the_interval_still_says_what_cannot_be_ruled_out() -> None:
    few, many = mean([0.0] * 10, DIFFERENCE), mean([0.0] * 100, DIFFERENCE)
    assert few.low < -0.15 and few.high > 0.15
    assert -0.05 < many.low < 0 < many.high < 0.05


def test_three_of_three_leave_room_for_chance() -> None:
    assert not mean([1.0] * 3, DIFFERENCE).excludes(0.0)
    assert mean([1.0] * 3).excludes(0.0), "without a case at each bound every draw would say the same"


@pytest.mark.slow
def test_the_interval_of_a_difference_holds_the_truth_about_as_often_as_it_says() -> None:
    chance = random.Random(7)
    held = sum(not mean(chance.choices([1.0, 0.0, -1.0], weights=[5, 3, 2], k=20), DIFFERENCE).excludes(0.3) for _ in range(120))
    assert held / 120 > 0.9


def test_a_ratio_is_that_of_the_sums_or_of_the_medians() -> None:
    over, under = [10.0, 2.0, 2.0], [1.0, 1.0, 1.0]
    sums, medians = ratio(over, under), ratio(over, under, of=median)
    assert sums is not None and medians is not None
    assert sums.value == pytest.approx(14 / 3)
    assert medians.value == 2.0
    assert ratio([1.0], [0.0]) is None and ratio([], []) is None


def test_scores_that_are_passes_have_wilsons_interval_and_others_a_bootstrap() -> None:
    assert score([1.0, 0.0, 1.0]) == rate(2, 3)
    assert score([0.5, 0.25]) == mean([0.5, 0.25], SCORE)


def test_more_cases_are_needed_to_see_less() -> None:
    differences = [1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    assert cases_needed(differences, 0.1) > cases_needed(differences, 0.2) > 0
    assert cases_needed([0.5] * 50 + [-0.5] * 50, 0.1) == pytest.approx((2.8016 * 0.51 / 0.1) ** 2, abs=8)


@settings(max_examples=20, deadline=None)
@given(SHARES)
def test_an_interval_of_scores_holds_its_figure_and_stays_within_the_scores(values: list[float]) -> None:
    found = score(values)
    assert -1e-9 <= found.low <= found.value + 1e-9 and found.value - 1e-9 <= found.high <= 1 + 1e-9
    assert found == score(values), "the same twice"


@settings(max_examples=20, deadline=None)
@given(CHANGES)
def test_a_difference_turned_round_has_its_interval_turned_round_but_for_the_draw(values: list[float]) -> None:
    one, other = mean(values, DIFFERENCE), mean([-value for value in values], DIFFERENCE)
    assert one.value == pytest.approx(-other.value)
    assert one.low == pytest.approx(-other.high, abs=0.25) and one.high == pytest.approx(-other.low, abs=0.25)
