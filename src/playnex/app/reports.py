"""Runs as documents: the shapes that `--json` prints and that the dashboard's API will give."""

from playnex.app.spending import Expectation, spending
from playnex.app.transcript import departures
from playnex.canonical import Json
from playnex.engine.history import fold
from playnex.engine.keys import is_of_the_run, outermost
from playnex.engine.routes import ROUTE, is_route
from playnex.journal.events import Event, RunState, StepFinished, StepIntended, StepStarted
from playnex.journal.journal import RunSummary
from playnex.spec.envelope import usage_json

RUN_SCHEMA = "playnex.run/1"
RUNS_SCHEMA = "playnex.runs/1"


def run_document(summary: RunSummary, events: tuple[Event, ...], expected: Expectation | None = None) -> dict[str, Json]:
    """`playnex.run/1`: what `flow run --json` prints; with what is expected of the run's spending, if anything is."""
    history = fold(events)
    ending = history.finished
    capsules = [{"step": key, **fact.envelope["capsule"]} for key, fact in history.results.items() if "capsule" in fact.envelope]
    document: dict[str, Json] = {
        "schema": RUN_SCHEMA,
        "run": summary.id,
        "status": ending.status if ending else summary.state,
        "reason": ending.reason if ending else summary.reason,
        "output": ending.output if ending else None,
        "capsules": capsules,
        "usage": usage_json(history.spent),
    }
    return document | ({"message": ending.message} if ending and ending.message else {}) | spending(history, expected)


def run_detail(summary: RunSummary, events: tuple[Event, ...], worker: bool, *, expected: Expectation | None = None) -> dict[str, Json]:
    """`playnex.run/1` with all that `run show` knows; `worker` says whether somebody advances the run now."""
    results = fold(events).results
    return run_document(summary, events, expected) | {
        "flow": summary.flow,
        "inputs": summary.inputs,
        "started": summary.started,
        "updated": summary.updated,
        "worker": worker,
        "forked": fold(events).started.forked,
        "steps": [_step(key, results[key], events) for key in own_steps(events) if key in results],
        "waits": waits(events),
        "unknown": unknown(events),
        "left_machine": list(departures(events)),
    }


def own_steps(events: tuple[Event, ...]) -> tuple[str, ...]:
    """The keys of a run's own steps: those that lie in no other step."""
    return outermost(event.key for event in events if isinstance(event.fact, (StepStarted, StepFinished)) and not is_of_the_run(event.key))


def _step(key: str, fact: StepFinished, events: tuple[Event, ...]) -> Json:
    actor = next((past.fact.actor for past in events if past.key == key and isinstance(past.fact, StepStarted)), "")
    model = next((name for past in events if (name := answered_by(past, key))), "")
    route = route_of(key, events)
    own = {"step": key, "kind": fact.kind, "actor": actor, "model": model, "seconds": fact.seconds}
    return own | ({"route": route} if route else {}) | fact.envelope


def route_of(step: str, events: tuple[Event, ...]) -> Json:
    """What a switch led to: the `value`, what was done (`to`), and the expression that gave the value (`by`); None for other steps."""
    taken = (event.fact for event in events if event.key == f"{step}/{ROUTE}" and isinstance(event.fact, StepFinished))
    return next((fact.envelope["output"] for fact in taken if is_route(fact.envelope.get("output"))), None)


def waits(events: tuple[Event, ...]) -> list[Json]:
    """What the run waits for: the step's key, the signal (empty for a timer), until when, and what a person is asked."""
    history = fold(events)
    if history.finished is not None:
        return []
    return [{"step": key, "signal": wait.signal, "until": wait.until, "ask": wait.ask} for key, wait in history.waits.items()]


def unknown(events: tuple[Event, ...]) -> list[Json]:
    """The `once` effects that may have happened or not: the step's key, the key that its tool was given, and what it was asked."""
    intents = fold(events).intents
    asked = {event.key: event.fact.input for event in events if isinstance(event.fact, StepStarted) and event.key in intents}
    keys = {event.key: event.fact.idempotency_key for event in events if isinstance(event.fact, StepIntended)}
    return [{"step": key, "idempotency_key": keys[key], "input": asked.get(key)} for key in sorted(intents)]


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
