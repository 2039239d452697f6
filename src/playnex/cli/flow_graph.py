"""The graph of a flow's steps: lines for a terminal, or Mermaid for a page."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from playnex.app.run_graph import LONGEST, does
from playnex.cli.terminal import Terminal, gist, shows_signs
from playnex.spec.flow import FlowSpec, StepSpec
from playnex.spec.waves import waves


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What the lines are drawn with."""

    step: str
    below: str
    beside: str
    between: str


LINES, PLAIN = Signs(step="○", below="│", beside="├─", between=" · "), Signs(step="o", below="|", beside="+-", between=", ")


def graph(flow: FlowSpec, terminal: Terminal) -> str:
    """The flow from top to bottom: what stands side by side under one line runs at the same time."""
    signs = LINES if shows_signs(sys.stdout) else PLAIN
    width = max(len(step.id) for step in flow.steps) + 2
    lines, before = [terminal.head(flow.name), ""], set[str]()
    for number, wave in enumerate(waves(flow.steps)):
        if number:
            lines.append(signs.below)
        sign = f"{signs.beside}{signs.step}" if len(wave) > 1 else signs.step
        for step in wave:
            after = [] if set(step.needs) == before else [f"after {', '.join(step.needs)}"]
            lines.append(f"{sign} {step.id:<{width}}{signs.between.join((does(step), *when(step), *after))}")
            indent = " " * (len(sign) + 1 + width - len(signs.below))
            lines += [f"{signs.below}{indent}{case}" for case in routes(step)]
        before = {step.id for step in wave}
    return "\n".join(lines)


def mermaid(flow: FlowSpec) -> str:
    """The flow as a Mermaid flowchart, which Markdown pages of many kinds draw."""
    names = {step.id: f"s{number}" for number, step in enumerate(flow.steps, 1)}
    lines = ["flowchart TD"]
    for step in flow.steps:
        text = "<br/>".join(map(_quoted, (step.id, does(step), *when(step), *routes(step))))
        lines.append(f'    {names[step.id]}{{{{"{text}"}}}}' if step.switch else f'    {names[step.id]}["{text}"]')
    lines += [f"    {names[need]} --> {names[step.id]}" for step in flow.steps for need in step.needs]
    return "\n".join(lines)


def when(step: StepSpec) -> Iterable[str]:
    """When, how often and with which net the step is done."""
    if step.condition is not None:
        yield f"if {gist(step.condition, LONGEST)}"
    if step.for_each is not None:
        items = step.for_each.items
        yield f"for each of {gist(items if isinstance(items, str) else json.dumps(items), LONGEST)}"
    if step.fallback is not None:
        instead = step.fallback.step.id if step.fallback.step else step.fallback.agent
        yield f"fallback {instead}" if instead else "with a fallback"
    if step.approve is not None and step.approve.refused_to:
        yield f"a no leads to {step.approve.refused_to}"


def routes(step: StepSpec) -> list[str]:
    """What each value of a switch leads to; the steps of a loop."""
    if step.repeat is not None:
        return [f"{inner.id}: {does(inner)}" for inner in step.repeat.steps]
    if step.switch is None:
        return []
    ways = [
        *((case.value, case.step) for case in step.switch.cases),
        *((("any other", step.switch.default),) if step.switch.default else ()),
    ]
    return [f"{word}: {does(taken)}" if taken.id == step.id else f"{word}: step {taken.id}, {does(taken)}" for word, taken in ways]


def _quoted(text: str) -> str:
    """Text that Mermaid shows as it is."""
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
