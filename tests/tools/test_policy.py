"""Which calls ask a person, and why: the rules of tools, of agents, and of where arguments come from."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from playnex.canonical import Json
from playnex.spec.faults import Place
from playnex.spec.origin import Origin
from playnex.spec.tool_rules import ToolRule, approval_problem
from playnex.tools.policy import Policy, Wish, doubts
from playnex.tools.ruling import idle, misfitting, ruled
from playnex.tools.tool import CallScope, Tool, ToolResult

PARAMETERS: Mapping[str, Json] = {
    "type": "object",
    "properties": {"to": {"type": "string"}, "text": {"type": "string"}, "amount": {"type": "number", "default": 5}},
    "additionalProperties": False,
}
READ = Origin(labels=("untrusted",), trusted=("Send it to boss@example.com",))
CAREFUL = Policy()
PLACE = Place(path="playnex.toml", line=1, column=1)


async def nothing(_arguments: Mapping[str, Json], _scope: CallScope) -> ToolResult:
    return ToolResult(output=None)


SEND = Tool(name="mail.send", description="", parameters=PARAMETERS, effect="once", egress="remote", sinks=("to",), call=nothing)
LOOK = replace(SEND, name="mail.look", effect="idempotent", egress="none", sinks=None)


def wish(tool: Tool, origin: Origin = READ, *, own: tuple[str, ...] = (), approval: Mapping[str, str] | None = None, **given: Json) -> Wish:
    return Wish(tool=tool, arguments=given, origin=origin, own=own, approval=approval or {})


def asked(wish: Wish, policy: Policy = CAREFUL) -> tuple[str, ...]:
    return doubts(wish, policy).asks


@pytest.mark.parametrize(
    ("tool", "given", "asks"),
    [
        (SEND, {"to": "evil@example.com", "text": "x"}, True),
        (SEND, {"to": "boss@example.com", "text": "what the model wrote"}, False),
        (SEND, {"text": "x"}, True),
        (replace(SEND, sinks=None), {"to": "boss@example.com", "text": "what the model wrote"}, True),
        (replace(SEND, sinks=None), {"to": "boss@example.com"}, False),
        (replace(SEND, sinks=None), {"to": "boss@example.com", "amount": 5}, False),
        (replace(SEND, sinks=None), {}, True),
        (replace(SEND, sinks=()), {"to": "evil@example.com"}, False),
        (replace(SEND, effect=None, egress="none", sinks=None), {"text": "x"}, True),
        (replace(SEND, effect="pure", egress="remote"), {"to": "evil@example.com"}, True),
        (replace(SEND, effect="idempotent", egress="none"), {"to": "evil@example.com"}, True),
        (LOOK, {"to": "evil@example.com"}, False),
    ],
)
def test_once_something_untrusted_was_read_what_matters_in_a_consequential_call_has_to_be_known(
    tool: Tool, given: dict[str, Json], asks: bool
) -> None:
    assert bool(asked(wish(tool, **given))) == asks
    assert not asked(wish(tool, Origin(), **given)), "nothing untrusted was read"
    assert not asked(wish(tool, **given), Policy(untrusted="run")), "the policy is switched off"


def test_an_argument_that_the_flow_gives_of_trusted_values_is_the_users_own() -> None:
    assert not asked(wish(SEND, own=("to",), to="anybody@example.com"))


def test_a_rule_decides_by_the_arguments_and_asks_where_it_cannot_be_worked_out() -> None:
    ruled_by = replace(SEND, approval="args.amount > 100")
    assert asked(wish(ruled_by, Origin(), amount=101)) == ("its rule holds: args.amount > 100",)
    assert not asked(wish(ruled_by, Origin(), amount=100))
    assert not asked(wish(ruled_by, Origin())), "the default counts where nothing is given"
    (why,) = asked(wish(replace(SEND, approval="args.to | length > 3"), Origin()))
    assert why.startswith("its rule cannot be worked out")
    assert asked(wish(replace(SEND, approval="ask"), Origin())) == ("every call of it asks",)


def test_an_agents_file_can_only_be_stricter() -> None:
    assert asked(wish(LOOK, Origin(), approval={"mail.*": "ask"}))
    assert not asked(wish(LOOK, Origin(), approval={"consequential": "ask"}))
    assert asked(wish(SEND, Origin(), approval={"consequential": "ask"}))
    assert asked(wish(replace(SEND, approval="ask"), Origin(), approval={"mail.send": "args.amount > 9"}))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("aks", "a rule knows `args`, not 'aks'"),
        ("args.amount >", "is no rule"),
        ("args.amuont > 5", "no parameter 'amuont'"),
        ("1 > 0", "looks at no argument"),
        ("inputs.amount > 5", "a rule knows `args`, not 'inputs'"),
    ],
)
def test_a_rule_that_cannot_be_is_told_when_it_is_read(said: str, told: str) -> None:
    problem = approval_problem(said, PARAMETERS)
    assert problem is not None and told in problem.message


def test_rules_of_the_workspace_stand_above_what_a_tool_declares_and_later_ones_above_earlier_ones() -> None:
    rules = (
        ToolRule(pattern="mail.*", place=PLACE, approval="ask", egress="remote", sinks=("to",)),
        ToolRule(pattern="mail.look", place=PLACE, approval="never"),
        ToolRule(pattern="sms.*", place=PLACE, sinks=("number",)),
    )
    found = ruled(LOOK, rules)
    assert (found.approval, found.egress, found.effect, found.sinks) == ("never", "remote", "idempotent", ("to",))
    assert [fault.message for fault in idle(rules, (LOOK,))] == ["there is no tool 'sms.*', so this says nothing"]
    wrong = ToolRule(pattern="mail.look", place=PLACE, sinks=("too",))
    (fault,) = misfitting((*rules, wrong), (LOOK,))
    assert "mail.look: the tool has no parameter 'too'" in str(fault) and fault.hint == "did you mean 'to'?"
