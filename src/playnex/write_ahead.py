"""What a write-ahead log tells about damage to itself: finished transactions behind the point where SQLite stopped to read.

SQLite takes a log over up to the first frame whose checksum is wrong, for that is what a power cut leaves, and forgets the rest
without a word. But a transaction is on the disk before the next one is written. So a whole commit frame behind the broken one,
with more frames of the same log after it, was never cut off: a bit has turned, and acknowledged facts would be lost. (In the
last transaction of a log the two cannot be told apart; it is then taken back as a whole.)

The format is SQLite's (https://sqlite.org/fileformat2.html#walformat, https://sqlite.org/walformat.html#walidxfmt).
"""

import struct
from pathlib import Path
from typing import BinaryIO

HEADER = 32
FRAME = 24
MAGIC = 0x377F0682
INDEX = 48
WORD = 0xFFFFFFFF


def is_broken(path: Path) -> bool:
    """Whether the log beside the database has lost acknowledged facts. To be asked by a process that has read the database and
    has not written yet."""
    try:
        with Path(f"{path}-wal").open("rb") as log, Path(f"{path}-shm").open("rb") as index:
            return _is_broken(log, index.read(INDEX))
    except FileNotFoundError:
        return False


def _is_broken(log: BinaryIO, index: bytes) -> bool:
    header = log.read(HEADER)
    frames = (log.seek(0, 2) - HEADER) // (FRAME + _page_size(header)) if len(header) == HEADER and any(header) else 0
    if frames <= 0 or len(index) < INDEX:
        return False
    if _sum(header[:24], (0, 0), _order(header)) != struct.unpack(">II", header[24:]):
        return True
    if index[32:40] != header[16:24]:  # the log has begun anew, and its first frame is not there yet
        return False
    (seen,) = struct.unpack_from("=I", index, 16)
    return _has_finished_work(log, header, range(seen, frames))


def _has_finished_work(log: BinaryIO, header: bytes, unseen: range) -> bool:
    """Whether one of these frames is a whole commit, with another frame of this log behind it."""
    finished = False
    before = _frame(log, header, unseen.start - 1) if unseen.start else header[:FRAME]
    for number in unseen:
        frame = _frame(log, header, number)
        if frame[8:16] == header[16:24]:
            if finished:
                return True
            finished = any(frame[4:8]) and _follows(frame, before, _order(header))
        before = frame[:FRAME]
    return False


def _follows(frame: bytes, before: bytes, order: str) -> bool:
    """Whether the frame's checksum is right, begun with the one that stands in the frame before it."""
    start = struct.unpack(">II", before[16:24])
    return _sum(frame[FRAME:], _sum(frame[:8], start, order), order) == struct.unpack(">II", frame[16:24])


def _frame(log: BinaryIO, header: bytes, number: int) -> bytes:
    size = FRAME + _page_size(header)
    log.seek(HEADER + number * size)
    return log.read(size)


def _page_size(header: bytes) -> int:
    return int(struct.unpack_from(">I", header, 8)[0])


def _order(header: bytes) -> str:
    """Which end of its numbers the log's checksums are made from."""
    return ">" if struct.unpack_from(">I", header)[0] & 1 else "<"


def _sum(data: bytes, start: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = start
    for one, other in struct.iter_unpack(f"{order}II", data):
        first = (first + one + second) & WORD
        second = (second + other + first) & WORD
    return first, second
