"""Plain values as YAML that a person likes to read; whatever is written here, `read_yaml` reads as it was."""

import json
import re
from collections.abc import Iterator, Mapping

from playnex.canonical import Json
from playnex.spec.yaml_source import resolved

WIDTH = 120
STEP_IN = 2

UNSAFE_START = re.compile(r"[-?:,\[\]{}#&*!|>'\"%@`=.]|\s")
UNSAFE = re.compile(r":(?:\s|$)|\s#|\s$")
UNSAFE_IN_BRACES = re.compile(r"[,\[\]{}]|:")
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
NOT_IN_A_BLOCK = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]|^ +$", re.MULTILINE)


def entry_lines(key: str, value: Json, *, room: int = 0) -> Iterator[str]:
    """The lines of `key: value`: in one line what fits, texts of several lines as a block. `room` is the width of the key with its
    colon, for those that stand one below the other."""
    head = f"{written_key(key)}:".ljust(room)
    match value:
        case str() if is_block(value):
            yield f"{head.rstrip()} {_block_header(value)}"
            yield from (" " * STEP_IN + line if line else "" for line in value.removesuffix("\n").split("\n"))
        case Mapping() | list() if value and not _fits(head, value):
            yield head.rstrip()
            yield from (" " * STEP_IN + line if line else "" for line in _nested(value))
        case _:
            yield f"{head} {in_braces(value) if isinstance(value, (Mapping, list)) else scalar(value)}"


def scalar(value: Json) -> str:
    """A text, number, flag or null in one line."""
    if not isinstance(value, str):
        return json.dumps(value)
    return value if _may_be_bare(value) else quoted(value)


def in_braces(value: Json) -> str:
    """A value in one line, maps and lists in braces and brackets."""
    match value:
        case Mapping():
            pairs = (f"{_text_in_braces(key)}: {in_braces(item)}" for key, item in value.items())
            return f"{{ {', '.join(pairs)} }}" if value else "{}"
        case list() | tuple():
            return f"[{', '.join(map(in_braces, value))}]"
        case str():
            return _text_in_braces(value)
        case _:
            return json.dumps(value)


def written_key(key: str) -> str:
    """A key, in quotes where it needs them."""
    return key if _may_be_bare(key) and not UNSAFE_IN_BRACES.search(key) else quoted(key)


def quoted(text: str) -> str:
    """The text in quotes: single ones where it has double ones in it and nothing to escape."""
    if '"' in text and not UNPRINTABLE.search(text):
        return "'" + text.replace("'", "''") + "'"
    return UNPRINTABLE.sub(_escape, json.dumps(text, ensure_ascii=False))


def is_block(text: str) -> bool:
    """Whether a text is written as a block: several lines, or one that is long and would need quotes."""
    if NOT_IN_A_BLOCK.search(text) or text.endswith("\n\n") or not text.strip():
        return False
    return "\n" in text or (len(text) > WIDTH // 2 and not _may_be_bare(text))


def _block_header(text: str) -> str:
    indented = str(STEP_IN) if text.lstrip("\n").startswith(" ") else ""
    end = "" if text.endswith("\n") else "-"
    return f"|{indented}{end}"


def _nested(value: Mapping[str, Json] | list[Json]) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from entry_lines(key, item)
        return
    for item in value:
        if isinstance(item, str) and is_block(item):
            first, *rest = entry_lines("", item)
            yield f"- {first.partition(' ')[2]}"
            yield from rest
        else:
            yield f"- {in_braces(item) if isinstance(item, (Mapping, list)) else scalar(item)}"


def _fits(head: str, value: Mapping[str, Json] | list[Json]) -> bool:
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        return False
    return len(head) + len(in_braces(value)) < WIDTH and not any(is_block(text) for text in _texts(value))


def _texts(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)


def _may_be_bare(text: str) -> bool:
    if not text or UNSAFE_START.match(text) or UNSAFE.search(text) or UNPRINTABLE.search(text):
        return False
    return resolved(text) == text


def _text_in_braces(text: str) -> str:
    return text if _may_be_bare(text) and not UNSAFE_IN_BRACES.search(text) else quoted(text)


def _escape(found: "re.Match[str]") -> str:
    return f"\\u{ord(found[0]):04x}"
