"""Follows a run's journal and shows what happens, for as long as somebody carries it on."""

import asyncio
from dataclasses import dataclass

from playnex.app.spending import Expectation
from playnex.cli.progress import Progress
from playnex.engine.engine import Ending
from playnex.journal.events import STOPS, Event, RunWaiting, StepFinished
from playnex.journal.journal import Journal
from playnex.spec.envelope import from_json

PATIENCE = 0.5
GLANCE = 0.01
"""Seconds that are given to showing what is recorded already, and between two looks whether it is shown."""


@dataclass(slots=True, kw_only=True)
class Watching:
    """One run, and who shows it; `shown` is the position of the last event that was, `asked`
    how many questions were put to the person at this terminal. Once more is `spent` than twice what is `expected`, that is told, once."""

    journal: Journal
    run: str
    progress: Progress
    shown: int = 0
    asked: int = 0
    expected: Expectation | None = None
    spent: int = 0

    async def for_ever(self) -> None:
        """Show each event, until this is cancelled."""
        async for event in self.journal.tail(self.run, self.shown):
            self._show(event)
            self.shown = event.position

    async def known(self, has_ended: bool) -> int:
        """The position behind which the next stop counts: that of the last event, or before it where that is a stop. In a run that ended
        it lies before the end, whatever was posted to the run since."""
        events = await self.journal.skim(self.run)
        last = next(event for event in reversed(events) if not has_ended or isinstance(event.fact, STOPS))
        return last.position - isinstance(last.fact, STOPS)

    async def until_stop(self, known: int) -> Ending:
        """Show each event up to the first behind position `known` with which the run stops, other than to wait for a time."""
        async for event in self.journal.tail(self.run, self.shown):
            self._show(event)
            is_pause = isinstance(event.fact, RunWaiting) and not event.fact.signals
            if isinstance(event.fact, STOPS) and event.position > known and not is_pause:
                return event.fact
        raise AssertionError("a journal has no end")

    def _show(self, event: Event) -> None:
        self.progress.show(event)
        if self.expected is None or not isinstance(event.fact, StepFinished) or event.fact.kind != "model":
            return
        self.spent += from_json(event.fact.envelope).usage.tokens
        if warning := self.expected.warning(self.spent):
            self.progress.warn(warning)
            self.expected = None

    async def catch_up(self) -> None:
        """Wait, for a moment, until all that is recorded has been shown."""
        last = (await self.journal.skim(self.run))[-1].position
        left = PATIENCE
        while self.shown < last and left > 0:
            await asyncio.sleep(GLANCE)
            left -= GLANCE
