"""Facts as bytes: JSON, in which no text is written twice.

A string of more than `INLINE` characters becomes `{"$blob": HASH}`, so that the same prompt is stored once; a long definition becomes
`{"$json": HASH}`, for the thousand runs of a batch have the same; a user's own map with a key that starts with `$` is wrapped as
`{"$map": …}`, so it can never be taken for one. A long body is compressed. And
an output that has grown out of an earlier one of its run, as a transcript does, is stored as what was added:

    {"output": …}            plain
    x…                       plain, compressed (zlib's own first byte)
    +FROM,KEEP,CUT{…}⏎ADDED  the output's JSON is the first KEEP bytes of the output of the event at position FROM, then ADDED, then
                             the last CUT bytes of that output; the other fields stand in the map, which is left out if empty
"""

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from playnex import canonical
from playnex.canonical import Json
from playnex.errors import StoreError

INLINE = 512
LONG = 2048
"""Bytes from which a body is compressed, and an output looks for an earlier one to grow from."""

BLOB = "$blob"
JSON = "$json"
MAP = "$map"
GROWN = b"+"
PACKED = b"x"
OUTPUT = "output"
DEFINITION = "definition"

Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A long text: its SHA-256 and its bytes, `compressed` with zlib where that is shorter."""

    hash: str
    data: bytes
    compressed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """An output that later ones may grow from: the JSON text of the output of the event at `position`."""

    position: int
    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A value ready for the store; `output` is the JSON text of its long output, for later ones to grow from."""

    body: bytes
    blobs: tuple[Blob, ...] = ()
    output: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """A body that was stored as what was added: the other fields, and how the output's text is made."""

    parts: dict[str, Json]
    origin: int
    keep: int
    cut: int
    added: bytes


def encode(value: Json) -> Encoded:
    """The value as bytes and blobs. Raises UsageError for what is not JSON."""
    plain = canonical.encode(value)
    if len(plain) <= INLINE and b'"$' not in plain:
        return Encoded(body=plain)
    blobs: dict[str, Blob] = {}
    body = canonical.encode(_outlined(value, blobs))
    return Encoded(body=_packed(body), blobs=tuple(blobs.values()))


def encode_start(parts: dict[str, Json]) -> Encoded:
    """The fields of a run's start: as `encode` does it, with a long definition set apart as a whole."""
    definition = canonical.encode(parts[DEFINITION])
    if len(definition) <= INLINE:
        return encode(parts)
    blob, blobs = _blob_of(definition), dict[str, Blob]()
    body = canonical.encode(
        {name: _outlined(part, blobs) for name, part in parts.items() if name != DEFINITION} | {DEFINITION: {JSON: blob.hash}}
    )
    return Encoded(body=_packed(body), blobs=(*blobs.values(), blob))


def encode_result(parts: dict[str, Json], bases: Sequence[Base]) -> Encoded:
    """The fields of a result: as `encode` does it, or as what its output adds to one of the bases."""
    output = parts.get(OUTPUT)
    if not isinstance(output, (str, list, dict)) or (isinstance(output, str) and len(output) <= INLINE):
        return encode(parts)
    text = canonical.encode(output)
    if len(text) <= LONG:
        return _short(text, {name: value for name, value in parts.items() if name != OUTPUT}) or encode(parts)
    keep, cut, origin = _most_alike(text, bases)
    if 4 * (len(text) - keep - cut) > len(text):
        whole = encode(parts)
        return Encoded(body=whole.body, blobs=whole.blobs, output=text)
    rest = {name: value for name, value in parts.items() if name != OUTPUT}
    head = b"%d,%d,%d" % (origin, keep, cut) + (canonical.encode(rest) if rest else b"")
    return Encoded(body=GROWN + head + b"\n" + text[keep : len(text) - cut], output=text)


def _short(output: bytes, rest: dict[str, Json]) -> Encoded | None:
    """The plain body around an output that is JSON already; None where something has to be set apart or wrapped."""
    body = b'{"' + OUTPUT.encode() + b'":' + output + (b"," + canonical.encode(rest)[1:] if rest else b"}")
    return Encoded(body=body) if len(body) <= INLINE and b'"$' not in body else None


def decode(body: bytes, fetch: Fetch) -> Json:
    """The value that `encode` took apart; `fetch` gives a blob's text by its hash."""
    plain = zlib.decompress(body) if body.startswith(PACKED) else body
    value = canonical.decode(plain)
    return _inlined(value, fetch) if b'"$' in plain else value


def grown(body: bytes) -> Grown | None:
    """How a body was stored as what was added; None for any other."""
    if not body.startswith(GROWN):
        return None
    head, _, added = body[1:].partition(b"\n")
    numbers, brace, rest = head.partition(b"{")
    origin, keep, cut = map(int, numbers.split(b","))
    return Grown(parts=canonical.decode(brace + rest) if brace else {}, origin=origin, keep=keep, cut=cut, added=added)


def grown_text(start: bytes, links: Iterable[Grown]) -> bytes:
    """The JSON text of an output that came from `start` by these additions, the oldest first; put together once at the end,
    however many there are."""
    pieces, length = [start], len(start)
    for link in links:
        end = _last(pieces, link.cut)
        _drop(pieces, length - link.keep)
        pieces += [link.added, end]
        length = link.keep + len(link.added) + link.cut
    return b"".join(pieces)


def _last(pieces: list[bytes], count: int) -> bytes:
    """The last bytes of the pieces."""
    found: list[bytes] = []
    for piece in reversed(pieces):
        if count <= 0:
            break
        found.append(piece[max(0, len(piece) - count) :])
        count -= len(piece)
    return b"".join(reversed(found))


def _drop(pieces: list[bytes], count: int) -> None:
    """Take so many bytes off the end."""
    while count > 0:
        piece = pieces.pop()
        if len(piece) > count:
            pieces.append(piece[: len(piece) - count])
        count -= len(piece)


def checked(name: str, data: bytes, compressed: bool) -> bytes:
    """The text of the blob of that name. Raises StoreError where it is not the one that was stored: the name is its hash."""
    try:
        text = zlib.decompress(data) if compressed else data
    except zlib.error:
        text = b""
    if canonical.digest(text) != name:
        raise StoreError(f"the store is damaged: the text {name[:12]}… is not what was written", hint="restore the store from a backup")
    return text


def _packed(body: bytes) -> bytes:
    if len(body) <= LONG:
        return body
    packed = zlib.compress(body, 1)
    return packed if len(packed) < len(body) else body


def _most_alike(text: bytes, bases: Sequence[Base]) -> tuple[int, int, int]:
    """How many bytes at the start and at the end the text shares with the base it shares most with, and that base's position;
    the newest is looked at first, and no other one where it is there as a whole."""
    best = 0, 0, 0
    for base in reversed(bases):
        found = _grown(text, base)
        if found[0] + found[1] > best[0] + best[1]:
            best = found
        if found[0] + found[1] == len(base.text):
            break
    return best


def _grown(text: bytes, base: Base) -> tuple[int, int, int]:
    """How many bytes at the start and at the end the texts share, and the base's position."""
    room = min(len(text), len(base.text))
    keep = _most(room, lambda low, high: text[low:high] == base.text[low:high])
    ends = len(text), len(base.text)
    cut = _most(room - keep, lambda low, high: text[ends[0] - high : ends[0] - low] == base.text[ends[1] - high : ends[1] - low])
    return keep, cut, base.position


def _most(room: int, is_shared: Callable[[int, int], bool]) -> int:
    """How far two texts agree, `room` at most: by halving, for comparing stretches of bytes is what a machine does fastest."""
    if is_shared(0, room):
        return room
    low, high = 0, room
    while high - low > 1:
        middle = (low + high) // 2
        if is_shared(low, middle):
            low = middle
        else:
            high = middle
    return low


def _outlined(value: Json, blobs: dict[str, Blob]) -> Json:
    if isinstance(value, str):
        return value if len(value) <= INLINE else _set_apart(value, blobs)
    if isinstance(value, dict):
        parts = {key: _outlined(part, blobs) for key, part in value.items()}
        return {MAP: parts} if any(key.startswith("$") for key in parts) else parts
    if isinstance(value, (list, tuple)):
        return [_outlined(part, blobs) for part in value]
    return value


def _set_apart(text: str, blobs: dict[str, Blob]) -> Json:
    blob = _blob_of(text.encode())
    blobs[blob.hash] = blob
    return {BLOB: blob.hash}


@lru_cache(maxsize=16)
def _blob_of(data: bytes) -> Blob:
    packed = zlib.compress(data, 1)
    is_smaller = len(packed) < len(data)
    return Blob(hash=canonical.digest(data), data=packed if is_smaller else data, compressed=is_smaller)


def _inlined(value: Json, fetch: Fetch) -> Json:
    if isinstance(value, dict):
        if BLOB in value:
            return fetch(value[BLOB]).decode()
        if JSON in value:
            return canonical.decode(fetch(value[JSON]))
        inner = value.get(MAP, value)
        return {key: _inlined(part, fetch) for key, part in inner.items()}
    if isinstance(value, list):
        return [_inlined(part, fetch) for part in value]
    return value
