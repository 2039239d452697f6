"""A run's purse, and those of the flows that it calls: what may be spent, what was, and what is set aside for requests in flight.

A request reserves what it may spend before it is sent, and settles when it is known what it did spend. Where nobody gets to know that,
all that was reserved counts. A request that does not fit beside those in flight waits until one of them has settled; one that would
not fit without them ends the run, and none starts after it. A called flow's purse lies within its caller's: what is spent there is
spent in both.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TypeVar

from playnex.errors import BudgetExhausted
from playnex.spec.envelope import Usage
from playnex.spec.flow import Budget

T = TypeVar("T")

NOTHING = Usage()

HOLDING: ContextVar[int] = ContextVar("HOLDING", default=0)
"""How many reservations the code that runs now stands within: a model step may ask for another one before its own request leaves."""

TRIES = re.compile(r"/try-\d+(?=/)")

CENTS = 9
"""Decimals of a dollar that are compared: sums of floating-point numbers are not exact."""


def reservation(tokens: int, usd: float) -> Usage:
    """What one request may spend; all its tokens count alike, so they stand as input."""
    return Usage(requests=1, input_tokens=tokens, usd=usd)


async def within_a_reservation(work: Awaitable[T]) -> T:
    """What the work gives; what it reserves meanwhile must not wait for the reservation that it stands within."""
    outside = HOLDING.set(HOLDING.get() + 1)
    try:
        return await work
    finally:
        HOLDING.reset(outside)


def is_known(usage: Usage) -> bool:
    """Whether this says what a request took: some servers answer and do not tell."""
    return usage.tokens > 0 or usage.usd > 0


def lost_of(amount: Usage, usage: Usage) -> Usage:
    """What of a reservation counts beside a usage that only knows that there was a request, if that."""
    return replace(amount, requests=max(0, amount.requests - usage.requests))


def account_of(key: str) -> str:
    """The key without the numbers of tries: a called flow that is tried again has the same purse."""
    return TRIES.sub("", key)


@dataclass(slots=True, eq=False)
class Purse:
    """Reservations against a budget. `lost` is what counts for requests whose outcome nobody knows, `seconds` the time that was used;
    `within` is the caller's purse, `flow` the called flow's name."""

    budget: Budget
    spent: Usage
    lost: Usage = NOTHING
    within: "Purse | None" = field(default=None, kw_only=True)
    flow: str = field(default="", kw_only=True)
    seconds: float = field(default=0.0, kw_only=True)
    held: Usage = field(default=NOTHING, init=False)
    exhausted: BudgetExhausted | None = field(default=None, init=False)
    _waiting: "list[asyncio.Future[None]]" = field(default_factory=list, init=False)
    _stuck: int = field(default=0, init=False)

    @property
    def is_limited(self) -> bool:
        """Whether what is spent from here counts against any limit."""
        return any((purse.budget.tokens, purse.budget.turns, purse.budget.usd) != (None, None, None) for purse in self._chain())

    @property
    def counts_money(self) -> bool:
        """Whether any of the limits is one of money."""
        return any(purse.budget.usd is not None for purse in self._chain())

    async def reserve(self, key: str, amount: Usage) -> None:
        """Set the amount aside, as soon as there is room for it beside what is in flight. Raises BudgetExhausted, naming what is used
        up, where there will be none, and where there was none for another request before."""
        while not self._take(key, amount):
            await self._settled(key, amount)

    def settle(self, amount: Usage, usage: Usage) -> None:
        """Give a reservation back and book what was really used."""
        for purse in self._chain():
            purse.spent += usage
            purse._release(amount)

    def lose(self, amount: Usage, usage: Usage) -> None:
        """Book the whole reservation beside what is known: nobody knows what its request has used."""
        for purse in self._chain():
            purse.spent += usage
            purse.lost += lost_of(amount, usage)
            purse._release(amount)

    def out_of_time(self, key: str) -> BudgetExhausted:
        """The wall-clock time is used up; nothing is reserved any more."""
        whose = f"the called flow's ({self.flow})" if self.flow else "the run's"
        return self._exhaust(key, f"{whose} time of {self.budget.time:g} s is used up")

    def _take(self, key: str, amount: Usage) -> bool:
        chain = tuple(self._chain())
        for purse in chain:
            if purse.exhausted is not None:
                raise _once_more(purse.exhausted, key)
            if short := purse._shortage(NOTHING, amount):
                raise purse._exhaust(key, short)
        if any(purse._shortage(purse.held, amount) for purse in chain):
            return False
        for purse in chain:
            purse.held += amount
        return True

    def _shortage(self, held: Usage, amount: Usage) -> str:
        """Which limit does not let so much be spent beside what is held; empty where all do."""
        budget, used = self.budget, self.spent + self.lost + held
        if budget.tokens is not None and used.tokens + amount.tokens > budget.tokens:
            said = f"{used.tokens:,} of {budget.tokens:,} tokens are used and the next request may take {amount.tokens:,}"
        elif budget.turns is not None and used.requests + amount.requests > budget.turns:
            said = f"{used.requests} of {budget.turns} model requests are used"
        elif budget.usd is not None and _is_too_dear(used.usd, amount.usd, budget.usd):
            said = f"${used.usd:.4f} of ${budget.usd:.4f} are used" + (f", next: up to ${amount.usd:.4f}" if amount.usd else "")
        else:
            return ""
        return f"{said} (up to {self.lost.tokens:,} of them by requests whose outcome nobody knows)" if self.lost.tokens else said

    def _exhaust(self, key: str, what: str) -> BudgetExhausted:
        """The failure to tell; the first one is remembered."""
        whose = f"the budget of the called flow {self.flow!r} is exhausted" if self.flow else "budget exhausted"
        hint = "what is finished is kept; raise the flow's budget for the next run"
        error = BudgetExhausted(f"{whose}: {what}", step=key, reason="exhausted", hint=hint)
        if self.exhausted is None:
            self.exhausted = error
            self._wake()
        return error

    def _release(self, amount: Usage) -> None:
        held = self.held
        self.held = Usage(
            requests=held.requests - amount.requests,
            input_tokens=held.input_tokens - amount.input_tokens,
            usd=round(held.usd - amount.usd, CENTS),
        )
        self._wake()

    async def _settled(self, key: str, amount: Usage) -> None:
        """Until a request that is in flight has settled, or a purse is exhausted. Raises BudgetExhausted where none will settle, for each
        of those in flight waits for another one within itself."""
        chain = tuple(self._chain())
        run = chain[-1]
        change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        run._stuck += HOLDING.get()
        run._waiting.append(change)
        try:
            if run._stuck >= run.held.requests:
                short = next(purse for purse in chain if purse._shortage(purse.held, amount))
                raise short._exhaust(key, short._shortage(short.held, amount))
            await change
        finally:
            run._stuck -= HOLDING.get()
            run._waiting.remove(change)

    def _wake(self) -> None:
        for change in tuple(self._chain())[-1]._waiting:
            if not change.done():
                change.set_result(None)

    def _chain(self) -> "Iterator[Purse]":
        purse: Purse | None = self
        while purse is not None:
            yield purse
            purse = purse.within


@dataclass(slots=True, eq=False)
class Purses:
    """The run's own purse, and those of the flows that it calls. `spent` and `lost` are what the journal knew, by the step's key, and
    `seconds` gives the time that an account had used."""

    run: Purse
    spent: Mapping[str, Usage]
    lost: Mapping[str, Usage]
    seconds: Callable[[str], float]
    _called: dict[str, Purse] = field(default_factory=dict)

    def of(self, key: str) -> Purse:
        """The innermost purse that the step spends from."""
        path = account_of(key) if self._called else ""
        while (place := path.rfind("/")) >= 0:
            path = path[:place]
            if path in self._called:
                return self._called[path]
        return self.run

    def open(self, key: str, flow: str, budget: Budget) -> Purse:
        """The purse of the flow that is called by this step, with all that was spent in it already: by earlier tries, before a kill."""
        account = account_of(key)
        if account not in self._called:
            known, lost = _below(account, self.spent), _below(account, self.lost)
            self._called[account] = Purse(budget, known, lost, within=self.of(key), flow=flow, seconds=self.seconds(account))
        return self._called[account]


def _once_more(first: BudgetExhausted, key: str) -> BudgetExhausted:
    """The same failure, of another step."""
    return BudgetExhausted(first.message, step=key, reason=first.reason, hint=first.hint)


def total(usages: Mapping[str, Usage]) -> Usage:
    """All of them together."""
    return sum(usages.values(), NOTHING)


def _below(account: str, usages: Mapping[str, Usage]) -> Usage:
    return total({key: usage for key, usage in usages.items() if account_of(key).startswith(f"{account}/")})


def _is_too_dear(used: float, amount: float, limit: float) -> bool:
    return round(used, CENTS) >= limit or round(used + amount, CENTS) > limit
