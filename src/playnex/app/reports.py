"""Runs as documents: the shapes that `--json` prints and that the dashboard's API will give."""

from playnex.canonical import Json
from playnex.engine.history import fold
from playnex.journal.events import Event, RunState, StepFinished, StepStarted
from playnex.journal.journal import RunSummary
from playnex.spec.envelope import usage_json

RUN_SCHEMA = "playnex.run/1"
RUNS_SCHEMA = "playnex.runs/1"


def run_document(summary: RunSummary, events: tuple[Event, ...]) -> dict[str, Json]:
    """`playnex.run/1`: what `flow run --json` prints."""
    history = fold(events)
    ending = history.finished
    capsules = [
        {"step": key, **fact.envelope["capsule"]} for key, fact in history.results.items() if "capsule" in fact.envelope and "/" not in key
    ]
    document: dict[str, Json] = {
        "schema": RUN_SCHEMA,
        "run": summary.id,
        "status": ending.status if ending else summary.state,
        "reason": ending.reason if ending else summary.reason,
        "output": ending.output if ending else None,
        "capsules": capsules,
        "usage": usage_json(history.spent),
    }
    return document | ({"message": ending.message} if ending and ending.message else {})


def run_detail(summary: RunSummary, events: tuple[Event, ...], worker: bool) -> dict[str, Json]:
    """`playnex.run/1` with all that `run show` knows; `worker` says whether somebody advances the run now."""
    return run_document(summary, events) | {
        "flow": summary.flow,
        "inputs": summary.inputs,
        "started": summary.started,
        "updated": summary.updated,
        "worker": worker,
        "steps": [_step(event, events) for event in events if isinstance(event.fact, StepFinished) and "/" not in event.key],
    }


def _step(event: Event, events: tuple[Event, ...]) -> Json:
    fact = event.fact
    assert isinstance(fact, StepFinished)
    actor = next((past.fact.actor for past in events if past.key == event.key and isinstance(past.fact, StepStarted)), "")
    model = next((name for past in events if (name := answered_by(past, event.key))), "")
    return {"step": event.key, "kind": fact.kind, "actor": actor, "model": model, "seconds": fact.seconds, **fact.envelope}


def answered_by(event: Event, step: str) -> str:
    """The model whose recorded answer this is, within that step; empty for all other events."""
    fact = event.fact
    if not isinstance(fact, StepFinished) or fact.kind != "model" or not event.key.startswith(step + "/"):
        return ""
    return str(fact.envelope["output"].get("model", ""))


def run_line(summary: RunSummary, worker: bool) -> Json:
    """One item of `playnex.runs/1`."""
    return {
        "run": summary.id,
        "flow": summary.flow,
        "state": summary.state,
        "reason": summary.reason,
        "worker": worker,
        "started": summary.started,
        "updated": summary.updated,
        "inputs": summary.inputs,
    }


def shown_state(state: RunState, worker: bool) -> str:
    """The state for people: a run that says `running` while nobody holds it was killed."""
    return "interrupted" if state == "running" and not worker else state
