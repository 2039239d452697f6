"""Whether one reference of a template names something that will be there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from playnex.canonical import Json
from playnex.spec.faults import did_you_mean
from playnex.spec.references import Reference

ENVELOPE_KEYS = ("output", "status", "reason", "fallback_from", "labels", "sources", "capsule", "usage", "attempts")
CAPSULE_KEYS = ("name", "id", "version")
USAGE_KEYS = ("requests", "input_tokens", "output_tokens", "usd")
RUN_KEYS = ("id",)
ITERATION_KEYS = ("number", "previous")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFacts:
    """What is known of a step before it runs; a `schema` of None means that its output can be anything."""

    id: str
    schema: Mapping[str, Json] | None = None
    saves: bool = True
    stands_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a template at one place of the file may refer to. `iteration` are the steps that are done in rounds, where this is one of
    them; `inside` says of the steps that lie in loops in which."""

    inputs: tuple[str, ...]
    steps: Mapping[str, StepFacts]
    reachable: frozenset[str]
    step: str = ""
    has_item: bool = False
    has_output: bool = False
    output: Mapping[str, Json] | None = field(default=None)
    iteration: Mapping[str, StepFacts] | None = None
    inside: Mapping[str, str] = field(default_factory=dict)

    def with_output(self, schema: Mapping[str, Json] | None) -> "Known":
        """The same, where the step's own result is known as `output`."""
        return replace(self, has_output=True, output=schema)

    def roots(self) -> tuple[str, ...]:
        """The first words of all references."""
        here = {"output": self.has_output, "item": self.has_item, "iteration": self.iteration is not None}
        return ("inputs", "steps", "run", "agents", *(root for root, is_known in here.items() if is_known))


Found = tuple[str, str]
"""A message and a hint."""


def reference_fault(reference: Reference, known: Known) -> Found | None:  # noqa: PLR0911 - one line a word
    """What is wrong with a reference, or None."""
    root, *rest = reference.keys
    match root:
        case "inputs":
            return _member(rest, known.inputs, "the flow has no input") or _whole_only(rest, "inputs", known.inputs)
        case "run":
            return _member(rest, RUN_KEYS, "a run has no") or _whole_only(rest, "run", RUN_KEYS)
        case "steps":
            return _step(rest, known)
        case "agents":
            return (
                None
                if len(rest) == 2 and rest[1] == "model"
                else ("an agent is known here by its model alone", "write `agents.NAME.model`")
            )
        case "output" if known.has_output:
            return _field(rest, known.output, "output")
        case "output":
            return "`output` is known only in `verify`, `fallback`, `content` and `save`", "write `steps.NAME.output`"
        case "item":
            return None if known.has_item else ("`item` is known only in a step with `for-each`", "add `for-each: ${{ … }}` to the step")
        case "iteration":
            return _iteration(rest, known)
        case _:
            return _unknown_root(str(root), known)


def _unknown_root(root: str, known: Known) -> Found:
    if root in known.inputs:
        return f"there is no value {root!r} here", f"write `inputs.{root}`"
    if root in known.steps:
        return f"there is no value {root!r} here", f"write `steps.{root}.output`"
    return f"there is no value {root!r} here", did_you_mean(root, known.roots()) or f"known: {', '.join(known.roots())}"


def _member(keys: list[str | int], members: tuple[str, ...], what: str) -> Found | None:
    if not keys or keys[0] in members:
        return None
    return f"{what} {keys[0]!r}", did_you_mean(str(keys[0]), members) or f"known: {', '.join(members) or 'none'}"


def _whole_only(keys: list[str | int], root: str, members: tuple[str, ...]) -> Found | None:
    return None if keys else (f"`{root}` alone is no value", f"name one of {', '.join(members) or 'its members'}")


def _step(keys: list[str | int], known: Known) -> Found | None:  # noqa: PLR0911 - one line a reason
    if not keys:
        return "`steps` alone is no value", "write `steps.NAME.output`"
    step = str(keys[0])
    if step not in known.steps and step in known.inside:
        loop = known.inside[step]
        return f"step {step!r} lies in the loop {loop!r}", f"the loop's result is `steps.{loop}.output`, that of its last step"
    if step not in known.steps:
        return f"there is no step {step!r}", _step_hint(step, known.steps)
    if step == known.step:
        return f"step {step!r} refers to itself", "its own result is `output`, in `verify` and `fallback`"
    if known.steps[step].stands_in:
        return f"step {step!r} runs only in the place of another", "refer to the step that it stands in for"
    if step not in known.reachable:
        return f"step {known.step!r} does not wait for step {step!r}", f"add {step!r} to its `needs`, or put it below {step!r}"
    if wrong := _member(keys[1:], ENVELOPE_KEYS, f"the record of step {step!r} has no"):
        return wrong
    return _record_member(keys[1:], known.steps[step])


def _iteration(keys: list[str | int], known: Known) -> Found | None:
    """`iteration.number`, `iteration.previous`, and what the steps of the round before gave."""
    if known.iteration is None:
        return "`iteration` is known only in a loop, and where a refusal leads back to", "put the step below `repeat:`"
    if not keys or keys[0] not in ITERATION_KEYS:
        return _member(keys, ITERATION_KEYS, "`iteration` has no") or _whole_only(keys, "iteration", ITERATION_KEYS)
    if keys[0] == "number" or len(keys) == 1:
        return None
    step = str(keys[1])
    if step not in known.iteration:
        return f"the round has no step {step!r}", did_you_mean(step, known.iteration) or f"its steps: {', '.join(known.iteration)}"
    if wrong := _member(keys[2:], ENVELOPE_KEYS, f"the record of step {step!r} has no"):
        return wrong
    return _record_member(keys[2:], known.iteration[step])


def _step_hint(step: str, steps: Mapping[str, StepFacts]) -> str:
    hyphenated = next((each for each in steps if each.startswith(f"{step}-")), None)
    if hyphenated:
        return f"write `steps['{hyphenated}']`: in an expression - means minus"
    return did_you_mean(step, steps) or f"steps: {', '.join(steps)}"


def _record_member(keys: list[str | int], facts: StepFacts) -> Found | None:
    match keys:
        case ["capsule", *_] if not facts.saves:
            return f"step {facts.id!r} saves no capsule", "add `save: NAME` to it"
        case ["capsule", *rest]:
            return _member(rest, CAPSULE_KEYS, "a capsule reference has no")
        case ["usage", *rest]:
            return _member(rest, USAGE_KEYS, "a step's usage has no")
        case ["output", *rest]:
            return _field(rest, facts.schema, f"the output of step {facts.id!r}")
        case _:
            return None


def _field(keys: list[str | int], schema: Mapping[str, Json] | None, what: str) -> Found | None:
    """Follow a path into a schema as far as the schema is sure of itself."""
    for key in keys:
        match schema:
            case None:
                return None
            case {"type": "object", "properties": dict(properties)}:
                if key not in properties:
                    return None if schema.get("additionalProperties") is not False else _no_field(what, key, tuple(properties))
                schema = properties[key]
            case {"type": "array"} if not isinstance(key, int):
                return f"{what} is a list and has no field {key!r}", "take one item, as in x[0], or loop over it"
            case {"type": "array"}:
                schema = schema.get("items")
            case {"type": "string" | "number" | "integer" | "boolean" as kind}:
                return f"{what} is a {kind} and has no field {key!r}", "give the step an `output` with that field"
            case _:
                return None
        what = f"{what}[{key}]" if isinstance(key, int) else f"{what}.{key}" if what == "output" else what
    return None


def _no_field(what: str, key: str | int, properties: tuple[str, ...]) -> Found:
    return f"{what} has no field {key!r}", did_you_mean(str(key), properties) or f"its fields: {', '.join(properties)}"
