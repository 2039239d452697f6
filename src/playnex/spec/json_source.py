"""Reads JSON as people write it into settings, with comments and trailing commas, into values that know their place."""

import json
import re
from dataclasses import dataclass, field

from playnex.spec.faults import Fault, Place
from playnex.spec.located import Entry, ListNode, MapNode, Node, ScalarNode

DEEPEST = 50
"""Levels of lists and maps; a file of settings has four."""

BLANK = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"')
WORD = re.compile(r"-?[\w.+-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadJson:
    """The file's value, or None with the fault that keeps it from being read; keys written twice are faults too."""

    root: Node | None
    faults: tuple[Fault, ...]


class _Unreadable(Exception):
    """The text cannot be read further."""


def read_json(text: str, path: str) -> ReadJson:
    """The value in the text."""
    reading = _Reading(text=text.removeprefix("\ufeff"), path=path)
    try:
        root = reading.value(0)
        reading.end()
    except _Unreadable:
        root = None
    return ReadJson(root=root, faults=tuple(reading.faults))


def _no_number(word: str) -> float:
    raise ValueError(word)


@dataclass(slots=True, kw_only=True)
class _Reading:
    text: str
    path: str
    at: int = 0
    faults: list[Fault] = field(default_factory=list)

    def value(self, depth: int) -> Node:
        sign = self._sign()
        if depth > DEEPEST:
            raise self._broken(f"lists and maps stand more than {DEEPEST} levels deep")
        if sign == "{":
            return self._map(depth)
        if sign == "[":
            return self._list(depth)
        if sign == '"':
            return self._text()
        return self._word()

    def end(self) -> None:
        if self._sign():
            raise self._broken("something stands behind the end of the value", hint="a file holds one { … }")

    def _map(self, depth: int) -> MapNode:
        place, entries = self._place(1), list[Entry]()
        self.at += 1
        while self._sign() != "}":
            if self._sign() != '"':
                raise self._broken("a key is expected here", hint='write keys as "key": value')
            key = self._text()
            if self._sign() != ":":
                raise self._broken(f"a `:` is expected behind the key {key.value!r}")
            self.at += 1
            if any(entry.key == key.value for entry in entries):
                self.faults.append(Fault(place=key.place, message=f"the key {key.value!r} is here twice", hint="keep one of them"))
            entries.append(Entry(key=str(key.value), place=key.place, value=self.value(depth + 1)))
            self._comma("}")
        self.at += 1
        return MapNode(place=place, entries=tuple(entries))

    def _list(self, depth: int) -> ListNode:
        place, items = self._place(1), list[Node]()
        self.at += 1
        while self._sign() != "]":
            items.append(self.value(depth + 1))
            self._comma("]")
        self.at += 1
        return ListNode(place=place, items=tuple(items))

    def _text(self) -> ScalarNode:
        found = TEXT.match(self.text, self.at)
        if found is None:
            raise self._broken("this text has no end", hint='close it with " on the same line')
        try:
            value = json.loads(found[0], strict=False)
            value.encode()
        except ValueError as fault:
            raise self._broken(f"this text cannot be read: {str(fault).partition(':')[0]}", hint='a backslash is written "\\\\"') from None
        return self._scalar(found[0], value)

    def _word(self) -> ScalarNode:
        found = WORD.match(self.text, self.at)
        if found is None:
            raise self._broken("a value is expected here" if self._sign() else "the file ends too early: a value is expected")
        try:
            value = json.loads(found[0], parse_constant=_no_number)
        except ValueError:
            raise self._broken(f"{found[0]!r} is no value", hint='texts stand in double quotes: "text"') from None
        return self._scalar(found[0], value)

    def _scalar(self, raw: str, value: str | int | float | bool | None) -> ScalarNode:
        node = ScalarNode(place=self._place(len(raw)), value=value, raw=raw)
        self.at += len(raw)
        return node

    def _comma(self, closing: str) -> None:
        sign = self._sign()
        if sign == ",":
            self.at += 1
        elif sign != closing:
            raise self._broken(f"a `,` or `{closing}` is expected here" if sign else f"the file ends too early: a `{closing}` is missing")

    def _sign(self) -> str:
        """The next character that says something, or nothing at the end."""
        if blank := BLANK.match(self.text, self.at):
            self.at = blank.end()
        return self.text[self.at : self.at + 1]

    def _place(self, width: int) -> Place:
        before = self.text[: self.at]
        return Place(path=self.path, line=before.count("\n") + 1, column=self.at - (before.rfind("\n") + 1) + 1, width=width)

    def _broken(self, message: str, *, hint: str = "") -> _Unreadable:
        self.faults.append(Fault(place=self._place(1), message=message, hint=hint))
        return _Unreadable()
