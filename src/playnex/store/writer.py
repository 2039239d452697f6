"""The writer of a store: its one connection that writes, and how a group of writes becomes one transaction.

Whoever holds the writer's turn may have it carry out a group; two threads must never do so at the same time.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import apsw

from playnex.errors import StoreFull
from playnex.store.ballast import Ballast
from playnex.store.faults import OF_THE_FILE, no_space, store_error
from playnex.store.file import Migration, Opening, close, open_writer

T = TypeVar("T")

MEMORY = 0.8
"""What the commits before weigh in a writer's pace, against the last one."""


@dataclass(slots=True, eq=False)
class Submission(Generic[T]):
    """A write on its way: the work, and where its result goes."""

    work: Callable[[apsw.Connection], T]
    future: "asyncio.Future[T] | None"
    outcome: T | None = None
    fault: BaseException | None = None
    is_last: bool = False


class Writer:
    """Commits groups of writes to one file. `pace` is how many seconds a commit takes of late."""

    def __init__(self, path: Path, migrations: Sequence[Migration], opening: Opening) -> None:
        self._path = path
        self._ballast = Ballast(path.parent)
        self._patience = opening.patience
        self.pace = math.inf
        try:
            self._connection = open_writer(path, migrations, opening)
        except StoreFull:
            if not self._ballast.let_go():
                raise
            self._connection = open_writer(path, migrations, opening)
        self._ballast.is_held()

    def carry_out(self, group: Sequence[Submission[object]]) -> None:
        """Commit the group; on a full disk what is last in it, and nothing else before there is room again. How each write ended is
        in its submission."""
        if self._ballast.is_held():
            self._begin_and_commit(group)
            self._see_to_space(group)
        else:
            self._commit_last(group)

    def carry_out_at_once(self, group: Sequence[Submission[object]]) -> bool:
        """`carry_out` without waiting for anybody; False, and nothing is done, where another process is writing just now."""
        if not self._ballast.is_held() or not self._begins_at_once():
            return False
        self._commit(group)
        self._see_to_space(group)
        return True

    def _see_to_space(self, group: Sequence[Submission[object]]) -> None:
        if any(isinstance(submission.fault, StoreFull) for submission in group):
            self._ballast.let_go()
            self._commit_last(group)

    def _commit_last(self, group: Sequence[Submission[object]]) -> None:
        """Of a group that the disk has no room for, commit what is last."""
        full = no_space(self._path)
        last = [submission for submission in group if submission.is_last]
        for submission in group:
            submission.fault = None if submission.is_last else submission.fault or full
        if last:
            self._begin_and_commit(last)

    def close(self) -> None:
        """Close the connection."""
        close(self._connection)

    def _begins_at_once(self) -> bool:
        """Begin a transaction, unless somebody has to be waited for or something is wrong with the file, which the next one to begin
        will see too."""
        self._connection.set_busy_timeout(0)
        try:
            self._begin()
        except apsw.Error:
            return False
        finally:
            self._connection.set_busy_timeout(self._patience)
        return True

    def _begin(self) -> None:
        _give_up(self._connection)
        self._connection.execute("BEGIN IMMEDIATE")

    def _begin_and_commit(self, group: Sequence[Submission[object]]) -> None:
        try:
            self._begin()
        except Exception as fault:
            self._fail(group, fault)
        else:
            self._commit(group)

    def _commit(self, group: Sequence[Submission[object]]) -> None:
        """One transaction, which has begun, for the whole group; a write that raises takes back its own changes only. That hardly any
        does is bet on: where one did, all are run again, each in a savepoint."""
        try:
            if not self._done_at_once(group):
                self._begin()
                for submission in group:
                    _perform(self._connection, submission)
                self._connection.execute("COMMIT")
        except Exception as fault:
            self._fail(group, fault)

    def _fail(self, group: Sequence[Submission[object]], fault: Exception) -> None:
        """Nothing of the group is kept."""
        error = store_error(fault, self._connection)
        with suppress(apsw.Error):  # what cannot be given up now is given up before the next group
            _give_up(self._connection)
        for submission in group:
            submission.fault = error

    def _done_at_once(self, group: Sequence[Submission[object]]) -> bool:
        """Whether no write of the group raised; if one did, none is kept."""
        connection = self._connection
        try:
            for submission in group:
                submission.outcome = submission.work(connection)
        except OF_THE_FILE:
            raise
        except Exception:
            connection.execute("ROLLBACK")
            return False
        began = time.perf_counter()
        connection.execute("COMMIT")
        took = time.perf_counter() - began
        self.pace = took if self.pace == math.inf else MEMORY * self.pace + (1 - MEMORY) * took
        return True


def _give_up(connection: apsw.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _perform(connection: apsw.Connection, submission: Submission[object]) -> None:
    connection.execute("SAVEPOINT piece")
    try:
        submission.outcome = submission.work(connection)
    except OF_THE_FILE:
        raise
    except Exception as fault:
        connection.execute("ROLLBACK TO piece")
        submission.fault = fault
    connection.execute("RELEASE piece")
