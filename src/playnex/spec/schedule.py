"""When a schedule fires: cron expressions on the clock of a time zone, as pure functions of the time that is handed in.

An expression is matched against the wall clock of its zone, to the minute. Where that clock is put forward or back, the rule is that of
Debian's cron, as its page cron(8) has it:

- A schedule at fixed times (neither its minute nor its hour begins with `*`) fires once for each time that it names: one that
  the clock jumps over fires at the first moment after the jump, one that the clock shows twice fires the first time only.
- Any other schedule says how often, and follows real time: what the clock jumps over does not fire, what it shows twice fires twice.

The library knows cron and matches times without a zone; what zones do to them is done here, to the second, so that transitions of
half an hour, of whole days, and offsets with odd seconds come out right.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from playnex.spec.flow import ScheduleSpec

FIELDS = 5
SECOND = timedelta(seconds=1)
STRIDE = timedelta(hours=6)
"""No zone has had two transitions that lie closer together."""

ANY_DAY = datetime(2000, 1, 1)


def cron_problem(cron: str) -> str:
    """What is wrong with an expression, or nothing."""
    if len(cron.split()) != FIELDS:
        return f"has {len(cron.split())} fields; it must have five: minute, hour, day of the month, month, day of the week"
    try:
        return "" if next(CronSim(cron, ANY_DAY), None) else "never fires"
    except CronSimError as error:
        return f"cannot be read: {str(error).lower()}"


def next_fire(schedule: ScheduleSpec, after: float) -> float | None:
    """The first time behind `after` at which it fires, in seconds since 1970; None where there is none."""
    moment = datetime.fromtimestamp(after, UTC)
    try:
        found = (_next_fixed if _is_fixed(schedule.cron) else _next_often)(schedule.cron, _zone(schedule.zone), moment)
    except (StopIteration, OverflowError):
        return None
    return found.timestamp()


def fires(schedule: ScheduleSpec, after: float, until: float) -> Iterator[float]:
    """The times behind `after`, up to `until` and with it, at which it fires."""
    at = next_fire(schedule, after)
    while at is not None and at <= until:
        yield at
        at = next_fire(schedule, at)


def _is_fixed(cron: str) -> bool:
    return not any(part.startswith("*") for part in cron.split()[:2])


def _next_fixed(cron: str, zone: ZoneInfo, after: datetime) -> datetime:
    """Each time that the expression names, as the moment at which the clock comes to it first."""
    matches = CronSim(cron, _wall(after, zone))
    while True:
        if (moment := _first_at(next(matches), zone)) > after:
            return moment


def _next_often(cron: str, zone: ZoneInfo, after: datetime) -> datetime:
    """The first moment at which the clock shows a time of the expression: looked for between one transition and the next."""
    start = after
    while True:
        offset = _offset(start, zone)
        moment = (next(CronSim(cron, _naive(start) + offset)) - offset).replace(tzinfo=UTC)
        if (change := _first_change(start, moment, zone)) is None:
            return moment
        if _is_a_match(cron, _wall(change, zone)):
            return change
        start = change


def _is_a_match(cron: str, wall: datetime) -> bool:
    return next(CronSim(cron, wall - SECOND)) == wall


def _first_at(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the zone's clock shows this time first, or, where it jumps over it, the moment of the jump."""
    before, behind = (wall - (wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta()) for fold in (0, 1))
    earlier, later = sorted((before.replace(tzinfo=UTC), behind.replace(tzinfo=UTC)))
    if _wall(earlier, zone) == wall:
        return earlier
    return _first_change(earlier, later, zone) or later


def _first_change(start: datetime, end: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment behind `start`, up to `end` and with it, from which on the zone's clock goes by another offset."""
    offset, known = _offset(start, zone), start
    while known < end:
        ahead = min(known + STRIDE, end)
        if _offset(ahead, zone) != offset:
            return _change_between(known, ahead, zone)
        known = ahead
    return None


def _change_between(before: datetime, behind: datetime, zone: ZoneInfo) -> datetime:
    offset = _offset(before, zone)
    while behind - before > SECOND:
        middle = before + (behind - before) // 2
        middle -= timedelta(microseconds=middle.microsecond)
        if middle <= before:
            break
        before, behind = (middle, behind) if _offset(middle, zone) == offset else (before, middle)
    return behind


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
