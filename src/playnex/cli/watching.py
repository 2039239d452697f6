"""The lines of a run's steps, laid out in columns for a terminal."""

from dataclasses import dataclass

from playnex.app.step_lines import StepLine
from playnex.cli.terminal import Terminal, seconds, tokens
from playnex.spec.flow import FlowSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How wide the columns of steps and of who does them are; as they stand here where nobody knows the steps beforehand."""

    names: int = 16
    actors: int = 20


WIDEST = 24
"""Columns for who does a step; a longer name pushes its own line alone."""


def layout_of(flow: FlowSpec) -> Layout:
    """Columns that fit the flow's steps."""
    if not flow.steps:
        return Layout()
    does = (doing for step in flow.steps for doing in (step, *(step.switch.steps() if step.switch else ())))
    return Layout(names=max(8, *(len(step.id) for step in flow.steps)), actors=min(WIDEST, max(len(step.target) for step in does)))


def line_text(line: StepLine, terminal: Terminal, layout: Layout) -> str:
    """A step's line: `✓ classify  triage   1.2s   412 tok   billing · high`."""
    said = " · ".join(part for part in (line.note, line.gist) if part)
    name = line.key.ljust(layout.names)
    actor = terminal.styled(line.actor.ljust(layout.actors - max(0, len(name) - layout.names)), "dim")
    return f"{terminal.symbol(line.status)} {name}  {actor} {seconds(line.took):>7} {tokens(line.tokens):>10}   {said}".rstrip()
