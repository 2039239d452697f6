"""Whether a switch can lead anywhere: its value, its cases, and what is known of both before anything runs."""

import json
from collections.abc import Iterator, Mapping

from playnex.canonical import Json
from playnex.spec.check_references import Known
from playnex.spec.expression import bare, is_template, references
from playnex.spec.faults import Fault, did_you_mean
from playnex.spec.flow import InputSpec
from playnex.spec.inputs import json_schema
from playnex.spec.located import MapNode, ScalarNode, find
from playnex.spec.read_step import StepOutline
from playnex.spec.references import is_single

Schema = Mapping[str, Json]
NO_WORDS = {"array": "a list", "object": "a map"}


def case_faults(outline: StepOutline, on: ScalarNode, *, known: Known, inputs: tuple[InputSpec, ...]) -> Iterator[Fault]:
    """A switched value that is no word, cases that it can never have, and values that no case is for, as far as its schema says."""
    if not is_template(str(on.value)):
        hint = f"write `switch: ${{{{ {f'inputs.{on.value}' if on.value in known.inputs else on.value} }}}}`"
        yield Fault(place=on.place, message=f"`switch` must be a ${{{{ }}}} that gives the value, not {on.value!r}", hint=hint)
        return
    schema, cases = _schema_of(on, known, inputs), find(outline.entry.value, "cases")
    if schema is None or not isinstance(cases, MapNode):
        return
    if (kind := str(schema.get("type"))) in NO_WORDS:
        message = f"a switch needs one value, and this is {NO_WORDS[kind]}"
        yield Fault(place=on.place, message=message, hint="name one field or item of it, or use `if`")
        return
    words = _words(schema)
    for entry in cases.entries:
        if words is not None and entry.key not in words:
            hint = did_you_mean(entry.key, words) or f"it is one of {', '.join(words)}"
            yield Fault(place=entry.place, message=f"the switched value is never {entry.key!r}", hint=hint)
        elif kind in ("integer", "number") and not _is_number(entry.key, whole=kind == "integer"):
            hint = f"it is {'a whole number' if kind == 'integer' else 'a number'}"
            yield Fault(place=entry.place, message=f"the switched value is never {entry.key!r}", hint=hint)
    missing = sorted(set(words or ()) - set(cases.keys()))
    if missing and find(outline.entry.value, "default") is None:
        yield Fault(place=cases.place, message=f"there is no case for {', '.join(map(repr, missing))}", hint="add it, or a `default:`")


def _schema_of(on: ScalarNode, known: Known, inputs: tuple[InputSpec, ...]) -> Schema | None:
    """The schema of what a template of just `${{ steps.ID.output… }}` or `${{ inputs.NAME }}` gives, where it is known."""
    text = str(on.value)
    found = references(text) if is_single(text) else ()
    if len(found) != 1 or len(found[0].path) != len(bare(text)):
        return None
    match found[0].keys:
        case ("inputs", str(name)):
            return next((json_schema(spec) for spec in inputs if spec.name == name and _is_given(spec)), None)
        case ("steps", str(step), "output", *keys) if step in known.steps:
            schema: Json = known.steps[step].schema
            for key in keys:
                schema = schema.get("properties", {}).get(key) if isinstance(schema, Mapping) else None
            return schema if isinstance(schema, Mapping) else None
        case _:
            return None


def _is_given(spec: InputSpec) -> bool:
    """Whether the input has a value in every run."""
    return spec.required or spec.default is not None


def _words(schema: Schema) -> tuple[str, ...] | None:
    """The values that a schema lists, as the cases of a switch write them; None where it lists none."""
    if schema.get("type") == "boolean":
        return ("true", "false")
    return tuple(value if isinstance(value, str) else json.dumps(value) for value in schema["enum"]) if "enum" in schema else None


def _is_number(word: str, *, whole: bool) -> bool:
    try:
        value = json.loads(word)
    except ValueError:
        return False
    return isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
