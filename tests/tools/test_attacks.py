"""Attacks that know the policy: none of more than a hundred lands, and those that do are known."""

import pytest

from playnex.tools.policy import Policy
from tools.attacks import ATTACKS, LANDING, Attack, landed, questions


def named(attack: Attack) -> str:
    return ascii(f"{attack.way}: {attack.name}")


@pytest.mark.parametrize("attack", ATTACKS, ids=named)
def test_an_attack_that_knows_the_policy_does_not_land(attack: Attack) -> None:
    assert not landed(attack)


def test_without_the_policy_nearly_all_of_them_land() -> None:
    off = Policy(untrusted="run", private="run")
    stopped = [named(attack) for attack in ATTACKS if not landed(attack, off)]
    assert len(ATTACKS) >= 100 and len(stopped) <= 2, stopped
    assert all("names of arguments" in name for name in stopped), "those are refused by the schema"


@pytest.mark.parametrize("attack", LANDING, ids=named)
def test_what_the_policy_does_not_stop_is_known(attack: Attack) -> None:
    assert landed(attack), "it is stopped now: say so in docs/security.md"


@pytest.mark.parametrize("attack", [attack for attack in ATTACKS if attack.way == "tired of questions"], ids=named)
def test_nobody_is_asked_about_a_tool_more_than_three_times_in_vain(attack: Attack) -> None:
    assert questions(attack) <= 3
