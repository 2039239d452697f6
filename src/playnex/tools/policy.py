"""Why a person is asked before a call: by what is said of the tool, by what the agent's file says, and by where its arguments come from.

Nothing here looks at what a text says, and nothing relies on a model that does as it is told: only where values come from counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from playnex.canonical import Json
from playnex.spec.origin import Origin
from playnex.spec.read_agent import CONSEQUENTIAL
from playnex.spec.tool_rules import why_it_asks
from playnex.tools.provenance import doubtful
from playnex.tools.tool import Tool
from playnex.tools.toolbox import is_named

Untrusted = Literal["ask", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A workspace's word: what becomes of a consequential call whose arguments come from something `untrusted`, and how many seconds a
    person has who is asked (None: however long)."""

    untrusted: Untrusted = "ask"
    timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A call that fits its tool's schema, with all that is known of how it came about. `own` are arguments that the flow itself gives, of
    trusted values; `offered` are values that results of the tool's own family offer; `approval` is what the agent's file says, by patterns
    of names."""

    tool: Tool
    arguments: Mapping[str, Json]
    origin: Origin
    own: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    approval: Mapping[str, str]


def has_consequences(tool: Tool) -> bool:
    """Whether a call writes, sends, pays or deletes, as far as anybody has said: it must not happen twice, it leaves the machine, or some
    of its arguments matter. A tool that declares no effect counts as one that must not happen twice."""
    return (tool.effect or "once") == "once" or tool.egress == "remote" or bool(tool.sinks)


def reasons(wish: Wish, policy: Policy) -> tuple[str, ...]:
    """Why a person is asked, each in a clause; empty where the call just runs."""
    return tuple(_reasons(wish, policy))


def _reasons(wish: Wish, policy: Policy) -> Iterator[str]:
    tool = wish.tool
    if why := why_it_asks(tool.approval, wish.arguments, tool.parameters):
        yield why
    for pattern, rule in wish.approval.items():
        is_meant = has_consequences(tool) if pattern == CONSEQUENTIAL else is_named(tool.name, (pattern,))
        if is_meant and (why := why_it_asks(rule, wish.arguments, tool.parameters)):
            yield f"the agent's file wants it ({pattern}: {why})"
    if policy.untrusted == "ask" and (why := _why_doubtful(wish)):
        yield why


def _why_doubtful(wish: Wish) -> str:
    """What in the call does not come from the user or a trusted source, once something untrusted was read."""
    tool = wish.tool
    if not (wish.origin.is_untrusted and has_consequences(tool)):
        return ""
    given = wish.arguments if tool.sinks is None else {name: wish.arguments[name] for name in tool.sinks if name in wish.arguments}
    if tool.sinks is None and not given:
        return "something untrusted was read before, and nothing in the call comes from the user"
    asked = {name: value for name, value in given.items() if name not in wish.own}
    names = doubtful(asked, (*wish.origin.trusted, *wish.offered), defaults=_defaults(tool))
    return f"something untrusted was read before, and not from the user or a trusted source: {', '.join(names)}" if names else ""


def _defaults(tool: Tool) -> dict[str, Json]:
    return {name: part["default"] for name, part in tool.parameters.get("properties", {}).items() if "default" in part}
