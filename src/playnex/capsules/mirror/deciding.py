"""What has to be done about one name, from what its file, the store and the memory of their last agreement say.

The memory (`Agreed`) is which version the file was last written from or read into, and the digest of the file's bytes at that
moment. A side that still says so has not moved. One that moved alone is followed; where both moved, both are kept. A crash between
the store and a file leaves a state of this table too, and none in which something of ours looks like a person's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

FileSays = Literal["absent", "same", "changed"]
StoreSays = Literal["gone", "same", "newer"]

Deed = Literal["rest", "write", "remove", "take", "delete", "forget", "compare", "keep"]
"""`rest`: they agree. `write`: the store's version goes into the file. `remove`: the file of a deleted capsule goes. `take`: the file is
the next version, a person's. `delete`: a person deleted the file, and with it the capsule. `forget`: both are gone. `compare`: both
moved; unless the file is a version of the store, it is a conflict. `keep`: an edit of a capsule that was deleted stays beside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The newest version of the living capsule of a name."""

    id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """The version that the file and the store last agreed on, and the digest of the file's bytes then."""

    stored: Stored
    digest: str


DEEDS: Mapping[tuple[FileSays, StoreSays], Deed] = {
    ("same", "same"): "rest",
    ("same", "newer"): "write",
    ("same", "gone"): "remove",
    ("changed", "same"): "take",
    ("changed", "newer"): "compare",
    ("changed", "gone"): "keep",
    ("absent", "same"): "delete",
    ("absent", "newer"): "write",
    ("absent", "gone"): "forget",
}
"""Where there was an agreement. A deleted file and a newer version: the version stands, for whoever deleted the file had not seen it."""

FIRST: Mapping[tuple[bool, bool], Deed] = {
    (False, False): "rest",
    (False, True): "write",
    (True, False): "take",
    (True, True): "compare",
}
"""Where there was none: whether there is a file, and whether the store has a capsule."""


def decide(agreed: Agreed | None, stored: Stored | None, digest: str | None) -> Deed:
    """What has to be done; `digest` is that of the file's bytes, None where there is no file."""
    if agreed is None:
        return FIRST[digest is not None, stored is not None]
    return DEEDS[_file_says(agreed, digest), _store_says(agreed, stored)]


def _file_says(agreed: Agreed, digest: str | None) -> FileSays:
    if digest is None:
        return "absent"
    return "same" if digest == agreed.digest else "changed"


def _store_says(agreed: Agreed, stored: Stored | None) -> StoreSays:
    if stored is None:
        return "gone"
    return "same" if stored == agreed.stored else "newer"
