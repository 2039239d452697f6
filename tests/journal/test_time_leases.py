"""Leases that run out: renewed while they are held, free soon after their holder died, never free while it is well."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from playnex.errors import RunBusy, StoreError
from playnex.journal.time_leases import TimeLeases
from playnex.testing.simulation.lives import LoopClock, MemoryLeases
from playnex.testing.simulation.loop import simulate

TTL = 10.0


def play(story: Callable[[MemoryLeases], Awaitable[None]]) -> None:
    async def told() -> None:
        await story(MemoryLeases(LoopClock()))

    simulate(told(), Random(1))


def leases(table: Any, worker: str) -> TimeLeases:
    return TimeLeases(table, LoopClock(), worker, ttl=TTL)


async def refused(table: MemoryLeases, worker: str = "another") -> bool:
    try:
        async with leases(table, worker).hold("R"):
            return False
    except RunBusy:
        return True


def test_a_lease_is_renewed_as_long_as_it_is_held_and_free_at_once_afterwards() -> None:
    async def story(table: MemoryLeases) -> None:
        async with leases(table, "one").hold("R"):
            for _ in range(5):
                await asyncio.sleep(TTL)
                assert leases(table, "two").is_held("R") and await refused(table)
        assert not leases(table, "two").is_held("R") and not await refused(table)

    play(story)


def test_one_worker_does_not_get_a_run_twice() -> None:
    async def story(table: MemoryLeases) -> None:
        one = leases(table, "one")
        async with one.hold("R"):
            with pytest.raises(RunBusy):
                async with one.hold("R"):
                    raise AssertionError

    play(story)


def test_what_the_dead_held_is_free_when_its_time_is_over_and_not_before() -> None:
    async def story(table: MemoryLeases) -> None:
        await table.take("R", "dead", TTL)
        await asyncio.sleep(TTL - 1)
        assert await refused(table)
        await asyncio.sleep(1.1)
        assert not await refused(table)

    play(story)


def test_a_late_holder_does_not_free_what_another_has_by_now() -> None:
    async def story(table: MemoryLeases) -> None:
        async with leases(table, "late").hold("R"):
            table.held["R"] = "another#1", LoopClock().now() + 10 * TTL
            await asyncio.sleep(2 * TTL)
        assert table.held["R"][0] == "another#1"

    play(story)


@dataclass
class Failing(MemoryLeases):
    """Cannot be reached now and then."""

    tried: int = 0

    async def take(self, run: str, holder: str, ttl: float) -> bool:
        self.tried += 1
        if self.tried % 2 == 0:
            raise StoreError("the table cannot be reached")
        return await super().take(run, holder, ttl)


def test_a_renewal_that_fails_is_made_up_for_by_the_next_one() -> None:
    async def story(sound: MemoryLeases) -> None:
        table = Failing(LoopClock())
        async with leases(table, "one").hold("R"):
            for _ in range(4):
                await asyncio.sleep(TTL)
                assert table.is_held("R")

    play(story)
