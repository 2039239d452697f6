"""One worker's work on one run: the journal that it writes, the history that it answers from, and what may stop it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from playnex.canonical import Json
from playnex.clock import Clock
from playnex.engine.caps import Caps, caps_of
from playnex.engine.code import Agents, Flows, NoAgents, NoFlows
from playnex.engine.history import History
from playnex.engine.keys import scope_of
from playnex.engine.spending import Purse, Purses
from playnex.engine.waits import Waits, Working
from playnex.errors import JournalMismatch, RunInterrupted
from playnex.journal.events import (
    Event,
    Fact,
    RunFinished,
    RunParked,
    RunPaused,
    RunWaiting,
    StepFinished,
    StopRequested,
)
from playnex.journal.journal import Draft, Journal, Outlined
from playnex.spec.context import Write
from playnex.spec.envelope import Envelope, Label, from_json


def as_it_is(value: Json) -> Json:
    """The value: where nothing has to be taken out of it."""
    return value


@dataclass(slots=True, eq=False, kw_only=True)
class Execution:
    """A run being advanced. `ending` is set once something outside of its code has ended or stopped it: no further step starts."""

    run: str
    epoch: int
    journal: Journal
    history: History
    clock: Clock
    jitter: Callable[[], float]
    purse: Purse
    flows: Flows = field(default_factory=NoFlows)
    agents: Agents = field(default_factory=NoAgents)
    clean: Callable[[Json], Json] = as_it_is
    caps: Caps = field(init=False)
    purses: Purses = field(init=False)
    waits: Waits = field(init=False)
    ending: RunFinished | RunParked | RunPaused | RunWaiting | None = None
    body: Working | None = None
    seen: int = field(init=False)
    asked: set[str] = field(default_factory=set)
    labelled: dict[str, tuple[Label, ...]] = field(default_factory=dict)
    unseen: dict[str, set[str]] = field(init=False)
    """Recorded keys that the code has not asked for yet, by their scope; `asked` has those that it came to, as long as there are any."""

    def __post_init__(self) -> None:
        early = [self.history.signals[position] for position in sorted(self.history.signals)]
        self.waits = Waits(clock=self.clock, set_aside=self._set_aside, early=early)
        self.seen = self.history.position
        self.caps = caps_of(self.history.results)
        self.purses = Purses(self.purse, self.history.known, self.history.unknown, self.history.time.of)
        self.unseen = {}
        for key in self.history.results:
            self.unseen.setdefault(scope_of(key), set()).add(key)

    @property
    def seed(self) -> str:
        """Where this run's chance comes from."""
        return self.history.started.seed or self.run

    @property
    def is_going(self) -> bool:
        """Whether the run's code has not ended, and nothing has ended or stopped it."""
        return self.ending is None and not (self.body is not None and self.body.done())

    def learn(self, key: str, record: Envelope) -> None:
        """Remember what is known of the origin of a record."""
        if record.labels:
            self.labelled[key] = record.labels

    def labels_below(self, scope: str) -> tuple[Label, ...]:
        """What is known of the origin of all that this worker has recorded or met again in that scope."""
        return tuple(dict.fromkeys(label for key, labels in self.labelled.items() if key.startswith(scope) for label in labels))

    def note(self, key: str, fact: Fact) -> None:
        """Tell those who watch."""
        self.journal.note(self.run, self.epoch, (Draft(key=key, fact=fact),))

    async def append(self, key: str, fact: Fact, writes: tuple[Write, ...] = ()) -> None:
        """Record a fact; durable when it returns."""
        await self.journal.append(self.run, self.epoch, (Draft(key=key, fact=fact),), writes)

    async def recorded(self, key: str, kind: str) -> Envelope | None:
        """The result that the journal has for that key. Raises JournalMismatch where the code is another than the one that wrote
        the journal: another kind of step under the key, or a new step before one that is recorded."""
        self.check_going()
        if not self.unseen:
            return None
        self.asked.add(key)
        scope = scope_of(key)
        fact = self.history.results.pop(key, None)
        if fact is None:
            if key not in self.history.reopened:  # the code came there before, whatever was recorded beside it since
                self._check_nothing_was_left_out(key, scope)
            return None
        self.unseen[scope].discard(key)
        if fact.kind != kind:
            raise mismatch(key, f"the journal has a {fact.kind!r} there and the code a {kind!r}")
        return await self._whole(fact)

    async def known(self, is_wanted: Callable[[str], bool]) -> dict[str, Envelope]:
        """The results that the journal had when the run was taken over, and that the code has not asked for yet: those wanted, by key."""
        return {key: await self._whole(fact) for key, fact in list(self.history.results.items()) if is_wanted(key)}

    async def _whole(self, fact: StepFinished) -> Envelope:
        envelope = from_json(fact.envelope)
        if not isinstance(envelope.output, Outlined):
            return envelope
        return replace(envelope, output=await self.journal.fill(envelope.output))

    def _check_nothing_was_left_out(self, key: str, scope: str) -> None:
        passed = [name for name in self.unseen.get(scope, ()) if not self.history.results[name].beside]
        if passed:
            raise mismatch(min(passed), f"it is recorded, and the code comes to {key!r} instead")

    def check_all_was_asked(self) -> None:
        """Raises JournalMismatch where the code came to its end without asking for a step that is recorded."""
        for scope, keys in self.unseen.items():
            if keys and not self._belongs_to_a_step(scope):
                raise mismatch(min(keys), "it is recorded, and the code never comes to it")

    def _belongs_to_a_step(self, scope: str) -> bool:
        """Whether the scope lies within a step whose own result was asked for: what happened below it is not asked again."""
        return any(scope[:place] in self.asked for place in range(len(scope)) if scope[place] == "/")

    async def stop(self, ending: RunFinished | RunParked | RunPaused | RunWaiting) -> None:
        """Record how the run stands now that nobody advances it any more."""
        await self.append("", ending if isinstance(ending, RunFinished) else replace(ending, seen=self.seen))

    def check_going(self) -> None:
        """Raises RunInterrupted where the run is being stopped."""
        if self.ending is not None:
            raise RunInterrupted

    def deliver(self, event: Event) -> None:
        """Take what was posted from outside. A run that is being stopped acts on nothing any more, so it has not seen it."""
        if not self.is_going:
            return
        self.seen = event.position
        if isinstance(event.fact, StopRequested):
            self.end_as(stopped(event.fact))
        else:
            self.waits.deliver(event)

    def exhaustion(self) -> RunFinished | None:
        """The end of a run that has spent what it was given, once a request was refused for it."""
        if (error := self.purse.exhausted) is None:
            return None
        return RunFinished(status="failed", reason=error.reason, message=error.message, step=error.step)

    def _set_aside(self, standing: RunWaiting | RunParked) -> None:
        """Every branch is blocked; one that waits for somebody would wait in vain where the budget is exhausted."""
        self.end_as(self.exhaustion() or standing)

    def end_as(self, ending: RunFinished | RunParked | RunPaused | RunWaiting) -> None:
        """Stop the run's code; the run then stands like this."""
        if self.is_going:
            self.ending = ending
            if self.body is not None:
                self.body.cancel()


def stopped(request: StopRequested) -> RunFinished | RunPaused:
    """How a run stands that was asked to stop."""
    reason = f"by {request.by or 'somebody'}"
    return RunFinished(status="cancelled", reason=reason) if request.stop == "cancel" else RunPaused(reason=reason)


def mismatch(key: str, what: str) -> JournalMismatch:
    """The journal and the code part at this step."""
    return JournalMismatch(
        f"step {key!r} does not fit this run's journal: {what}",
        hint="the flow's code was changed, or depends on more than its steps; undo the change, or start a new run",
        step=key,
    )
