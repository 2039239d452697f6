"""A flow's steps as a graph: what a page draws, from the definition that a run pinned or a file holds; pure."""

from collections.abc import Iterator, Sequence

from playnex.app.phrasing import gist, seconds
from playnex.canonical import Json
from playnex.spec.flow import FlowSpec, StepSpec

LONGEST = 60
"""Characters of a condition or a value in the graph."""


def graph_of(flow: FlowSpec) -> dict[str, Json]:
    """`{nodes, edges}`: a node for each step, those of a loop within its node; an edge for each thing that a step waits for, and for each
    way that a switch, a refusal or a fallback may lead."""
    return {"nodes": list(_nodes(flow.steps, "")), "edges": list(_edges(flow.steps))}


def _nodes(steps: Sequence[StepSpec], parent: str) -> Iterator[Json]:
    for step in steps:
        yield {
            "id": step.id,
            "label": step.name or step.id,
            "kind": "switch" if step.switch else step.kind,
            "actor": step.target,
            "does": does(step),
            "many": step.for_each is not None or step.target == "map",
            "condition": step.condition or "",
            "parent": parent,
        }
        if step.repeat is not None:
            yield from _nodes(step.repeat.steps, step.id)


def _edges(steps: Sequence[StepSpec]) -> Iterator[Json]:
    for step in steps:
        yield from ({"from": need, "to": step.id, "label": "", "kind": "needs"} for need in step.needs)
        if step.approve is not None and step.approve.refused_to:
            yield {"from": step.id, "to": step.approve.refused_to, "label": "refused", "kind": "refused"}
        if step.repeat is not None:
            yield from _edges(step.repeat.steps)
            until = f"until {gist(step.repeat.until, LONGEST)}" if step.repeat.until else f"{step.repeat.most} times"
            yield {"from": step.id, "to": step.id, "label": until, "kind": "repeat"}


def does(step: StepSpec) -> str:
    """What the step does, in a few words."""
    if step.switch is not None:
        return f"switch on {gist(step.switch.on, LONGEST)}"
    if step.approve is not None:
        return "a person decides"
    if step.wait is not None:
        return f"waits for {step.wait.signal or seconds(step.wait.seconds or 0)}"
    if step.repeat is not None:
        until = f" until {gist(step.repeat.until, LONGEST)}" if step.repeat.until else ""
        return f"repeats, {step.repeat.most} times at most{until}"
    if step.kind == "save":
        return f"saves {gist(step.save or '', LONGEST)}"
    return who(step) if step.kind == "pattern" else f"{step.kind} {step.target}"


def who(step: StepSpec) -> str:
    """What or whom the step names; of a pattern, its agents too."""
    return f"{step.target} of {', '.join(dict.fromkeys(step.members()))}" if step.kind == "pattern" else step.target
