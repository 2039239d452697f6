"""Step keys as paths: which lies within which."""

import re
from collections.abc import Iterable

CALL = re.compile(r"(?:^|/)tool-\d+/")
"""A call that an agent makes, as a part of a key."""


def scope_of(key: str) -> str:
    """The scope that a key lies in, with its slash; empty for the run's own."""
    return key[: key.rfind("/") + 1]


def is_below(name: str, key: str) -> bool:
    """True for `key` itself and every key in its scope."""
    return name == key or name.startswith(key + "/")


def is_related(name: str, key: str) -> bool:
    """True where one of the keys is the other, or in its scope."""
    return is_below(name, key) or is_below(key, name)


def is_of_the_run(key: str) -> bool:
    """True for what the run itself records, under names with a dot, which no step of a flow has, nor one of a pattern."""
    return "." in key.partition("/")[0] + key.rpartition("/")[2]


def calls_around(key: str) -> int:
    """Within how many agents' calls a key lies, one in another."""
    return len(CALL.findall(key))


def outermost(keys: Iterable[str]) -> tuple[str, ...]:
    """Those that lie in no other's scope, each once and in the order given: the steps that people see."""
    known = dict.fromkeys(keys)
    return tuple(key for key in known if not any(key[:place] in known for place in range(len(key)) if key[place] == "/"))
