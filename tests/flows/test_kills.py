"""Kill -9 of the whole process at random moments, with real processes: nothing finished is done again, nothing is lost."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.kills import Tally, kill_everything, kill_research, lose_results

BOUND = 900
SOAK = 500


@pytest.mark.slow
def test_a_python_flow_of_every_step_kind_ends_through_a_few_kills(tmp_path: Path) -> None:
    tally = kill_everything(seed := random.randrange(10**6), tmp_path, kills=3)
    assert (tally.kills, tally.faults) == (3, []), f"seed {seed}"


@pytest.mark.slow
def test_the_research_flow_ends_through_a_few_kills_and_sends_no_answered_request_again(tmp_path: Path) -> None:
    tally = kill_research(seed := random.randrange(10**6), tmp_path, kills=2)
    assert (tally.kills, tally.faults) == (2, []), f"seed {seed}"


@pytest.mark.slow
@pytest.mark.timeout(BOUND)
def test_a_journal_whose_results_are_thrown_away_is_found_out(tmp_path: Path) -> None:
    """The known-bad arm; in some runs the loss shows as a run that never ends, so a few are played."""
    faults: list[str] = []
    for number in range(5):
        (folder := tmp_path / str(number)).mkdir()
        faults += kill_everything(random.randrange(10**6), folder, kills=20, between=lose_results).faults
        if any(fault.endswith("was finished and done again") for fault in faults):
            return
    raise AssertionError(f"nothing was seen to be done again: {faults}")


@pytest.mark.slow
@pytest.mark.timeout(BOUND)
@pytest.mark.parametrize("kill", [kill_everything, kill_research])
def test_a_sample_of_kills_loses_and_repeats_nothing(kill: Callable[[int, Path, int], Tally], tmp_path: Path) -> None:
    tally = kill(seed := random.randrange(10**6), tmp_path, 15)
    assert (tally.kills, tally.faults) == (15, []), f"seed {seed}"


@pytest.mark.soak
@pytest.mark.timeout(10 * BOUND)
@pytest.mark.parametrize("kill", [kill_everything, kill_research])
def test_five_hundred_kills_lose_and_repeat_nothing(kill: Callable[[int, Path, int], Tally], tmp_path: Path) -> None:
    """Its figures, with their seed, are written to benchmarks/RESULTS.md by benchmarks/kills.py."""
    tally = kill(seed := random.randrange(10**6), tmp_path, SOAK)
    assert tally.kills >= SOAK and not tally.faults, f"seed {seed}: {tally.faults}"
