"""The timetable: the flows whose schedules somebody switched on, and up to which moment their fires have been seen to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from playnex.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Enabled:
    """A flow whose schedules are on: who switched them on and when; every fire up to `seen` has been seen to (seconds since 1970)."""

    flow: str
    by: str
    since: float
    seen: float


def create_schedules(connection: apsw.Connection) -> None:
    """The table of what is switched on."""
    connection.execute("""
        CREATE TABLE schedules (flow TEXT PRIMARY KEY, by TEXT NOT NULL, since REAL NOT NULL, seen REAL NOT NULL) WITHOUT ROWID;
    """)


@dataclass(frozen=True, slots=True)
class Timetable:
    """What is on, in the store: for all processes the same."""

    database: Database

    async def enable(self, flow: str, by: str, now: float) -> bool:
        """Switch the flow's schedules on, from now; whether they were off."""

        def work(connection: apsw.Connection) -> bool:
            connection.execute("INSERT INTO schedules VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", (flow, by, now, now))
            return connection.changes() > 0

        return await self.database.write(work)

    async def disable(self, flow: str) -> bool:
        """Switch them off; whether they were on."""

        def work(connection: apsw.Connection) -> bool:
            connection.execute("DELETE FROM schedules WHERE flow = ?", (flow,))
            return connection.changes() > 0

        return await self.database.write(work)

    async def see(self, enabled: Enabled, now: float) -> bool:
        """Say that the flow's fires up to now have been seen to; false where another process was faster, or they are off."""

        def work(connection: apsw.Connection) -> bool:
            values = (now, enabled.flow, enabled.since, enabled.seen)
            connection.execute("UPDATE schedules SET seen = ? WHERE flow = ? AND since = ? AND seen = ?", values)
            return connection.changes() > 0

        return await self.database.write(work)

    def enabled(self) -> tuple[Enabled, ...]:
        """All that is on, by name."""
        rows: Sequence[Any] = self.database.read.execute("SELECT flow, by, since, seen FROM schedules ORDER BY flow").fetchall()
        return tuple(Enabled(flow=flow, by=by, since=since, seen=seen) for flow, by, since, seen in rows)
