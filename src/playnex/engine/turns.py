"""Whose turn it is: the runs of a concurrency group go one at a time.

Who advances a run of a group holds the group's lease besides the run's own, so that the death of its process frees both. A run that
waits, for a person or a time, is advanced by nobody and has still not ended: while there is one, no other of its group begins, and that is
looked up under the lease. A run that is paused, parked or left behind by a dead process holds up nobody; it takes its turn anew when it
goes on. Those who wait for their turn hold a lease that says so, and the one that was started first goes first.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from playnex.errors import NotItsTurn, RunBusy
from playnex.journal.journal import Journal, RunSummary


class Leases(Protocol):
    """Who may advance a run."""

    def hold(self, run: str) -> AbstractAsyncContextManager[None]:
        """Hold the run while the block runs. Raises RunBusy."""
        ...

    def is_held(self, run: str) -> bool:
        """Whether somebody holds it, in whatever process."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """The turns of all groups, as the journal and the leases tell them."""

    journal: Journal
    leases: Leases

    @asynccontextmanager
    async def taken(self, run: str, group: str) -> AsyncIterator[None]:
        """Be the one run of its group that goes on, while the block runs. Raises NotItsTurn."""
        async with AsyncExitStack() as stack:
            if group:
                try:
                    await stack.enter_async_context(self.leases.hold(f"group/{group}"))
                except RunBusy:
                    raise _not_yet(run, group, await self.ahead(run, group)) from None
                lines = await self.journal.line_of(group)
                if found := self._first_before(lines, run):
                    raise _not_yet(run, group, found)
            yield

    async def ahead(self, run: str, group: str) -> str:
        """The run of its group for which this one waits, if any."""
        lines = await self.journal.line_of(group)
        going = (line.id for line in lines if line.id != run and line.state == "running" and self.leases.is_held(line.id))
        return next(going, "") or self._first_before(lines, run)

    async def older(self, run: str, group: str) -> tuple[RunSummary, ...]:
        """The runs of its group that were started before this one, and go on, wait, or wait for their turn."""
        lines = await self.journal.line_of(group)
        before = lines[: next((place for place, line in enumerate(lines) if line.id == run), 0)]
        return tuple(line for line in before if line.state in ("pending", "running", "waiting"))

    def in_line(self, run: str) -> AbstractAsyncContextManager[None]:
        """Let the others know that somebody waits for the run's turn, while the block runs. Raises RunBusy."""
        return self.leases.hold(_place(run))

    def _first_before(self, lines: Sequence[RunSummary], run: str) -> str:
        """One that waits in its midst, or that was started earlier and stands in line."""
        is_older = True
        for line in lines:
            if line.id == run:
                is_older = False
            elif line.state == "waiting" or (is_older and line.state == "pending" and self.leases.is_held(_place(line.id))):
                return line.id
        return ""


def _place(run: str) -> str:
    return f"line/{run}"


def _not_yet(run: str, group: str, ahead: str) -> NotItsTurn:
    who = f"run {ahead[-6:]}" if ahead else "another run"
    return NotItsTurn(f"run {run[-6:]} waits for {who}: one run of {group!r} at a time", hint="it goes on when that one has ended")
