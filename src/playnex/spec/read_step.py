"""The `steps` of a flow file: what each does, what it waits for, and what it does when it fails."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from playnex.spec.faults import did_you_mean
from playnex.spec.flow import (
    MOST_AT_ONCE,
    NO_RETRY,
    ActionKind,
    CaseSpec,
    ElseSpec,
    FallbackSpec,
    ForEachSpec,
    RetrySpec,
    StepSpec,
    SwitchSpec,
)
from playnex.spec.located import Entry, ListNode, MapNode, Node, find, plain
from playnex.spec.read_pattern import read_pattern
from playnex.spec.read_settings import read_approval, read_checks, read_function, read_loop, read_retry, read_schema, read_wait
from playnex.spec.reading import WORD, Reading
from playnex.spec.references import is_single

WHAT_KEYS: tuple[ActionKind, ...] = ("agent", "tool", "flow", "python", "switch", "approve", "wait", "save", "pattern", "repeat")
BESIDE_KEYS = (
    "prompt", "with", "content", "capsules", "output", "verify", "needs", "if", "else", "timeout", "retry", "fallback",
    "continue-on-error", "on-refuse", "for-each", "max-parallel", "cases", "default", "steps", "name", "description",
)  # fmt: skip
ACTING: tuple[ActionKind, ...] = ("agent", "tool", "flow", "python", "switch", "save", "pattern", "repeat")
ONLY_BESIDE: Mapping[str, tuple[ActionKind, ...]] = {
    "prompt": ("agent", "pattern", "switch"),
    "capsules": ("agent", "pattern", "switch"),
    "with": ("tool", "flow", "python", "pattern", "switch"),
    "cases": ("switch",),
    "default": ("switch",),
    "steps": ("repeat",),
    "for-each": ACTING,
    "on-refuse": ("approve",),
    "retry": ACTING,
    "fallback": ACTING,
    "verify": ACTING,
    "timeout": ACTING,
}

CASE_KEYS: tuple[ActionKind, ...] = ("agent", "tool", "flow", "python", "pattern")
CASE_SETTINGS = ("prompt", "with", "capsules", "output", "verify", "timeout", "retry", "fallback", "save", "content")
ROUTING = ("switch", "cases", "default", "for-each", "max-parallel", "if", "else", "needs", "continue-on-error")
"""What belongs to the switch itself, and to none of its cases."""

OF_ITS_OWN = ("needs", "if", "else", "continue-on-error", "on-refuse")
"""What has no meaning in a step that runs in the place of another: when it runs is not its own to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutline:
    """A step as far as it could be read; `spec` is None where it does something that this version does not know. `inner` are the
    steps of a loop. One that `stands_in` runs only where another step names it, as its fallback or as one of its cases."""

    id: str
    entry: Entry
    needs: tuple[str, ...] = ()
    spec: StepSpec | None = None
    inner: "tuple[StepOutline, ...]" = ()
    stands_in: bool = False

    def cases(self) -> "tuple[StepOutline, ...]":
        """What a switch can lead to, each as the step that it would be; steps that stand in are steps of their own."""
        if self.spec is None or self.spec.switch is None or not isinstance(self.entry.value, MapNode):
            return ()
        found: list[StepOutline] = []
        for entry, step in self._routes(self.entry.value, self.spec.switch):
            if step and isinstance(entry.value, MapNode) and entry.value.keys() != STEP_ALONE:
                merged = replace(entry, value=with_settings(self.entry.value, entry.value))
                found.append(replace(self, entry=merged, spec=step))
        return tuple(found)

    def _routes(self, node: MapNode, switch: SwitchSpec) -> Iterator[tuple[Entry, StepSpec | None]]:
        steps = {case.value: case.step for case in switch.cases}
        if isinstance(cases := find(node, "cases"), MapNode):
            yield from ((entry, steps.get(entry.key)) for entry in cases.entries)
        if default := node.entry("default"):
            yield default, switch.default


STEP_ALONE = ("step",)
"""The keys of `{step: ID}`."""


def run_by_themselves(outlines: tuple[StepOutline, ...]) -> tuple[StepSpec, ...]:
    """The steps that could be read, without those that stand in for others."""
    return tuple(outline.spec for outline in outlines if outline.spec and not outline.stands_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDefaults:
    """What an agent or tool step has that does not say otherwise."""

    timeout: float | None = None
    retry: RetrySpec | None = None


@dataclass(slots=True, kw_only=True)
class StepsReader:
    """Reads steps in order. `outside` are the ids that are taken already, where these are the steps of a loop."""

    reading: Reading
    defaults: StepDefaults
    outside: tuple[str, ...] = ()
    entries: dict[str, Entry] = field(default_factory=dict)
    standing_in: dict[str, StepOutline] = field(default_factory=dict)
    being_read: list[str] = field(default_factory=list)

    def read(self, steps: MapNode) -> tuple[StepOutline, ...]:
        """Every step, each waiting for the one above it unless it says otherwise."""
        for entry in steps.entries:
            self.entries.setdefault(entry.key, entry)
        named = {str(plain(node)) for entry in steps.entries for node in _named_steps(entry.value)}
        outlines: list[StepOutline] = []
        previous = ""
        for entry in steps.entries:
            if entry.key in named:
                outlines.append(self._stand_in(entry))
            else:
                outlines.append(self._step(entry, previous))
                previous = entry.key
        self._check_needs(outlines)
        first = {outline.id: outline for outline in reversed(outlines)}
        return tuple(first[step] for step in self.entries)

    def _step(self, entry: Entry, previous: str) -> StepOutline:
        read = self._outline(entry)
        needs = self._needs(find(entry.value, "needs"), previous)
        if read.spec and not needs:
            self._check_first(entry, read.spec)
        return replace(read, needs=needs, spec=replace(read.spec, needs=needs) if read.spec else None)

    def _stand_in(self, entry: Entry) -> StepOutline:
        """A step that others name, read once."""
        if entry.key not in self.standing_in:
            self.being_read.append(entry.key)
            for owned in entry.value.entries if isinstance(entry.value, MapNode) else ():
                if owned.key in OF_ITS_OWN:
                    message = f"step {entry.key!r} runs only in the place of another, so {owned.key!r} has no meaning in it"
                    self.reading.fault(owned, message, hint="delete it, or write it in the step that this one stands in for")
            self.standing_in[entry.key] = replace(self._outline(entry), stands_in=True)
            self.being_read.pop()
        return self.standing_in[entry.key]

    def _named(self, node: Node) -> StepSpec | None:
        """The step that stands in where `{step: ID}` names it."""
        name = self.reading.filled(node, "`step`")
        if name is None:
            return None
        if name not in self.entries:
            hint = did_you_mean(name, self.entries) or f"steps: {', '.join(self.entries)}"
            self.reading.fault(node, f"there is no step {name!r}", hint=hint)
            return None
        if name in self.being_read:
            shown = " → ".join((*self.being_read[self.being_read.index(name) :], name))
            self.reading.fault(node, f"steps stand in for each other: {shown}", hint="name another step, or a value")
            return None
        return self._stand_in(self.entries[name]).spec

    def _outline(self, entry: Entry) -> StepOutline:
        self._check_id(entry)
        node = self.reading.map(entry.value, f"step {entry.key!r}", hint=f"write `{entry.key}: {{ agent: NAME, prompt: … }}`")
        if node is None:
            return StepOutline(id=entry.key, entry=entry)
        self.reading.keys(node, (*WHAT_KEYS, *BESIDE_KEYS), what="a step")
        kind = self._kind(entry, node)
        spec = self._spec(entry.key, node, kind) if kind else None
        inner = self._inner(entry, node) if kind == "repeat" else ()
        if spec and spec.repeat:
            spec = replace(spec, repeat=replace(spec.repeat, steps=run_by_themselves(inner)))
        return StepOutline(id=entry.key, entry=entry, spec=spec, inner=inner)

    def _inner(self, entry: Entry, node: MapNode) -> tuple[StepOutline, ...]:
        """The steps of a loop."""
        steps = self.reading.map(find(node, "steps"), "`steps`")
        if steps is None or not steps.entries:
            if node.entry("steps") is None or steps is not None:
                self.reading.fault(node.entry("steps") or entry, f"the loop {entry.key!r} has no steps", hint="add `steps:` below it")
            return ()
        return StepsReader(reading=self.reading, defaults=self.defaults, outside=(*self.outside, *self.entries)).read(steps)

    def _check_first(self, entry: Entry, spec: StepSpec) -> None:
        """A step that waits for nothing is given nothing but what it says itself."""
        if spec.kind == "save" and spec.content is None:
            self.reading.fault(entry, f"step {entry.key!r} has nothing to save", hint="add `content:`, or put it below another step")
        if spec.kind in ("agent", "pattern") and find(entry.value, "prompt") is None:
            self.reading.fault(
                entry, f"step {entry.key!r} asks its agent{'s' if spec.kind == 'pattern' else ''} nothing", hint="add `prompt:`"
            )

    def _check_id(self, entry: Entry) -> None:
        if not WORD.fullmatch(entry.key):
            hint = "use letters, digits, - and _, beginning with a letter"
            self.reading.fault(entry, f"{entry.key!r} cannot be the id of a step", hint=hint)
        if entry.key in self.outside:
            self.reading.fault(entry, f"there is a step {entry.key!r} outside of the loop too", hint="give one of them another id")

    def _kind(self, entry: Entry, node: MapNode, offered: tuple[ActionKind, ...] = WHAT_KEYS) -> ActionKind | None:
        found = [key for key in WHAT_KEYS if node.entry(key)]
        doing = [key for key in found if key != "save"]
        if "switch" in doing:  # beside it, one action may stand that all cases share
            doing = ["switch", *(key for key in doing if key != "switch")]
            doing = doing[:1] if len(doing) == 2 and doing[1] in CASE_KEYS else doing
        if len(doing) > 1:
            second = node.entry(doing[1]) or entry
            self.reading.fault(second, f"step {entry.key!r} does two things: {' and '.join(doing)}", hint="make it two steps")
            return None
        if not found:
            hint = f"say what it does: one of {', '.join(offered)}"
            self.reading.fault(entry, f"{'step' if offered is WHAT_KEYS else 'case'} {entry.key!r} does nothing", hint=hint)
            return None
        kind = doing[0] if doing else "save"
        return next((known for known in WHAT_KEYS if known == kind), None)

    def _spec(self, step_id: str, node: MapNode, kind: ActionKind) -> StepSpec:
        reading = self.reading
        self._check_company(node, kind)
        pattern = read_pattern(reading, node) if kind == "pattern" else None
        arguments = reading.map(find(node, "with"), "`with`") if pattern is None else None
        other = node.entry("else")
        retry = read_retry(reading, find(node, "retry"))
        timeout = reading.duration(find(node, "timeout"), "`timeout`")
        has_defaults = kind not in ("save", "approve", "wait", "repeat")
        return StepSpec(
            id=step_id,
            kind=kind,
            target=self._target(node, kind),
            name=reading.text(find(node, "name"), "`name`") or "",
            description=reading.text(find(node, "description"), "`description`") or "",
            prompt=reading.filled(find(node, "prompt"), "`prompt`"),
            arguments=pattern.settings if pattern else plain(arguments) if arguments else {},
            checks=pattern.checks if pattern else {},
            content=reading.text(find(node, "content"), "`content`"),
            capsules=reading.texts(find(node, "capsules"), "`capsules`"),
            output=read_schema(reading, find(node, "output")),
            verify=read_checks(reading, find(node, "verify"), has_fallback=find(node, "fallback") is not None),
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
            repeat=read_loop(reading, find(node, "repeat")),
        )

    def _target(self, node: MapNode, kind: ActionKind) -> str:
        if kind == "python":
            return read_function(self.reading, find(node, kind)) or ""
        return self.reading.filled(find(node, kind), f"`{kind}`") or "" if kind in CASE_KEYS else ""

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
        if settings.keys() == STEP_ALONE:
            return self._named(settings.entries[0].value)
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

    def _needs(self, declared: Node | None, previous: str) -> tuple[str, ...]:
        if declared is None:
            return (previous,) if previous else ()
        return tuple(dict.fromkeys(self.reading.texts(declared, "`needs`")))

    def _check_needs(self, outlines: list[StepOutline]) -> None:
        apart = {outline.id for outline in outlines if outline.stands_in}
        for outline in outlines:
            declared = find(outline.entry.value, "needs")
            for position, need in enumerate(self.reading.texts(declared, "`needs`") if declared and outline.needs else ()):
                node = find(declared, position) or declared
                if need in apart:
                    message = f"step {outline.id!r} needs {need!r}, which runs only in the place of another step"
                    self.reading.fault(node or outline.entry, message, hint="wait for the step that it stands in for")
                elif need not in self.entries:
                    hint = did_you_mean(need, self.entries) or f"steps: {', '.join(self.entries)}"
                    self.reading.fault(node or outline.entry, f"step {outline.id!r} needs {need!r}, and there is no such step", hint=hint)

    def _fallback(self, node: Node | None) -> FallbackSpec | None:
        if node is None:
            return None
        if isinstance(node, MapNode) and node.keys() == ("agent",):
            agent = self.reading.filled(find(node, "agent"), "`agent`")
            return FallbackSpec(agent=agent) if agent else None
        if isinstance(node, MapNode) and node.keys() == STEP_ALONE:
            step = self._named(node.entries[0].value)
            return FallbackSpec(step=step) if step else None
        return FallbackSpec(value=plain(node))


def _named_steps(node: Node) -> Iterator[Node]:
    """Where a step names another that stands in: `{step: ID}` as its fallback, one of its cases or their default."""
    cases = find(node, "cases")
    routes = [entry.value for entry in cases.entries] if isinstance(cases, MapNode) else []
    for place in (find(node, "fallback"), find(node, "default"), *routes):
        if isinstance(place, MapNode) and place.keys() == STEP_ALONE:
            yield place.entries[0].value


def with_settings(node: MapNode, settings: MapNode) -> MapNode:
    """A switch's step as one of its cases has it: without the routing and what does not fit it, the case's settings above its own."""
    kind = next((key for each in (settings, node) for key in CASE_KEYS if each.entry(key)), "agent")
    fitting = [entry for entry in node.entries if entry.key not in ROUTING and _fits(entry.key, kind)]
    return MapNode(place=settings.place, entries=(*settings.entries, *(entry for entry in fitting if not settings.entry(entry.key))))


def _fits(key: str, kind: str) -> bool:
    """Whether a setting of the switch goes with what a case does."""
    return key == kind if key in CASE_KEYS else kind in ONLY_BESIDE.get(key, (kind,))
