"""One transaction with one row, committed and synced, and nothing else: what a durable step cannot be cheaper than."""

import os
import time
from pathlib import Path

import apsw

from subjects.workload import RESULT

BODY = RESULT.encode()


def opened(path: Path) -> apsw.Connection:
    """A file in WAL mode whose commits are synced, with a table of events."""
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", 2)
    connection.execute("CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY, run INTEGER, key TEXT, body BLOB)")
    return connection


class RawCommits:
    """Times single commits and single syncs, for comparison with what was measured the moment before."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._connection = opened(folder / "raw.db")
        self._file = os.open(folder / "raw.bin", os.O_CREAT | os.O_RDWR)
        self.commits: list[float] = []
        self.syncs: list[float] = []

    def take(self, count: int) -> None:
        """So many of each."""
        for _ in range(count):
            began = time.perf_counter()
            with self._connection:
                self._connection.execute("INSERT INTO events (run, key, body) VALUES (?, ?, ?)", (1, "step", BODY))
            self.commits.append(time.perf_counter() - began)
            os.pwrite(self._file, BODY * 20, 0)
            began = time.perf_counter()
            os.fdatasync(self._file)
            self.syncs.append(time.perf_counter() - began)
