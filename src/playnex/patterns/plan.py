"""A plan: what a planner answers, what is wrong with it, and which of its steps can begin. Pure data and decisions."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from playnex.canonical import Json
from playnex.spec.step_order import circle

ID = re.compile(r"\w[\w-]{0,59}")
"""It becomes a part of a step's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One step: what is to be done, by whom, and the ids of those whose results it needs."""

    id: str
    task: str
    agent: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps in the order in which the planner wrote them."""

    steps: tuple[PlannedStep, ...]

    def as_json(self) -> Json:
        """`{steps: [{id, task, agent, needs}]}`."""
        return {"steps": [{"id": step.id, "task": step.task, "agent": step.agent, "needs": list(step.needs)} for step in self.steps]}

    def without(self, ids: Collection[str]) -> "Plan":
        """The plan without these steps, which are done."""
        return Plan(steps=tuple(step for step in self.steps if step.id not in ids))


def plan_of(answer: Json, agents: Sequence[str]) -> Plan:
    """The plan that an answer of the form is; where there is one agent only, its name may be left out."""
    only = agents[0] if len(agents) == 1 else ""
    return Plan(
        steps=tuple(
            PlannedStep(id=step["id"], task=step["task"], agent=step.get("agent") or only, needs=tuple(step.get("needs", ())))
            for step in answer["steps"]
        )
    )


def form_of(agents: Sequence[str], *, most: int, least: int = 1) -> Json:
    """The JSON Schema of a plan."""
    step = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "A short word, another for each step"},
            "task": {"type": "string", "description": "What is to be done, with all that the agent has to know"},
            "agent": {"enum": list(agents), "description": "Who does it"},
            "needs": {"type": "array", "items": {"type": "string"}, "description": "Ids of the steps whose results it needs"},
        },
        "required": ["id", "task"] if len(agents) == 1 else ["id", "task", "agent"],
        "additionalProperties": False,
    }
    steps = {"type": "array", "items": step, "minItems": least, "maxItems": most}
    return {"type": "object", "properties": {"steps": steps}, "required": ["steps"], "additionalProperties": False}


def faults_of(plan: Plan, agents: Collection[str], done: Collection[str]) -> list[str]:
    """All that is wrong with a plan, in sentences for its author; `done` are steps that need not be in it."""
    ids = [step.id for step in plan.steps]
    known = {*ids, *done}
    doubled = [f"two steps are called {name!r}" for name in dict.fromkeys(ids) if ids.count(name) > 1]
    own = [fault for step in plan.steps for fault in _faults_of_step(step, agents, known)]
    return [*doubled, *own, *([] if doubled else _circles(plan))]


def _faults_of_step(step: PlannedStep, agents: Collection[str], known: Collection[str]) -> Iterator[str]:
    if not ID.fullmatch(step.id):
        yield f"{step.id!r} cannot be the id of a step: use a short word"
    if not step.task.strip():
        yield f"step {step.id!r} has no task"
    if step.agent not in agents:
        yield f"step {step.id!r} names the agent {step.agent!r}; there are: {', '.join(agents)}"
    for need in step.needs:
        if need not in known:
            yield f"step {step.id!r} needs {need!r}, which is no step"


def _circles(plan: Plan) -> list[str]:
    needs = {step.id: step.needs for step in plan.steps}
    ways = (circle(step.id, needs) for step in plan.steps)
    first = next((way for way in ways if way), ())
    return [f"these steps wait for each other: {' -> '.join((*first, first[0]))}"] if first else []


def ready(plan: Plan, begun: Collection[str], done: Collection[str]) -> Iterator[PlannedStep]:
    """The steps that have not begun and whose needs are all done, in the order of the plan."""
    return (step for step in plan.steps if step.id not in begun and all(need in done for need in step.needs))
