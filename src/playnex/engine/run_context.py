"""The step context of a live run: answers from the journal what it knows, and carries out and records the rest."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from playnex.canonical import Json
from playnex.engine import failure
from playnex.engine.called_flow import call, own_code
from playnex.engine.caps import DEFINITION
from playnex.engine.code import Agents
from playnex.engine.company import Company
from playnex.engine.execution import Execution
from playnex.engine.keys import calls_around
from playnex.engine.wait_step import Conclude, approved, rung, signalled, wait
from playnex.engine.work import Work, do_plainly
from playnex.errors import BudgetExhausted, JournalMismatch, StaleEpoch, StepFailed, StoreError, UsageError
from playnex.journal.events import WaitStarted
from playnex.spec.context import PLAIN, AgentHandle, Approval, Attempt, Branch, Do, Effect, Fallback, Round, StepContext, StepPlan
from playnex.spec.envelope import Envelope, Label, Usage
from playnex.spec.flow import RetrySpec
from playnex.spec.origin import Origin, within
from playnex.spec.python_flow import FlowFunction, flow_name

T = TypeVar("T")
Item = TypeVar("Item")

DEEPEST = 40
"""Scopes within scopes: flows that call each other in a circle end there (requirement F11), before Python's own stack does."""

AGENTS_DEEP = 4
"""Agents within the calls of agents: who asks others in a circle ends there (requirement A5)."""

UUID_PARTS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))

ENDS_ALL_BRANCHES = (StoreError, StaleEpoch, JournalMismatch)
"""Failures after which nothing can be recorded any more: the other branches are ended at once."""


@dataclass(slots=True)
class RunContext:
    """A `StepContext` over an `Execution`; `prefix` is the scope of its keys, `agents` are those of the called flow that it belongs to
    (None: the run's), and `root` is the scope in which the code at work began, which may know all that was recorded in it."""

    execution: Execution
    prefix: str = ""
    agents: Agents | None = None
    root: str = ""
    _used: dict[str, int] = field(default_factory=dict)
    _company: Company = field(default_factory=Company)
    _drawn: int = 0

    @property
    def run_id(self) -> str:
        return self.execution.run

    def scope(self, name: str) -> StepContext:
        return self._within(f"{self.prefix}{self._numbered(name)}/")

    def key(self, name: str) -> str:
        return self.prefix + _numbered(name, self._used.get(name, 0) + 1)

    async def recorded(self, is_wanted: Callable[[str], bool]) -> dict[str, Envelope]:
        return await self.execution.known(lambda key: key.startswith(self.prefix) and is_wanted(key[len(self.prefix) :]))

    def spent(self) -> Usage:
        return self.execution.purse.spent

    def labels(self) -> tuple[Label, ...]:
        return self.execution.labels_below(self.root)

    async def step(
        self,
        name: str,
        do: Callable[[], Awaitable[Json]],
        *,
        effect: Effect = "idempotent",
        timeout: float | None = None,
        retry: int | RetrySpec = 0,
        fallback: Callable[[], Awaitable[Json]] | None = None,
    ) -> Json:
        is_plain = (effect, timeout, retry, fallback) == ("idempotent", None, 0, None)
        if is_plain and not self.execution.history.intents:
            return await self._plainly(name, do)

        async def perform(_: Attempt) -> Envelope:
            return Envelope(output=await do())

        again = RetrySpec(times=retry) if isinstance(retry, int) else retry
        plan = StepPlan(effect=effect, timeout=timeout, retry=again, fallback=_standing_in(fallback) if fallback else None)
        return _output_of(await self._performed(name, perform, plan))

    async def perform(self, name: str, do: Do, plan: StepPlan = PLAIN) -> Envelope:
        return (await self._performed(name, do, plan))[1]

    async def _plainly(self, name: str, do: Callable[[], Awaitable[Json]]) -> Json:
        """A step that asks for nothing but to be recorded, as nearly all do: the same as `perform`, by a shorter way."""
        key, execution = self._next_key(name), self.execution
        if (recorded := await execution.recorded(key, PLAIN.kind)) is not None:
            return _output_of((key, recorded))
        self._company.enter(name)
        try:
            return await do_plainly(execution, key, do, has_company=self._company_of(name))
        finally:
            self._company.leave(name)

    async def _performed(self, name: str, do: Do, plan: StepPlan) -> tuple[str, Envelope]:
        def work(key: str) -> Awaitable[Envelope]:
            if plan.kind == "agent" and calls_around(key):
                self.execution.caps.ask(key)
            inner = partial(self._within, root=f"{key}/") if plan.says_origin else self._within
            has_company = self._company_of(name)
            return Work(execution=self.execution, key=key, do=do, plan=plan, within=inner, has_company=has_company).carry_out()

        return await self._once(name, plan.kind, work)

    def _company_of(self, name: str) -> Callable[[], bool]:
        return partial(self._company.has, name)

    def _within(self, prefix: str, root: str | None = None) -> StepContext:
        """A context for all that happens under these keys."""
        return RunContext(self.execution, prefix, self.agents, self.root if root is None else root)

    async def _once(self, name: str, kind: str, live: Callable[[str], Awaitable[Envelope]]) -> tuple[str, Envelope]:
        """The step's key and its record: from the journal, or by doing it now."""
        key = self._next_key(name)
        if (recorded := await self.execution.recorded(key, kind)) is not None:
            self.execution.learn(key, recorded)
            return key, recorded
        self._company.enter(name)
        try:
            record = await live(key)
        finally:
            self._company.leave(name)
        self.execution.learn(key, record)
        return key, record

    async def gather(self, branches: Mapping[str, Branch[T]], *, at_most: int | None = None) -> dict[str, T]:
        outcomes: dict[str, T | Exception] = {}

        async def work(name: str, branch: Branch[T], scope: StepContext) -> None:
            try:
                outcomes[name] = await branch(scope)
            except (*ENDS_ALL_BRANCHES, BudgetExhausted):
                raise
            except Exception as error:  # the border: a branch is the user's code
                outcomes[name] = error

        await self.together([partial(work, name, branch, self.scope(name)) for name, branch in branches.items()], at_most=at_most)
        return _values({name: outcomes[name] for name in branches})

    async def together(self, works: Sequence[Callable[[], Awaitable[None]]], *, at_most: int | None = None) -> None:
        waiting = iter(works)
        exhausted: list[BudgetExhausted] = []

        async def hand() -> None:
            for work in waiting:
                if exhausted:
                    return
                try:
                    await work()
                except BudgetExhausted as error:  # what is under way beside it is finished and kept
                    exhausted.append(error)

        hands = len(works) if at_most is None else max(1, min(at_most, len(works)))
        if works:
            with self._company.branched(hands):
                await self.execution.waits.gather([hand() for _ in range(hands)])
        if exhausted:
            raise exhausted[0]

    async def all(self, *branches: Branch[T]) -> list[T]:
        named = {f"branch-{number}": branch for number, branch in enumerate(branches, 1)}
        return list((await self.scope("all").gather(named)).values())

    async def map(self, items: Iterable[Item], do: Callable[[StepContext, Item], Awaitable[T]], *, at_most: int | None = None) -> list[T]:
        named = {f"item-{number}": _with_item(do, item) for number, item in enumerate(items, 1)}
        return list((await self.scope("map").gather(named, at_most=at_most)).values())

    async def flow(self, called: str | FlowFunction, inputs: Mapping[str, Json] | None = None) -> Json:
        name = called if isinstance(called, str) else flow_name(called)
        given = dict(inputs or {})

        async def do(attempt: Attempt) -> Envelope:
            with within(origin):
                if isinstance(called, str):
                    definition = await attempt.context.step(DEFINITION, partial(self._pinned, called, attempt.key))
                    code = self.execution.flows.load(definition, given)
                    if isinstance(attempt.context, RunContext):
                        attempt.context.agents = code.agents
                else:
                    code = own_code(called, given)
                return Envelope(output=await call(self.execution, attempt, flow=name, code=code))

        origin = Origin(labels=self.labels())
        return _output_of(await self._performed(name, do, StepPlan(kind="flow", actor=name, announce=True, says_origin=True)))

    def agent(self, agent: str | object) -> AgentHandle:
        if (within := calls_around(self.prefix)) > AGENTS_DEEP:
            raise UsageError(f"{self.prefix!r} is an agent of an agent, {within} deep", hint=f"agents may ask agents {AGENTS_DEEP} deep")
        return (self.agents or self.execution.agents).handle(self, agent)

    async def round(self, name: str, round_: Round) -> None:
        async def begin(attempt: Attempt) -> Envelope:
            self.execution.caps.loop(attempt.key, round_.steps)
            return Envelope(output={"steps": round_.steps, "why": round_.why})

        await self._performed(name, begin, StepPlan(kind="round"))

    async def sleep(self, seconds: float) -> None:
        started = WaitStarted(until=self.execution.clock.now() + seconds)
        await self._wait("sleep", "wait", lambda _: started, rung)

    async def wait_for(self, signal: str, *, timeout: float | None = None) -> Json:
        started = WaitStarted(signal=signal, until=self._until(timeout))
        return _output_of(await self._wait(signal, "wait", lambda _: started, signalled))

    async def approve(self, name: str, approval: Approval) -> Json:
        ask: Json = {"message": approval.message, "show": approval.show, "editable": approval.editable, **approval.more}

        def started(key: str) -> WaitStarted:
            return WaitStarted(signal=key, until=self._until(approval.timeout), ask=ask)

        return _output_of(await self._wait(name, "approve", started, approved))

    async def _wait(self, name: str, kind: str, started: Callable[[str], WaitStarted], conclude: Conclude) -> tuple[str, Envelope]:
        has_company = self._company_of(name)
        return await self._once(name, kind, lambda key: wait(self.execution, key, started(key), conclude=conclude, has_company=has_company))

    async def _pinned(self, called: str, key: str) -> Json:
        self.execution.caps.call(key)
        return await self.execution.flows.pin(called)

    def _until(self, timeout: float | None) -> float | None:
        return None if timeout is None else self.execution.clock.now() + timeout

    async def now(self) -> float:
        async def look() -> Json:
            return self.execution.clock.now()

        return float(await self.step("now", look))

    def random(self) -> float:
        return int.from_bytes(self._chance()[:7]) / 2**56

    def uuid(self) -> str:
        drawn = int.from_bytes(self._chance()[:16])
        versioned = drawn & ~(0xF << 76) & ~(0x3 << 62) | (8 << 76) | (2 << 62)
        return "-".join(f"{versioned:032x}"[start:end] for start, end in UUID_PARTS)

    def _chance(self) -> bytes:
        self._drawn += 1
        return hashlib.sha256(f"{self.execution.seed}/{self.prefix}{self._drawn}".encode()).digest()

    def _next_key(self, name: str) -> str:
        """The key of the next step of that name. Raises UsageError where one of that name is still running."""
        if name in self._company.under_way:
            raise UsageError(
                f"step {self.prefix + name!r} is still running, so its name cannot be used again", hint="give each branch its own scope"
            )
        return self.prefix + self._numbered(name)

    def _numbered(self, name: str) -> str:
        if not name or "/" in name or "#" in name:
            raise UsageError(f"{name!r} cannot be the name of a step", hint="use a word without / and #")
        if self.prefix.count("/") >= DEEPEST:
            raise UsageError(f"step {name!r} would lie {DEEPEST} scopes deep", hint="flows that call each other in a circle never end")
        count = self._used[name] = self._used.get(name, 0) + 1
        return _numbered(name, count)


def _numbered(name: str, count: int) -> str:
    return name if count == 1 else f"{name}#{count}"


def _output_of(performed: tuple[str, Envelope]) -> Json:
    key, record = performed
    if record.status == "failed":
        raise StepFailed(failure.message_of(record), step=key, reason=record.reason)
    return record.output


def _standing_in(fallback: Callable[[], Awaitable[Json]]) -> Fallback:
    async def stand_in(_failed: Envelope, _attempt: Attempt) -> Envelope:
        return Envelope(output=await fallback())

    return stand_in


def _values(outcomes: Mapping[str, T | Exception]) -> dict[str, T]:
    """What all branches gave; else the first failure is raised, and knows of the others."""
    failures = [outcome for outcome in outcomes.values() if isinstance(outcome, Exception)]
    if failures:
        if isinstance(first := failures[0], StepFailed):
            others = (failure for failure in failures[1:] if isinstance(failure, StepFailed))
            first.also = (*first.also, *(key for other in others for key in (other.step, *other.also)))
        raise failures[0]
    return {name: outcome for name, outcome in outcomes.items() if not isinstance(outcome, Exception)}


def _with_item(do: Callable[[StepContext, Item], Awaitable[T]], item: Item) -> Branch[T]:
    def branch(context: StepContext) -> Awaitable[T]:
        return do(context, item)

    return branch
