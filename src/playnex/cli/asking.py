"""Questions to a person: only on a terminal, each with the flag that avoids it."""

import sys

from playnex.canonical import Json
from playnex.cli import door
from playnex.spec.flow import FlowSpec


def ask_missing(flow: FlowSpec, given: dict[str, Json]) -> dict[str, Json]:
    """The inputs, with those asked for that the flow needs and nobody gave; unchanged where nobody can be asked."""
    if not door.terminal.interactive:
        return given
    missing = [spec for spec in flow.inputs if spec.required and spec.name not in given]
    answers = {spec.name: ask(f"{spec.name} ({spec.description or spec.type}; or use --input {spec.name}=…)") for spec in missing}
    return given | {name: answer for name, answer in answers.items() if answer}


def ask(question: str) -> str:
    """What the person types; end of input is no answer."""
    sys.stderr.write(f"{question}: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def confirmed(question: str, flag: str) -> bool:
    """A clear yes; silence, end of input and anything else mean no, and so does a place where nobody can be asked."""
    if not door.terminal.interactive:
        return False
    return ask(f"{question} [y/N] (or use {flag})").lower() in ("y", "yes")
