"""JSON as a template may see it: it can be read and nothing else can be reached from it."""

# The engine hands a Python dict or list to a template as the live object: `steps.a.output.pop('x')` would change the run's
# own record, and `x.append` would be a value. So data goes in wrapped. A wrapper answers subscripts, iteration and length;
# the engine never looks up a name that begins with an underscore; and the one public name that it needs to know a map by,
# `items`, is a value that can neither be called nor printed. There is nothing else to reach, whatever the expression.

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playnex.canonical import Json


class NotPlain(Exception):
    """A template made something that is not JSON."""


class _Unprintable:
    __slots__ = ()


class PlainMap:
    """A map as a template sees it; prints as JSON."""

    __slots__ = ("_values",)

    items = _Unprintable()

    def __init__(self, values: Mapping[str, Json]) -> None:
        self._values = values

    def __getitem__(self, key: str) -> Any:
        return wrapped(self._values[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __str__(self) -> str:
        return written(self)


class PlainList:
    """A list as a template sees it; prints as JSON."""

    __slots__ = ("_values",)

    def __init__(self, values: Sequence[Json]) -> None:
        self._values = values

    def __getitem__(self, position: int) -> Any:
        return wrapped(self._values[position])

    def __iter__(self) -> Iterator[Any]:
        return map(wrapped, self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __str__(self) -> str:
        return written(self)


Sequence.register(PlainList)


class CapsuleMap(PlainMap):
    """`{name, id, version}` of a step's capsule: prints as its name."""

    __slots__ = ()

    def __str__(self) -> str:
        return str(self._values.get("name", ""))


class StepMap(PlainMap):
    """The record of one step."""

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        return CapsuleMap(value) if key == "capsule" and isinstance(value, Mapping) else wrapped(value)


class StepsMap(PlainMap):
    """The records of the steps so far, by id."""

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        return StepMap(self._values[key])


class RoundMap(PlainMap):
    """The round of a loop: `{number, previous}`, where `previous` holds records of steps."""

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        return StepsMap(value) if key == "previous" and isinstance(value, Mapping) else wrapped(value)


NAMED: Mapping[str, type[PlainMap]] = {"steps": StepsMap, "iteration": RoundMap}


def wrapped(value: Json) -> Any:
    """A value as a template may see it. Raises NotPlain for anything that is not JSON: its attributes would be in sight."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Mapping):
        return PlainMap(value)
    if isinstance(value, (list, tuple)):
        return PlainList(value)
    raise NotPlain(f"a {type(value).__name__} is no value")


def wrapped_scope(scope: Mapping[str, Json]) -> dict[str, Any]:
    """All that a template may refer to, by its first name; capsules of `steps` print as their names."""
    return {name: NAMED[name](value) if name in NAMED else wrapped(value) for name, value in scope.items()}


def unwrapped(value: Any) -> Json:
    """What a template made, as plain JSON that shares nothing with what went in. Raises NotPlain."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return _finite(value)
        case str():
            return str.__str__(value)  # the engine marks some texts as safe for HTML: a type of its own
        case PlainMap() | dict():
            return _unwrapped_map(value._values if isinstance(value, PlainMap) else value)
        case PlainList() | list() | tuple():
            return [unwrapped(item) for item in (value._values if isinstance(value, PlainList) else value)]
        case _:
            raise NotPlain("the expression names something that is no value")


def _unwrapped_map(values: Mapping[Any, Any]) -> dict[str, Json]:
    if not all(isinstance(key, str) for key in values):
        raise NotPlain("the keys of a map must be texts")
    return {str.__str__(key): unwrapped(value) for key, value in values.items()}


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise NotPlain(f"{number} is not a finite number")
    return number


def written(value: Any) -> str:
    """How a value stands in a text: a text as it is, a capsule by its name, anything else as JSON."""
    if isinstance(value, CapsuleMap):
        return str(value)
    plain = unwrapped(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
