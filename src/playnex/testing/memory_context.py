"""A step context over a journal in memory: for tests of what asks for steps, with the engine's own rules."""

from dataclasses import dataclass, field

from playnex.engine.execution import Execution
from playnex.engine.history import fold
from playnex.engine.run_context import RunContext
from playnex.engine.spending import Purse
from playnex.journal.events import RunStarted, StepFinished
from playnex.journal.journal import NewRun
from playnex.spec.context import Do, StepContext, StepPlan
from playnex.spec.envelope import Envelope, Usage, from_json
from playnex.spec.flow import NO_LIMITS
from playnex.testing.clock import FakeClock
from playnex.testing.memory_journal import Commit, MemoryJournal

RUN = "RUN"
BEGIN = RunStarted(flow="test", inputs={}, definition={}, version="0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the contexts of one run share: its journal, and the plan of every step that was asked for, by key."""

    journal: MemoryJournal = field(default_factory=lambda: MemoryJournal(clock=FakeClock()))
    plans: dict[str, StepPlan] = field(default_factory=dict)


class MemoryContext(RunContext):
    """The context of a run of its own, from its top: what the memory has recorded is answered from there."""

    def __init__(self, memory: Memory | None = None, *, execution: Execution | None = None, prefix: str = "") -> None:
        self.memory = memory or Memory()
        super().__init__(execution or _execution(self.memory.journal), prefix)

    @property
    def plans(self) -> dict[str, StepPlan]:
        """The plan of each step that was asked for, by its key."""
        return self.memory.plans

    @property
    def records(self) -> dict[str, Envelope]:
        """What is recorded, by key."""
        facts = [(event.key, event.fact) for event in self.memory.journal.all_of(RUN)]
        return {key: from_json(fact.envelope) for key, fact in facts if isinstance(fact, StepFinished)}

    @classmethod
    def committing(cls, commit: Commit) -> "MemoryContext":
        """A context whose steps' writes are handed to `commit`."""
        return cls(Memory(journal=MemoryJournal(clock=FakeClock(), commit=commit)))

    def again(self) -> "MemoryContext":
        """The same run from its top, as after a crash."""
        return MemoryContext(self.memory)

    def forget(self, key: str) -> None:
        """Lose a record, as if the crash had come before it."""
        rows = self.memory.journal.rows
        rows[:] = [row for row in rows if (row.kind, row.key) != ("StepFinished", key)]

    async def _performed(self, name: str, do: Do, plan: StepPlan) -> tuple[str, Envelope]:
        number = self._used.get(name, 0) + 1
        self.plans[f"{self.prefix}{name}" if number == 1 else f"{self.prefix}{name}#{number}"] = plan
        return await super()._performed(name, do, plan)

    def _within(self, prefix: str, root: str | None = None) -> StepContext:
        context = MemoryContext(self.memory, execution=self.execution, prefix=prefix)
        context.agents = self.agents
        context.root = self.root if root is None else root
        return context


def _execution(journal: MemoryJournal) -> Execution:
    if RUN not in journal.lines:
        journal.begin(NewRun(id=RUN, started=BEGIN))
    history = fold(journal.all_of(RUN))
    purse = Purse(NO_LIMITS, Usage())
    return Execution(run=RUN, epoch=0, journal=journal, history=history, clock=journal.clock, jitter=lambda: 0.5, purse=purse)
