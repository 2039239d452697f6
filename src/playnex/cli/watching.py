"""A run as a person watches it: its events folded into lines, one per step of the flow; pure, so it can be tested as data."""

import time
from dataclasses import dataclass, field, replace

from playnex.cli.terminal import Terminal, gist, seconds, tokens
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
from playnex.spec.envelope import from_json


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
    """What has been seen of a run. `fold` returns the lines that became final with an event."""

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
                self.lines[step] = StepLine(key=step, actor=event.fact.actor, began=event.at)
            case AttemptFailed():
                line = self.lines.setdefault(step, StepLine(key=step, began=event.at))
                return [replace(line, status="retry", took=event.at - line.began, note=_retry_note(event.fact))]
            case StepFinished() if line is not None or event.key == step:
                began = event.at - event.fact.seconds
                return self._finished(event, event.fact, line or StepLine(key=step, began=began))
            case WaitStarted():
                line = self.lines.setdefault(step, StepLine(key=step, began=event.at))
                return [replace(line, status="waiting", took=event.at - line.began, note=_waited_for(event.fact))]
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
        note = envelope.reason if envelope.status in ("failed", "fallback") else ""
        shown = envelope.output.get("error") if envelope.status == "failed" and isinstance(envelope.output, dict) else envelope.output
        final = replace(line, status=envelope.status, took=fact.seconds, note=note, gist=gist(shown))
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


def line_text(line: StepLine, terminal: Terminal, width: int = 12) -> str:
    """A step's line: `✓ classify   1.2s   412 tok   billing · high`."""
    said = " · ".join(part for part in (_note(line), line.gist) if part)
    name = line.key.ljust(width)
    actor = terminal.styled(line.actor.ljust(width + 4 - max(0, len(name) - width)), "dim")
    return f"{terminal.symbol(line.status)} {name} {actor} {seconds(line.took):>7} {tokens(line.tokens):>10}   {said}".rstrip()


def _retry_note(fact: AttemptFailed) -> str:
    again = f" · again in {seconds(fact.delay)}" if fact.delay else ""
    return f"{fact.reason}: {fact.message}{again}"


def _waited_for(wait: WaitStarted) -> str:
    until = f" until {time.strftime('%H:%M:%S', time.localtime(wait.until))}" if wait.until else ""
    if wait.ask is not None:
        return f"asks a person{until}: {gist(wait.ask['message'])}"
    return f"waits for the signal {wait.signal}{until}" if wait.signal else f"sleeps{until}"


WHY = {
    "verify": "its check refused the result",
    "timeout": "timed out",
    "invalid-output": "the answer did not fit its form",
    "model-unavailable": "the model did not answer",
}
"""Reasons of a fallback, in words for whoever watches."""


def _note(line: StepLine) -> str:
    if line.status == "fallback":
        return f"fallback used: {WHY.get(line.note, line.note)}"
    return line.note
