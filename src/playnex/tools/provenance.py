"""Whether a value comes from what is trusted: decided by exact match, and strictly. Pure.

What a model wrote after it read something untrusted counts as untrusted, unless the very same characters stand in the user's own words or
in other trusted material, as a whole: preceded by the start or a space and opening quotes or brackets, followed by closing ones, a
mark that ends a sentence, a space or the end. Nothing is normalised: another case, another form of the same letter, a letter that looks
alike, a part of a longer word, address or path are no match. A wrong no costs a question, a wrong yes would cost what the question is for.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal

from playnex.canonical import Json

OPENING = "\"'`“‘«([{<"
CLOSING = "\"'`”’»)]}>.,;:!?"
BEFORE = rf"(?<!\S)[{re.escape(OPENING)}]*"
AFTER = rf"[{re.escape(CLOSING)}]*(?!\S)"
NUMBER = re.compile(rf"{BEFORE}(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?){AFTER}")

NO_DEFAULTS: Mapping[str, Json] = {}


def doubtful(arguments: Mapping[str, Json], trusted: Iterable[Json], *, defaults: Mapping[str, Json] = NO_DEFAULTS) -> tuple[str, ...]:
    """The names of those arguments whose values do not come from what is trusted; one that is the tool's own default does."""
    texts = tuple(text for value in trusted for text in texts_of(value))
    return tuple(name for name, value in arguments.items() if not _is_default(name, value, defaults) and not is_known(value, texts))


def is_known(value: Json, texts: Iterable[str]) -> bool:
    """Whether the value stands in one of the texts: a text or number by itself, of a list each element, of a map each key and value. What
    is empty stands nowhere."""
    texts = tuple(texts)
    match value:
        case str():
            return any(_stands(value, text) for text in texts)
        case bool() | None:
            return any(_stands(json.dumps(value), text) for text in texts)
        case int() | float():
            return any(_is_written(value, text) for text in texts)
        case Mapping():
            return bool(value) and all(is_known(key, texts) and is_known(part, texts) for key, part in value.items())
        case list() | tuple():
            return bool(value) and all(is_known(part, texts) for part in value)
    return False


def is_given(value: Json, given: Iterable[Json]) -> bool:
    """Whether the value is one of those, of the same kind; of a list each element."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(is_given(part, given) for part in value)
    return any(type(value) is type(other) and value == other for other in given)


def fields_of(result: Json, name: str) -> Iterator[Json]:
    """The texts and whole numbers of that field in a result's records: the result itself, or the elements of a list that it is or has as
    its only field. What lies deeper is not the server's own word, and no text within is read as JSON but the whole."""
    records = next(_parsed(result), None) if isinstance(result, str) else result
    if isinstance(records, Mapping) and len(records) == 1 and isinstance(only := next(iter(records.values())), (list, Mapping)):
        records = only
    for record in records if isinstance(records, (list, tuple)) else (records,):
        found = record.get(name) if isinstance(record, Mapping) else None
        if isinstance(found, (str, int)) and not isinstance(found, bool):
            yield found


def texts_of(value: Json) -> Iterator[str]:
    """All texts within a trusted value; one that is itself a JSON list or map is looked into."""
    match value:
        case str():
            yield value
            for found in _parsed(value):
                yield from texts_of(found)
        case Mapping():
            for key, part in value.items():
                yield str(key)
                yield from texts_of(part)
        case list() | tuple():
            for part in value:
                yield from texts_of(part)
        case _:
            yield json.dumps(value)


def _parsed(text: str) -> Iterator[Json]:
    """What a text says that is a JSON list or map."""
    if text.lstrip().startswith(("{", "[")):
        with suppress(ValueError, RecursionError):
            yield json.loads(text)


def _stands(value: str, text: str) -> bool:
    """Whether the text has the value as a whole, to the character."""
    if not value.strip():
        return False
    return value == text or (value in text and re.search(f"{BEFORE}{re.escape(value)}{AFTER}", text) is not None)


def _is_written(value: int | float, text: str) -> bool:
    """Whether the text has the number by itself, however many zeros stand behind its point."""
    wanted = Decimal(repr(value))
    return any(Decimal(found[1]) == wanted for found in NUMBER.finditer(text))


def _is_default(name: str, value: Json, defaults: Mapping[str, Json]) -> bool:
    return name in defaults and json.dumps(defaults[name], sort_keys=True) == json.dumps(value, sort_keys=True)
