"""Why a person is asked before a call: by what is said of the tool, by what the agent's file says, and by where its arguments come from.

Nothing here looks at what a text says, and nothing relies on a model that does as it is told: only where values come from counts.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from playnex.canonical import Json
from playnex.spec.origin import Origin
from playnex.spec.tool_rules import CONSEQUENTIAL, why_it_asks
from playnex.tools.provenance import doubtful, is_given
from playnex.tools.tool import Tool
from playnex.tools.toolbox import is_named

Answer = Literal["ask", "refuse", "run"]
"""What becomes of a call: a person is asked, it is refused unasked, or it runs."""

SHOWN = 300
"""Characters of a value that a question repeats beside its reason; the whole stands in the action itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A workspace's word: what becomes of a consequential call whose arguments come from something `untrusted`, and of one that leaves this
    machine after something `private` was read; and how many seconds a person has who is asked (None: however long)."""

    untrusted: Answer = "ask"
    private: Answer = "ask"
    timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """What speaks against a call, each in a clause: why a person is asked, and why it is refused without asking. Without any it runs."""

    asks: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A call that fits its tool's schema, with all that is known of how it came about. `own` are arguments that the flow itself gives, of
    trusted values; `given` are values that trusted fields of results gave for the arguments of those names, and `ids` the arguments for
    which any tool gives some: they are known from there alone, for a number in a text may mean anything. `offered` are values that
    results of the tool's own family offer; `approval` is what the agent's file says, by patterns of names."""

    tool: Tool
    arguments: Mapping[str, Json]
    origin: Origin
    own: tuple[str, ...] = ()
    given: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()
    offered: tuple[str, ...] = ()
    approval: Mapping[str, str]


def has_consequences(tool: Tool) -> bool:
    """Whether a call writes, sends, pays or deletes, as far as anybody has said: it must not happen twice, it leaves the machine, or some
    of its arguments matter. A tool that declares no effect counts as one that must not happen twice."""
    return (tool.effect or "once") == "once" or tool.egress == "remote" or bool(tool.sinks)


def doubts(wish: Wish, policy: Policy) -> Doubts:
    """What speaks against the call."""
    found: dict[Answer, list[str]] = {"ask": list(_rules(wish)), "refuse": [], "run": []}
    for why, answer in ((_why_untrusted(wish), policy.untrusted), (_why_private(wish), policy.private)):
        if why:
            found[answer].append(why)
    return Doubts(asks=tuple(found["ask"]), refuses=tuple(found["refuse"]))


def _rules(wish: Wish) -> Iterator[str]:
    """What the tool's own rule says, and the agent's file."""
    tool = wish.tool
    if why := why_it_asks(tool.approval, wish.arguments, tool.parameters):
        yield why
    for pattern, rule in wish.approval.items():
        is_meant = has_consequences(tool) if pattern == CONSEQUENTIAL else is_named(tool.name, (pattern,))
        if is_meant and (why := why_it_asks(rule, wish.arguments, tool.parameters)):
            yield f"the agent's file wants it ({pattern}: {why})"


def _why_private(wish: Wish) -> str:
    """That something private could leave with the call: whatever the agent writes may carry what it has read."""
    if wish.origin.is_private and wish.tool.egress == "remote":
        return "something private was read before, and the call leaves this machine"
    return ""


def _why_untrusted(wish: Wish) -> str:
    """What in the call does not come from the user or a trusted source, once something untrusted was read."""
    tool = wish.tool
    if not (wish.origin.is_untrusted and has_consequences(tool)):
        return ""
    given = mattering(wish)
    if not given and tool.sinks != ():
        return "something untrusted was read before, and nothing that matters in the call comes from the user"
    asked = {name: value for name, value in given.items() if name not in wish.own}
    plain = {name: value for name, value in asked.items() if name not in wish.ids}
    doubted = {*doubtful(plain, (*wish.origin.trusted, *wish.offered), defaults=_defaults(tool)), *(wish.ids & asked.keys())}
    unknown = (name for name in asked if name in doubted and not is_given(asked[name], wish.given.get(name, ())))
    told = [f"{_shown(name)} = {_shown(asked[name])}" for name in unknown]
    return f"something untrusted was read before, and not from the user or a trusted source: {', '.join(told)}" if told else ""


def mattering(wish: Wish) -> dict[str, Json]:
    """The arguments that matter: the tool's sinks, or all where none are declared; and whatever its schema does not name."""
    tool, named = wish.tool, wish.tool.parameters.get("properties", {})
    return {name: value for name, value in wish.arguments.items() if tool.sinks is None or name in tool.sinks or name not in named}


def _shown(value: Json) -> str:
    """A value in a clause, at a length that can be read; a parameter's name as it is."""
    text = value if isinstance(value, str) and value.isidentifier() and value.isascii() else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text):,} characters)"


def is_pointed_at(wish: Wish) -> bool:
    """Whether the user's own words led to what the call gives: it has arguments that matter (all, where none are declared), and all of them
    are known."""
    pointing = mattering(wish)
    return bool(pointing) and not doubtful(pointing, wish.origin.trusted)


def _defaults(tool: Tool) -> dict[str, Json]:
    return {name: part["default"] for name, part in tool.parameters.get("properties", {}).items() if "default" in part}
