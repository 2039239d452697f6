"""YAML 1.2 text as located nodes, with every fault in plain words; the only module that knows the YAML library."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, DocumentStartEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent

from playnex.spec.faults import Fault, Place, did_you_mean
from playnex.spec.located import Entry, ListNode, MapNode, Node, ScalarNode

MAX_CHARACTERS = 1_000_000
MAX_NODES = 50_000
"""Values of one file, each use of an anchor counted in full: a few lines of aliases can stand for billions (CWE-776)."""
MAX_DEPTH = 60

# The core schema of YAML 1.2 (section 10.3.2). `yes`, `on`, `1_000` and `2024-01-01` are texts.
NULL = re.compile(r"~|null|Null|NULL|")
FLAG = re.compile(r"(true|True|TRUE)|(false|False|FALSE)")
WHOLE = re.compile(r"[-+]?[0-9]{1,300}")
OCTAL_OR_HEX = re.compile(r"0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}")
DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

PLAIN_WORDS: tuple[tuple[str, str, str], ...] = (
    (r"found character '\\t'", "a tab stands where only spaces may", "indent with spaces"),
    (r"found character '([@`%])'", "a text cannot begin with {0}", "put it in quotes"),
    (
        r"mapping values are not allowed",
        "a ':' where no key can stand",
        "line the key up with those above, or put a text that contains ': ' in quotes",
    ),
    (
        r"expected ',' or '([}\]])'",
        "expected ',' or '{0}' here",
        "inside { } and [ ], put a text that contains ${{ }}, a comma or a bracket in quotes",
    ),
    (r"found unexpected end of stream", "a quote is opened here and never closed", "close it"),
    (r"expected <block end>, but found '-'", "a list item does not line up with the lines above", "mend the indentation"),
    (r"expected <block end>|expected '<document start>'", "this line does not line up with the lines above", "mend the indentation"),
    (r"could not find expected ':'", "a key without ':'", "write `key: value`"),
    (r"found unknown escape character '(.)'", "\\{0} means nothing in double quotes", "use single quotes, or write \\\\"),
    (r"found another document|expected a single document", "a second document begins here", "keep one document in a file"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadYaml:
    """What a text holds, and what is wrong with it; `root` is None for an empty or unreadable text."""

    root: Node | None
    faults: tuple[Fault, ...]


def read_yaml(text: str, path: str) -> ReadYaml:
    """Read one document. Anchors and aliases may be used; keys that occur twice, tags and endless nests are faults."""
    text = _normal(text)
    composer = _Composer(text=text, path=path)
    if len(text) > MAX_CHARACTERS:
        return ReadYaml(root=None, faults=(composer.fault_at(1, 1, f"the file has more than {MAX_CHARACTERS:,} characters"),))
    root = None
    try:
        root = composer.document()
    except _Stop:
        pass
    except YAMLError as error:
        composer.faults.append(_syntax_fault(error, composer))
    return ReadYaml(root=root, faults=tuple(composer.faults))


def first_value(text: str, path: str, key: str) -> ReadYaml:
    """The value of one key at the top of a document, as `read_yaml` would find it; nothing behind it is read."""
    composer = _Composer(text=_normal(text), path=path)
    root = None
    try:
        root = composer.value(key)
    except _Stop:
        pass
    except YAMLError as error:
        composer.faults.append(_syntax_fault(error, composer))
    return ReadYaml(root=root, faults=tuple(composer.faults))


def _normal(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


class _Stop(Exception):
    """Reading cannot go on; the fault is noted."""


@dataclass(slots=True, kw_only=True)
class _Composer:
    """Builds nodes out of the library's events."""

    text: str
    path: str
    faults: list[Fault] = field(default_factory=list)
    anchors: dict[str, tuple[Node, int]] = field(default_factory=dict)
    nodes: int = 0

    def document(self) -> Node | None:
        """The text's one document."""
        events = self._events()
        root, documents = None, 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if event.version or event.tags:
                    self._stop(event, "a % directive means nothing here", "delete it: the file is YAML 1.2")
                if documents > 1:
                    self._stop(event, "a second document begins here", "keep one document in a file")
                root = self._node(next(events), events, 0)
        return root

    def value(self, key: str) -> Node | None:
        """The value of the document's first such key, if the document is a map."""
        events = self._events()
        for event in events:
            if isinstance(event, MappingStartEvent):
                break
            if isinstance(event, (ScalarEvent, SequenceStartEvent)):
                return None
        while not _is_end(following := next(events, None)):
            entry = self._entry(following, events, 0)
            if entry.key == key:
                return entry.value
        return None

    def _events(self) -> Iterator[Any]:
        return iter(YAML(typ="safe", pure=True).parse(self.text))

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        before = self.nodes
        self._count(event, 1)
        if depth > MAX_DEPTH:
            self._stop(event, f"nested more than {MAX_DEPTH} levels deep")
        if isinstance(event, AliasEvent):
            return self._alias(event)
        if event.tag not in (None, "!", "tag:yaml.org,2002:str"):
            self._note(event, f"the tag {event.tag!r} means nothing here", "delete it")
        node = self._content(event, events, depth)
        if event.anchor:
            self.anchors[event.anchor] = (node, self.nodes - before)
        return node

    def _content(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if isinstance(event, SequenceStartEvent):
            return self._list(event, events, depth)
        assert isinstance(event, MappingStartEvent)
        return self._map(event, events, depth)

    def _alias(self, event: Any) -> Node:
        if event.anchor not in self.anchors:
            hint = did_you_mean(event.anchor, self.anchors) or "write &name before the value that *name repeats"
            self._stop(event, f"no anchor &{event.anchor} is complete above", hint)
        node, size = self.anchors[event.anchor]
        self._count(event, size)
        return node

    def _list(self, event: Any, events: Iterator[Any], depth: int) -> ListNode:
        items = []
        while not _is_end(following := next(events)):
            items.append(self._node(following, events, depth + 1))
        return ListNode(place=self._place(event), items=tuple(items))

    def _map(self, event: Any, events: Iterator[Any], depth: int) -> MapNode:
        entries: list[Entry] = []
        first: dict[str, Place] = {}
        while not _is_end(following := next(events)):
            entry = self._entry(following, events, depth)
            if entry.key in first:
                message = f"the key {entry.key!r} occurs twice; it is first on line {first[entry.key].line}"
                self.faults.append(Fault(place=entry.place, message=message, hint="delete or rename one"))
            first.setdefault(entry.key, entry.place)
            entries.append(entry)
        return MapNode(place=self._place(event), entries=tuple(entries))

    def _entry(self, event: Any, events: Iterator[Any], depth: int) -> Entry:
        key, place = self._key(event, events, depth)
        value = self._node(next(events), events, depth + 1)
        if isinstance(value, ScalarNode) and not value.raw:
            value = replace(value, place=place)  # nothing was written: what is wrong with it is shown at its key
        return Entry(key=key, place=place, value=value)

    def _key(self, event: Any, events: Iterator[Any], depth: int) -> tuple[str, Place]:
        if isinstance(event, ScalarEvent):
            return event.value, self._place(event)
        node = self._node(event, events, depth + 1)
        if isinstance(node, ScalarNode) and isinstance(node.value, str):
            return node.value, self._place(event)
        self._note(event, "a key must be one word or text", "inside { }, put a text that contains ${{ }} in quotes")
        return "", self._place(event)

    def _scalar(self, event: Any) -> ScalarNode:
        value: str | int | float | bool | None = event.value
        if event.style is None and event.tag is None:
            if NOT_FINITE.fullmatch(event.value):
                self._note(event, f"{event.value} is not a finite number")
            value = resolved(event.value)
        elif _has_lone_surrogate(event.value):
            self._note(event, "half of a surrogate pair is not a character", "write the character itself")
            value = ""
        raw = self.text[event.start_mark.index : event.end_mark.index]
        return ScalarNode(place=self._place(event), value=value, raw=_without_properties(raw))

    def _count(self, event: Any, more: int) -> None:
        self.nodes += more
        if self.nodes > MAX_NODES:
            self._stop(event, f"the file stands for more than {MAX_NODES:,} values", "repeat less with * aliases")

    def _place(self, event: Any) -> Place:
        start, end = event.start_mark, event.end_mark
        width = end.column - start.column if end.line == start.line else 1
        shift = 0
        if isinstance(event, ScalarEvent):
            raw = self.text[start.index : end.index]
            shift = len(raw) - len(_without_properties(raw))
        return Place(path=self.path, line=start.line + 1, column=start.column + 1 + shift, width=max(1, width - shift))

    def _note(self, event: Any, message: str, hint: str = "") -> None:
        self.faults.append(Fault(place=self._place(event), message=message, hint=hint))

    def _stop(self, event: Any, message: str, hint: str = "") -> None:
        self._note(event, message, hint)
        raise _Stop

    def fault_at(self, line: int, column: int, message: str) -> Fault:
        """A fault at a known place of this text."""
        return Fault(place=Place(path=self.path, line=line, column=column), message=message)


def resolved(text: str) -> str | int | float | bool | None:
    """What an unquoted text stands for in YAML 1.2: null, a flag, a number, or itself."""
    if NULL.fullmatch(text):
        return None
    if flag := FLAG.fullmatch(text):
        return bool(flag[1])
    if WHOLE.fullmatch(text):
        return int(text)
    if OCTAL_OR_HEX.fullmatch(text):
        return int(text, 0)
    if DECIMAL.fullmatch(text) and abs(number := float(text)) != float("inf"):
        return number
    return text


def _without_properties(raw: str) -> str:
    """A scalar's own source, an anchor or tag before it cut off."""
    return re.sub(r"\A(?:[&!]\S*\s+)+", "", raw)


def _is_end(event: Any) -> bool:
    return event is None or type(event).__name__ in ("SequenceEndEvent", "MappingEndEvent")


def _has_lone_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _syntax_fault(error: YAMLError, composer: _Composer) -> Fault:
    path = composer.path
    if not isinstance(error, MarkedYAMLError):
        return _character_fault(error, composer)
    problem = str(error.problem or error.context or "this is not YAML")
    mark = error.context_mark if "end of stream" in problem and error.context_mark else error.problem_mark or error.context_mark
    place = Place(path=path, line=mark.line + 1, column=mark.column + 1) if mark else Place(path=path, line=1, column=1)
    for pattern, message, hint in PLAIN_WORDS:
        if found := re.search(pattern, problem):
            return Fault(place=place, message=message.replace("{0}", found[1] if found.groups() else ""), hint=hint)
    return Fault(place=place, message=f"this is not YAML: {problem}")


def _character_fault(error: Any, composer: _Composer) -> Fault:
    before = composer.text[: getattr(error, "position", 0)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    fault = composer.fault_at(line, column, f"YAML forbids the character {chr(getattr(error, 'character', 0))!r}")
    return replace(fault, hint="save the file as plain UTF-8 text")
