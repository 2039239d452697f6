"""Who works for a pattern, by name, and what the one that chooses among them is told of each."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from playnex.errors import UsageError
from playnex.patterns.pattern import Participant, Pattern, name_of
from playnex.spec.context import StepContext

Team: TypeAlias = "Mapping[str, Participant] | Sequence[Participant]"
"""Participants under names of their own, or under those that they have."""


def team_of(members: Team, what: str) -> dict[str, Participant]:
    """The members by name. Raises UsageError for none, for two of one name, and for names that no key can have."""
    named = list(members.items()) if isinstance(members, Mapping) else [(name_of(member), member) for member in members]
    if not named:
        raise UsageError(f"there are no {what}", hint="give at least one")
    found: dict[str, Participant] = {}
    for name, member in named:
        if not name or set("/#.") & set(name):
            raise UsageError(f"{name!r} cannot be the name of one of the {what}", hint="use a word without / # and .")
        if name in found:
            raise UsageError(f"two of the {what} are called {name!r}", hint="give them as a map, each under a name of its own")
        found[name] = member
    return found


async def introduced(ctx: StepContext, team: Mapping[str, Participant]) -> str:
    """A line for each: its name, and what its file says that it is for. Raises StepFailed where there is no such agent."""
    return "\n".join([await _line(ctx, name, member) for name, member in team.items()])


async def _line(ctx: StepContext, name: str, member: Participant) -> str:
    about = f"several agents together ({member.kind})" if isinstance(member, Pattern) else await ctx.agent(member).about()
    return f"- {name}: {' '.join(about.split())}" if about else f"- {name}"
