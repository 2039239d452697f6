"""How fast the cases of a batch may begin, and how their progress is told."""

import pytest

from playnex.app.batch_work import Pace, Tally
from playnex.cli.batch_progress import NAMED, Failures, Speed, tally_text
from playnex.cli.terminal import Terminal
from playnex.testing.clock import FakeClock


@pytest.mark.parametrize("rate", [0.5, 3.0, 10.0, 100.0])
def test_no_more_cases_begin_in_any_second_than_was_said(rate: float) -> None:
    clock = FakeClock()
    pace = Pace(clock=clock, rate=rate)
    begun: list[float] = []
    for _ in range(2000):
        begun += [clock.monotonic()] * pace.take(64)
        clock.advance(0.013)
    most = max(sum(at <= other < at + 1 for other in begun) for at in begun)
    assert most <= rate * 1.06 + 1
    assert len(begun) >= rate * 2000 * 0.013 * 0.9


def test_what_could_not_begin_in_time_is_not_caught_up_with() -> None:
    clock = FakeClock()
    pace = Pace(clock=clock, rate=10)
    assert pace.take(4) == 1
    clock.advance(60)
    assert (pace.take(4), pace.take(0)) == (1, 0)


def test_without_a_rate_every_free_hand_begins() -> None:
    assert Pace(clock=FakeClock(), rate=None).take(7) == 7


def test_the_line_of_a_batch_says_how_it_comes_on() -> None:
    tally = Tally(cases=10_000, succeeded=1200, failed=4, fallback=3, set_aside={"a"})
    speed = Speed()
    speed.per_second(100.0, 0)
    assert tally_text(tally, speed.per_second(105.0, tally.ended)) == (
        "1,204 of 10,000 cases · 4 failed · 3 fallback · 1 waiting · 241/s · 36.5s left"
    )


def test_the_first_failures_are_named_and_the_others_counted() -> None:
    failures = Failures(Terminal())
    failed = {"case": 7, "key": "A-7", "status": "failed", "reason": "tool-failed", "message": "no such customer", "run": "X" * 26}
    lines = [failures.line(failed) for _ in range(NAMED + 5)]
    assert lines[0].endswith("case 7 (A-7): no such customer  playnex run show XXXXXX")
    assert lines[NAMED:] == ["  further failures are only counted", "", "", "", ""]
    assert failures.line(failed | {"status": "succeeded"}) == ""
