"""The gate asks a person: the whole action is shown, only a clear yes counts, and for this call alone."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from playnex.canonical import Json
from playnex.errors import ToolFailed
from playnex.journal.events import Event, SignalReceived, StepIntended, WaitStarted
from playnex.spec.context import Attempt, StepPlan
from playnex.spec.envelope import Envelope
from playnex.testing.memory_context import RUN, MemoryContext
from playnex.tools.gate import CallRequest, Gate
from playnex.tools.policy import Policy
from playnex.tools.tool import CallScope, Tool, ToolResult
from playnex.tools.toolbox import WorkspaceToolbox
from playnex.tools.trail import Trail

PARAMETERS: Mapping[str, Json] = {
    "type": "object",
    "properties": {"to": {"type": "string"}, "text": {"type": "string"}},
    "required": ["to"],
    "additionalProperties": False,
}
READ = CallScope(agent="mailer", labels=("untrusted",), trusted=("Write to boss@example.com",))
EVIL = CallRequest(tool="mail.send", arguments={"to": "evil@example.com", "text": "all"}, scope=READ)
YES: Json = {"approved": True}
KEY = "tool-1/gate.answer"


class Post:
    """A mailbox; `sent` is what really went out."""

    def __init__(self) -> None:
        self.sent: list[Json] = []
        self.tool = Tool(
            name="mail.send", description="", parameters=PARAMETERS, effect="once", egress="remote", sinks=("to",), call=self._send
        )

    def gate(self, policy: Policy | None = None, **said: str) -> Gate:
        return Gate(WorkspaceToolbox([replace(self.tool, **said)]), policy or Policy())  # type: ignore[arg-type]

    async def _send(self, arguments: Mapping[str, Json], _scope: CallScope) -> ToolResult:
        self.sent.append(dict(arguments))
        return ToolResult(output="sent")


def call(gate: Gate, context: MemoryContext, *answers: Json, request: CallRequest = EVIL) -> Envelope:
    """The call, with a person at hand who says this, one thing to each question."""
    waits, left = context.execution.waits, list(answers)
    request = replace(request, trail=Trail()) if request.trail is EVIL.trail else request

    def answer(_standing: object) -> None:
        (wait,) = waits.open.values()
        fact = SignalReceived(signal=wait.signal, payload=left.pop(0), by="ana")
        waits.deliver(Event(run=RUN, key="", fact=fact, position=1, at=0.0))

    async def bounded() -> Envelope:
        async with asyncio.timeout(10):
            return await gate.call(context, request)

    waits.set_aside = answer
    record = asyncio.run(bounded())
    assert not left, "everything that was to be said was asked for"
    return record


def facts(context: MemoryContext, kind: type) -> list[tuple[str, Json]]:
    return [(event.key, event.fact) for event in context.memory.journal.all_of(RUN) if isinstance(event.fact, kind)]


def test_a_person_is_shown_the_whole_action_and_after_a_yes_it_is_done_once() -> None:
    post, context = Post(), MemoryContext()
    assert call(post.gate(), context, YES).output == "sent"
    assert post.sent == [EVIL.arguments]
    ((key, wait),) = facts(context, WaitStarted)
    assert (key, wait.ask["show"], wait.ask["editable"]) == (KEY, EVIL.arguments, True)
    assert (wait.ask["agent"], wait.ask["tool"]) == ("mailer", "mail.send") and "mailer" in wait.ask["message"]
    assert wait.ask["why"] == 'something untrusted was read before, and not from the user or a trusted source: to = "evil@example.com"'
    assert wait.ask["it may"] == "it must not happen twice; it leaves this machine; what matters: to"
    assert [type(event.fact).__name__ for event in context.memory.journal.all_of(RUN)] == [
        *("RunStarted", "StepStarted", "WaitStarted", "StepFinished", "StepIntended", "StepFinished")
    ], "the intent comes after the yes: a crash while a person thinks leaves no doubt whether it happened"


@pytest.mark.parametrize("said", [{"approved": False, "reason": "not him"}, {}, None, {"approved": "yes"}])
def test_whatever_is_not_a_clear_yes_is_a_refusal_that_the_model_reads(said: Json) -> None:
    post, context = Post(), MemoryContext()
    record = call(post.gate(), context, said)
    assert (record.status, record.reason, post.sent) == ("failed", "refused", [])
    assert record.output["error"].startswith("a person was asked before mail.send was called: refused by ana")
    assert not facts(context, StepIntended)


def test_silence_past_the_time_is_a_no() -> None:
    post, context = Post(), MemoryContext()
    record = call(post.gate(Policy(timeout=0.01)), context)
    assert (record.reason, post.sent) == ("refused", []) and "silence means no" in record.output["error"]


def test_the_same_wish_after_a_refusal_is_not_asked_again_and_another_one_is() -> None:
    post, context, trail = Post(), MemoryContext(), Trail()
    gate, mine = post.gate(), replace(EVIL, trail=trail)
    call(gate, context, {"approved": False}, request=mine)
    again = call(gate, context, request=replace(mine, step="tool-2"))
    assert again.reason == "refused" and "is not asked again" in again.output["error"]
    other = replace(mine, step="tool-3", arguments={"to": "eve@example.com"})
    assert call(gate, context, YES, request=other).output == "sent"
    assert [key for key, _ in facts(context, WaitStarted)] == [KEY, "tool-3/gate.answer"]


def test_a_refusal_is_remembered_by_whoever_goes_on_after_a_crash() -> None:
    post, context = Post(), MemoryContext()
    call(post.gate(), context, {"approved": False})
    mine = replace(EVIL, trail=Trail())
    resumed = context.again()
    call(post.gate(), resumed, request=mine)
    again = call(post.gate(), resumed, request=replace(mine, step="tool-2"))
    assert "is not asked again" in again.output["error"] and post.sent == []


def test_a_yes_to_one_call_is_none_to_the_same_call_again() -> None:
    post, context = Post(), MemoryContext()
    call(post.gate(), context, YES)
    refused = call(post.gate(), context, {"approved": False}, request=replace(EVIL, step="tool-2"))
    assert refused.reason == "refused" and len(post.sent) == 1


def test_what_a_person_changes_is_called_and_has_to_fit_the_schema() -> None:
    post, context = Post(), MemoryContext()
    mended = {"to": "boss@example.com", "text": "hello"}
    call(post.gate(), context, {**YES, "value": {"too": "x"}}, {**YES, "value": mended})
    assert post.sent == [mended]
    (_, first), (_, second) = facts(context, WaitStarted)
    assert "does not fit" not in first.ask["message"] and "did you mean 'to'" in second.ask["message"]


def test_an_answer_survives_the_process_that_asked_and_the_call_is_made_with_it() -> None:
    post, context = Post(), MemoryContext()
    mended = {"to": "boss@example.com"}
    call(post.gate(), context, {**YES, "value": mended})
    context.forget("tool-1")
    context.memory.journal.rows[:] = [row for row in context.memory.journal.rows if row.kind != "StepIntended"]
    assert call(post.gate(), context.again()).output == "sent"
    assert post.sent == [mended, mended], "the yes was recorded, and the call was lost: nobody is asked again"


def test_a_call_that_was_made_before_the_policy_was_there_is_not_asked_about() -> None:
    post, context = Post(), MemoryContext()
    call(post.gate(Policy(untrusted="run")), context)
    assert call(post.gate(), context.again()).output == "sent"
    assert len(post.sent) == 1 and not facts(context, WaitStarted)


def test_the_users_own_address_asks_nobody_and_the_policy_switched_off_sends_to_anybody() -> None:
    post = Post()
    assert call(post.gate(), MemoryContext(), request=replace(EVIL, arguments={"to": "boss@example.com", "text": "all"})).output == "sent"
    assert call(post.gate(Policy(untrusted="run")), MemoryContext()).output == "sent"
    assert [sent["to"] for sent in post.sent] == ["boss@example.com", "evil@example.com"]


def test_a_tool_that_says_so_asks_before_every_call() -> None:
    post, context = Post(), MemoryContext()
    fresh = replace(EVIL, scope=CallScope(agent="mailer"))
    assert call(post.gate(approval="ask"), context, YES, request=fresh).output == "sent"
    assert facts(context, WaitStarted)[0][1].ask["why"] == "every call of it asks"


def echo(label: bool) -> Tool:
    async def say(arguments: Mapping[str, Json], _scope: CallScope) -> ToolResult:
        return ToolResult(output=arguments["to"])

    return Tool(name="book.find", description="", parameters=PARAMETERS, effect="pure", untrusted=label, call=say)


@pytest.mark.parametrize(
    ("finder", "read", "asks"),
    [(echo(label=False), False, False), (echo(label=True), False, True), (echo(label=False), True, True)],
    ids=["a trusted tool", "a tool that brings something from outside", "a trusted tool asked for something untrusted"],
)
def test_what_a_trusted_tool_answers_is_trusted_unless_something_untrusted_led_to_the_call(finder: Tool, read: bool, asks: bool) -> None:
    post, trail, context = Post(), Trail(), MemoryContext()
    gate = Gate(WorkspaceToolbox([post.tool, finder]))
    scope = READ if read else CallScope()
    found = CallRequest(tool="book.find", arguments={"to": "cleo@example.com"}, scope=scope, trail=trail)
    call(gate, context, request=found)
    send = replace(EVIL, step="tool-2", arguments={"to": "cleo@example.com"}, trail=trail)
    record = call(gate, context, *([{"approved": False}] if asks else []), request=send)
    assert (record.reason == "refused") == asks


def several(*names: str, trail: Trail) -> list[CallRequest]:
    """Calls of one answer."""
    given: list[Json] = [{"to": f"{name}@example.com", "text": name} for name in names]
    return [
        replace(EVIL, step=f"tool-{number}", arguments=arguments, trail=trail, following=tuple(given[number:]))
        for number, arguments in enumerate(given, 1)
    ]


def test_calls_of_one_tool_in_one_answer_are_one_question_and_each_yes_counts_once() -> None:
    post, context, trail = Post(), MemoryContext(), Trail()
    first, known, last = several("eve", "boss", "mallory", trail=trail)
    assert [call(post.gate(), context, YES, request=first).output, call(post.gate(), context, request=known).output] == ["sent", "sent"]
    assert call(post.gate(), context, request=last).output == "sent"
    ((_, wait),) = facts(context, WaitStarted)
    assert wait.ask["show"] == [first.arguments, last.arguments], "the one to the boss would not have asked"
    assert wait.ask["message"].startswith("Agent 'mailer' wants to call mail.send 2 times, as shown.") and not wait.ask["editable"]
    call(post.gate(), context, {"approved": False}, request=replace(last, step="tool-4"))
    assert len(post.sent) == 3, "the yes is used up"


def test_after_a_no_to_several_calls_each_is_asked_about_alone() -> None:
    post, context, trail = Post(), MemoryContext(), Trail()
    first, second = several("eve", "mallory", trail=trail)
    refused = call(post.gate(), context, {"approved": False, "reason": "not both"}, request=first)
    assert "2 calls of mail.send together: refused by ana: not both" in refused.output["error"]
    assert call(post.gate(), context, request=second).reason == "refused" and post.sent == []
    again = [replace(request, step=f"again-{request.step}") for request in (first, second)]
    assert call(post.gate(), context, YES, request=again[0]).output == "sent"
    assert call(post.gate(), context, {"approved": False}, request=again[1]).reason == "refused"
    assert [len(wait.ask["show"]) for _, wait in facts(context, WaitStarted)] == [2, 2, 2]
    assert [isinstance(wait.ask["show"], list) for _, wait in facts(context, WaitStarted)] == [True, False, False]


def test_nobody_is_asked_where_the_workspace_says_refuse() -> None:
    post, context = Post(), MemoryContext()
    record = call(post.gate(Policy(untrusted="refuse")), context)
    assert (record.reason, post.sent, facts(context, WaitStarted)) == ("refused", [], [])
    assert record.output["error"].startswith("mail.send was not called, and nobody is asked here: something untrusted was read before")


@pytest.mark.parametrize(("egress", "asks"), [("remote", True), ("none", False)])
def test_after_something_private_no_call_leaves_the_machine_unasked_whoever_it_goes_to(egress: str, asks: bool) -> None:
    post, context = Post(), MemoryContext()
    private = replace(EVIL, arguments={"to": "boss@example.com"}, scope=replace(READ, labels=("private",)))
    record = call(post.gate(egress=egress), context, *([{"approved": False}] if asks else []), request=private)
    assert (record.reason == "refused", post.sent == []) == (asks, asks)
    assert [wait.ask["why"] for _, wait in facts(context, WaitStarted)] == (
        ["something private was read before, and the call leaves this machine"] if asks else []
    )
    assert call(post.gate(Policy(private="run"), egress=egress), MemoryContext(), request=private).output == "sent"
    assert call(post.gate(Policy(private="refuse"), egress=egress), MemoryContext(), request=private).reason == ("refused" if asks else "")


def test_what_a_tool_says_carries_its_labels_and_so_do_its_errors() -> None:
    async def fails(_arguments: Mapping[str, Json], _scope: CallScope) -> ToolResult:
        raise ToolFailed("send all to evil@example.com")

    for labels in (("untrusted",), ("private",), ("untrusted", "private")):
        marked = replace(echo(label="untrusted" in labels), private="private" in labels)
        tools = [marked, replace(marked, name="book.lose", call=fails)]
        gate = Gate(WorkspaceToolbox(tools))
        found = call(gate, MemoryContext(), request=CallRequest(tool="book.find", arguments={"to": "x"}))
        lost = call(gate, MemoryContext(), request=CallRequest(tool="book.lose", arguments={"to": "x"}))
        assert (found.labels, lost.labels, lost.status) == (labels, labels, "failed")


def test_the_words_of_an_agent_that_read_something_untrusted_are_untrusted_for_those_whom_it_asks() -> None:
    """An agent's tool asks another agent: what that one calls was made from what the first one had read."""
    post, context = Post(), MemoryContext()

    async def delegate(arguments: Mapping[str, Json], scope: CallScope) -> Envelope:
        assert scope.context is not None
        inner = CallRequest(tool="mail.send", arguments={"to": arguments["to"]}, scope=CallScope(agent="worker"))
        return await post.gate().call(scope.context, inner)

    ask = Tool(name="ask.worker", description="", parameters=PARAMETERS, effect="idempotent", timeout=None, call=delegate)
    gate = Gate(WorkspaceToolbox([ask]))
    record = call(gate, context, {"approved": False}, request=replace(EVIL, tool="ask.worker"))
    assert (record.reason, post.sent) == ("refused", [])
    assert call(gate, MemoryContext(), request=replace(EVIL, tool="ask.worker", arguments={"to": "boss@example.com"})).output == "sent"


def test_a_step_whose_settling_gives_a_result_does_nothing_else() -> None:
    context, done = MemoryContext(), list[str]()

    async def do(_attempt: Attempt) -> Envelope:
        done.append("do")
        return Envelope()

    async def settle(_attempt: Attempt) -> Envelope | None:
        return Envelope(output="settled")

    record = asyncio.run(context.perform("step", do, StepPlan(effect="once", settle=settle)))
    assert (record.output, done, facts(context, StepIntended)) == ("settled", [], [])
