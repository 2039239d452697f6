"""Waiting without holding on: who still works on a run, what it waits for, and when it can be set aside.

A run's branches are tasks. A branch that waits for a time, a signal or a person's decision is blocked; when every branch is,
nothing can happen here before one of those comes, so the run is set aside and costs nothing until then. Code that starts
tasks of its own, without the step context, is not counted: such a run stays in memory while it waits, which is never wrong.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from playnex.clock import Clock
from playnex.journal.events import Event, OutcomeDecided, RunParked, RunWaiting, SignalReceived

LINGER = 2.0
"""Seconds that a run stays in memory for a timer: shorter than that, setting it aside costs more than it saves."""

LONGEST_SLEEP = 60.0
"""Seconds after which a sleeper looks at the clock again: a machine that was asleep, or whose clock was set, notices."""

WaitKind = Literal["timer", "signal", "approval", "decision"]
Working: TypeAlias = asyncio.Future[Any]


@dataclass(slots=True, eq=False, kw_only=True)
class Wait:
    """One wait of one branch: its step's key, what ends it, and the event that did (None: its time came)."""

    key: str
    kind: WaitKind
    signal: str = ""
    until: float | None = None
    is_counted: bool = False
    ended: "asyncio.Future[Event | None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True, eq=False, kw_only=True)
class Waits:
    """The waits of one run, and its branches. `set_aside` is called when every branch is blocked; `early` are signals that came
    before anybody waited for them."""

    clock: Clock
    set_aside: Callable[[RunWaiting | RunParked], None]
    early: list[Event] = field(default_factory=list)
    open: dict[str, Wait] = field(default_factory=dict)
    branches: set[Working] = field(default_factory=set)
    live: int = 0
    blocked: int = 0
    looks: bool = False

    def join(self, branch: Working) -> None:
        """Count the task as a branch."""
        self.branches.add(branch)
        self.live += 1

    async def gather(self, works: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Let branches work and wait until all have ended; while they do, their parent is none. The first exception ends the
        others and is raised; so does a cancellation."""
        is_branch = asyncio.current_task() in self.branches
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        going = len(works)

        def leave(branch: Working) -> None:
            nonlocal going
            going -= 1
            self.branches.discard(branch)
            self.live += is_branch - 1 if going == 0 else -1  # the parent goes on from here, though it may not have woken yet
            self._look_soon()
            has_failed = not branch.cancelled() and branch.exception() is not None  # asked here, for nobody may be left to ask
            if not over.done() and (going == 0 or has_failed):
                over.set_result(None)

        self.live -= is_branch
        tasks = [asyncio.ensure_future(work) for work in works]
        for task in tasks:
            self.join(task)
            task.add_done_callback(leave)
        try:
            await over
        finally:
            if going:
                await _end(tasks)
        _raise_first(tasks)

    async def hold(self, wait: Wait) -> Event | None:
        """The event that ends the wait, or None when its time has come."""
        if (event := self._early(wait)) is not None:
            return event
        wait.is_counted = asyncio.current_task() in self.branches
        self.blocked += wait.is_counted
        self.open[wait.key] = wait
        ring = asyncio.ensure_future(self._ring(wait)) if wait.until is not None else None
        self._look_soon()
        try:
            return await wait.ended
        finally:
            self._resolve(wait, None)
            if ring is not None:
                await _end([ring])

    def deliver(self, event: Event) -> None:
        """Hand a signal or a decision to who waits for it; a signal that nobody waits for is kept."""
        wait = next((wait for wait in self.open.values() if _fits(wait, event) and not wait.ended.done()), None)
        if wait is not None:
            self._resolve(wait, event)
        elif isinstance(event.fact, (SignalReceived, OutcomeDecided)):
            self.early.append(event)

    def forget(self, signal: str) -> None:
        """Drop what came of that name before anybody was asked: a person's answer counts only once they were shown what they answer."""
        self.early = [event for event in self.early if getattr(event.fact, "signal", "") != signal]

    def let_go(self) -> None:
        """The run's code has ended: forget whom to tell, who knows us too. Such a circle, with all of the run's results, would stay
        in memory until the next collection."""
        self.set_aside = _ignored

    def _early(self, wait: Wait) -> Event | None:
        event = next((event for event in self.early if _fits(wait, event)), None)
        if event is not None:
            self.early.remove(event)
        return event

    def _resolve(self, wait: Wait, event: Event | None) -> None:
        self.open.pop(wait.key, None)
        if wait.is_counted:
            self.blocked -= 1
            wait.is_counted = False
        if not wait.ended.done():
            wait.ended.set_result(event)

    async def _ring(self, wait: Wait) -> None:
        assert wait.until is not None
        while (left := wait.until - self.clock.now()) > 0:
            await self.clock.sleep(min(left, LONGEST_SLEEP))
        self._resolve(wait, None)

    def _look_soon(self) -> None:
        if not self.looks:
            self.looks = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        """Set the run aside where every branch is blocked and no timer is about to ring."""
        self.looks = False
        if not self.open or self.blocked < self.live:
            return
        until = min((wait.until for wait in self.open.values() if wait.until is not None), default=None)
        if until is None or until - self.clock.now() > LINGER:
            self.set_aside(standstill(tuple(self.open.values())))


def standstill(waits: Sequence[Wait]) -> RunWaiting | RunParked:
    """How a run stands in which these waits are all that is left."""
    if unknown := next((wait for wait in waits if wait.kind == "decision"), None):
        return RunParked(reason="outcome unknown", step=unknown.key)
    kinds = {wait.kind for wait in waits}
    reason = next(kind for kind in ("approval", "signal", "timer") if kind in kinds)
    until = min((wait.until for wait in waits if wait.until is not None), default=None)
    return RunWaiting(reason=reason, until=until, signals=tuple(dict.fromkeys(wait.signal for wait in waits if wait.signal)))


def _fits(wait: Wait, event: Event) -> bool:
    match event.fact:
        case SignalReceived(signal=name):
            return bool(wait.signal) and wait.signal == name and (wait.until is None or event.at <= wait.until)
        case OutcomeDecided():
            return wait.kind == "decision" and wait.key == event.key
        case _:
            return False


def _ignored(_standing: RunWaiting | RunParked) -> None:
    """There is nobody to tell."""


def _raise_first(tasks: Sequence[Working]) -> None:
    """Raise the first failure of these, whose tasks have ended; one that was cancelled, since another failed, has none."""
    failures = [failure for task in tasks if not task.cancelled() and (failure := task.exception()) is not None]
    if failures:
        raise failures[0]
    if any(task.cancelled() for task in tasks):
        raise asyncio.CancelledError


async def _end(tasks: Sequence[Working]) -> None:
    """Cancel what still goes on, and be there until it has ended: being cancelled meanwhile changes nothing."""
    for task in tasks:
        task.cancel()
    while pending := [task for task in tasks if not task.done()]:
        with suppress(asyncio.CancelledError):
            await asyncio.wait(pending)
