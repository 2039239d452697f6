"""Two runs side by side: where they part, and what each step asked, gave and cost in either. Pure over their events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from playnex.app.reports import own_steps
from playnex.canonical import Json
from playnex.engine.history import fold
from playnex.journal.events import Event, StepFinished, StepStarted
from playnex.spec.envelope import from_json, usage_json

DIFF_SCHEMA = "playnex.diff/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One run's part of a comparison."""

    run: str
    events: tuple[Event, ...]


def differences(one: Side, other: Side) -> dict[str, Json]:
    """`playnex.diff/1`: `inputs` that differ, every step of the flow in either run with `same`, and `first`, the key of the first
    step whose result differs (empty where none does)."""
    steps = [_step(key, one, other) for key in _keys(one, other)]
    return {
        "schema": DIFF_SCHEMA,
        "runs": [_head(one), _head(other)],
        "inputs": _changed(_inputs(one), _inputs(other)),
        "first": next((step["step"] for step in steps if not step["same"]), ""),
        "steps": steps,
    }


def _head(side: Side) -> Json:
    history = fold(side.events)
    ended = history.finished
    return {
        "run": side.run,
        "flow": history.started.flow,
        "status": ended.status if ended else "running",
        "output": ended.output if ended else None,
        "usage": usage_json(history.spent),
        "seconds": round(history.time.own, 3),
    }


def _inputs(side: Side) -> Mapping[str, Json]:
    inputs: Mapping[str, Json] = fold(side.events[:1]).started.inputs
    return inputs


def _changed(one: Mapping[str, Json], other: Mapping[str, Json]) -> Json:
    names = dict.fromkeys((*one, *other))
    return {name: [one.get(name), other.get(name)] for name in names if one.get(name) != other.get(name)}


def _keys(*sides: Side) -> Iterable[str]:
    """The steps of the flow itself, in the order of the first run, then what only the second has."""
    return dict.fromkeys(key for side in sides for key in own_steps(side.events) if _view(key, side))


def _step(key: str, one: Side, other: Side) -> dict[str, Json]:
    here, there = _view(key, one), _view(key, other)
    same = here is not None and there is not None and (here["status"], here["output"]) == (there["status"], there["output"])
    return {"step": key, "same": same, "runs": [here, there]}


def _view(key: str, side: Side) -> dict[str, Json] | None:
    finished = next((event.fact for event in reversed(side.events) if event.key == key and isinstance(event.fact, StepFinished)), None)
    if finished is None:
        return None
    envelope = from_json(finished.envelope)
    return {
        "status": envelope.status,
        "output": envelope.output,
        "seconds": finished.seconds,
        "tokens": _tokens(key, side),
        "prompts": _prompts(key, side),
    }


def _tokens(key: str, side: Side) -> int:
    facts = [event.fact for event in side.events if event.key.startswith(f"{key}/")]
    return sum(from_json(fact.envelope).usage.tokens for fact in facts if isinstance(fact, StepFinished) and fact.kind == "model")


def _prompts(key: str, side: Side) -> list[str]:
    """What the models of the step were told, in order."""
    asked = [event.fact.input for event in side.events if isinstance(event.fact, StepStarted) and event.key.startswith(f"{key}/")]
    return [
        str(message["text"])
        for each in asked
        if isinstance(each, dict)
        for message in each.get("messages", ())
        if message.get("role") == "user"
    ]
