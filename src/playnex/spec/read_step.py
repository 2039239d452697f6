"""The `steps` of a flow file: what each does, what it waits for, and what it does when it fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from playnex.canonical import Json
from playnex.spec.check_value import schema_problem
from playnex.spec.faults import did_you_mean
from playnex.spec.flow import (
    NO_RETRY,
    ActionKind,
    ApproveSpec,
    CaseSpec,
    ElseSpec,
    FallbackSpec,
    ForEachSpec,
    OnFail,
    RetrySpec,
    StepSpec,
    SwitchSpec,
    VerifySpec,
    WaitSpec,
)
from playnex.spec.located import Entry, ListNode, MapNode, Node, ScalarNode, find, plain
from playnex.spec.reading import NOT_YET, WORD, Reading
from playnex.spec.references import is_single
from playnex.spec.schema import SchemaError, to_json_schema

WHAT_KEYS: tuple[ActionKind, ...] = ("agent", "tool", "flow", "switch", "approve", "wait", "save")
LATER_WHAT_KEYS = ("python", "pattern", "repeat")
BESIDE_KEYS = (
    "prompt", "with", "content", "capsules", "output", "verify", "needs", "if", "else", "timeout", "retry", "fallback",
    "continue-on-error", "on-refuse", "for-each", "max-parallel", "cases", "default", "name", "description",
)  # fmt: skip
LATER_BESIDE_KEYS = ("steps",)
ACTING: tuple[ActionKind, ...] = ("agent", "tool", "flow", "switch", "save")
ONLY_BESIDE: Mapping[str, tuple[ActionKind, ...]] = {
    "prompt": ("agent", "switch"),
    "capsules": ("agent", "switch"),
    "with": ("tool", "flow", "switch"),
    "cases": ("switch",),
    "default": ("switch",),
    "for-each": ACTING,
    "on-refuse": ("approve",),
    "retry": ACTING,
    "fallback": ACTING,
    "verify": ACTING,
    "timeout": ACTING,
}

CASE_KEYS: tuple[ActionKind, ...] = ("agent", "tool", "flow")
CASE_SETTINGS = ("prompt", "with", "capsules", "output", "verify", "timeout", "retry", "fallback", "save", "content")
ROUTING = ("switch", "cases", "default", "for-each", "max-parallel", "if", "else", "needs", "continue-on-error")
"""What belongs to the switch itself, and to none of its cases."""

VERIFY_KEYS = ("that", "agent", "on-fail")
APPROVE_KEYS = ("message", "show", "editable", "timeout")
WAIT_KEYS = ("signal", "timeout")
RETRY_KEYS = ("times", "delay", "backoff", "on")
MOST_RETRIES = 100
MOST_AT_ONCE = 10_000
MOST_BACKOFF = 100
ON_FAIL = ("retry", "fallback", "fail", "ask")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutline:
    """A step as far as it could be read; `spec` is None where it does something that this version does not know."""

    id: str
    entry: Entry
    needs: tuple[str, ...] = ()
    spec: StepSpec | None = None

    def cases(self) -> "tuple[StepOutline, ...]":
        """What a switch can lead to, each as the step that it would be."""
        if self.spec is None or self.spec.switch is None or not isinstance(self.entry.value, MapNode):
            return ()
        found: list[StepOutline] = []
        settings = find(self.entry.value, "cases")
        steps = {case.value: case.step for case in self.spec.switch.cases}
        entries = settings.entries if isinstance(settings, MapNode) else ()
        for entry in (*entries, *((default,) if (default := self.entry.value.entry("default")) else ())):
            step = self.spec.switch.default if entry.key == "default" and entry not in entries else steps.get(entry.key)
            if step and isinstance(entry.value, MapNode):
                merged = replace(entry, value=with_settings(self.entry.value, entry.value))
                found.append(replace(self, entry=merged, spec=step))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDefaults:
    """What an agent or tool step has that does not say otherwise."""

    timeout: float | None = None
    retry: RetrySpec | None = None


@dataclass(slots=True, kw_only=True)
class StepsReader:
    """Reads steps in order."""

    reading: Reading
    defaults: StepDefaults
    ids: tuple[str, ...] = field(default=())

    def read(self, steps: MapNode) -> tuple[StepOutline, ...]:
        """Every step, each waiting for the one above it unless it says otherwise."""
        self.ids = steps.keys()
        above = ("", *self.ids)
        read = [self._step(entry, previous) for entry, previous in zip(steps.entries, above, strict=False)]
        return tuple({outline.id: outline for outline in reversed(read)}[each] for each in dict.fromkeys(self.ids))

    def _step(self, entry: Entry, previous: str) -> StepOutline:
        self._check_id(entry)
        node = self.reading.map(entry.value, f"step {entry.key!r}", hint=f"write `{entry.key}: {{ agent: NAME, prompt: … }}`")
        if node is None:
            return StepOutline(id=entry.key, entry=entry, needs=(previous,) if previous else ())
        self.reading.keys(node, (*WHAT_KEYS, *BESIDE_KEYS), what="a step", later=(*LATER_WHAT_KEYS, *LATER_BESIDE_KEYS))
        needs = self._needs(entry, node, previous)
        kind = self._kind(entry, node)
        spec = self._spec(entry.key, node, kind) if kind else None
        if spec and not needs:
            self._check_first(entry, spec)
        return StepOutline(id=entry.key, entry=entry, needs=needs, spec=replace(spec, needs=needs) if spec else None)

    def _check_first(self, entry: Entry, spec: StepSpec) -> None:
        """A step that waits for nothing is given nothing but what it says itself."""
        if spec.kind == "save" and spec.content is None:
            self.reading.fault(entry, f"step {entry.key!r} has nothing to save", hint="add `content:`, or put it below another step")
        if spec.kind == "agent" and find(entry.value, "prompt") is None:
            self.reading.fault(entry, f"step {entry.key!r} asks its agent nothing", hint="add `prompt:`")

    def _check_id(self, entry: Entry) -> None:
        if not WORD.fullmatch(entry.key):
            hint = "use letters, digits, - and _, beginning with a letter"
            self.reading.fault(entry, f"{entry.key!r} cannot be the id of a step", hint=hint)

    def _kind(self, entry: Entry, node: MapNode, offered: tuple[ActionKind, ...] = WHAT_KEYS) -> ActionKind | None:
        what = (*WHAT_KEYS, *LATER_WHAT_KEYS)
        found = [key for key in what if node.entry(key)]
        doing = [key for key in found if key != "save"]
        if len(doing) > 1:
            second = node.entry(doing[1]) or entry
            self.reading.fault(second, f"step {entry.key!r} does two things: {' and '.join(doing)}", hint="make it two steps")
            return None
        if not found:
            hint = f"say what it does: one of {', '.join(offered)}"
            self.reading.fault(entry, f"{'step' if offered is WHAT_KEYS else 'case'} {entry.key!r} does nothing", hint=hint)
            return None
        kind = doing[0] if doing else "save"
        return kind if kind in WHAT_KEYS else None

    def _spec(self, step_id: str, node: MapNode, kind: ActionKind) -> StepSpec:
        reading = self.reading
        self._check_company(node, kind)
        arguments = reading.map(find(node, "with"), "`with`")
        other = node.entry("else")
        retry = read_retry(reading, find(node, "retry"))
        timeout = reading.duration(find(node, "timeout"), "`timeout`")
        has_defaults = kind not in ("save", "approve", "wait")
        return StepSpec(
            id=step_id,
            kind=kind,
            target=reading.filled(find(node, kind), f"`{kind}`") or "" if kind in ("agent", "tool", "flow") else "",
            name=reading.text(find(node, "name"), "`name`") or "",
            description=reading.text(find(node, "description"), "`description`") or "",
            prompt=reading.filled(find(node, "prompt"), "`prompt`"),
            arguments=plain(arguments) if arguments else {},
            content=reading.text(find(node, "content"), "`content`"),
            capsules=reading.texts(find(node, "capsules"), "`capsules`"),
            output=read_schema(reading, find(node, "output")),
            verify=self._verify(node),
            timeout=self.defaults.timeout if timeout is None and has_defaults else timeout,
            retry=retry or (self.defaults.retry if has_defaults else None) or NO_RETRY,
            fallback=self._fallback(find(node, "fallback")),
            save=reading.filled(find(node, "save"), "`save`"),
            declares_needs=find(node, "needs") is not None,
            condition=reading.filled(find(node, "if"), "`if`"),
            otherwise=ElseSpec(value=plain(other.value)) if other else None,
            goes_on=reading.flag(find(node, "continue-on-error"), "`continue-on-error`") or False,
            approve=read_approval(reading, find(node, "approve"), find(node, "on-refuse")),
            wait=read_wait(reading, find(node, "wait")),
            for_each=self._for_each(node),
            switch=self._switch(step_id, node) if kind == "switch" else None,
        )

    def _for_each(self, node: MapNode) -> ForEachSpec | None:
        items, most = find(node, "for-each"), node.entry("max-parallel")
        at_most = self.reading.whole(most.value, "`max-parallel`", least=1, most=MOST_AT_ONCE) if most else None
        if items is None:
            if most:
                self.reading.fault(most, "'max-parallel' has no meaning without 'for-each'", hint="add `for-each: ${{ … }}`")
            return None
        if not isinstance(items, ListNode) and not is_single(str(plain(items))):
            self.reading.wrong(items, "`for-each`", "a list, or one ${{ }} that gives a list")
        if (save := node.entry("save")) and "item" not in str(plain(save.value)):
            self.reading.fault(
                save, "every item would save the same capsule", hint="name it with ${{ item }}, or save the list in a step below"
            )
        return ForEachSpec(items=plain(items), at_most=at_most)

    def _switch(self, step_id: str, node: MapNode) -> SwitchSpec:
        cases = self.reading.map(find(node, "cases"), "`cases`")
        if cases is None or not cases.entries:
            self.reading.fault(node, f"the switch {step_id!r} has no cases", hint="add `cases: { VALUE: { agent: NAME } }`")
        read = [(entry, self.case_of(step_id, node, entry)) for entry in (cases.entries if cases else ())]
        default = node.entry("default")
        return SwitchSpec(
            on=self.reading.filled(find(node, "switch"), "`switch`") or "",
            cases=tuple(CaseSpec(value=entry.key, step=step) for entry, step in read if step),
            default=self.case_of(step_id, node, default) if default else None,
        )

    def case_of(self, step_id: str, node: MapNode, case: Entry) -> StepSpec | None:
        """What a case does: its own settings, and those of the switch for all else."""
        settings = self.reading.map(case.value, f"the case {case.key!r}", hint=f"write `{case.key}: {{ agent: NAME }}`")
        if settings is None:
            return None
        self.reading.keys(settings, (*CASE_KEYS, *CASE_SETTINGS), what="a case")
        merged = with_settings(node, settings)
        kind = self._kind(case, merged, CASE_KEYS)
        return self._spec(step_id, merged, kind) if kind and kind != "switch" else None

    def _check_company(self, node: MapNode, kind: ActionKind) -> None:
        for entry in node.entries:
            owners = ONLY_BESIDE.get(entry.key, (kind,))
            if kind not in owners:
                inside = kind == "approve" and entry.key == "timeout"
                hint = "put it inside: `approve: { timeout: … }`" if inside else f"it goes with {' or '.join(map(repr, owners))}"
                self.reading.fault(entry, f"{entry.key!r} has no meaning beside {kind!r}", hint=hint)
        if (other := node.entry("else")) and not node.entry("if"):
            self.reading.fault(other, "'else' has no meaning without 'if'", hint="add `if: EXPRESSION`, or delete it")
        if (content := node.entry("content")) and not node.entry("save"):
            self.reading.fault(content, "'content' has no meaning without 'save'", hint="add `save: NAME`")

    def _needs(self, entry: Entry, node: MapNode, previous: str) -> tuple[str, ...]:
        declared = find(node, "needs")
        if declared is None:
            return (previous,) if previous else ()
        needs = self.reading.texts(declared, "`needs`")
        for position, need in enumerate(needs):
            self._check_need(entry.key, need, find(declared, position) or declared)
        return tuple(dict.fromkeys(needs))

    def _check_need(self, step_id: str, need: str, node: Node) -> None:
        if need not in self.ids:
            hint = did_you_mean(need, self.ids) or f"steps: {', '.join(self.ids)}"
            self.reading.fault(node, f"step {step_id!r} needs {need!r}, and there is no such step", hint=hint)

    def _verify(self, node: MapNode) -> tuple[VerifySpec, ...]:
        found = find(node, "verify")
        if found is None:
            return ()
        checks = found.items if isinstance(found, ListNode) else (found,)
        read = (self._check(check, has_fallback=find(node, "fallback") is not None) for check in checks)
        return tuple(check for check in read if check)

    def _check(self, node: Node, *, has_fallback: bool) -> VerifySpec | None:
        check = self.reading.map(node, "`verify`")
        if check is None:
            return None
        self.reading.keys(check, VERIFY_KEYS, what="`verify`", later=("python",))
        that = self.reading.filled(find(check, "that"), "`that`")
        agent = self.reading.filled(find(check, "agent"), "`agent`")
        if (find(check, "that") is None) == (find(check, "agent") is None) and find(check, "python") is None:
            self.reading.fault(check, "a check is either `that` or `agent`", hint='write {that: "output.x > 0"} or {agent: NAME}')
        on_fail = self._on_fail(find(check, "on-fail"), has_fallback=has_fallback)
        return VerifySpec(that=that, agent=agent, on_fail=on_fail)

    def _on_fail(self, node: Node | None, *, has_fallback: bool) -> OnFail:
        word = self.reading.choice(node, "`on-fail`", ON_FAIL)
        if node is not None and word == "ask":
            self.reading.fault(node, f"`on-fail: ask` {NOT_YET}", hint="use retry, fallback or fail")
        if node is not None and word == "fallback" and not has_fallback:
            self.reading.fault(node, "`on-fail: fallback` and the step has no fallback", hint="add `fallback:` to the step")
        return cast(OnFail, word or "fail")

    def _fallback(self, node: Node | None) -> FallbackSpec | None:
        if node is None:
            return None
        if isinstance(node, MapNode) and node.keys() == ("agent",):
            agent = self.reading.filled(find(node, "agent"), "`agent`")
            return FallbackSpec(agent=agent) if agent else None
        return FallbackSpec(value=plain(node))


def with_settings(node: MapNode, settings: MapNode) -> MapNode:
    """A switch's step as one of its cases has it: without the routing and what does not fit it, the case's settings above its own."""
    kind = next((key for key in CASE_KEYS if settings.entry(key)), "agent")
    fitting = [entry for entry in node.entries if entry.key not in ROUTING and kind in ONLY_BESIDE.get(entry.key, (kind,))]
    return MapNode(place=settings.place, entries=(*settings.entries, *(entry for entry in fitting if not settings.entry(entry.key))))


def read_approval(reading: Reading, node: Node | None, refusal: Node | None) -> ApproveSpec | None:
    """`{message, show, editable, timeout}`, and what a no means."""
    parts = reading.map(node, "`approve`", hint="write `approve: { message: … }`")
    if parts is None:
        return None
    reading.keys(parts, APPROVE_KEYS, what="`approve`")
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
