"""Routers: a choice that is recorded with its reason, and whoever it leads to."""

import pytest

from patterns.stage import Table, alone, survives, told, typed
from playnex.errors import UsageError
from playnex.models.model import ModelRequest
from playnex.patterns import Router, Task
from playnex.spec.agent import AgentSpec
from playnex.testing.scripted_model import ModelScript, says

BILLS: ModelScript = [says("a bill")]
BUGS: ModelScript = [says("a bug")]
ROUTES = {"billing": "cashier", "bugs": "mechanic"}


def leads(to: str) -> ModelScript:
    return [typed({"route": to, "reason": "it looks so"})]


def scripts(by: ModelScript) -> dict[str, ModelScript]:
    return {"clerk": by, "cashier": BILLS, "mechanic": BUGS, "anybody": [says("something")]}


def test_the_chosen_participant_does_the_task_and_the_record_says_why() -> None:
    table = alone(scripts(leads("bugs")), Router(by="clerk", routes=ROUTES))
    assert (table.result.output, table.result.reason) == ("a bug", "route bugs")
    assert table.record("/route") == {"to": "bugs", "reason": "it looks so"}
    assert table.agents.asked("cashier") == []


def test_the_choice_is_typed_and_knows_what_each_is_for() -> None:
    routes = {"billing": AgentSpec(name="cashier", model="cashier", description="Knows of money."), "bugs": "mechanic"}
    table = alone(scripts(leads("billing")), Router(by="clerk", routes=routes, default="anybody"))
    (asked,) = table.agents.asked("clerk")
    assert names(asked) == ["billing", "bugs", "other"]
    assert "- billing: Knows of money.\n- bugs" in told(asked)


def test_what_fits_no_route_is_done_by_the_default() -> None:
    table = alone(scripts(leads("other")), Router(by="clerk", routes=ROUTES, default="anybody"))
    assert (table.result.output, table.record("/route")["to"]) == ("something", "other")
    by_code = alone(scripts([says("")]), Router(by=lambda task: "garden", routes=ROUTES, default="anybody"))
    assert (by_code.result.output, by_code.record("/route")["to"]) == ("something", "other")


def test_a_choice_that_fails_is_done_by_the_default_and_the_record_says_so() -> None:
    table = alone(scripts([says("hm")]), Router(by="clerk", routes=ROUTES, default="anybody"))
    assert table.result.output == "something"
    assert table.record("/route")["reason"].startswith("the choice failed: ")


def test_a_choice_that_fails_ends_a_router_without_a_default() -> None:
    table = alone(scripts([says("hm")]), Router(by="clerk", routes=ROUTES))
    assert (table.result.succeeded, table.agents.asked("cashier"), table.agents.asked("mechanic")) == (False, [], [])


def test_code_can_choose_and_a_name_without_a_route_is_told() -> None:
    by_words = Router(by=lambda task: "billing" if "river" in task.prompt else "bugs", routes=ROUTES)
    assert alone(scripts([says("")]), by_words).result.output == "a bill"
    astray = alone(scripts([says("")]), Router(by=lambda task: "garden", routes=ROUTES)).result
    assert (astray.reason, astray.message) == ("no-route", "there is no route 'garden' (there are: billing, bugs), no default")


def test_code_that_fails_is_a_choice_that_failed() -> None:
    def choose(task: Task) -> str:
        raise RuntimeError("no idea")

    table = alone(scripts([says("")]), Router(by=choose, routes=ROUTES))
    assert not table.result.succeeded and "no idea" in table.result.message


def test_a_router_that_dies_anywhere_goes_on_and_asks_nobody_twice() -> None:
    assert survives(lambda: Table(Router(by="clerk", routes=ROUTES), scripts(leads("bugs")))) > 8


def test_routes_that_cannot_be_are_refused() -> None:
    with pytest.raises(UsageError, match="no routes"):
        Router(by="clerk", routes={})
    with pytest.raises(UsageError, match="cannot be called 'other'"):
        Router(by="clerk", routes={"other": "cashier"})


def names(asked: ModelRequest) -> list[str]:
    assert asked.schema is not None
    found: list[str] = asked.schema["properties"]["route"]["enum"]
    return found
