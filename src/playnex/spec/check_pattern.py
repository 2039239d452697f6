"""What a pattern's settings name, held against what the workspace offers."""

from collections.abc import Iterator

from playnex.spec.check_targets import Catalogue, agent_faults, check_faults, checks_of
from playnex.spec.faults import Fault
from playnex.spec.flow import StepSpec
from playnex.spec.located import ListNode, MapNode, Node, find
from playnex.spec.pattern_table import OF_AGENTS, PATTERNS


def pattern_faults(spec: StepSpec, node: Node, catalogue: Catalogue) -> Iterator[Fault]:
    """What is wrong with the agents and checks of a step that is the work of a pattern."""
    entry = PATTERNS.get(spec.target)
    if spec.kind != "pattern" or entry is None:
        return
    for setting in entry.settings:
        found = find(node, "with", setting.name)
        if setting.kind in OF_AGENTS:
            for named in _named(found):
                yield from agent_faults(named, catalogue)
        if setting.kind == "check":
            for check in checks_of(found):
                yield from agent_faults(find(check, "agent"), catalogue)
                yield from check_faults(find(check, "python"), catalogue)


def expressions_of(spec: StepSpec, node: Node) -> Iterator[Node | None]:
    """The expressions of a pattern's own checks, in which `output` is what an agent hands over."""
    for name in spec.checks:
        for check in checks_of(find(node, "with", name)):
            yield find(check, "that")


def _named(node: Node | None) -> tuple[Node, ...]:
    match node:
        case ListNode():
            return node.items
        case MapNode():
            return tuple(entry.value for entry in node.entries)
        case _:
            return (node,) if node else ()
