"""What a flow refers to: agents, tools, steps, inputs and fields, checked before a token is spent."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from playnex.canonical import Json
from playnex.spec.agent import AgentSpec
from playnex.spec.check_references import Known, StepFacts, reference_fault
from playnex.spec.check_value import problems
from playnex.spec.expression import TemplateFault, bare, expression_faults, expression_references, is_template, references, template_faults
from playnex.spec.faults import Fault, Place, did_you_mean
from playnex.spec.flow import StepSpec
from playnex.spec.located import ListNode, MapNode, Node, ScalarNode, find, plain, within
from playnex.spec.read_flow import BRIEF_KEYS, ReadFlow, in_file_order
from playnex.spec.read_step import StepOutline
from playnex.spec.references import Reference, is_single


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What a workspace offers: agents by name, tools by name with the JSON Schema of their arguments, and the names of flows."""

    agents: Mapping[str, AgentSpec] = field(default_factory=dict)
    tools: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    flows: tuple[str, ...] = ()


def check_flow(read: ReadFlow, catalogue: Catalogue) -> tuple[Fault, ...]:
    """Every fault of a flow file in file order, those of reading it included; an empty tuple means that it can run."""
    checker = _Checker(read=read, catalogue=catalogue)
    return in_file_order([*read.faults, *checker.faults()])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    """A text with references, where it stands, and whether it is a bare expression."""

    node: ScalarNode
    is_expression: bool = False

    def references(self) -> tuple[Reference, ...]:
        text = str(self.node.value)
        return expression_references(text) if self.is_expression else references(text)

    def faults(self) -> tuple[TemplateFault, ...]:
        text = str(self.node.value)
        return expression_faults(text) if self.is_expression else template_faults(text)

    def place(self, offset: int, width: int) -> Place:
        return within(self.node, offset, width=width)


@dataclass(slots=True, kw_only=True)
class _Checker:
    read: ReadFlow
    catalogue: Catalogue
    facts: dict[str, StepFacts] = field(default_factory=dict)

    def faults(self) -> Iterator[Fault]:
        self.facts = {outline.id: self._facts(outline) for outline in self.read.outlines}
        for outline in self.read.outlines:
            yield from self._step_faults(outline)
        for key in BRIEF_KEYS:
            yield from self._brief_faults(key)
        yield from _cycles(self.read.outlines)
        yield from _clashes(self.read.outlines)
        everything = Known(inputs=self.read.inputs, steps=self.facts, reachable=frozenset(self.facts))
        yield from self._template_faults(self.read.node("output"), everything)

    def _brief_faults(self, key: str) -> Iterator[Fault]:
        """The brief is told to whoever works first, too: it can refer to the inputs alone."""
        known = Known(inputs=self.read.inputs, steps={}, reachable=frozenset())
        for scalar in _texts(self.read.node(key)):
            template = _Template(node=scalar)
            others = [reference for reference in template.references() if reference.keys[0] != "inputs"]
            for reference in others:
                place = template.place(reference.offset, reference.width)
                message = f"`{key}` is told before any step has run, and {reference.path!r} is not known then"
                yield Fault(place=place, message=message, hint="refer to `inputs` alone")
            if not others:
                yield from self._faults_of(template, known)

    def _facts(self, outline: StepOutline) -> StepFacts:
        spec = outline.spec
        if spec is None:
            return StepFacts(id=outline.id)
        if spec.for_each is not None:
            item = {"items": spec.output} if spec.output else {}
            return StepFacts(id=outline.id, schema={"type": "array"} | item, saves=False)
        agent = self.catalogue.agents.get(spec.target) if spec.kind == "agent" else None
        schema = spec.output or (agent.output if agent else None)
        is_text = spec.kind == "agent" and agent is not None and schema is None and spec.fallback is None
        return StepFacts(id=outline.id, schema={"type": "string"} if is_text else schema, saves=spec.save is not None)

    def _step_faults(self, outline: StepOutline) -> Iterator[Fault]:
        if outline.spec is None:
            return
        plain_known = Known(inputs=self.read.inputs, steps=self.facts, reachable=_waited_for(outline, self.read.outlines), step=outline.id)
        yield from self._expression_faults(find(outline.entry.value, "if"), plain_known)
        for key in ("else", "for-each"):
            yield from self._template_faults(find(outline.entry.value, key), plain_known)
        yield from self._action_faults(outline, replace(plain_known, has_item=outline.spec.for_each is not None))

    def _action_faults(self, outline: StepOutline, known: Known) -> Iterator[Fault]:
        """What is wrong with what the step does, or with what each of its cases does."""
        assert outline.spec is not None
        if isinstance(on := find(outline.entry.value, "switch"), ScalarNode):
            yield from self._template_faults(on, known)
            yield from self._case_faults(outline, on)
            for case in outline.cases():
                yield from self._action_faults(case, known)
            return
        yield from self._target_faults(outline.spec, outline.entry.value)
        yield from self._value_faults(outline.spec, outline.entry.value)
        judged = known.with_output(self.facts[outline.id].schema)
        for key in ("prompt", "with", "capsules", "approve", "wait"):
            yield from self._template_faults(find(outline.entry.value, key), known)
        for key in ("fallback", *(("content", "save") if outline.spec.kind != "save" else ())):
            yield from self._template_faults(find(outline.entry.value, key), judged)
        for key in ("content", "save") if outline.spec.kind == "save" else ():
            yield from self._template_faults(find(outline.entry.value, key), known)
        for check in _checks(find(outline.entry.value, "verify")):
            yield from self._expression_faults(find(check, "that"), judged)

    def _case_faults(self, outline: StepOutline, on: ScalarNode) -> Iterator[Fault]:
        """A value that is none, and where its schema is known, cases that it can never have and values that no case is for."""
        if not is_template(str(on.value)):
            hint = f"write `switch: ${{{{ {on.value if on.value not in self.read.inputs else f'inputs.{on.value}'} }}}}`"
            yield Fault(place=on.place, message=f"`switch` must be a ${{{{ }}}} that gives the value, not {on.value!r}", hint=hint)
            return
        schema = self._schema_of(on)
        cases = find(outline.entry.value, "cases")
        if schema is None or not isinstance(cases, MapNode):
            return
        if (kind := schema.get("type")) in ("array", "object"):
            message = f"a route goes by a text, number or flag, and this is a {'list' if kind == 'array' else 'map'}"
            yield Fault(place=on.place, message=message, hint="switch on one part of it")
            return
        if kind in NUMBERS_AND_FLAGS:
            yield from _odd_cases(cases, str(kind))
        if "enum" not in schema:
            return
        values = tuple(schema["enum"])
        for entry in cases.entries:
            if entry.key not in values:
                hint = did_you_mean(entry.key, values) or f"it is one of {', '.join(values)}"
                yield Fault(place=entry.place, message=f"the switched value is never {entry.key!r}", hint=hint)
        missing = sorted(set(values) - set(cases.keys()))
        if missing and find(outline.entry.value, "default") is None:
            yield Fault(place=cases.place, message=f"there is no case for {', '.join(map(repr, missing))}", hint="add it, or a `default:`")

    def _schema_of(self, on: ScalarNode) -> Mapping[str, Json] | None:
        """The schema of what a template of just `${{ steps.ID.output… }}` gives, where it is known."""
        text = str(on.value)
        found = references(text) if is_single(text) else ()
        if len(found) != 1 or found[0].keys[0] != "steps" or len(found[0].path) != len(bare(text)):
            return None
        schema: Json = self.facts[str(found[0].keys[1])].schema if found[0].keys[1] in self.facts else None
        for key in found[0].keys[3:]:
            schema = schema.get("properties", {}).get(key) if isinstance(schema, Mapping) else None
        return schema if isinstance(schema, Mapping) else None

    def _target_faults(self, spec: StepSpec, node: Node) -> Iterator[Fault]:
        if spec.kind == "agent" and spec.target:
            yield from self._agent_faults(find(node, "agent"))
        if spec.kind == "tool" and spec.target:
            yield from self._tool_faults(spec, node)
        if spec.kind == "flow" and spec.target:
            yield from self._flow_faults(spec, node)
        for check in _checks(find(node, "verify")):
            yield from self._agent_faults(find(check, "agent"))
        if spec.fallback and spec.fallback.agent:
            yield from self._agent_faults(find(node, "fallback", "agent"))

    def _agent_faults(self, node: Node | None) -> Iterator[Fault]:
        name = plain(node)
        if node is not None and isinstance(name, str) and name not in self.catalogue.agents:
            hint = did_you_mean(name, self.catalogue.agents) or f"write agents/{name}.md"
            yield Fault(place=node.place, message=f"there is no agent {name!r}", hint=hint)

    def _flow_faults(self, spec: StepSpec, node: Node) -> Iterator[Fault]:
        if spec.target not in self.catalogue.flows:
            hint = did_you_mean(spec.target, self.catalogue.flows) or "see `playnex flow list`"
            yield Fault(place=(find(node, "flow") or node).place, message=f"there is no flow {spec.target!r}", hint=hint)

    def _tool_faults(self, spec: StepSpec, node: Node) -> Iterator[Fault]:
        target = find(node, "tool") or node
        schema = self.catalogue.tools.get(spec.target)
        if schema is None:
            hint = did_you_mean(spec.target, self.catalogue.tools) or "see `playnex tool list`"
            yield Fault(place=target.place, message=f"there is no tool {spec.target!r}", hint=hint)
            return
        properties = schema.get("properties", {})
        arguments = find(node, "with")
        for name in schema.get("required", ()):
            if name not in spec.arguments:
                where = arguments.place if arguments else target.place
                yield Fault(place=where, message=f"tool {spec.target!r} needs the argument {name!r}", hint=f"add `{name}:` under `with:`")
        if isinstance(arguments, MapNode):
            yield from _argument_faults(spec.target, arguments, properties if schema.get("additionalProperties") is False else None)
            yield from _typed_argument_faults(spec.target, arguments, properties)

    def _value_faults(self, spec: StepSpec, node: Node) -> Iterator[Fault]:
        """A fallback value without templates can be held against `output` before anything runs."""
        value = find(node, "fallback")
        if spec.output is None or spec.fallback is None or spec.fallback.agent or value is None or _has_templates(spec.fallback.value):
            return
        for problem in problems(spec.output, spec.fallback.value, root="fallback"):
            message = f"the fallback does not fit the step's `output`: {problem}"
            yield Fault(place=value.place, message=message, hint="write a value of that form, or change `output`")

    def _template_faults(self, node: Node | None, known: Known) -> Iterator[Fault]:
        for scalar in _texts(node):
            yield from self._faults_of(_Template(node=scalar), known)

    def _expression_faults(self, node: Node | None, known: Known) -> Iterator[Fault]:
        if isinstance(node, ScalarNode):
            yield from self._faults_of(_Template(node=node, is_expression=True), known)

    def _faults_of(self, template: _Template, known: Known) -> Iterator[Fault]:
        for fault in template.faults():
            yield Fault(place=template.place(fault.offset, fault.width), message=fault.message, hint=fault.hint)
        for reference in template.references():
            if found := reference_fault(reference, known):
                message, hint = found
                yield Fault(place=template.place(reference.offset, reference.width), message=message, hint=hint)


NUMBERS_AND_FLAGS = {"integer": r"-?\d+", "number": r"-?\d+(\.\d+)?", "boolean": "true|false"}
"""What a case for such a value looks like."""


def _odd_cases(cases: MapNode, kind: str) -> Iterator[Fault]:
    for entry in cases.entries:
        if not re.fullmatch(NUMBERS_AND_FLAGS[kind], entry.key):
            is_a = "true or false" if kind == "boolean" else "a number"
            yield Fault(place=entry.place, message=f"the switched value is {is_a}, and never {entry.key!r}", hint=f"write {is_a}")


def _argument_faults(tool: str, arguments: MapNode, properties: Mapping[str, Json] | None) -> Iterator[Fault]:
    for entry in arguments.entries:
        if properties is not None and entry.key not in properties:
            hint = did_you_mean(entry.key, properties) or f"it takes {', '.join(properties) or 'none'}"
            yield Fault(place=entry.place, message=f"tool {tool!r} has no argument {entry.key!r}", hint=hint)


def _typed_argument_faults(tool: str, arguments: MapNode, properties: Mapping[str, Json]) -> Iterator[Fault]:
    for entry in arguments.entries:
        value = plain(entry.value)
        if entry.key in properties and not _has_templates(value):
            for problem in problems(properties[entry.key], value, root=entry.key):
                yield Fault(
                    place=entry.value.place,
                    message=f"an argument does not fit tool {tool!r}: {problem}",
                    hint="write a value of that kind, or a ${{ }} that gives one",
                )


def _has_templates(value: Json) -> bool:
    match value:
        case str():
            return is_template(value)
        case dict():
            return any(map(_has_templates, value.values()))
        case list():
            return any(map(_has_templates, value))
        case _:
            return False


def _checks(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, ListNode) else (node,) if node else ()


def _texts(node: Node | None) -> Iterator[ScalarNode]:
    match node:
        case ScalarNode() if isinstance(node.value, str):
            yield node
        case ListNode():
            for item in node.items:
                yield from _texts(item)
        case MapNode():
            for entry in node.entries:
                yield from _texts(entry.value)


def _waited_for(outline: StepOutline, outlines: tuple[StepOutline, ...]) -> frozenset[str]:
    """Every step that has ended before this one starts."""
    needs = {each.id: each.needs for each in outlines}
    found: set[str] = set()
    open_ends = list(outline.needs)
    while open_ends:
        step = open_ends.pop()
        if step not in found:
            found.add(step)
            open_ends += needs.get(step, ())
    return frozenset(found - {outline.id})


def _clashes(outlines: tuple[StepOutline, ...]) -> Iterator[Fault]:
    """A fault for each step that saves the same capsule as another that may run at the same time."""
    saving = [outline for outline in outlines if outline.spec and outline.spec.save]
    for number, later in enumerate(saving):
        for earlier in saving[:number]:
            same = later.spec and earlier.spec and later.spec.save == earlier.spec.save
            if same and earlier.id not in _waited_for(later, outlines) and later.id not in _waited_for(earlier, outlines):
                place = (find(later.entry.value, "save") or later.entry).place
                message = f"steps {earlier.id!r} and {later.id!r} may save the same capsule at the same time"
                yield Fault(
                    place=place, message=message, hint=f"let one wait for the other: `needs: {earlier.id}`, or give it another name"
                )


def _cycles(outlines: tuple[StepOutline, ...]) -> Iterator[Fault]:
    """One fault for each circle of steps that wait for each other, at the step that closes it."""
    needs = {each.id: each.needs for each in outlines}
    places = {each.id: (find(each.entry.value, "needs") or each.entry).place for each in outlines}
    reported: set[str] = set()
    for start in needs:
        if start not in reported and (circle := _circle(start, needs)):
            reported.update(circle)
            if len(circle) == 1:
                yield Fault(place=places[start], message=f"step {start!r} waits for itself", hint=f"take {start!r} out of its `needs`")
                continue
            shown = " → ".join((*circle, start))
            declared = next((each.id for each in outlines if each.id in circle and find(each.entry.value, "needs")), start)
            yield Fault(place=places[declared], message=f"steps wait for each other: {shown}", hint="take one of them out of `needs`")


def _circle(start: str, needs: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The way from a step along its needs back to itself, or nothing."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for need in needs.get(way[-1], ()):
            if need == start:
                return way
            if need not in seen:
                seen.add(need)
                ways.append((*way, need))
    return ()
