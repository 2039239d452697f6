"""Turning located nodes into typed values: each method gives the value or notes a fault and gives nothing."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from playnex.spec import units
from playnex.spec.faults import Fault, Place, did_you_mean
from playnex.spec.located import Entry, ListNode, MapNode, Node, ScalarNode, plain
from playnex.spec.vocabulary import slug

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")

Number = TypeVar("Number", int, float)

NOT_YET = "is not available in this version yet"


@dataclass(slots=True, kw_only=True)
class Reading:
    """One reading of one file; `faults` grows as it goes."""

    path: str
    faults: list[Fault] = field(default_factory=list)

    def fault(self, where: "Node | Entry | Place", message: str, *, hint: str = "") -> None:
        """Note a fault."""
        place = where if isinstance(where, Place) else where.place
        self.faults.append(Fault(place=place, message=message, hint=hint))

    def keys(self, node: MapNode, known: Iterable[str], *, what: str, later: Iterable[str] = ()) -> None:
        """A fault for every key that is not `known`; those in `later` belong to the format and are not carried out yet."""
        known, later = tuple(known), frozenset(later)
        for entry in node.entries:
            if entry.key in later:
                self.fault(entry, f"{entry.key!r} {NOT_YET}")
            elif entry.key not in known:
                hint = did_you_mean(entry.key, known) or f"known keys: {', '.join(known)}"
                self.fault(entry, f"{what} has no key {entry.key!r}", hint=hint)

    def map(self, node: Node | None, what: str, *, hint: str = "") -> MapNode | None:
        """The node as a map; `hint` is how one is written."""
        if node is None or isinstance(node, MapNode):
            return node
        self.wrong(node, what, "a map of `key: value` lines", hint=hint)
        return None

    def text(self, node: Node | None, what: str) -> str | None:
        """A text; a bare number or flag is read as the text that was written."""
        if node is None:
            return None
        if isinstance(node, ScalarNode) and node.value is not None:
            return node.value if isinstance(node.value, str) else node.raw
        self.wrong(node, what, "a text")
        return None

    def filled(self, node: Node | None, what: str) -> str | None:
        """A text that is not empty."""
        text = self.text(node, what)
        if text is not None and node is not None and not text.strip():
            self.fault(node, f"{what} is empty", hint="write it, or delete the key")
            return None
        return text

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        """A list of texts; one text alone is a list of one."""
        if node is None:
            return ()
        if isinstance(node, ScalarNode):
            only = self.filled(node, what)
            return () if only is None else (only,)
        if isinstance(node, ListNode):
            found = (self.filled(item, f"an item of {what}") for item in node.items)
            return tuple(text for text in found if text is not None)
        self.wrong(node, what, "a list of texts")
        return ()

    def flag(self, node: Node | None, what: str) -> bool | None:
        """true or false."""
        if node is None or (isinstance(node, ScalarNode) and isinstance(node.value, bool)):
            return None if node is None else bool(node.value)
        hint = "YAML 1.2 knows only true and false" if isinstance(node, ScalarNode) and node.value in ("yes", "no", "on", "off") else ""
        self.wrong(node, what, "true or false", hint=hint)
        return None

    def whole(self, node: Node | None, what: str, *, least: int, most: int) -> int | None:
        """A whole number between two bounds."""
        if node is None:
            return None
        value = plain(node)
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong(node, what, "a whole number")
        elif not least <= value <= most:
            self.fault(node, f"{what} is {value}; it must be from {least:,} to {most:,}")
        else:
            return value
        return None

    def number(self, node: Node | None, what: str, *, least: float, most: float) -> float | None:
        """A number between two bounds."""
        if node is None:
            return None
        value = plain(node)
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            self.wrong(node, what, "a number")
        elif not least <= value <= most:
            self.fault(node, f"{what} is {value}; it must be from {least:,g} to {most:,.10g}")
        else:
            return float(value)
        return None

    def duration(self, node: Node | None, what: str) -> float | None:
        """Seconds, from `5s`, `10m` and the like."""
        return self._unit(node, what, units.duration)

    def count(self, node: Node | None, what: str) -> int | None:
        """A whole number above zero, `200k` and `2M` included."""
        return self._unit(node, what, units.count)

    def choice(self, node: Node | None, what: str, known: tuple[str, ...]) -> str | None:
        """One of the known words."""
        word = self.text(node, what)
        if word is None or node is None or word in known:
            return word
        hint = did_you_mean(word, known) or f"choose one of {', '.join(known)}"
        self.fault(node, f"{what} cannot be {word!r}", hint=hint)
        return None

    def slug(self, node: Node | None, what: str) -> str | None:
        """A name of small letters, digits and hyphens."""
        word = self.filled(node, what)
        if word is None or node is None or SLUG.fullmatch(word):
            return word
        near = slug(word)
        like = f", such as {near}" if SLUG.fullmatch(near) else ""
        self.fault(node, f"{what} {word!r} is not a slug", hint=f"use small letters and digits, joined by single hyphens{like}")
        return None

    def wrong(self, node: Node, what: str, expected: str, *, hint: str = "") -> None:
        """Note that a value is of the wrong kind."""
        if not hint and isinstance(node, ScalarNode) and node.value is None:
            hint = "write it behind the colon, or delete the key"
        self.fault(node, f"{what} must be {expected}, not {described(node)}", hint=hint)

    def _unit(self, node: Node | None, what: str, unit: Callable[[Any], Number]) -> Number | None:
        if node is None:
            return None
        if plain(node) is None:
            self.wrong(node, what, "a number with a unit")
            return None
        try:
            return unit(plain(node))
        except (ValueError, OverflowError) as error:
            self.fault(node, f"{what}: {error}")
            return None


def described(node: Node) -> str:
    """A value in a few words, for a message."""
    match node:
        case MapNode():
            return "a map"
        case ListNode():
            return "a list"
        case ScalarNode(value=None):
            return "nothing"
        case ScalarNode():
            shown = str(node.value)
            return repr(shown if len(shown) <= 40 else shown[:39] + "…") if isinstance(node.value, str) else shown.lower()
