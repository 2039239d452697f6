"""A flow file's text as a checked FlowSpec, or every fault in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import cast

from playnex.spec.faults import Fault, Place
from playnex.spec.flow import FORMAT, NO_LIMITS, BriefSpec, Budget, FlowSpec, InputSpec, InputType
from playnex.spec.inputs import problem_of
from playnex.spec.located import Entry, ListNode, MapNode, Node, ScalarNode, find, plain
from playnex.spec.read_on import read_concurrency, read_on
from playnex.spec.read_settings import read_retry
from playnex.spec.read_step import StepDefaults, StepOutline, StepsReader, run_by_themselves
from playnex.spec.reading import Reading
from playnex.spec.yaml_source import read_yaml

BRIEF_KEYS = ("goal", "constraints", "context", "success")
FLOW_KEYS = ("playnex", "name", "description", *BRIEF_KEYS, "inputs", "defaults", "budget", "on", "concurrency", "steps", "output")
INPUT_KEYS = ("type", "required", "default", "description", "untrusted", "private")
INPUT_TYPES = ("string", "integer", "number", "boolean", "list", "map", "file", "folder")
DEFAULTS_KEYS = ("timeout", "retry")
BUDGET_KEYS = ("turns", "tokens", "usd", "time")
MOST_TURNS = 1_000_000
MOST_USD = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFlow:
    """What a file holds. `flow` is there when the file as such has no fault; `outlines` are its steps as far as they could
    be read, and `tree` is the whole file with the place of each value, for the checks that come after."""

    path: str
    flow: FlowSpec | None
    faults: tuple[Fault, ...]
    tree: Node | None = None
    outlines: tuple[StepOutline, ...] = ()
    inputs: tuple[str, ...] = ()
    input_specs: tuple[InputSpec, ...] = ()

    def node(self, *keys: str | int) -> Node | None:
        """The value at a path of keys, such as `("steps", "write", "prompt")`."""
        return find(self.tree, *keys)

    def place(self, *keys: str | int) -> Place:
        """Where a value stands; the start of the file where it is not there."""
        found = self.node(*keys)
        return found.place if found else Place(path=self.path, line=1, column=1)

    @property
    def places(self) -> Mapping[str, Place]:
        """Every value's place under its dotted path, such as `steps.write.prompt`."""
        return dict(_places(self.tree, ""))


def read_flow(text: str, path: str) -> ReadFlow:
    """Read a flow file. Nothing is looked up outside the text: unknown agents and references are check_flow's to find."""
    yaml = read_yaml(text, path)
    reading = Reading(path=path, faults=list(yaml.faults))
    if not isinstance(yaml.root, MapNode):
        if not yaml.faults:
            reading.fault(_start(path), "the file is not a flow", hint="begin it with `playnex: 1`, then `name:` and `steps:`")
        return ReadFlow(path=path, flow=None, faults=tuple(reading.faults), tree=yaml.root)
    return _read_root(reading, yaml.root)


def _read_root(reading: Reading, root: MapNode) -> ReadFlow:
    reading.keys(root, FLOW_KEYS, what="a flow")
    _read_format(reading, root)
    inputs = _read_inputs(reading, reading.map(find(root, "inputs"), "`inputs`", hint="write each as `topic: { type: string }`"))
    outlines = _read_steps(reading, root)
    flow = FlowSpec(
        name=_read_name(reading, root),
        description=reading.text(find(root, "description"), "`description`") or "",
        brief=_read_brief(reading, root),
        inputs=inputs,
        steps=run_by_themselves(outlines),
        budget=read_budget(reading, find(root, "budget"), "`budget`"),
        output=plain(find(root, "output")),
        schedules=read_on(reading, find(root, "on"), inputs),
        concurrency=read_concurrency(reading, find(root, "concurrency")),
        path=reading.path,
    )
    faults = in_file_order(reading.faults)
    names = tuple(root_inputs.keys()) if isinstance(root_inputs := find(root, "inputs"), MapNode) else ()
    return ReadFlow(
        path=reading.path,
        flow=None if faults else flow,
        faults=faults,
        tree=root,
        outlines=outlines,
        inputs=names,
        input_specs=inputs,
    )


def in_file_order(faults: list[Fault]) -> tuple[Fault, ...]:
    """The faults as they follow each other in the file, each once."""
    return tuple(sorted(dict.fromkeys(faults), key=lambda fault: (fault.place.line, fault.place.column)))


def _start(path: str) -> Place:
    return Place(path=path, line=1, column=1)


def _read_format(reading: Reading, root: MapNode) -> None:
    node = find(root, "playnex")
    if node is None:
        reading.fault(root, "the file does not say its format", hint="begin it with `playnex: 1`")
    elif plain(node) != FORMAT or isinstance(plain(node), bool):
        hint = f"this version reads `playnex: {FORMAT}`"
        reading.fault(node, f"format {plain(node)!r} is not known", hint=hint)


def _read_name(reading: Reading, root: MapNode) -> str:
    node = find(root, "name")
    if node is None:
        reading.fault(root, "the flow has no name", hint="add `name:`, the same as the file's name without .yaml")
        return ""
    name = reading.slug(node, "the name")
    file = PurePath(reading.path)
    if name and file.suffix in (".yaml", ".yml") and file.stem != name:
        reading.fault(node, f"the flow is named {name!r} and its file {file.name!r}", hint=f"rename one: flows are run by {file.stem!r}")
    return name or ""


def _read_brief(reading: Reading, root: MapNode) -> BriefSpec:
    return BriefSpec(
        goal=reading.filled(find(root, "goal"), "`goal`") or "",
        constraints=reading.texts(find(root, "constraints"), "`constraints`"),
        context=reading.filled(find(root, "context"), "`context`") or "",
        success=reading.texts(find(root, "success"), "`success`"),
    )


def _read_inputs(reading: Reading, node: MapNode | None) -> tuple[InputSpec, ...]:
    return tuple(_read_input(reading, entry) for entry in node.entries) if node else ()


def _read_input(reading: Reading, entry: Entry) -> InputSpec:
    if not entry.key.isidentifier() or not entry.key.isascii():
        hint = f"call it {''.join(c if c.isalnum() and c.isascii() else '_' for c in entry.key)!r}"
        reading.fault(entry, f"the input's name {entry.key!r} cannot be used in ${{{{ }}}}", hint=hint)
    if isinstance(entry.value, (ScalarNode, ListNode)):
        kind, choices = _read_type(reading, entry.value)
        return InputSpec(name=entry.key, type=kind, choices=choices)
    reading.keys(entry.value, INPUT_KEYS, what="an input")
    kind, choices = _read_type(reading, find(entry.value, "type"))
    spec = InputSpec(
        name=entry.key,
        type=kind,
        choices=choices,
        required=reading.flag(find(entry.value, "required"), "`required`") or False,
        default=plain(find(entry.value, "default")),
        description=reading.text(find(entry.value, "description"), "`description`") or "",
        untrusted=reading.flag(find(entry.value, "untrusted"), "`untrusted`") or False,
        private=reading.flag(find(entry.value, "private"), "`private`") or False,
    )
    _check_default(reading, spec, find(entry.value, "default"))
    return spec


def _check_default(reading: Reading, spec: InputSpec, node: Node | None) -> None:
    if node is not None and spec.default is not None and (problem := problem_of(spec, spec.default)):
        reading.fault(node, f"the default of input {spec.name!r} {problem}")


def _read_type(reading: Reading, node: Node | None) -> tuple[InputType, tuple[str, ...]]:
    if isinstance(node, ListNode):
        choices = reading.texts(node, "`type`")
        if not node.items:
            reading.fault(node, "a list of choices is empty", hint="write the allowed values: [a, b]")
        return "string", choices
    word = reading.choice(node, "the type of an input", INPUT_TYPES)
    return cast(InputType, word or "string"), ()


def read_budget(reading: Reading, node: Node | None, what: str, *, most_turns: int = MOST_TURNS) -> Budget:
    """`{turns, tokens, usd, time}`, each of them optional."""
    limits = reading.map(node, what, hint="write `{ tokens: 200k, time: 30m }`")
    if limits is None:
        return NO_LIMITS
    reading.keys(limits, BUDGET_KEYS, what=what)
    return Budget(
        turns=reading.whole(find(limits, "turns"), "`turns`", least=1, most=most_turns),
        tokens=reading.count(find(limits, "tokens"), "`tokens`"),
        usd=reading.number(find(limits, "usd"), "`usd`", least=0, most=MOST_USD),
        time=reading.duration(find(limits, "time"), "`time`"),
    )


def _read_steps(reading: Reading, root: MapNode) -> tuple[StepOutline, ...]:
    defaults = _read_defaults(reading, root)
    node = find(root, "steps")
    if node is None:
        reading.fault(root, "the flow has no steps", hint="add `steps:` with one entry for each step")
        return ()
    steps = reading.map(node, "`steps`", hint="give each step a name: `write: { agent: NAME, prompt: … }`")
    if steps is not None and not steps.entries:
        reading.fault(node, "the flow has no steps", hint="add one entry for each step")
    return StepsReader(reading=reading, defaults=defaults).read(steps) if steps else ()


def _read_defaults(reading: Reading, root: MapNode) -> StepDefaults:
    node = reading.map(find(root, "defaults"), "`defaults`", hint="write `defaults: { timeout: 60s }`")
    if node is None:
        return StepDefaults()
    reading.keys(node, DEFAULTS_KEYS, what="`defaults`")
    return StepDefaults(timeout=reading.duration(find(node, "timeout"), "`timeout`"), retry=read_retry(reading, find(node, "retry")))


def _places(node: Node | None, path: str) -> list[tuple[str, Place]]:
    match node:
        case MapNode():
            children = [(entry.key, entry.value) for entry in node.entries]
        case ListNode():
            children = [(str(position), item) for position, item in enumerate(node.items)]
        case _:
            children = []
    found = [(path, node.place)] if node and path else []
    return found + [place for key, child in children for place in _places(child, f"{path}.{key}" if path else key)]
