"""When schedules fire, held against a clock that is walked minute by minute, in every zone and across its transitions.

The walk knows nothing of how the answer is found: it reads what the zone's clock shows at each moment, and cron as its manual has it.
"""

import functools
import os
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from playnex.spec.flow import ScheduleSpec
from playnex.spec.schedule import cron_problem, fires, next_fire

CRONS = (
    *("* * * * *", "*/15 * * * *", "*/7 1-3 * * *", "5 * * * *", "0 */2 * * *", "*/10 2 * * *"),
    *("0 0 * * *", "30 2 * * *", "15,45 0-3 * * *", "0 1,2,3 * * 0", "59 23 * * *", "0-59 1 * * *", "0 7 * * 1-5", "10 0 1 * *"),
)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
ZONES = sorted(available_timezones())
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2037, 12, 31, tzinfo=UTC)
AROUND = timedelta(hours=4)
SAMPLE = 120
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))

Fires = Callable[[ScheduleSpec, float, float], Iterator[float]]


def matches(cron: str, wall: datetime) -> bool:
    """Whether the clock shows a time of the expression: numbers, ranges, lists and steps."""
    minute, hour, day, month, weekday = numbers(cron)
    if wall.second or wall.minute not in minute or wall.hour not in hour or wall.month not in month:
        return False
    parts = cron.split()
    on_day, on_weekday = wall.day in day, bool({wall.isoweekday(), wall.isoweekday() % 7} & weekday)
    return on_day and on_weekday if "*" in (parts[2][0], parts[4][0]) else on_day or on_weekday


@functools.cache
def numbers(cron: str) -> list[set[int]]:
    """The numbers of each field."""
    return [values(part, *span) for part, span in zip(cron.split(), RANGES, strict=True)]


def values(part: str, low: int, high: int) -> set[int]:
    """The numbers that a field of an expression names."""
    found: set[int] = set()
    for piece in part.split(","):
        span, _, step = piece.partition("/")
        first, _, last = span.partition("-")
        begin = low if span == "*" else int(first)
        end = high if span == "*" else int(last or first)
        found |= set(range(begin, end + 1, int(step or 1)))
    return found


def walked(zone: ZoneInfo, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Each moment and what the clock shows, by the minute; by the second where the zone's offset has seconds."""
    offsets = [moment.astimezone(zone).utcoffset() or timedelta() for moment in (start, end)]
    step = timedelta(seconds=1) if any(offset % MINUTE for offset in offsets) else MINUTE
    count = (end - start) // step
    return [(moment, moment.astimezone(zone).replace(tzinfo=None, fold=0)) for moment in (start + step * n for n in range(count + 1))]


def oracle(cron: str, walk: list[tuple[datetime, datetime]]) -> set[float]:
    """The moments of the walk at which the schedule fires, by the rule that the docs state."""
    if any(part.startswith("*") for part in cron.split()[:2]):
        return {moment.timestamp() for moment, wall in walk if matches(cron, wall)}
    found, seen = set(), set()
    for (_, before), (moment, wall) in pairwise(walk):
        passed = before - timedelta(seconds=before.second) + MINUTE
        while passed <= wall:  # what the clock comes to, or jumps over, with this moment
            if passed not in seen and matches(cron, passed):
                found.add(moment.timestamp())
            seen.add(passed)
            passed += MINUTE
    return found


def differences(zone_name: str, around: datetime, asked: Fires = fires) -> list[str]:
    """The expressions for which the answers and the walk differ, near that moment."""
    zone = ZoneInfo(zone_name)
    before, behind = ((around + side).astimezone(zone).utcoffset() or timedelta() for side in (-DAY, DAY))
    reach = AROUND + abs(behind - before)
    start, end = around - reach, around + reach
    lead = timedelta(hours=2)
    walk = walked(zone, start - lead, end)
    told = []
    for cron in CRONS:
        expected = {at for at in oracle(cron, walk) if start.timestamp() < at <= end.timestamp()}
        came = list(asked(ScheduleSpec(cron=cron, zone=zone_name), start.timestamp(), end.timestamp()))
        if set(came) != expected or len(came) != len(expected):
            odd = sorted(set(came) ^ expected)[:3]
            told.append(f"{zone_name} {around:%Y-%m-%d %H:%M} {cron!r}: {[datetime.fromtimestamp(at, UTC).isoformat() for at in odd]}")
    return told


def transitions(zone_name: str, first: datetime, last: datetime) -> Iterator[datetime]:
    """The moments, to the minute, at which the zone's clock is put forward or back."""
    zone, day = ZoneInfo(zone_name), first
    offset = day.astimezone(zone).utcoffset()
    while day < last:
        ahead = day + DAY
        if ahead.astimezone(zone).utcoffset() != offset:
            low, high = day, ahead
            while high - low > MINUTE:
                middle = low + (high - low) // 2 // MINUTE * MINUTE
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == offset else (low, middle)
            yield high
            offset = ahead.astimezone(zone).utcoffset()
        day = ahead


def test_a_sample_of_zones_fires_as_the_walked_clock_says_around_a_transition() -> None:
    seed = int(os.environ.get("PLAYNEX_SEED", random.randrange(10**6)))
    chance = random.Random(seed)
    told = []
    for zone in chance.sample(ZONES, SAMPLE):
        year = chance.randrange(1970, 2037)
        first = datetime(year, 1, 1, tzinfo=UTC)
        found = list(transitions(zone, first, first + 366 * DAY)) or [first + MINUTE * chance.randrange(366 * 1440)]
        told += differences(zone, chance.choice(found))
    assert not told, f"PLAYNEX_SEED={seed}\n" + "\n".join(told[:20])


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_every_transition_of_every_zone_from_1970_to_2037_fires_as_the_walked_clock_says() -> None:
    alike: set[tuple[timedelta | None, timedelta | None, datetime]] = set()
    told = []
    for zone in ZONES:
        for moment in transitions(zone, FIRST, LAST):
            sides = [(moment + side).astimezone(ZoneInfo(zone)).utcoffset() for side in (-DAY, DAY)]
            if (sides[0], sides[1], moment) not in alike:  # most zones are another's other name
                alike.add((sides[0], sides[1], moment))
                told += differences(zone, moment)
    assert len(alike) > 5000
    assert not told, "\n".join(told[:20])


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("Europe/Vienna", "2026-03-29T01:00"),
        ("Europe/Vienna", "2026-10-25T01:00"),
        ("Australia/Lord_Howe", "2026-04-04T15:00"),
        ("Pacific/Apia", "2011-12-30T10:00"),
        ("Africa/Monrovia", "1972-01-07T00:44"),
        ("America/Sao_Paulo", "2017-10-15T03:00"),
        ("Africa/Casablanca", "2026-02-15T02:00"),
        ("UTC", "2026-01-01T00:00"),
    ],
)
def test_odd_transitions_fire_as_the_walked_clock_says(zone: str, moment: str) -> None:
    assert not differences(zone, datetime.fromisoformat(moment).replace(tzinfo=UTC))


def test_an_answer_that_knows_only_todays_offset_is_found_out() -> None:
    def without_transitions(schedule: ScheduleSpec, after: float, until: float) -> Iterator[float]:
        offset = (datetime.fromtimestamp(after, ZoneInfo(schedule.zone)).utcoffset() or timedelta()).total_seconds()
        plain = ScheduleSpec(cron=schedule.cron)
        return (at - offset for at in fires(plain, after + offset, until + offset))

    for moment in (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)):
        assert len(differences("Europe/Vienna", moment, without_transitions)) > 3


def test_a_time_that_the_clock_jumps_over_fires_after_the_jump_and_one_that_it_shows_twice_fires_once() -> None:
    nightly = ScheduleSpec(cron="30 2 * * *", zone="Europe/Vienna")
    spring, autumn = datetime(2026, 3, 29, tzinfo=UTC).timestamp(), datetime(2026, 10, 25, tzinfo=UTC).timestamp()
    assert list(fires(nightly, spring, spring + 82_000)) == [spring + 3600]
    assert list(fires(nightly, autumn, autumn + 82_000)) == [autumn + 1800]


def test_the_next_fire_lies_behind_the_moment_and_may_be_years_away_or_nowhere() -> None:
    leap = ScheduleSpec(cron="0 12 29 2 *", zone="Asia/Tokyo")
    first = next_fire(leap, datetime(2025, 1, 1, tzinfo=UTC).timestamp())
    assert first == datetime(2028, 2, 29, 3, tzinfo=UTC).timestamp()
    assert next_fire(leap, first) == datetime(2032, 2, 29, 3, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("cron", "problem"),
    [
        ("* * * *", "has 4 fields"),
        ("0 0 0 * * *", "has 6 fields"),
        ("60 * * * *", "bad minute"),
        ("0 0 31 2 *", "bad day-of-month"),
        ("0 7 * * MON-FRI", ""),
        ("0 7 * * mon#1", ""),
        ("a b c d e", "bad minute"),
    ],
)
def test_an_expression_that_is_none_is_told(cron: str, problem: str) -> None:
    assert problem in cron_problem(cron) and bool(problem) == bool(cron_problem(cron))
