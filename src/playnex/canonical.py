"""JSON at the border of the store: one spelling per value, and nothing that another reader could not read back."""

import json
from typing import Any, TypeAlias

from playnex.errors import UsageError

Json: TypeAlias = Any
"""dict[str, Json] | list[Json] | str | int | float | bool | None, checked where it enters the store, not by the type checker."""

_COMPACT = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def encode(value: Json) -> bytes:
    """The value as compact UTF-8 JSON, in its own key order. Raises UsageError for NaN, infinities, lone surrogates
    and anything that is not JSON: other readers of the store could not read them (RFC 8259, RFC 8785)."""
    try:
        return _COMPACT.encode(value).encode()
    except (ValueError, TypeError, RecursionError) as fault:
        raise UsageError(
            f"a value cannot be stored as JSON: {fault}", hint="return plain JSON: no NaN, no lone surrogates, no objects"
        ) from None


def encode_sorted(value: Json) -> bytes:
    """The value as compact UTF-8 JSON with sorted keys: equal values give equal bytes."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def decode(data: bytes | str) -> Json:
    """The value that `encode` wrote."""
    return json.loads(data if isinstance(data, str) else data.decode())


def digest(data: bytes) -> str:
    """SHA-256 in hex: how content is named in the store."""
    import hashlib  # late: it loads OpenSSL, and most commands name no content

    return hashlib.sha256(data).hexdigest()
