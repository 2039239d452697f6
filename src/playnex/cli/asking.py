"""Questions to a person: only on a terminal, each with the flag that avoids it."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

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
    with heeding_ctrl_c():
        sys.stderr.write(f"{question}: ")
        sys.stderr.flush()
        return sys.stdin.readline().strip()


@contextmanager
def heeding_ctrl_c() -> Iterator[None]:
    """While the block runs, Ctrl-C raises KeyboardInterrupt at once: an event loop's own handler would wait for the line to end."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def confirmed(question: str, flag: str) -> bool:
    """A clear yes; silence, end of input and anything else mean no, and so does a place where nobody can be asked."""
    if not door.terminal.interactive:
        return False
    return ask(f"{question} [y/N] (or use {flag})").lower() in ("y", "yes")
