"""Patterns: ways for agents to work together, written against the step context alone."""

from playnex.patterns.debate import Debate
from playnex.patterns.handoff import Handoff
from playnex.patterns.map_over import MapOver
from playnex.patterns.outcome import OnFailure
from playnex.patterns.parallel import Parallel
from playnex.patterns.pattern import Participant, Pattern, Task, ask, name_of
from playnex.patterns.planner import PlanBounds, Planner
from playnex.patterns.review import Review
from playnex.patterns.router import Router
from playnex.patterns.single import Single
from playnex.patterns.supervisor import Supervisor

__all__ = [
    "Debate",
    "Handoff",
    "MapOver",
    "OnFailure",
    "Parallel",
    "Participant",
    "Pattern",
    "PlanBounds",
    "Planner",
    "Review",
    "Router",
    "Single",
    "Supervisor",
    "Task",
    "ask",
    "name_of",
]
