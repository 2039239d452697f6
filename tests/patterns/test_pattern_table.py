"""The table of patterns that flow files know, and the patterns themselves, say the same."""

import inspect

import pytest

from playnex.app.pattern_making import MADE_BY, pattern_of
from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.patterns import Pattern
from playnex.spec.agent import AgentSpec
from playnex.spec.pattern_table import DEBATE_ROUNDS, DELEGATIONS, HOPS, PATTERNS, PLAN_STEPS, REPLANS, REVIEW_ROUNDS, Setting

AGENTS = {name: AgentSpec(name=name) for name in ("a", "b", "c")}
DEFAULTS = {
    ("debate", "rounds"): DEBATE_ROUNDS,
    ("review", "rounds"): REVIEW_ROUNDS,
    ("supervisor", "delegations"): DELEGATIONS,
    ("planner", "steps"): PLAN_STEPS,
    ("planner", "replans"): REPLANS,
    ("handoff", "hops"): HOPS,
}
COUNTS = [(name, setting) for name, entry in PATTERNS.items() for setting in entry.settings if setting.kind == "count"]


def example(setting: Setting) -> Json:
    """A value of that kind."""
    values: dict[str, Json] = {"agent": "a", "agents": ["a", "b", "c"], "named": {"x": "a"}, "team": ["a", "b"], "list": [1, 2]}
    return values[setting.kind]


def made(name: str, **more: Json) -> Pattern:
    required = {setting.name: example(setting) for setting in PATTERNS[name].settings if setting.required}
    return pattern_of(name, required | {key.replace("_", "-"): value for key, value in more.items()}, agents=AGENTS, checks={})


def test_every_pattern_of_the_table_can_be_made_and_no_other() -> None:
    assert PATTERNS.keys() == MADE_BY.keys()
    assert {made(name).kind for name in PATTERNS} == PATTERNS.keys()


def test_every_pattern_that_is_public_is_in_the_table() -> None:
    from playnex import patterns

    public = {thing for name in patterns.__all__ if inspect.isclass(thing := getattr(patterns, name)) and issubclass(thing, Pattern)}
    assert {type(made(name)) for name in PATTERNS} == public - {Pattern}


@pytest.mark.parametrize(("name", "setting"), COUNTS, ids=[f"{name}-{setting.name}" for name, setting in COUNTS])
def test_the_bounds_of_a_count_are_those_of_the_pattern(name: str, setting: Setting) -> None:
    more = {"judge": "a"} if name == "debate" else {}
    made(name, **more, **{setting.name: setting.least})
    made(name, **more, **{setting.name: setting.most})
    for wrong in (setting.least - 1, setting.most + 1):
        if setting.name != "max-parallel" or wrong > 0:
            with pytest.raises(UsageError, match=f"{wrong} is not from {setting.least} to {setting.most}"):
                made(name, **more, **{setting.name: wrong})


@pytest.mark.parametrize(("name", "setting"), DEFAULTS)
def test_what_is_counted_where_nothing_is_said_is_what_is_done(name: str, setting: str) -> None:
    pattern = made(name)
    holder = getattr(pattern, "bounds", pattern)
    assert getattr(holder, setting) == DEFAULTS[name, setting]


def test_every_setting_reaches_the_pattern() -> None:
    for name, entry in PATTERNS.items():
        pattern = made(name)
        fields = {name for each in (pattern, getattr(pattern, "bounds", pattern)) for name in inspect.signature(type(each)).parameters}
        assert {setting.parameter for setting in entry.settings} <= fields, name
