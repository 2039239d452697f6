"""What stands beside the key that says what a step does, where it has a form of its own: checks, retries, approvals, waits, schemas."""

import re
from typing import cast

from playnex.canonical import Json
from playnex.spec.check_value import schema_problem
from playnex.spec.flow import NO_RETRY, ApproveSpec, OnFail, RepeatSpec, RetrySpec, VerifySpec, WaitSpec
from playnex.spec.located import ListNode, Node, ScalarNode, find, plain
from playnex.spec.reading import Reading
from playnex.spec.schema import SchemaError, to_json_schema

MOST_RETRIES = 100
MOST_ROUNDS = 1_000
CONTINUE = "continue"
CHECKS = ("that", "agent", "python")
VERIFY_KEYS = (*CHECKS, "on-fail", "timeout")
APPROVE_KEYS = ("message", "show", "editable", "timeout")
REPEAT_KEYS = ("max", "until")
WAIT_KEYS = ("signal", "timeout")
RETRY_KEYS = ("times", "delay", "backoff", "on")
MOST_BACKOFF = 100
FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
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
    reading.keys(check, VERIFY_KEYS, what="`verify`")
    if sum(find(check, key) is not None for key in CHECKS) != 1:
        hint = 'write {that: "output.x > 0"}, {agent: NAME} or {python: MODULE:FUNCTION}'
        reading.fault(check, "a check is one of `that`, `agent` and `python`", hint=hint)
    on_fail = _on_fail(reading, find(check, "on-fail"), has_fallback=has_fallback)
    if (limit := check.entry("timeout")) and on_fail != "ask":
        reading.fault(limit, "'timeout' has no meaning here without `on-fail: ask`", hint="it is how long a person has to answer")
    return VerifySpec(
        that=reading.filled(find(check, "that"), "`that`"),
        agent=reading.filled(find(check, "agent"), "`agent`"),
        python=read_function(reading, find(check, "python")),
        on_fail=on_fail,
        timeout=reading.duration(find(check, "timeout"), "`timeout`"),
    )


def read_function(reading: Reading, node: Node | None) -> str | None:
    """`module:function`, where the module is a Python file below the workspace: `steps.money:total` is `total` in steps/money.py."""
    name = reading.filled(node, "`python`")
    if name is None or node is None or FUNCTION.fullmatch(name):
        return name
    reading.fault(node, f"{name!r} names no function", hint="write MODULE:FUNCTION, such as checks:is_polite for checks.py")
    return None


def _on_fail(reading: Reading, node: Node | None, *, has_fallback: bool) -> OnFail:
    word = reading.choice(node, "`on-fail`", ON_FAIL)
    if node is not None and word == "fallback" and not has_fallback:
        reading.fault(node, "`on-fail: fallback` and the step has no fallback", hint="add `fallback:` to the step")
    return cast(OnFail, word or "fail")


def read_approval(reading: Reading, node: Node | None, refusal: Node | None) -> ApproveSpec | None:
    """`{message, show, editable, timeout}`, and what a no means."""
    parts = reading.map(node, "`approve`", hint="write `approve: { message: … }`")
    if parts is None:
        return None
    reading.keys(parts, APPROVE_KEYS, what="`approve`")
    word = reading.filled(refusal, "`on-refuse`") or ""
    if find(parts, "message") is None:
        reading.fault(parts, "an approval asks nothing", hint="add `message:`")
    return ApproveSpec(
        message=reading.filled(find(parts, "message"), "`message`") or "",
        show=plain(find(parts, "show")),
        editable=reading.flag(find(parts, "editable"), "`editable`") or False,
        timeout=reading.duration(find(parts, "timeout"), "`timeout`"),
        goes_on=word == CONTINUE,
        refused_to="" if word == CONTINUE else word,
    )


def read_loop(reading: Reading, node: Node | None) -> RepeatSpec | None:
    """`{max, until}`, without the steps."""
    parts = reading.map(node, "`repeat`", hint="write `repeat: { max: N, until: EXPRESSION }`")
    if parts is None:
        return None
    reading.keys(parts, REPEAT_KEYS, what="`repeat`")
    if find(parts, "max") is None:
        reading.fault(parts, "a loop without a cap", hint="add `max: N`, the most rounds that it may take")
    most = reading.whole(find(parts, "max"), "`max`", least=1, most=MOST_ROUNDS)
    return RepeatSpec(most=most or 1, until=reading.filled(find(parts, "until"), "`until`"))


def read_wait(reading: Reading, node: Node | None) -> WaitSpec | None:
    """`10m`, or `{signal, timeout}`."""
    if node is None:
        return None
    if isinstance(node, ScalarNode):
        return WaitSpec(seconds=reading.duration(node, "`wait`"))
    parts = reading.map(node, "`wait`")
    if parts is None:
        return None
    reading.keys(parts, WAIT_KEYS, what="`wait`")
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
    reading.keys(parts, RETRY_KEYS, what="`retry`")
    times = reading.whole(find(parts, "times"), "`times`", least=0, most=MOST_RETRIES)
    delay = reading.duration(find(parts, "delay"), "`delay`")
    backoff = reading.number(find(parts, "backoff"), "`backoff`", least=1, most=MOST_BACKOFF)
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
