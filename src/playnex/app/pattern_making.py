"""The pattern that a flow file means, made from its settings and the agents that the run has pinned."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from playnex import patterns
from playnex.canonical import Json
from playnex.errors import StepFailed
from playnex.patterns.pattern import Pattern
from playnex.spec.agent import AgentSpec
from playnex.spec.context import Verify
from playnex.spec.pattern_table import PATTERNS, Setting

BOUNDS = ("steps", "replans", "at_most")


def _planner(**values: Any) -> Pattern:
    """A planner, whose bounds are a record of their own."""
    bounds = patterns.PlanBounds(**{name: values.pop(name) for name in BOUNDS if name in values})
    return patterns.Planner(**values, bounds=bounds)


MADE_BY: Mapping[str, Callable[..., Pattern]] = {
    "single": patterns.Single,
    "debate": patterns.Debate,
    "review": patterns.Review,
    "router": patterns.Router,
    "parallel": patterns.Parallel,
    "map": patterns.MapOver,
    "supervisor": patterns.Supervisor,
    "planner": _planner,
    "handoff": patterns.Handoff,
}


def pattern_of(name: str, settings: Mapping[str, Json], *, agents: Mapping[str, AgentSpec], checks: Mapping[str, Verify]) -> Pattern:
    """The pattern with these settings, agents by name. Raises StepFailed for values of the run that it cannot take, and UsageError."""
    entry = PATTERNS[name]
    values = {each.parameter: _value(each, settings[each.name], agents) for each in entry.settings if each.name in settings}
    verified = {each.parameter: checks[each.name] for each in entry.settings if each.name in checks}
    return MADE_BY[name](**values, **verified)


def _value(setting: Setting, value: Json, agents: Mapping[str, AgentSpec]) -> object:
    named = partial(_pinned, agents)
    match setting.kind:
        case "agent":
            return named(value)
        case "agents":
            return tuple(map(named, value))
        case "named" | "team":
            return {key: named(name) for key, name in value.items()} if isinstance(value, dict) else tuple(map(named, value))
        case "list":
            if not isinstance(value, list):
                raise StepFailed(f"`{setting.name}` needs a list, and got {type(value).__name__}", step="", reason="invalid-items")
            return tuple(value)
        case "count" | "choice" | "flag" | "member" | "check":
            return value


def _pinned(agents: Mapping[str, AgentSpec], name: str) -> AgentSpec | str:
    """The agent as the run has pinned it; a fork may name one that it has not."""
    return agents.get(name, name)
