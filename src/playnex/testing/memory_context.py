"""A step context that keeps its records in memory: for tests of what asks for steps, not of the engine."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from playnex.canonical import Json, decode, encode
from playnex.errors import CapsuleConflict, PlaynexError, StepFailed
from playnex.spec.context import PLAIN, Attempt, Do, Effect, StepPlan, Write
from playnex.spec.envelope import Envelope, Usage, from_json, to_json


async def drop(_writes: Sequence[Write]) -> None:
    """Commits nothing: for steps that write nothing."""


CONFLICT_TRIES = 20
Commit = Callable[[Sequence[Write]], Awaitable[None]]


@dataclass(slots=True)
class MemoryContext:
    """Records envelopes by key, answers a recorded key from its record, honours a plan's timeout, retry count and `complete`.
    `commit` puts a step's writes into a store; a CapsuleConflict there completes the result anew. `plans` has every plan by key."""

    run_id: str = "RUN"
    commit: Commit = drop
    records: dict[str, Envelope] = field(default_factory=dict)
    plans: dict[str, StepPlan] = field(default_factory=dict)
    prefix: str = ""
    _names: Counter[str] = field(default_factory=Counter)

    def scope(self, name: str) -> "MemoryContext":
        """A context whose keys begin with `name/`, sharing the records."""
        return MemoryContext(self.run_id, self.commit, self.records, self.plans, f"{self._key(name)}/")

    async def step(self, name: str, do: Callable[[], Awaitable[Json]], *, effect: Effect = "idempotent") -> Json:
        """The output of `do`, once. Raises StepFailed."""

        async def whole(_attempt: Attempt) -> Envelope:
            return Envelope(output=await do())

        envelope = await self.perform(name, whole, replace(PLAIN, effect=effect))
        if envelope.status == "failed":
            raise StepFailed(str(envelope.output), step=self.prefix + name, reason=envelope.reason)
        return envelope.output

    async def perform(self, name: str, do: Do, plan: StepPlan = PLAIN) -> Envelope:
        """The recorded envelope: failures too."""
        key = self._key(name)
        self.plans[key] = plan
        if key not in self.records:
            envelope = await self._tried(key, do, plan=plan)
            self.records[key] = from_json(decode(encode(to_json(envelope))))
        return self.records[key]

    def spent(self) -> Usage:
        """The sum of all recorded usage."""
        return sum((envelope.usage for envelope in self.records.values()), Usage())

    def again(self) -> "MemoryContext":
        """The same run from its top: what is recorded is answered from the records."""
        return MemoryContext(self.run_id, self.commit, self.records, self.plans)

    def _key(self, name: str) -> str:
        self._names[name] += 1
        number = self._names[name]
        return f"{self.prefix}{name}#{number}" if number > 1 else f"{self.prefix}{name}"

    async def _tried(self, key: str, do: Do, *, plan: StepPlan) -> Envelope:
        number = 1
        envelope = await self._attempt(Attempt(key=key, number=1, context=self), do, plan=plan)
        while envelope.status == "failed" and number <= plan.retry.times:
            number += 1
            envelope = await self._attempt(Attempt(key=key, number=number, context=self), do, plan=plan)
        return replace(envelope, attempts=number)

    async def _attempt(self, attempt: Attempt, do: Do, *, plan: StepPlan) -> Envelope:
        try:
            async with asyncio.timeout(plan.timeout):
                envelope = await do(attempt)
            return envelope if envelope.status == "failed" else await self._committed(envelope, attempt, plan=plan)
        except TimeoutError:
            return _failed("timeout", f"no result within {plan.timeout:g} s")
        except PlaynexError as fault:
            return _failed(fault.code, f"{fault.message}; {fault.hint}" if fault.hint else fault.message)
        except Exception as fault:
            return _failed("error", f"{type(fault).__name__}: {fault}")

    async def _committed(self, outcome: Envelope, attempt: Attempt, *, plan: StepPlan) -> Envelope:
        own_writes = tuple(attempt.writes)
        for _ in range(CONFLICT_TRIES):
            attempt.writes = list(own_writes)
            completed = await plan.complete(outcome, attempt) if plan.complete else outcome
            with suppress(CapsuleConflict):
                await self.commit(attempt.writes)
                return completed
        return _failed(CapsuleConflict.code, "somebody else is always faster")


def _failed(reason: str, message: str) -> Envelope:
    return Envelope(status="failed", reason=reason, output={"error": message})
