"""What a flow refers to: agents, tools, steps, inputs and fields, checked before a token is spent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from playnex.spec.check_order import Outlines, loose_ends, needs_of, order_faults
from playnex.spec.check_pattern import expressions_of, pattern_faults
from playnex.spec.check_references import Known, StepFacts, reference_fault
from playnex.spec.check_switch import case_faults
from playnex.spec.check_targets import Catalogue, checks_of, has_templates, target_faults
from playnex.spec.check_value import problems
from playnex.spec.expression import TemplateFault, expression_faults, expression_references, references, template_faults
from playnex.spec.faults import Fault, Place
from playnex.spec.flow import StepSpec, form_of_output
from playnex.spec.located import ListNode, MapNode, Node, ScalarNode, find, within
from playnex.spec.read_flow import BRIEF_KEYS, ReadFlow, in_file_order
from playnex.spec.read_step import StepOutline
from playnex.spec.references import Reference
from playnex.spec.step_order import again, before


def check_flow(read: ReadFlow, catalogue: Catalogue) -> tuple[Fault, ...]:
    """Every fault of a flow file in file order, those of reading it included; an empty tuple means that it can run."""
    checker = _Checker(read=read, catalogue=catalogue)
    return in_file_order([*read.faults, *checker.faults()])


def warnings_of(read: ReadFlow) -> tuple[Fault, ...]:
    """What may be meant so in a flow file and seldom is; none of it keeps the flow from running."""
    output = [reference for text in _texts(read.node("output")) for reference in references(str(text.value))]
    wanted = frozenset(str(reference.keys[1]) for reference in output if reference.keys[0] == "steps" and len(reference.keys) > 1)
    return in_file_order(list(loose_ends(read.outlines, wanted)))


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

    def faults(self) -> Iterator[Fault]:
        outlines = self.read.outlines
        inside = {each.id: outline.id for outline in outlines for each in _all_inside(outline)}
        around = Known(inputs=self.read.inputs, steps={}, reachable=frozenset(), inside=inside)
        yield from self._map_faults(outlines, around)
        for key in BRIEF_KEYS:
            yield from self._brief_faults(key)
        facts = self._all_facts(outlines)
        everything = replace(around, steps=facts, reachable=frozenset(each.id for each in outlines if not each.stands_in))
        yield from self._template_faults(self.read.node("output"), everything)
        yield from self._template_faults(self.read.node("concurrency"), Known(inputs=self.read.inputs, steps={}, reachable=frozenset()))

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

    def _map_faults(self, outlines: Outlines, around: Known) -> Iterator[Fault]:
        """What is wrong with the steps of a flow or of a loop; `around` is known to all of them."""
        facts = self._all_facts(outlines)
        known = replace(around, steps={**around.steps, **facts})
        for outline in outlines:
            yield from self._step_faults(outline, _seen_from(outline, outlines, known))
        yield from order_faults(outlines)

    def _all_facts(self, outlines: Outlines) -> dict[str, StepFacts]:
        return {outline.id: self._facts(outline) for outline in outlines}

    def _facts(self, outline: StepOutline) -> StepFacts:
        spec = outline.spec
        if spec is None:
            return StepFacts(id=outline.id, stands_in=outline.stands_in)
        if spec.for_each is not None:
            form = form_of_output(spec)
            item = {"items": form} if form else {}
            return StepFacts(id=outline.id, schema={"type": "array"} | item, saves=False, stands_in=outline.stands_in)
        agent = self.catalogue.agents.get(spec.target) if spec.kind == "agent" else None
        schema = form_of_output(spec) or (agent.output if agent else None)
        is_text = spec.kind == "agent" and agent is not None and schema is None and spec.fallback is None
        return StepFacts(
            id=outline.id,
            schema={"type": "string"} if is_text else schema,
            saves=spec.save is not None,
            stands_in=outline.stands_in,
        )

    def _step_faults(self, outline: StepOutline, known: Known) -> Iterator[Fault]:
        if outline.spec is None:
            return
        yield from self._expression_faults(find(outline.entry.value, "if"), known)
        for key in ("else", "for-each"):
            yield from self._template_faults(find(outline.entry.value, key), known)
        yield from self._action_faults(outline, replace(known, has_item=known.has_item or outline.spec.for_each is not None))

    def _loop_faults(self, outline: StepOutline, known: Known) -> Iterator[Fault]:
        """What is wrong within a loop, and with the condition that ends it."""
        facts = self._all_facts(outline.inner)
        within = replace(known, iteration=facts, step="")
        yield from self._map_faults(outline.inner, within)
        own = frozenset(each.id for each in outline.inner if not each.stands_in)
        last = next((facts[each.id].schema for each in reversed(outline.inner) if not each.stands_in), None)
        ended = replace(within, steps={**known.steps, **facts}, reachable=known.reachable | own, step=outline.id).with_output(last)
        yield from self._expression_faults(find(outline.entry.value, "repeat", "until"), ended)

    def _action_faults(self, outline: StepOutline, known: Known) -> Iterator[Fault]:
        """What is wrong with what the step does, or with what each of its cases does."""
        assert outline.spec is not None
        if isinstance(on := find(outline.entry.value, "switch"), ScalarNode):
            yield from self._template_faults(on, known)
            yield from case_faults(outline, on, known=known, inputs=self.read.input_specs)
            for case in outline.cases():
                yield from self._action_faults(case, known)
            return
        yield from self._loop_faults(outline, known)
        yield from target_faults(outline.spec, outline.entry.value, self.catalogue)
        yield from pattern_faults(outline.spec, outline.entry.value, self.catalogue)
        yield from self._value_faults(outline.spec, outline.entry.value)
        judged = known.with_output(known.steps[outline.id].schema if outline.spec.for_each is None else form_of_output(outline.spec))
        for key in ("prompt", "with", "capsules", "approve", "wait"):
            yield from self._template_faults(find(outline.entry.value, key), known)
        for key in ("fallback", *(("content", "save") if outline.spec.kind != "save" else ())):
            yield from self._template_faults(find(outline.entry.value, key), judged)
        for key in ("content", "save") if outline.spec.kind == "save" else ():
            yield from self._template_faults(find(outline.entry.value, key), known)
        for check in checks_of(find(outline.entry.value, "verify")):
            yield from self._expression_faults(find(check, "that"), judged)
        for that in expressions_of(outline.spec, outline.entry.value):
            yield from self._expression_faults(that, known.with_output(None))

    def _value_faults(self, spec: StepSpec, node: Node) -> Iterator[Fault]:
        """A fallback value without templates can be held against `output` before anything runs."""
        value = find(node, "fallback")
        form = form_of_output(spec)
        if form is None or spec.fallback is None or value is None or has_templates(spec.fallback.value):
            return
        if spec.fallback.agent or spec.fallback.step:
            return
        for problem in problems(form, spec.fallback.value, root="fallback"):
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


def _seen_from(outline: StepOutline, outlines: Outlines, known: Known) -> Known:
    """What one of these steps can refer to: what has ended before it starts, and where a no may lead back to it, the round before. One
    that stands in sees what all see in whose place it may run."""
    needs = needs_of(outlines)
    places = [each for each in outlines if each is outline or (each.spec and _names(each.spec, outline.id))]
    places = [each for each in places if not each.stands_in] or [outline]
    known = replace(
        known,
        step=outline.id,
        reachable=known.reachable | frozenset.intersection(*(before(each.id, needs) for each in places)),
        has_item=known.has_item or (outline.stands_in and all(each.spec and each.spec.for_each for each in places)),
    )
    if outline.stands_in:
        known = known.with_output(None)
    repeated = _done_again(outlines, needs)
    is_repeated = all(each.id in repeated for each in places)
    return replace(known, iteration={each: known.steps[each] for each in repeated}) if is_repeated else known


def _names(spec: StepSpec, step: str) -> bool:
    """Whether a step has that one as its fallback or as one of its cases, or as that of one of these."""
    stand_in = (spec.fallback.step,) if spec.fallback and spec.fallback.step else ()
    return any(each.id == step or _names(each, step) for each in (*(spec.switch.steps() if spec.switch else ()), *stand_in))


def _done_again(outlines: Outlines, needs: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The steps that a no may have done again."""
    refused = [(each.id, each.spec.approve.refused_to) for each in outlines if each.spec and each.spec.approve]
    return frozenset(step for asked, target in refused if target in before(asked, needs) for step in again(target, needs))


def _all_inside(outline: StepOutline) -> Outlines:
    """The steps of a loop, and of the loops in it."""
    return tuple(each for inner in outline.inner for each in (inner, *_all_inside(inner)))
