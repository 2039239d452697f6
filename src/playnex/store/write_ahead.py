"""What a write-ahead log tells about damage to itself: finished transactions behind the point where SQLite stopped to read.

SQLite takes a log over up to the first frame whose checksum is wrong, for that is what a power cut leaves, and forgets the rest
without a word. But a transaction is on the disk before the next one is written. So a whole commit frame behind the broken one,
with a frame after it that was made to follow it, was never cut off: a bit has turned, and acknowledged facts would be lost. (In the
last transaction of a log the two cannot be told apart; it is then taken back as a whole.) What a disk that failed to sync has left of
transactions that were given up, one longer than the next, has commits too, but nothing was ever made to follow them.

The format is SQLite's (https://sqlite.org/fileformat2.html#walformat). The log may be read beside SQLite, for no locks are taken on
it; to open and close the database or its `-shm` in the same process would let go of SQLite's own locks on them
(https://sqlite.org/howtocorrupt.html#posix_close_bug).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import apsw

HEADER = 32
FRAME = 24
WORD = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A page in the log: whether it ends a transaction, and whether it belongs to the log as its header is now and its checksum is
    right, begun with the one that stands in the frame before it."""

    is_commit: bool
    is_right: bool


def is_broken(connection: apsw.Connection) -> bool:
    """Whether the log beside the database holds acknowledged facts that SQLite did not come to. To be asked on a connection that
    has read and not written yet."""
    seen, _ = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)
    try:
        with Path(f"{connection.filename}-wal").open("rb") as log:
            return seen >= 0 and _is_broken(log, seen)
    except FileNotFoundError:
        return False


def _is_broken(log: BinaryIO, seen: int) -> bool:
    header = log.read(HEADER)
    if len(header) < HEADER or not any(header) or log.seek(0, 2) < HEADER + FRAME:
        return False
    if _sum(header[:24], (0, 0), _order(header)) != struct.unpack(">II", header[24:]):
        return True
    return _has_lost_work(_frames(log, header, seen))


def _has_lost_work(frames: Iterator[Frame]) -> bool:
    """Whether there is a frame that is wrong, behind it a commit that is right, and behind that a frame that is right after it.
    A commit before any wrong frame is news: others have written, or the log begins anew."""
    for frame in frames:
        if not frame.is_right:
            break
        if frame.is_commit:
            return False
    return any(one.is_commit and one.is_right and after.is_right for one, after in pairwise(frames))


def _frames(log: BinaryIO, header: bytes, first: int) -> Iterator[Frame]:
    """The frames from number `first` on, as they are read."""
    size, order = FRAME + int(struct.unpack_from(">I", header, 8)[0]), _order(header)
    start = struct.unpack(">II", header[24:])
    if first:
        log.seek(HEADER + (first - 1) * size)
        start = struct.unpack_from(">II", log.read(FRAME), 16)
    log.seek(HEADER + first * size)
    while len(frame := log.read(size)) == size:
        is_of_this_log = frame[8:16] == header[16:24]
        says = struct.unpack_from(">II", frame, 16)
        is_right = is_of_this_log and _sum(frame[FRAME:], _sum(frame[:8], start, order), order) == says
        yield Frame(is_commit=any(frame[4:8]), is_right=is_right)
        start = says


def _order(header: bytes) -> str:
    """Which end of its numbers the log's checksums are made from."""
    return ">" if struct.unpack_from(">I", header)[0] & 1 else "<"


def _sum(data: bytes, start: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = start
    for one, other in struct.iter_unpack(f"{order}II", data):
        first = (first + one + second) & WORD
        second = (second + other + first) & WORD
    return first, second
