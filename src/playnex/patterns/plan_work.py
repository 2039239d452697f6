"""The work on one plan: each step as soon as what it needs is done, so many at the same time as is allowed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from playnex.patterns.outcome import handed_over
from playnex.patterns.pattern import Participant, Task, ask
from playnex.patterns.plan import Plan, PlannedStep, ready
from playnex.spec.agent_result import AgentResult, DataBlock
from playnex.spec.context import StepContext, Verify

DO = "{task}\n\nThis is one step of a plan; the whole task is below as data, so that you know what it is for. Do this step only."


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Who carries steps out, and how: `at_most` at the same time; what fails `check` has failed."""

    executors: Mapping[str, Participant]
    check: Verify | None = None
    at_most: int | None = None


@dataclass(slots=True, kw_only=True)
class PlanWork:
    """One plan being carried out in a scope of its own. `done` has the results of all steps that are done, those of earlier plans too;
    `failed` those of this plan that failed."""

    ctx: StepContext
    plan: Plan
    crew: Crew
    task: Task
    done: dict[str, AgentResult]
    failed: dict[str, AgentResult] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)
    _running: int = 0

    async def carry_out(self) -> None:
        """Do all that can be done: what needs a failed step is not begun."""
        await self._go_on()

    @property
    def undone(self) -> tuple[str, ...]:
        """The steps that were not begun, since what they need failed."""
        return tuple(step.id for step in self.plan.steps if step.id not in self._begun)

    def result_of(self, step: str) -> AgentResult | None:
        """What a step of this plan came to; None where it was not begun."""
        return (self.done if step in self.done else self.failed).get(step)

    async def _go_on(self) -> None:
        """Begin what is ready and has room; each step that ends looks again, so no branch ever just waits for another."""
        if taken := self._take():
            await self.ctx.together([partial(self._do, step) for step in taken])

    def _take(self) -> list[PlannedStep]:
        room = None if self.crew.at_most is None else self.crew.at_most - self._running
        taken = list(ready(self.plan, self._begun, self.done))[:room]
        self._begun.update(step.id for step in taken)
        self._running += len(taken)
        return taken

    async def _do(self, step: PlannedStep) -> None:
        needed = [self.done[need].as_data(f"the result of step {need}") for need in step.needs]
        goal = DataBlock(name="the whole task", text=self.task.prompt)
        asked = Task(prompt=DO.format(task=step.task), data=(goal, *self.task.data, *needed))
        result = await ask(self.ctx, self.crew.executors[step.agent], asked, step=step.id, plan=handed_over(self.crew.check))
        (self.done if result.succeeded else self.failed)[step.id] = result
        self._running -= 1
        await self._go_on()
