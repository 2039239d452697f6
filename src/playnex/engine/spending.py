"""The run's purse: what it may spend, what it has spent, and what is reserved by requests in flight."""

from playnex.errors import BudgetExhausted
from playnex.spec.envelope import Usage
from playnex.spec.flow import Budget


class Purse:
    """Reservations against a budget: a request that could overspend does not start."""

    def __init__(self, budget: Budget, spent: Usage) -> None:
        self._budget = budget
        self._reserved_tokens = 0
        self._reserved_requests = 0
        self.spent = spent

    def reserve(self, key: str, tokens: int) -> None:
        """Set `tokens` and one request aside. Raises BudgetExhausted, naming what is used up."""
        used = self.spent.tokens + self._reserved_tokens
        requests = self.spent.requests + self._reserved_requests
        if self._budget.tokens is not None and used + tokens > self._budget.tokens:
            raise _exhausted(key, f"{used:,} of {self._budget.tokens:,} tokens are used and the next request may take {tokens:,}")
        if self._budget.turns is not None and requests + 1 > self._budget.turns:
            raise _exhausted(key, f"{requests} of {self._budget.turns} model requests are used")
        if self._budget.usd is not None and self.spent.usd >= self._budget.usd:
            raise _exhausted(key, f"${self.spent.usd:.4f} of ${self._budget.usd:.4f} are used")
        self._reserved_tokens += tokens
        self._reserved_requests += 1

    def settle(self, tokens: int, usage: Usage) -> None:
        """Give a reservation back and book what was really used."""
        self._reserved_tokens -= tokens
        self._reserved_requests -= 1
        self.spent += usage


def out_of_time(key: str, seconds: float) -> BudgetExhausted:
    """The run used up its wall-clock time."""
    return _exhausted(key, f"the run's time of {seconds:g} s is used up")


def _exhausted(key: str, what: str) -> BudgetExhausted:
    return BudgetExhausted(
        f"budget exhausted: {what}",
        step=key,
        reason="exhausted",
        hint="what is finished is kept; raise the flow's budget for the next run",
    )
