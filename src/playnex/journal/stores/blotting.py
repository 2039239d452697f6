"""Takes a purged text out of the records of all runs: what stood there reads `[purged]` from then on.

A journal is append-only, and its long outputs are stored as what they add to earlier ones (journal/encoding.py), counted in bytes. So what
is taken out is replaced by as many bytes of filler, and every count stays right; a record whose bytes no longer fit together with those
that it grew from is stored whole.

A model is shown parts of a text, and quotes it. So what has to go is each stretch of characters that a value has in common with the text,
as it stands or as JSON writes it: of `STRETCH` characters in a run that was given the text, of `LONG_STRETCH` in any other, which may have
a sentence by chance. Whatever is shorter goes only where it is all that a value says, and only from a run that had it.
"""

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import apsw

from playnex import canonical
from playnex.canonical import Json
from playnex.journal import encoding
from playnex.journal.encoding import DEFINITION, JSON, OUTPUT, PACKED, Encoded
from playnex.journal.stores import journal_rows as rows
from playnex.spec.purged import filler

SHINGLE = 24
"""Characters that are looked up at once."""

STRIDE = 8
STRETCH = SHINGLE + STRIDE - 1
"""What a look at every eighth place cannot miss."""

LONG_STRETCH = 80
TELLING = 6
"""Different characters that a shingle has at least: a line of dashes is everybody's."""

KEYS = (OUTPUT, "input", "inputs", "payload", "value", "ask", "message", "feedback")
"""The fields of facts that can hold what people, models and tools said."""

TEXTS = 64
"""Outputs that are kept at hand, for those that grew from them."""

HASH = re.compile(rb'"\$(?:blob|json)":"([0-9a-f]{64})"')


@dataclass(frozen=True, slots=True)
class Blotter:
    """What has to go: `shingles` of the texts, in stretches of `least` characters, and `wholes` where they are all of a value."""

    shingles: frozenset[str]
    wholes: frozenset[str]
    least: int = STRETCH

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Blotter":
        """For these texts."""
        whole = {text.strip() for text in texts if text.strip()}
        forms = {form for text in whole for form in (text, json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1])}
        cut = (form[at : at + SHINGLE] for form in forms for at in range(len(form) - SHINGLE + 1))
        return cls(frozenset(piece for piece in cut if len(set(piece)) >= TELLING), frozenset(whole))

    @property
    def of_strangers(self) -> "Blotter":
        """The same for runs that had nothing to do with the texts."""
        return replace(self, wholes=frozenset(), least=LONG_STRETCH)

    def blotted(self, value: Json) -> Json:
        """The value with filler in the place of what has to go."""
        match value:
            case str():
                return self._blotted_text(value)
            case dict():
                return {key: self.blotted(part) for key, part in value.items()}
            case list() | tuple():
                return [self.blotted(part) for part in value]
        return value

    def _blotted_text(self, text: str) -> str:
        if text.strip() in self.wholes:
            return filler(_size(text))
        pieces, at = [], 0
        for start, end in self._stretches(text):
            pieces += [text[at:start], filler(_size(text[start:end]))]
            at = end
        return "".join((*pieces, text[at:]))

    def _stretches(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the text has something in common with what has to go."""
        at, after = 0, 0
        while at + SHINGLE <= len(text):
            if text[at : at + SHINGLE] not in self.shingles:
                at += STRIDE
                continue
            start, end = at, at
            while start > after and text[start - 1 : start - 1 + SHINGLE] in self.shingles:
                start -= 1
            while text[end + 1 : end + 1 + SHINGLE] in self.shingles:
                end += 1
            if end + SHINGLE - start >= self.least:
                yield start, end + SHINGLE
            at = after = end + SHINGLE


def _size(text: str) -> int:
    """Bytes of the text in JSON."""
    return len(canonical.encode(text)) - 2


def blot_out(connection: apsw.Connection, texts: Sequence[str], runs: Sequence[str]) -> int:
    """Take the texts out of all events and inputs, in the writer's transaction; how many records had them. `runs` are those that were
    given the texts or wrote them; their forks have them too."""
    blotter = Blotter.of(texts)
    if not blotter.wholes:
        return 0
    changed = 0
    reader, acquainted, stranger = _Reader(connection), _with_forks(connection, runs), blotter.of_strangers
    for position, run in _all(connection, "SELECT position, run FROM events ORDER BY position DESC"):
        if (body := _without(reader, position, blotter if run in acquainted else stranger)) is not None:
            changed += 1
            rows.keep_blobs(connection, body.blobs)
            connection.execute("UPDATE events SET body = ? WHERE position = ?", (body.body, position))
    for number, inputs in _all(connection, "SELECT number, inputs FROM runs"):
        value = encoding.decode(inputs, reader.blob)
        if (new := (blotter if number in acquainted else stranger).blotted(value)) != value:
            encoded = encoding.encode(new)
            rows.keep_blobs(connection, encoded.blobs)
            connection.execute("UPDATE runs SET inputs = ? WHERE number = ?", (encoded.body, number))
    _drop_blobs(connection)
    return changed


def _with_forks(connection: apsw.Connection, runs: Sequence[str]) -> set[int]:
    """The numbers of these runs, and of those that were forked from them."""
    known = set(runs)
    numbers: set[int] = set()
    starts = "SELECT r.number, r.id, e.body FROM runs r JOIN events e ON e.run = r.number AND e.kind = 'RunStarted' ORDER BY r.number"
    for number, run, body in _all(connection, starts):
        forked = encoding.decode(body, _outline).get("forked") or {}
        if run in known or forked.get("run") in known:
            known.add(run)
            numbers.add(number)
    return numbers


def _without(reader: "_Reader", position: int, blotter: Blotter) -> Encoded | None:
    """The event's body without what has to go; None where nothing has to. Later events have been seen to already, earlier ones not yet."""
    body = reader.body(position)
    if (link := encoding.grown(body)) is None:
        parts = encoding.decode(body, reader.blob)
        new = {key: blotter.blotted(part) if key in KEYS else part for key, part in parts.items()}
        if new == parts:
            return None
        return encoding.encode_start(new) if DEFINITION in new else encoding.encode(new)
    text = reader.output(position)
    base = reader.output(link.origin)
    new_text, new_base = _blotted_json(blotter, text), _blotted_json(blotter, base)
    if (new_text, new_base) == (text, base):
        return None
    added = new_text[link.keep : len(new_text) - link.cut]
    if new_base[: link.keep] + added + new_base[len(new_base) - link.cut :] != new_text:
        return encoding.encode(link.parts | {OUTPUT: canonical.decode(new_text)})
    if added == link.added:
        return None
    head = body[: body.index(b"\n") + 1]
    return Encoded(body=head + added)


def _blotted_json(blotter: Blotter, text: bytes) -> bytes:
    return canonical.encode(blotter.blotted(canonical.decode(text)))


def _drop_blobs(connection: apsw.Connection) -> None:
    """Remove the long texts that no record refers to any more."""
    used: set[str] = set()
    for sql in ("SELECT body FROM events", "SELECT inputs FROM runs"):
        for (body,) in _all(connection, sql):
            plain = zlib.decompress(body) if body.startswith(PACKED) else body
            used.update(name.decode() for name in HASH.findall(plain))
    names = [name for (name,) in _all(connection, "SELECT hash FROM blobs") if name not in used]
    connection.executemany("DELETE FROM blobs WHERE hash = ?", [(name,) for name in names])


def _outline(name: str) -> bytes:
    """Stands in for a blob's text where only its name is wanted."""
    return canonical.encode({JSON: name})


@dataclass(slots=True)
class _Reader:
    """Events and their outputs as they are in the transaction."""

    connection: apsw.Connection
    texts: dict[int, bytes] = field(default_factory=dict)

    def body(self, position: int) -> bytes:
        return rows.body(self.connection, position)

    def blob(self, name: str) -> bytes:
        ((data, compressed),) = _all(self.connection, "SELECT data, compressed FROM blobs WHERE hash = ?", name)
        return encoding.checked(name, data, bool(compressed))

    def output(self, position: int) -> bytes:
        """The JSON text of an event's output."""
        links, at = [], position
        while (link := encoding.grown(self.body(at))) is not None:
            links.append(link)
            at = link.origin
        if at not in self.texts:
            if len(self.texts) >= TEXTS:
                self.texts.clear()
            self.texts[at] = canonical.encode(encoding.decode(self.body(at), self.blob)[OUTPUT])
        return encoding.grown_text(self.texts[at], reversed(links))


def _all(connection: apsw.Connection, sql: str, *bindings: Any) -> list[Any]:
    return list(connection.execute(sql, bindings))
