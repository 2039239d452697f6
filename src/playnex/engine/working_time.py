"""How long workers were at work on a run, and on each flow that it calls: from the times of its events, so that no kill resets it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from playnex.canonical import Json
from playnex.engine.spending import account_of
from playnex.journal.events import POSTED, Event, RetryRequested, RunResumed, StepFinished, StepStarted

THE_RUN = ""
"""The account of the run itself."""


@dataclass(slots=True)
class WorkingTime:
    """Seconds, up to the last event that was passed over; what lies between two sessions does not count. `inherited` is what a fork's
    part of another journal took, by account."""

    inherited: Mapping[str, float] = field(default_factory=dict)
    _before: float = 0.0
    _since: float | None = None
    _last: float = 0.0
    _ended: dict[str, float] = field(default_factory=dict)
    _open: dict[str, float] = field(default_factory=dict)

    @property
    def own(self) -> float:
        """What this run's own workers took."""
        return self._before + self._session

    @property
    def used(self) -> float:
        """What counts against the run's time."""
        return self.own + self.inherited.get(THE_RUN, 0.0)

    def of(self, account: str) -> float:
        """What counts against the time of the flow that was called under this account."""
        began = self._open.get(account)
        now = 0.0 if began is None else self.own - began
        return self.inherited.get(account, 0.0) + self._ended.get(account, 0.0) + now

    def all(self) -> dict[str, Json]:
        """The same by account, the run's own among them."""
        accounts = dict.fromkeys((*self.inherited, *self._ended, *self._open))
        return {THE_RUN: round(self.used, 3)} | {account: round(self.of(account), 3) for account in accounts if account}

    def pass_over(self, event: Event) -> None:
        """Take the next event in."""
        if self._since is None or isinstance(event.fact, RunResumed):
            self._before, self._since = self.own, event.at
            self._last = event.at
        elif not isinstance(event.fact, POSTED):
            self._last = event.at
        match event.fact:
            case StepStarted(kind="flow"):
                self._open.setdefault(account_of(event.key), self.own)
            case StepFinished(kind="flow"):
                self._close(account_of(event.key))
            case RetryRequested():
                for account in tuple(self._open):
                    self._close(account)
            case _:
                pass

    @property
    def _session(self) -> float:
        return 0.0 if self._since is None else max(0.0, self._last - self._since)

    def _close(self, account: str) -> None:
        if account in self._open:
            self._ended[account] = self._ended.get(account, 0.0) + self.own - self._open.pop(account)
