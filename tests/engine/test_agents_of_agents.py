"""Agents that ask agents: so deep, and so many, whatever their models want (requirement A5)."""

import asyncio
from dataclasses import dataclass, field

import pytest

from playnex.engine.caps import ASKED
from playnex.engine.run_context import AGENTS_DEEP
from playnex.errors import BudgetExhausted, UsageError
from playnex.spec.context import Attempt, StepContext, StepPlan
from playnex.spec.envelope import Envelope
from playnex.testing.memory_context import MemoryContext

AGENT = StepPlan(kind="agent", actor="clerk")


@dataclass
class World:
    """How often an agent was really asked."""

    asked: list[str] = field(default_factory=list)

    async def answer(self, attempt: Attempt) -> Envelope:
        self.asked.append(attempt.key)
        return Envelope(output="done")


async def ask_many(context: StepContext, world: World, count: int) -> None:
    """An agent's call in which it asks so many others."""
    for number in range(count):
        await context.scope("turn-1").scope("tool-1").perform(f"clerk-{number}", world.answer, AGENT)


def test_no_more_than_so_many_agents_are_asked_by_agents() -> None:
    world = World()
    with pytest.raises(BudgetExhausted, match="may ask 200 others") as capped:
        asyncio.run(ask_many(MemoryContext(), world, ASKED + 1))
    assert len(world.asked) == ASKED and capped.value.reason == "exhausted"


def test_a_resumed_run_comes_to_the_same_cap_at_the_same_place() -> None:
    world, context = World(), MemoryContext()
    asyncio.run(ask_many(context, world, ASKED - 1))
    with pytest.raises(BudgetExhausted):
        asyncio.run(ask_many(context.again(), world, ASKED + 1))
    assert len(world.asked) == ASKED


def test_agents_that_nobody_but_the_flow_asks_are_not_counted() -> None:
    async def many(context: StepContext) -> None:
        for number in range(ASKED + 5):
            await context.perform(f"clerk-{number}", world.answer, AGENT)

    world = World()
    asyncio.run(many(MemoryContext()))
    assert len(world.asked) == ASKED + 5


def test_agents_ask_agents_only_so_deep() -> None:
    scope: StepContext = MemoryContext()
    for _ in range(AGENTS_DEEP + 1):
        scope = scope.scope("clerk").scope("turn-1").scope("tool-1")
    with pytest.raises(UsageError, match=f"agents may ask agents {AGENTS_DEEP} deep|an agent of an agent"):
        scope.agent("clerk")
