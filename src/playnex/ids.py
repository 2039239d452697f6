"""Ids of runs and capsules: UUIDv7, written in Crockford base32 (26 characters, sorted by time)."""

from typing import NewType

RunId = NewType("RunId", str)
CapsuleId = NewType("CapsuleId", str)

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 26
SHORT = 6


def new_id() -> str:
    """A fresh id; ids made later sort later."""
    import uuid_utils  # late: only commands that make something need it

    return encode(uuid_utils.uuid7().int)


def encode(number: int) -> str:
    """A 128-bit number as 26 characters of Crockford base32."""
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(5 * (LENGTH - 1), -1, -5))


def short(full: str) -> str:
    """What people see and type: the last six characters (the first ones are a time, alike for neighbours)."""
    return full[-SHORT:]


def normalize(typed: str) -> str:
    """What a person typed, as the alphabet has it: upper case, I and L read as 1, O as 0."""
    return typed.strip().upper().translate(str.maketrans("ILO", "110"))


def matches(full: str, typed: str) -> bool:
    """True where `typed` is the start or the end of the id."""
    wanted = normalize(typed)
    return bool(wanted) and (full.startswith(wanted) or full.endswith(wanted))
