"""Durations, counts and rates as people write them: `5s 10m 2h 1d 500ms`, `200k 2M`, `10/s 600/m`."""

import re

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
FACTORS = {"": 1, "k": 1_000, "M": 1_000_000}

DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
RATE = re.compile(r"(\d+(?:\.\d+)?)(?:\s*/\s*(s|m|h|d))?")
COUNT = re.compile(r"(\d+(?:\.\d+)?)\s*(k|M|)")


def duration(text: str | int | float) -> float:
    """Seconds; a bare number is seconds. Raises ValueError for anything else."""
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return _positive(float(text))
    match = DURATION.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write it like 500ms, 5s, 10m, 2h or 1d")
    return _positive(float(match[1]) * SECONDS[match[2]])


def count(text: str | int) -> int:
    """A whole number; `200k` is 200,000. Raises ValueError for anything else."""
    if isinstance(text, int) and not isinstance(text, bool):
        return int(_positive(text))
    match = COUNT.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(f"{text!r} is not a count; write it like 500, 200k or 2M")
    return int(_positive(float(match[1]) * FACTORS[match[2]]))


def rate(text: str) -> float:
    """So many in a second; a bare number is that already. Raises ValueError for anything else."""
    match = RATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a rate; write it like 10/s, 600/m or 5000/h")
    return _positive(float(match[1]) / SECONDS[match[2] or "s"])


def _positive(number: float) -> float:
    if number <= 0:
        raise ValueError(f"{number:g} is not above zero")
    return number
