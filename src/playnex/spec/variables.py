"""`${VAR}` and `${VAR:-default}` in the texts of `.mcp.json`, filled from an environment that is handed in."""

import re
from collections.abc import Iterator, Mapping

REFERENCE = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?\}")
OPENING = re.compile(r"\$\{")


def misspelt(text: str) -> int | None:
    """Where a `${` stands that begins no reference, or None."""
    good = {found.start() for found in REFERENCE.finditer(text)}
    return next((found.start() for found in OPENING.finditer(text) if found.start() not in good), None)


def named(text: str) -> Iterator[str]:
    """The variables that the text refers to."""
    return (found["name"] for found in REFERENCE.finditer(text))


def missing(text: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that are not set and have no default."""
    found = REFERENCE.finditer(text)
    return tuple(each["name"] for each in found if each["default"] is None and each["name"] not in environment)


def expanded(text: str, environment: Mapping[str, str]) -> str:
    """The text with every reference filled; an unset or empty variable takes its default, where there is one."""
    return REFERENCE.sub(lambda found: environment.get(found["name"]) or found["default"] or "", text)
