"""What is wrong with the order of a flow's steps: circles, capsules saved at the same time, routes that lead nowhere, loose ends."""

from collections.abc import Iterator, Mapping

from playnex.spec.faults import Fault, did_you_mean
from playnex.spec.flow import StepSpec
from playnex.spec.located import Node, ScalarNode, find
from playnex.spec.read_step import StepOutline
from playnex.spec.step_order import Needs, before, behind, circle

Outlines = tuple[StepOutline, ...]


def needs_of(outlines: Outlines) -> dict[str, tuple[str, ...]]:
    """What each step waits for."""
    return {each.id: each.needs for each in outlines}


def order_faults(outlines: Outlines) -> Iterator[Fault]:
    """All that is wrong with the order of these steps."""
    yield from _cycles(outlines)
    yield from _clashes(outlines)
    yield from _refusals(outlines)


def loose_ends(outlines: Outlines, wanted: frozenset[str]) -> Iterator[Fault]:
    """A warning for each step that goes on beside others and that nothing waits for: neither a step nor, as `wanted` says, the flow's
    output."""
    own = tuple(each for each in outlines if not each.stands_in)
    waited_for = {need for each in own for need in each.needs} | wanted
    for each in own[:-1]:
        if each.id not in waited_for:
            hint = f"put {each.id!r} into the `needs` of a step below, if that is to wait for it"
            yield Fault(place=each.entry.place, message=f"nothing waits for step {each.id!r}, a branch that is never joined", hint=hint)
    for each in outlines:
        yield from loose_ends(each.inner, frozenset())


def _cycles(outlines: Outlines) -> Iterator[Fault]:
    """One fault for each circle of steps that wait for each other, at the step that closes it."""
    needs = needs_of(outlines)
    places = {each.id: (find(each.entry.value, "needs") or each.entry).place for each in outlines}
    reported: set[str] = set()
    for start in needs:
        if start not in reported and (found := circle(start, needs)):
            reported.update(found)
            if len(found) == 1:
                yield Fault(place=places[start], message=f"step {start!r} waits for itself", hint=f"take {start!r} out of its `needs`")
                continue
            shown = " → ".join((*found, start))
            declared = next((each.id for each in outlines if each.id in found and find(each.entry.value, "needs")), start)
            yield Fault(place=places[declared], message=f"steps wait for each other: {shown}", hint="take one of them out of `needs`")


def _clashes(outlines: Outlines) -> Iterator[Fault]:
    """A fault for each step that saves the same capsule as another that may run at the same time."""
    needs = needs_of(outlines)
    saving = [(each, saved) for each in outlines if each.spec and (saved := _saved(each.spec, _save_node(each)))]
    for number, (later, names) in enumerate(saving):
        for earlier, others in saving[:number]:
            common = [name for name in names if name in others]
            if common and not _in_order(earlier, later, needs):
                message = f"steps {earlier.id!r} and {later.id!r} may save the same capsule at the same time"
                hint = f"let one wait for the other: `needs: {earlier.id}`, or give it another name"
                yield Fault(place=(names[common[0]] or later.entry).place, message=message, hint=hint)


def _in_order(one: StepOutline, other: StepOutline, needs: Needs) -> bool:
    """Whether one of two steps has ended before the other starts, or only one of them can run: what stands in for another runs when
    that other is over."""
    if one.stands_in or other.stands_in:
        return True
    return one.id in before(other.id, needs) or other.id in before(one.id, needs)


def _saved(spec: StepSpec, node: Node | None) -> Mapping[str, Node | None]:
    """The capsules that a step may save, as templates written all alike, and where its own is named."""
    own: dict[str, Node | None] = {_alike(spec.save): node} if spec.save else {}
    return {name: node for each in spec.within() for name in _saved(each, node)} | own


def _save_node(outline: StepOutline) -> Node | None:
    node = find(outline.entry.value, "save")
    return node if isinstance(node, ScalarNode) else None


def _alike(template: str) -> str:
    """A template without the spaces that make no difference."""
    return "".join(template.split())


def _refusals(outlines: Outlines) -> Iterator[Fault]:
    """Faults of `on-refuse: STEP`."""
    needs = {each.id: each.needs for each in outlines if not each.stands_in}
    for each in outlines:
        target = each.spec.approve.refused_to if each.spec and each.spec.approve else ""
        place = (find(each.entry.value, "on-refuse") or each.entry).place
        if target and target not in needs:
            hint = did_you_mean(target, (*needs, "continue")) or f"write `continue`, or one of {', '.join(needs)}"
            yield Fault(place=place, message=f"a no leads to {target!r}, and there is no such step", hint=hint)
        elif target and target not in before(each.id, needs) | behind(each.id, needs):
            message = f"a no leads to {target!r}, which neither waits for {each.id!r} nor comes before it"
            yield Fault(place=place, message=message, hint=f"name a step that {each.id!r} waits for, or put {each.id!r} into its `needs`")
