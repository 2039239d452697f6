"""A run as a person watches it: its events folded into lines, one per step of the flow; pure, so it can be tested as data."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from playnex.app.phrasing import counted, gist, seconds
from playnex.canonical import Json
from playnex.engine.keys import is_of_the_run
from playnex.journal.events import (
    AttemptFailed,
    Event,
    RunFinished,
    RunParked,
    RunPaused,
    RunWaiting,
    StepFinished,
    StepStarted,
    WaitStarted,
)
from playnex.spec.envelope import Envelope, from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One step of the flow so far; `began` is seconds since 1970, `note` what went wrong last."""

    key: str
    status: str = "running"
    actor: str = ""
    began: float = 0.0
    took: float = 0.0
    tokens: int = 0
    note: str = ""
    gist: str = ""


@dataclass(slots=True)
class Watched:
    """What has been seen of a run. `fold` returns the lines that became final with an event; `retries` says of the flow's steps how
    often each may be tried again."""

    retries: Mapping[str, int] = field(default_factory=dict)
    lines: dict[str, StepLine] = field(default_factory=dict)
    spent: int = 0
    ended: bool = False

    def fold(self, event: Event) -> list[StepLine]:
        """Take an event in; the lines to print for good because of it."""
        if is_of_the_run(event.key):
            return []
        step = self._step_of(event.key)
        line = self.lines.get(step)
        match event.fact:
            case StepStarted() if event.key == step:
                so_far = line.tokens if line is not None and line.status == "running" else 0  # taken up again after a crash
                self.lines[step] = StepLine(key=step, actor=event.fact.actor, began=event.at, tokens=so_far)
            case StepStarted() if line is not None and line.status == "running":
                self.lines[step] = replace(line, gist=doing(event.key.removeprefix(f"{step}/"), event.fact))
            case AttemptFailed():
                line = self.lines.setdefault(step, StepLine(key=step, began=event.at))
                note = retry_note(event.fact, self.retries.get(event.key, 0))
                return [replace(line, status="retry", took=event.at - line.began, note=note)]
            case StepFinished() if line is not None or event.key == step:
                began = event.at - event.fact.seconds
                return self._finished(event, event.fact, line or StepLine(key=step, began=began))
            case WaitStarted():
                line = self.lines.setdefault(step, StepLine(key=step, began=event.at))
                return [replace(line, status="waiting", took=event.at - line.began, note=waited_for(event.fact, event.at))]
            case RunFinished() | RunParked() | RunPaused() | RunWaiting():
                self.ended = True
            case _:
                pass
        return []

    def _step_of(self, key: str) -> str:
        """The step that people see of this key: the outermost that has begun, or it is a new one."""
        return next((key[:place] for place in range(len(key)) if key[place] == "/" and key[:place] in self.lines), key)

    def _finished(self, event: Event, fact: StepFinished, line: StepLine) -> list[StepLine]:
        envelope = from_json(fact.envelope)
        if event.key != line.key:
            if fact.kind == "model":
                self.spent += envelope.usage.tokens
                self.lines[line.key] = replace(line, tokens=line.tokens + envelope.usage.tokens)
            return []
        note, said = told(envelope, line.actor)
        spent = envelope.usage.tokens if envelope.usage.requests else line.tokens
        final = replace(line, status=envelope.status, took=fact.seconds, tokens=spent, note=note, gist=said)
        self.lines[line.key] = final
        return [final]

    @property
    def running(self) -> list[StepLine]:
        """The steps at work."""
        return [line for line in self.lines.values() if line.status == "running"]

    @property
    def done(self) -> int:
        """How many steps ended."""
        return len(self.lines) - len(self.running)


WHY = {
    "verify": "its check refused the result",
    "timeout": "timed out",
    "invalid-output": "the answer did not fit its form",
    "model-unavailable": "the model did not answer",
}
"""Reasons of a failure, in words for whoever watches."""


PHASES = {"plan": "plans", "reflect": "reflects", "notes": "makes notes"}


def doing(below: str, begun: StepStarted) -> str:
    """What a step does just now, as its newest step below says: `turn 3 · reflects`, `turn 2 · file.read notes/a.md`."""
    *_, scope, _name = ("", *below.split("/"))
    turn = scope.replace("-", " ") if scope.startswith("turn-") else ""
    asked = begun.input if isinstance(begun.input, dict) else {}
    if begun.kind == "model":
        return " · ".join(part for part in (turn, PHASES.get(asked.get("phase", ""), "thinks")) if part)
    what = f"{begun.actor} {gist(asked.get('arguments'), 40)}" if begun.kind == "tool" else begun.actor
    return " · ".join(part for part in (turn, what.strip()) if part)


def told(envelope: Envelope, actor: str) -> tuple[str, str]:
    """What a finished step's line says: why it ended like this, and an idea of its result."""
    output = envelope.output if envelope.has_output else None
    match envelope.status:
        case "failed":
            return envelope.reason, gist(output.get("error") if isinstance(output, dict) else output)
        case "fallback":
            what, said = (f" {in_short(output)}", "") if isinstance(output, dict) else ("", gist(output))
            return f"fallback used{what}: {WHY.get(envelope.reason, envelope.reason)}", said
        case "skipped":
            return ("skipped", in_short(output)) if envelope.has_output else (f"skipped: {envelope.reason}", "")
        case _ if isinstance(output, list) and actor.endswith(".search"):
            return "", counted(len(output), "hit")
        case _:
            return "", gist(output)


def in_short(output: Json) -> str:
    """A value that was given and not made: a map with its names, `{plan: unknown}`; anything else as its gist."""
    if not isinstance(output, dict):
        return gist(output)
    return gist("{" + ", ".join(f"{name}: {gist(part, 40)}" for name, part in output.items()) + "}")


def retry_note(failed: AttemptFailed, retries: int) -> str:
    again = f" in {seconds(failed.delay)}" if failed.delay else ""
    of = f"/{retries}" if failed.number <= retries else ""
    said = WHY["timeout"] if failed.reason == "timeout" else f"{failed.reason}: {failed.message}"
    return f"{said}, retry {failed.number}{of}{again}"


def waited_for(wait: WaitStarted, now: float) -> str:
    until = f" until {_moment(wait.until, now)}" if wait.until else ""
    if wait.ask is not None:
        return f"asks a person{until}: {gist(wait.ask['message'])}"
    return f"waits for the signal {wait.signal}{until}" if wait.signal else f"sleeps{until}"


def _moment(at: float, now: float) -> str:
    """The time of day; with its date where that is another day."""
    then, today = time.localtime(at), time.localtime(now)
    return time.strftime("%H:%M:%S" if then[:3] == today[:3] else "%Y-%m-%d %H:%M:%S", then)
