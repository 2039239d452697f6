"""One step being carried out: attempt → retry → verify → fallback → complete, then the record."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from playnex.canonical import Json
from playnex.engine import failure
from playnex.engine.execution import Execution
from playnex.engine.history import NO_TRIES, reserved_json
from playnex.engine.spending import NOTHING, Purse, is_known, reservation, within_a_reservation
from playnex.engine.waits import Wait
from playnex.errors import CapsuleConflict, PlaynexError, StepFailed
from playnex.journal.events import AttemptFailed, OutcomeDecided, StepFinished, StepIntended, StepStarted
from playnex.spec import envelope as envelopes
from playnex.spec.context import Attempt, Do, StepContext, StepPlan
from playnex.spec.envelope import Envelope, usage_json
from playnex.spec.flow import NO_RETRY, RetrySpec

CONFLICT_TRIES = 20
"""How often a result is made ready again because somebody wrote its capsule first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How a try ended: the outcome, the rule for another one, and the seconds that a server asked us to wait. What a model request spent
    is in the outcome's usage, is surely nothing (`unspent`), or is not known to anybody; it is `lost` where a budget counts it so."""

    outcome: Envelope
    retry: RetrySpec
    wait: float = 0.0
    may_fall_back: bool = True
    unspent: bool = False
    lost: bool = False


@dataclass(slots=True, kw_only=True)
class Work:
    """A step and how it is to be done. `within` gives a context for what happens below a key, `has_company`
    says whether other steps of its scope went on at the same time."""

    execution: Execution
    key: str
    do: Do
    plan: StepPlan
    within: Callable[[str], StepContext]
    has_company: Callable[[], bool]

    async def carry_out(self) -> Envelope:
        """Do the step and record its envelope."""
        execution, plan = self.execution, self.plan
        began = execution.clock.monotonic()
        if self.key in execution.history.intents and (decided := await self._decided()) is not None:
            attempt = Attempt(key=self.key, number=1, context=self._scope(1))
            return await self._record(decided, attempt, began)
        if plan.announce and not self._purse_that_counts():
            execution.note(self.key, StepStarted(kind=plan.kind, actor=plan.actor, input=plan.input))
        if plan.settle is not None:
            first = Attempt(key=self.key, number=1, context=self._scope(1))
            if (settled := await plan.settle(first)) is not None:
                return await self._record(settled, first, execution.clock.monotonic())
            began = execution.clock.monotonic()
        tried, attempt = await self._attempts()
        outcome = await self._fallen_back(tried, attempt)
        return await self._record(outcome, attempt, began, lost=tried.lost)

    async def _decided(self) -> Envelope | None:
        """What a person says became of an effect whose outcome is unknown; None where it is to be done again."""
        history = self.execution.history
        decision = history.decisions.get(self.key)
        if decision is None:
            event = await self.execution.waits.hold(Wait(key=self.key, kind="decision"))
            assert event is not None and isinstance(event.fact, OutcomeDecided)
            decision = event.fact
        history.intents.discard(self.key)
        match decision.decision:
            case "done":
                return Envelope(output=decision.value, reason=_decided_by(decision))
            case "failed":
                return failure.failed("outcome-unknown", f"it may have happened or not, and counts as failed: {_decided_by(decision)}")
            case "again":
                return None

    async def _attempts(self) -> tuple[Tried, Attempt]:
        """The last try, and how it ended. Tries that the journal knows to have failed are not made again."""
        tries = self.execution.history.tries.get(self.key, NO_TRIES)
        number, feedback = tries.count + 1, tries.feedback
        while True:
            if self.plan.effect == "once":
                await self.execution.append(self.key, StepIntended(idempotency_key=f"{self.execution.run}/{self.key}"))
            attempt = Attempt(key=self.key, number=number, context=self._scope(number), feedback=feedback)
            tried = await self._try(attempt)
            if not failure.is_worth_retrying(tried.retry, number, tried.outcome):
                return tried if tried.outcome.attempts == number else _counted(tried, number), attempt
            feedback = self.execution.clean(failure.message_of(tried.outcome))
            delay = max(tried.wait, failure.delay_before(tried.retry, number, self.execution.jitter()))
            await self.execution.append(self.key, self._failed(tried, number, round(delay, 3)))
            await self.execution.clock.sleep(delay)
            number += 1

    def _failed(self, tried: Tried, number: int, delay: float) -> AttemptFailed:
        outcome = tried.outcome
        usage = usage_json(outcome.usage) if self.plan.kind == "model" and outcome.usage != NOTHING else None
        message = self.execution.clean(failure.message_of(outcome))
        return AttemptFailed(number=number, reason=outcome.reason, message=message, delay=delay, usage=usage, lost=tried.lost)

    def _scope(self, number: int) -> StepContext:
        return self.within(f"{self.key}/" if number == 1 else f"{self.key}/try-{number}/")

    async def _try(self, attempt: Attempt) -> Tried:
        """One try within the step's time, paid from the purse where it is a model request, and its check."""
        if (purse := self._purse_that_counts()) is not None:
            tried = await self._paid(attempt, purse)
        else:
            tried = await self._bounded(attempt)
            if self.plan.kind == "model":
                self.execution.purses.of(self.key).settle(NOTHING, tried.outcome.usage)
        tried = replace(tried, outcome=self._cleaned(tried.outcome))
        return tried if tried.outcome.status == "failed" else await self._verified(tried, attempt)

    def _cleaned(self, outcome: Envelope) -> Envelope:
        """The outcome without secrets: what is recorded of it is also what is gone on with, now and after every restart."""
        output = self.execution.clean(outcome.output)
        return outcome if output is outcome.output else replace(outcome, output=output)

    def _purse_that_counts(self) -> Purse | None:
        """The purse that a model request is paid from; None for other steps, and where nothing limits it."""
        if self.plan.kind != "model":
            return None
        purse = self.execution.purses.of(self.key)
        return purse if purse.is_limited else None

    async def _paid(self, attempt: Attempt, purse: Purse) -> Tried:
        """A try whose reservation is durable before its request leaves, so that no death of the process can forget it."""
        plan, amount = self.plan, reservation(self.plan.tokens, await self._price(purse))
        await purse.reserve(self.key, amount)
        is_first = attempt.number == self.execution.history.tries.get(self.key, NO_TRIES).count + 1
        given = plan.input if plan.announce and is_first else None
        started = StepStarted(kind=plan.kind, actor=plan.actor, input=given, reserved=reserved_json(amount))
        usage, is_lost = NOTHING, False
        try:
            await self.execution.append(self.key, started)
            is_lost = True  # whatever breaks it off from here on
            tried = await within_a_reservation(self._bounded(attempt))
            usage = tried.outcome.usage
            is_lost = not (is_known(usage) or tried.unspent)
        finally:
            (purse.lose if is_lost else purse.settle)(amount, usage)
        return replace(tried, lost=is_lost)

    async def _price(self, purse: Purse) -> float:
        return self.plan.usd if self.plan.price is None or not purse.counts_money else await self.plan.price()

    async def _bounded(self, attempt: Attempt) -> Tried:
        limit = None
        try:
            if self.plan.timeout is None:
                return Tried(outcome=await self.do(attempt), retry=self.plan.retry)
            limit = asyncio.timeout(self.plan.timeout)
            async with limit:
                return Tried(outcome=await self.do(attempt), retry=self.plan.retry)
        except failure.ENDS_THE_RUN:
            raise
        except Exception as error:
            if isinstance(error, TimeoutError) and limit is not None and limit.expired():
                late = failure.failed("timeout", f"no result within {self.plan.timeout:g} s")
                return Tried(outcome=late, retry=self.plan.retry)
            retry = NO_RETRY if isinstance(error, failure.USELESS_TO_RETRY) else self.plan.retry
            unspent = isinstance(error, PlaynexError) and error.unspent
            return Tried(outcome=failure.from_exception(error), retry=retry, wait=failure.retry_after(error), unspent=unspent)

    async def _verified(self, tried: Tried, attempt: Attempt) -> Tried:
        if self.plan.verify is None:
            return tried
        verdict = await self.plan.verify(tried.outcome, attempt)
        if verdict.passed:
            return tried if verdict.instead is None else replace(tried, outcome=verdict.instead)
        reason = "refused" if verdict.on_fail == "ask" else "verify"
        outcome = tried.outcome
        refused = failure.failed(reason, verdict.reason, outcome.output)
        refused = replace(refused, usage=outcome.usage, labels=outcome.labels, sources=outcome.sources)
        times = max(1, self.plan.retry.times) if verdict.on_fail == "retry" else 0
        retry = replace(self.plan.retry, times=times, on=(), delay=0.0)
        return Tried(outcome=refused, retry=retry, may_fall_back=verdict.on_fail not in ("fail", "ask"))

    async def _fallen_back(self, tried: Tried, attempt: Attempt) -> Envelope:
        """The outcome, or what stands in for it."""
        outcome = tried.outcome
        if outcome.status != "failed" or self.plan.fallback is None or not tried.may_fall_back:
            return outcome
        stand_in = await _caught(self.plan.fallback(outcome, attempt))
        if stand_in.status == "failed":
            why = f"{failure.message_of(outcome)}; and there is no fallback: {failure.message_of(stand_in)}"
            return replace(outcome, output=failure.failed(outcome.reason, why).output)
        usage = outcome.usage + stand_in.usage
        return replace(stand_in, status="fallback", reason=outcome.reason, attempts=outcome.attempts, usage=usage)

    async def _record(self, outcome: Envelope, attempt: Attempt, began: float, *, lost: bool = False) -> Envelope:
        """Make the result ready and journal it with its writes, in one transaction; again where a capsule had moved on."""
        tries_left = CONFLICT_TRIES if self.plan.complete is not None else 0
        own_writes = tuple(attempt.writes)
        while True:
            attempt.writes = list(own_writes)
            final = self._cleaned(self._with_origin(await self._completed(outcome, attempt)))
            fact = StepFinished(
                envelope=envelopes.to_json(final),
                kind=self.plan.kind,
                seconds=round(self.execution.clock.monotonic() - began, 3),
                beside=self.has_company(),
                lost=lost,
            )
            try:
                await self.execution.append(self.key, fact, tuple(attempt.writes))
            except CapsuleConflict:
                tries_left -= 1
                if tries_left < 0:
                    raise
            else:
                return final

    def _with_origin(self, outcome: Envelope) -> Envelope:
        """A called flow returns a value alone; what is known of its origin is what is known of anything that it did."""
        if self.plan.kind != "flow":
            return outcome
        labels = (*outcome.labels, *self.execution.labels_below(f"{self.key}/"))
        return replace(outcome, labels=tuple(dict.fromkeys(labels)))

    async def _completed(self, outcome: Envelope, attempt: Attempt) -> Envelope:
        if self.plan.complete is None or outcome.status == "failed":
            return outcome
        completed = await _caught(self.plan.complete(outcome, attempt))
        return replace(completed, usage=outcome.usage, attempts=outcome.attempts)


async def do_plainly(execution: Execution, key: str, do: Callable[[], Awaitable[Json]], *, has_company: Callable[[], bool]) -> Json:
    """What `Work` does with a step that has no plan: one try, and its record. Raises StepFailed once the failure is recorded."""
    began, failed = execution.clock.monotonic(), None
    try:
        parts: dict[str, Json] = {"status": "succeeded", "output": execution.clean(await do())}
    except failure.ENDS_THE_RUN:
        raise
    except Exception as error:  # the border: a step is the user's code
        failed = failure.from_exception(error)
        failed = replace(failed, output=execution.clean(failed.output))
        parts = envelopes.to_json(failed)
    seconds = round(execution.clock.monotonic() - began, 3)
    await execution.append(key, StepFinished(envelope=parts, seconds=seconds, beside=has_company()))
    if failed is not None:
        raise StepFailed(failure.message_of(failed), step=key, reason=failed.reason)
    return parts["output"]


def _counted(tried: Tried, number: int) -> Tried:
    return replace(tried, outcome=replace(tried.outcome, attempts=number))


async def _caught(making: Awaitable[Envelope]) -> Envelope:
    """What is made, or the failure to make it."""
    try:
        return await making
    except failure.ENDS_THE_RUN:
        raise
    except Exception as error:
        return failure.from_exception(error)


def _decided_by(decision: OutcomeDecided) -> str:
    return f"decided by {decision.by or 'a person'}"
