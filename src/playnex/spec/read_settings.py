"""What stands beside the key that says what a step does, where it has a form of its own: checks, retries, approvals, waits, schemas."""

from typing import cast

from playnex.canonical import Json
from playnex.spec.check_value import schema_problem
from playnex.spec.flow import NO_RETRY, ApproveSpec, OnFail, RetrySpec, VerifySpec, WaitSpec
from playnex.spec.located import ListNode, Node, ScalarNode, find, plain
from playnex.spec.reading import NOT_YET, Reading
from playnex.spec.schema import SchemaError, to_json_schema

MOST_RETRIES = 100
ON_FAIL = ("retry", "fallback", "fail", "ask")


def read_checks(reading: Reading, node: Node | None, *, has_fallback: bool) -> tuple[VerifySpec, ...]:
    """One check of a step's output, or a list of them; `has_fallback` says whether something can stand in for a result that fails."""
    if node is None:
        return ()
    checks = node.items if isinstance(node, ListNode) else (node,)
    read = (_check(reading, check, has_fallback=has_fallback) for check in checks)
    return tuple(check for check in read if check)


def _check(reading: Reading, node: Node, *, has_fallback: bool) -> VerifySpec | None:
    check = reading.map(node, "`verify`")
    if check is None:
        return None
    reading.keys(check, ("that", "agent", "on-fail", "timeout"), what="`verify`", later=("python",))
    that = reading.filled(find(check, "that"), "`that`")
    agent = reading.filled(find(check, "agent"), "`agent`")
    if (find(check, "that") is None) == (find(check, "agent") is None) and find(check, "python") is None:
        reading.fault(check, "a check is either `that` or `agent`", hint='write {that: "output.x > 0"} or {agent: NAME}')
    on_fail = _on_fail(reading, find(check, "on-fail"), has_fallback=has_fallback)
    if (limit := check.entry("timeout")) and on_fail != "ask":
        reading.fault(limit, "'timeout' has no meaning here without `on-fail: ask`", hint="it is how long a person has to answer")
    return VerifySpec(that=that, agent=agent, on_fail=on_fail, timeout=reading.duration(find(check, "timeout"), "`timeout`"))


def _on_fail(reading: Reading, node: Node | None, *, has_fallback: bool) -> OnFail:
    word = reading.choice(node, "`on-fail`", ON_FAIL)
    if node is not None and word == "fallback" and not has_fallback:
        reading.fault(node, "`on-fail: fallback` and the step has no fallback", hint="add `fallback:` to the step")
    return cast(OnFail, word or "fail")


def read_approval(reading: Reading, node: Node | None, refusal: Node | None) -> ApproveSpec | None:
    """`{message, show, editable, timeout}`, and what a no means."""
    parts = reading.map(node, "`approve`")
    if parts is None:
        return None
    reading.keys(parts, ("message", "show", "editable", "timeout"), what="`approve`")
    word = reading.text(refusal, "`on-refuse`")
    if refusal is not None and word not in (None, "continue"):
        reading.fault(
            refusal, f"`on-refuse` with a step {NOT_YET}", hint="write `continue`, and ask `if: steps.ID.status == 'failed'` below"
        )
    if find(parts, "message") is None:
        reading.fault(parts, "an approval asks nothing", hint="add `message:`")
    return ApproveSpec(
        message=reading.filled(find(parts, "message"), "`message`") or "",
        show=plain(find(parts, "show")),
        editable=reading.flag(find(parts, "editable"), "`editable`") or False,
        timeout=reading.duration(find(parts, "timeout"), "`timeout`"),
        goes_on=word == "continue",
    )


def read_wait(reading: Reading, node: Node | None) -> WaitSpec | None:
    """`10m`, or `{signal, timeout}`."""
    if node is None:
        return None
    if isinstance(node, ScalarNode):
        return WaitSpec(seconds=reading.duration(node, "`wait`"))
    parts = reading.map(node, "`wait`")
    if parts is None:
        return None
    reading.keys(parts, ("signal", "timeout"), what="`wait`")
    if find(parts, "signal") is None:
        reading.fault(parts, "a wait needs a time or a signal", hint="write `wait: 10m`, or `wait: { signal: NAME }`")
    signal = reading.filled(find(parts, "signal"), "`signal`") or ""
    return WaitSpec(signal=signal, seconds=reading.duration(find(parts, "timeout"), "`timeout`"))


def read_retry(reading: Reading, node: Node | None) -> RetrySpec | None:
    """`1`, or `{times, delay, backoff, on}`."""
    if node is None or isinstance(node, ScalarNode):
        times = reading.whole(node, "`retry`", least=0, most=MOST_RETRIES)
        return None if times is None else RetrySpec(times=times)
    parts = reading.map(node, "`retry`")
    if parts is None:
        return None
    reading.keys(parts, ("times", "delay", "backoff", "on"), what="`retry`")
    times = reading.whole(find(parts, "times"), "`times`", least=0, most=MOST_RETRIES)
    delay = reading.duration(find(parts, "delay"), "`delay`")
    backoff = reading.number(find(parts, "backoff"), "`backoff`", least=1, most=100)
    return RetrySpec(
        times=1 if times is None else times,
        delay=NO_RETRY.delay if delay is None else delay,
        backoff=NO_RETRY.backoff if backoff is None else backoff,
        on=reading.texts(find(parts, "on"), "`on`"),
    )


def read_schema(reading: Reading, node: Node | None) -> dict[str, Json] | None:
    """The short schema of an `output`, as JSON Schema."""
    if node is None:
        return None
    try:
        schema = to_json_schema(plain(node))
    except SchemaError as error:
        for fault in error.faults:
            reading.fault(find(node, *fault.keys) or node, fault.message, hint=fault.hint)
        return None
    if problem := schema_problem(schema):
        reading.fault(node, f"the JSON Schema is not valid: {problem}")
    return schema
