"""The order in which the steps of a flow can begin."""

from collections.abc import Sequence

from playnex.spec.flow import StepSpec


def waves(steps: Sequence[StepSpec]) -> list[list[StepSpec]]:
    """The steps in the order in which they can begin; those of one wave can run at the same time, in the order of the file.
    The steps may stand in any order in the file; circles are refused when it is checked."""
    known, depth = {step.id: step for step in steps}, dict[str, int]()
    for step in steps:
        open_steps = [step]
        while open_steps:  # no recursion: a flow may be a chain of thousands
            top = open_steps[-1]
            if waiting := [known[need] for need in top.needs if need not in depth]:
                open_steps += waiting
            else:
                depth[top.id] = 1 + max((depth[need] for need in top.needs), default=-1)
                open_steps.pop()
    levels: list[list[StepSpec]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for step in steps:
        levels[depth[step.id]].append(step)
    return levels
