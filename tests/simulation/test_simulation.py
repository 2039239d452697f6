"""The engine's laws, in worlds made up from seeds: workers die, stall and have wrong clocks, people answer late and meddle."""

import asyncio
import os
import random
import subprocess
import sys

import pytest

from playnex.journal.events import KINDS
from playnex.testing.simulation.loop import Standstill, simulate
from playnex.testing.simulation.simulation import simulated

FAST, SLOW, SOAK = 200, 1_800, 20_000
"""Worlds; the first two together are what CI tries."""

UNFENCED = 60
"""Seeds within which a world without fencing has broken a law."""


def break_no_law(seeds: range) -> None:
    broken = {seed: outcome.faults for seed in seeds if (outcome := simulated(seed)).faults}
    assert not broken, "\n".join(f"seed {seed}:\n  " + "\n  ".join(faults) for seed, faults in broken.items())


def rotating(count: int) -> range:
    """Seeds that are others each time; the first is printed, and PLAYNEX_SEED sets it."""
    first = int(os.environ.get("PLAYNEX_SEED") or random.SystemRandom().randrange(10**9))
    print(f"PLAYNEX_SEED={first}")  # noqa: T201 - shown when the test fails
    return range(first, first + count)


def test_no_law_is_broken_in_some_worlds() -> None:
    break_no_law(range(FAST))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_law_is_broken_in_many_worlds() -> None:
    break_no_law(rotating(SLOW))


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_no_law_is_broken_in_very_many_worlds() -> None:
    break_no_law(rotating(SOAK))


def test_without_fencing_laws_are_broken_soon() -> None:
    """The known-bad arm: epochs are what holds back a worker that was thought dead."""
    faults = [fault for seed in range(UNFENCED) for fault in simulated(seed, is_fenced=False).faults]
    assert any("has 2 results" in fault for fault in faults)
    assert any("ran again" in fault for fault in faults)


def test_the_worlds_are_full_of_trouble_and_of_every_kind_of_fact() -> None:
    """What never happens proves nothing."""
    worlds = [simulated(seed) for seed in range(UNFENCED)]
    assert sum(world.deaths for world in worlds) > UNFENCED
    assert set(KINDS) - {kind for world in worlds for kind in world.facts} <= {"StepStarted", "RetryRequested"}


def test_a_seed_replays_byte_for_byte_in_another_process_too() -> None:
    command = "from playnex.testing.simulation.simulation import simulated; print(*(simulated(seed).trace for seed in range(30)))"
    told = {
        subprocess.run(
            [sys.executable, "-c", command],
            env=os.environ | {"PYTHONHASHSEED": hashing},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        ).stdout
        for hashing in ("1", "2")
    }
    assert told == {" ".join(simulated(seed).trace for seed in range(30)) + "\n"}


def test_different_seeds_tell_different_stories() -> None:
    assert len({simulated(seed).trace for seed in range(10)}) == 10


def test_made_up_time_passes_at_once_and_in_order() -> None:
    async def days() -> list[float]:
        loop, told = asyncio.get_running_loop(), []

        async def sleep(seconds: float) -> None:
            await asyncio.sleep(seconds)
            told.append(seconds)

        await asyncio.gather(*(sleep(seconds) for seconds in (86_400.0, 1.0, 3_600.0)))
        assert loop.time() == pytest.approx(86_400, abs=1)
        return told

    assert simulate(days(), random.Random(1)) == [1.0, 3_600.0, 86_400.0]


def test_chance_decides_whose_turn_it_is() -> None:
    async def order() -> str:
        told: list[str] = []

        async def say(word: str) -> None:
            for _ in range(3):
                await asyncio.sleep(0)
                told.append(word)

        await asyncio.gather(*map(say, "abc"))
        return "".join(told)

    assert len({simulate(order(), random.Random(seed)) for seed in range(20)}) > 5


def test_a_world_in_which_everybody_waits_for_somebody_stands_still() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Standstill):
        simulate(wait(), random.Random(1))
