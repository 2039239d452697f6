"""One piece of work for a Pydantic AI agent, how far it has come, and the errands that its own tasks give the run's branch.

Knows nothing of that library. Pydantic AI starts tasks of its own for requests and calls, but a run can only be set aside or
interrupted where its branches wait, so every step is carried out by the branch: the library's task asks for it and waits.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from playnex.agents.task import CallGate
from playnex.clock import Clock
from playnex.spec.context import CodeTool, OutputForm, StepContext
from playnex.spec.envelope import Envelope, Label, Usage
from playnex.spec.pydantic_agent import PydanticAgent
from playnex.tools.tool import CallScope

Errand: TypeAlias = Callable[[], Awaitable[Envelope]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PydanticTask:
    """What the agent is to do. `key` is its step's, `prompt` is complete, with its data; `scope` is what its calls may touch."""

    agent: PydanticAgent
    key: str
    prompt: str
    instructions: str
    output: OutputForm
    tools: tuple[CodeTool, ...]
    labels: tuple[Label, ...]
    sources: tuple[str, ...]
    gate: CallGate
    clock: Clock
    scope: CallScope
    local: bool


class Halted(Exception):
    """Ends the library's run: what became of the work is in its `Course`."""


@dataclass(slots=True, eq=False)
class Errands:
    """Steps that tasks of the library ask for; carried out one after another by whoever calls `serve`."""

    _open: "asyncio.Queue[tuple[Errand, asyncio.Future[Envelope]]]" = field(default_factory=asyncio.Queue)

    async def ask(self, errand: Errand) -> Envelope:
        """The record of a step, carried out by the branch."""
        answered: asyncio.Future[Envelope] = asyncio.get_running_loop().create_future()
        self._open.put_nowait((errand, answered))
        return await answered

    async def serve(self, work: Coroutine[Any, Any, Envelope]) -> Envelope:
        """What the work gives, its errands done meanwhile. What stops an errand (the run's own failures, an interruption) stops the
        work, and is raised from here."""
        working = asyncio.ensure_future(work)
        try:
            while (next_one := await self._next(working)) is not None:
                errand, answered = next_one
                if answered.cancelled():
                    continue
                record = await errand()
                if not answered.done():
                    answered.set_result(record)
            return working.result()
        finally:
            await _end(working)

    async def _next(self, working: "asyncio.Future[Envelope]") -> "tuple[Errand, asyncio.Future[Envelope]] | None":
        """The next errand, or None where the work is over."""
        getting = asyncio.ensure_future(self._open.get())
        try:
            await asyncio.wait((getting, working), return_when=asyncio.FIRST_COMPLETED)
            return getting.result() if getting.done() else None
        finally:
            getting.cancel()


async def _end(working: "asyncio.Future[Envelope]") -> None:
    """Cancel what still works, and be there until it has ended: being cancelled meanwhile changes nothing."""
    working.cancel()
    while not working.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait((working,))
    if not working.cancelled():
        working.exception()  # asked, so that nobody is told of it: what matters is raised by `serve`


@dataclass(slots=True, eq=False, kw_only=True)
class Course:
    """How far the agent has come. `calls` are the ids of the newest answer's calls, in order; `stopped` is why the work cannot go
    on, `ended` the result of a call that was to end it."""

    context: StepContext
    task: PydanticTask
    errands: Errands = field(default_factory=Errands)
    turn: int = 0
    scope: StepContext | None = None
    calls: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    labels: tuple[Label, ...] = ()
    sources: tuple[str, ...] = ()
    last_text: str = ""
    stopped: Envelope | None = None
    ended: Envelope | None = None

    def next_turn(self) -> StepContext:
        """The scope of the next request. Raises Halted where the agent has none left."""
        limit = self.task.agent.turns
        if self.turn >= limit:
            raise self.halt("turn-limit", f"agent {self.task.agent.name!r} did not finish within its {limit} turns")
        self.turn += 1
        self.scope = self.context.scope(f"turn-{self.turn}")
        return self.scope

    def number_of(self, call: str) -> int:
        """Which call of the newest answer this is, from 1; the library sees to it that no two have the same id."""
        return self.calls.index(call) + 1

    def spent(self, record: Envelope) -> None:
        """Count a step's usage, and keep what is known of its origin."""
        self.usage = self.usage + record.usage
        self.labels = tuple(dict.fromkeys((*self.labels, *record.labels)))
        self.sources = tuple(dict.fromkeys((*self.sources, *record.sources)))

    def halt(self, reason: str, message: str) -> Halted:
        """Note why the work cannot go on; raise what is returned."""
        self.stopped = self.failure(reason, message)
        return Halted(message)

    def failure(self, reason: str, message: str) -> Envelope:
        """A failure with what there is of an answer."""
        partial = {"partial": self.last_text} if self.last_text else {}
        return self.result({"error": message} | partial, status="failed", reason=reason)

    def result(self, output: Any, *, status: Any = "succeeded", reason: str = "") -> Envelope:
        """The agent's record."""
        return Envelope(
            output=output,
            status=status,
            reason=reason,
            usage=self.usage,
            labels=tuple(dict.fromkeys((*self.task.labels, *self.labels))),
            sources=tuple(dict.fromkeys((*self.task.sources, *self.sources))),
        )
