"""Facts as bytes: JSON, with long strings kept apart as content-addressed blobs, so that the same text is stored once.

A string of more than `INLINE` characters becomes `{"$blob": HASH}`; a user's own map with a key that starts with `$` is
wrapped as `{"$map": …}`, so it can never be taken for one.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playnex import canonical
from playnex.canonical import Json

INLINE = 512
BLOB = "$blob"
MAP = "$map"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A long text: its SHA-256 and its bytes, `compressed` with zlib where that is shorter."""

    hash: str
    data: bytes
    compressed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A value ready for the store."""

    body: bytes
    blobs: tuple[Blob, ...] = ()


def encode(value: Json) -> Encoded:
    """The value as bytes and blobs. Raises UsageError for what is not JSON."""
    plain = canonical.encode(value)
    if len(plain) <= INLINE and b'"$' not in plain:
        return Encoded(body=plain)
    blobs: dict[str, Blob] = {}
    return Encoded(body=canonical.encode(_outlined(value, blobs)), blobs=tuple(blobs.values()))


def decode(body: bytes, fetch: Callable[[str], bytes]) -> Json:
    """The value that `encode` took apart; `fetch` gives a blob's text by its hash."""
    value = canonical.decode(body)
    return _inlined(value, fetch) if b'"$' in body else value


def text_of(data: bytes, compressed: bool) -> bytes:
    """A blob's text."""
    return zlib.decompress(data) if compressed else data


def hashes(value: Json) -> Iterator[str]:
    """The blobs that an encoded value refers to."""
    if isinstance(value, dict):
        if BLOB in value:
            yield value[BLOB]
        for part in value.values():
            yield from hashes(part)
    elif isinstance(value, list):
        for part in value:
            yield from hashes(part)


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
    data = text.encode()
    name = canonical.digest(data)
    packed = zlib.compress(data, 1)
    smaller = len(packed) < len(data)
    blobs[name] = Blob(hash=name, data=packed if smaller else data, compressed=smaller)
    return {BLOB: name}


def _inlined(value: Json, fetch: Callable[[str], bytes]) -> Json:
    if isinstance(value, dict):
        if BLOB in value:
            return fetch(value[BLOB]).decode()
        inner = value.get(MAP, value)
        return {key: _inlined(part, fetch) for key, part in inner.items()}
    if isinstance(value, list):
        return [_inlined(part, fetch) for part in value]
    return value
