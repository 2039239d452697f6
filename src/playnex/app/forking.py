"""Forks: a new run that begins with a part of another one's journal, with other inputs, prompts or models."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from playnex.app.opening import App
from playnex.app.pinning import Pinned, pin, unpin
from playnex.app.reports import own_steps
from playnex.app.runs import group_of
from playnex.canonical import Json
from playnex.engine.inheritance import inheritance
from playnex.errors import JournalMismatch, UsageError
from playnex.ids import new_id, short
from playnex.journal.events import RunStarted, StepFinished
from playnex.journal.journal import NewRun
from playnex.spec.faults import did_you_mean
from playnex.spec.inputs import resolve_inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkPlan:
    """A new run to be, the steps of the old one whose results it `keeps`, and those that are done anew, as far as they are known."""

    new: NewRun
    kept: tuple[str, ...]
    reruns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forked:
    """The new run, and the steps of the old one whose results it keeps."""

    run: str
    kept: tuple[str, ...]


async def fork(app: App, run: str, step: str, *, changes: Mapping[str, Json]) -> Forked:
    """Start a new run, not yet carried on, that keeps what was recorded before the step began. `changes` are inputs by name, or
    `agents.NAME.KEY` and `steps.ID.KEY` of the definition. Raises NotFoundError, UsageError."""
    plan = await plan_fork(app, run, step, changes=changes)
    return Forked(run=await app.journal.create(plan.new), kept=plan.kept)


async def plan_fork(app: App, run: str, step: str, *, changes: Mapping[str, Json]) -> ForkPlan:
    """What `fork` would do. Raises NotFoundError, UsageError."""
    events = await app.journal.skim(run)
    first = events[0].fact
    assert isinstance(first, RunStarted)
    part = inheritance(events, step)
    pinned = changed(unpin(first.definition), changes)
    inputs = resolve_inputs(pinned.flow, dict(first.inputs) | inputs_in(changes))
    started = replace(first, inputs=inputs, definition=pin(pinned), seed=first.seed or run, forked=part.origin)
    started = replace(started, concurrency=group_of(pinned.flow, inputs))
    new = NewRun(id=new_id(), started=started, inherited=tuple(event.position for event in part.kept))
    kept = tuple(event.key for event in part.kept if isinstance(event.fact, StepFinished) and "/" not in event.key)
    every = tuple(one.id for one in pinned.flow.steps) or own_steps(events)
    return ForkPlan(new=new, kept=kept, reruns=tuple(key for key in every if key not in kept))


def inputs_in(changes: Mapping[str, Json]) -> dict[str, Json]:
    """The changes that are inputs: `topic` and `inputs.topic` are the same."""
    return {name.removeprefix("inputs."): value for name, value in changes.items() if not name.startswith(("agents.", "steps."))}


def changed(pinned: Pinned, changes: Mapping[str, Json]) -> Pinned:
    """The definition with other values in some of its places. Raises UsageError for a place that is not there."""
    definition: dict[str, Any] = pin(pinned)
    for path, value in changes.items():
        kind, _, rest = path.partition(".")
        if kind in ("agents", "steps") and rest:
            _set(definition, path, value)
    try:
        return unpin(definition)
    except JournalMismatch as fault:
        raise UsageError(f"the change does not fit: {fault.message}") from None


def _set(definition: dict[str, Any], path: str, value: Json) -> None:
    kind, name, key = (*path.split(".", 2), "", "")[:3]
    places = definition["agents"] if kind == "agents" else {step["id"]: step for step in definition["flow"]["steps"]}
    if name not in places:
        raise UsageError(
            f"the run has no {kind.removesuffix('s')} {name!r}", hint=did_you_mean(name, places) or f"there are: {', '.join(places)}"
        )
    if key not in places[name]:
        known = did_you_mean(key, places[name]) or f"such as {kind}.{name}.{'model' if kind == 'agents' else 'prompt'}"
        raise UsageError(f"{path!r} cannot be set", hint=known)
    places[name][key] = value


def fork_command(run: str, step: str, changes: Mapping[str, Json]) -> str:
    """The command that does the same."""
    told = [
        shlex.quote(f"{name}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
        for name, value in changes.items()
    ]
    return " ".join([f"playnex run fork {short(run)} --from {shlex.quote(step)}", *(f"--set {pair}" for pair in told)])
