"""Which calls may ask a person, and why, as far as it can be said before anything runs. The gate decides by the same rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from playnex.canonical import Json
from playnex.engine.scope import texts
from playnex.spec.agent import AgentSpec
from playnex.spec.expression import expression_references, is_template, references
from playnex.spec.flow import StepSpec
from playnex.spec.inputs import is_among
from playnex.spec.tool_rules import ASK, CONSEQUENTIAL, NEVER, why_it_asks
from playnex.tools.policy import Policy, has_consequences
from playnex.tools.tool import Tool
from playnex.tools.toolbox import is_named

FOUND_LATER = ("steps", "iteration", "item")
"""What templates refer to that a run finds: it may come from something untrusted or private."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """What is known before a run: the workspace's policy, the inputs that are not the user's own word, and those that are private."""

    policy: Policy
    untrusted: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()

    def of_agent(self, tool: Tool, agent: AgentSpec) -> tuple[str, ...]:
        """Why that agent's calls of the tool may ask."""
        return tuple(self._of_agent(tool, agent))

    def of_tool(self, tool: Tool) -> tuple[str, ...]:
        """Why any agent's calls of the tool may ask."""
        private = "after something private was read, since it leaves this machine" if self._keeps(tool) else ""
        return tuple(why for why in (_by_rule(tool.approval), self._by_origin(tool), private) if why)

    def of_step(self, tool: Tool, step: StepSpec, known: Mapping[str, Json]) -> tuple[str, ...]:
        """Why a flow's own call of the tool may ask; `known` are its arguments, filled in as far as the inputs are known."""
        by_rule = _by_rule(tool.approval) if _is_open(tool.approval, known) else why_it_asks(tool.approval, known, tool.parameters)
        is_open = any(self._may_be_from(self.private, value, step) for value in step.arguments.values())
        private = "where it is made from something private, since it leaves this machine" if is_open and self._keeps(tool) else ""
        return tuple(why for why in (by_rule, self._by_arguments(tool, step), private) if why)

    def _of_agent(self, tool: Tool, agent: AgentSpec) -> Iterator[str]:
        yield from self.of_tool(tool)
        for pattern, said in agent.approval.items():
            if has_consequences(tool) if pattern == CONSEQUENTIAL else is_named(tool.name, (pattern,)):
                yield f"the agent's file wants it ({pattern}: {_by_rule(said)})"

    def _keeps(self, tool: Tool) -> bool:
        """Whether what is private may not leave unasked with that tool."""
        return self.policy.private == "ask" and tool.egress == "remote"

    def _by_origin(self, tool: Tool) -> str:
        if self.policy.untrusted != "ask" or not has_consequences(tool) or tool.sinks == ():
            return ""
        return f"after something untrusted was read, where {_what(tool.sinks)} not from the user or a trusted source"

    def _by_arguments(self, tool: Tool, step: StepSpec) -> str:
        """Of the arguments that matter, those whose templates refer to what may be untrusted."""
        if self.policy.untrusted != "ask" or not has_consequences(tool):
            return ""
        names = step.arguments if tool.sinks is None else tool.sinks
        found = tuple(name for name in names if name in step.arguments and self._may_be_from(self.untrusted, step.arguments[name], step))
        return f"where {_what(found)} made from something untrusted" if found else ""

    def _may_be_from(self, marked: frozenset[str], value: Json, step: StepSpec) -> bool:
        """Whether the value refers to one of the marked inputs, or to what only the run will know."""
        return any(self._is_open(marked, reference.keys, step) for text in texts(value) for reference in references(text))

    def _is_open(self, marked: frozenset[str], keys: tuple[str | int, ...], step: StepSpec) -> bool:
        if keys[0] == "inputs":
            return is_among(keys, marked)
        if keys[0] == "item" and step.for_each is not None:
            return self._may_be_from(marked, step.for_each.items, step)
        return keys[0] in FOUND_LATER


def _by_rule(said: str) -> str:
    return {NEVER: "", ASK: "every call of it asks"}.get(said, f"where {said}")


def _is_open(said: str, known: Mapping[str, Json]) -> bool:
    """Whether a rule looks at arguments that only the run will know."""
    if said in (NEVER, ASK):
        return True
    named = {str(reference.keys[1]) if len(reference.keys) > 1 else "" for reference in expression_references(said)}
    return any(is_template(text) for name, value in known.items() if {name, ""} & named for text in texts(value))


def _what(names: tuple[str, ...] | None) -> str:
    if names is None:
        return "an argument is"
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"
