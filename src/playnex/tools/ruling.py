"""What playnex.toml says of tools, laid over what they declare themselves. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from playnex.spec.faults import Fault
from playnex.spec.tool_rules import ToolRule, approval_problem, sinks_problem
from playnex.tools.tool import Tool
from playnex.tools.toolbox import is_named


def ruled(tool: Tool, rules: Iterable[ToolRule]) -> Tool:
    """The tool as the workspace wants it: of several rules that name it, each has the last word on what it says."""
    for rule in rules:
        if is_named(tool.name, (rule.pattern,)):
            tool = replace(
                tool,
                approval=tool.approval if rule.approval is None else rule.approval,
                egress=rule.egress or tool.egress,
                effect=rule.effect or tool.effect,
                sinks=tool.sinks if rule.sinks is None else rule.sinks,
                untrusted=tool.untrusted if rule.untrusted is None else rule.untrusted,
                private=tool.private if rule.private is None else rule.private,
                gives=tool.gives if rule.gives is None else rule.gives,
            )
    return tool


def misfitting(rules: Iterable[ToolRule], tools: Sequence[Tool]) -> Iterator[Fault]:
    """What the rules say of parameters that their tools do not have."""
    for rule in rules:
        for tool in tools:
            if not is_named(tool.name, (rule.pattern,)):
                continue
            problem = approval_problem(rule.approval, tool.parameters) if rule.approval is not None else None
            if found := problem or sinks_problem(rule.sinks or (), tool.parameters):
                yield Fault(place=rule.place, message=f"{tool.name}: {found.message}", hint=found.hint)


def idle(rules: Iterable[ToolRule], tools: Sequence[Tool]) -> Iterator[Fault]:
    """Rules that name no tool there is."""
    for rule in rules:
        if not any(is_named(tool.name, (rule.pattern,)) for tool in tools):
            message = f"there is no tool {rule.pattern!r}, so this says nothing"
            yield Fault(place=rule.place, message=message, hint="playnex tool list lists them")
