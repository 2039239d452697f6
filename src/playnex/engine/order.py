"""In which order a flow's steps can run: each as soon as all that it waits for have ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from playnex.spec.flow import StepSpec


@dataclass(slots=True)
class Order:
    """The steps of one run of a flow, and which of them have begun and ended; `done` are those that are over before it begins. A step
    that ended in a failure which ends the run lets none of those behind it begin."""

    steps: Sequence[StepSpec]
    done: frozenset[str] = frozenset()
    begun: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    behind: dict[str, list[StepSpec]] = field(init=False)

    def __post_init__(self) -> None:
        self.begun.update(self.done)
        self.ended.update(self.done)
        self.behind = {step.id: [] for step in self.steps}
        for step in self.steps:
            for need in step.needs:
                self.behind[need].append(step)

    def first(self) -> tuple[StepSpec, ...]:
        """The steps that wait for nothing any more, in the order of the file; they count as begun."""
        return self._begin(step for step in self.steps if self.ended.issuperset(step.needs))

    def after(self, step: StepSpec) -> tuple[StepSpec, ...]:
        """What can begin now that this step has ended, in the order of the file; it counts as begun."""
        self.ended.add(step.id)
        return self._begin(each for each in self.behind[step.id] if self.ended.issuperset(each.needs))

    def _begin(self, steps: Iterable[StepSpec]) -> tuple[StepSpec, ...]:
        ready = tuple(step for step in steps if step.id not in self.begun)
        self.begun.update(step.id for step in ready)
        return ready
