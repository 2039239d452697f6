"""One worker's work on one run, where a whole run cannot be brought to the moment in question."""

import asyncio

from playnex.engine.execution import Execution
from playnex.engine.history import History
from playnex.engine.spending import Purse
from playnex.journal.events import Event, RunStarted, RunWaiting, SignalReceived, StopRequested
from playnex.spec.envelope import Usage
from playnex.spec.flow import NO_LIMITS
from playnex.testing.clock import FakeClock
from playnex.testing.memory_journal import MemoryJournal


def test_a_message_that_comes_while_the_run_is_being_set_aside_counts_as_unseen() -> None:
    async def play() -> tuple[Execution, asyncio.Future[object]]:
        execution, body = begun(), asyncio.get_running_loop().create_future()
        execution.body = body
        execution.deliver(Event(run="R", position=3, at=0.0, key="", fact=SignalReceived(signal="early")))
        execution.end_as(RunWaiting(reason="signal", signals=("paid",)))
        execution.deliver(Event(run="R", position=4, at=0.0, key="", fact=SignalReceived(signal="paid")))
        execution.deliver(Event(run="R", position=5, at=0.0, key="", fact=StopRequested(stop="cancel")))
        return execution, body

    execution, body = asyncio.run(play())
    assert execution.seen == 3
    assert execution.ending == RunWaiting(reason="signal", signals=("paid",))
    assert body.cancelled()


def begun() -> Execution:
    """A worker's work that has just begun."""
    history = History(started=RunStarted(flow="flow", inputs={}, definition={}, version="0"))
    clock = FakeClock()
    purse = Purse(NO_LIMITS, Usage())
    return Execution(run="R", epoch=1, journal=MemoryJournal(clock=clock), history=history, clock=clock, jitter=lambda: 0.5, purse=purse)
