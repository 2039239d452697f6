"""What the needs of steps say of their order: which have ended before one starts, and which wait for it."""

from collections.abc import Mapping
from typing import TypeAlias

Needs: TypeAlias = Mapping[str, tuple[str, ...]]
"""What each step waits for, by its id."""


def before(step: str, needs: Needs) -> frozenset[str]:
    """Every step that has ended before this one starts."""
    return _reached(step, needs)


def behind(step: str, needs: Needs) -> frozenset[str]:
    """Every step that waits for this one, or for one that does."""
    waiting: dict[str, tuple[str, ...]] = {}
    for each, needed in needs.items():
        for need in needed:
            waiting[need] = (*waiting.get(need, ()), each)
    return _reached(step, waiting)


def again(step: str, needs: Needs) -> frozenset[str]:
    """What is done again where a route leads back to this step: it, and all that waits for it."""
    return behind(step, needs) | {step}


def circle(start: str, needs: Needs) -> tuple[str, ...]:
    """The way from a step along its needs back to itself, or nothing."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for need in needs.get(way[-1], ()):
            if need == start:
                return way
            if need not in seen:
                seen.add(need)
                ways.append((*way, need))
    return ()


def _reached(step: str, ways: Needs) -> frozenset[str]:
    found: set[str] = set()
    open_ends = list(ways.get(step, ()))
    while open_ends:
        each = open_ends.pop()
        if each not in found:
            found.add(each)
            open_ends += ways.get(each, ())
    return frozenset(found - {step})
