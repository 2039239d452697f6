"""What a run is given: the flow's declared inputs, converted, completed with their defaults and checked."""

import json
from collections.abc import Mapping, Sequence

from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.spec.faults import did_you_mean
from playnex.spec.flow import FlowSpec, InputSpec

EXPECTED: Mapping[str, str] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "map": "a map",
    "file": "the path of a file",
    "folder": "the path of a folder",
}
ACCEPTED: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "list": list,
    "map": dict,
    "file": str,
    "folder": str,
}
SCHEMA_TYPES: Mapping[str, str] = {"list": "array", "map": "object", "file": "string", "folder": "string"}
FLAGS: Mapping[str, bool] = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def resolve_inputs(flow: FlowSpec, given: Mapping[str, Json]) -> dict[str, Json]:
    """Every input of the flow with its value, in the flow's order; null for one that is neither given nor has a default.

    A text is converted to the input's type, so that it may come from the command line. Raises UsageError that names all
    that is unknown, missing or ill-typed.
    """
    if flow.accepts_any:
        return dict(given)
    known = {spec.name: spec for spec in flow.inputs}
    wrong = [_unknown(flow, name, known) for name in given if name not in known]
    values: dict[str, Json] = {}
    missing = []
    for spec in flow.inputs:
        if spec.name not in given:
            values[spec.name] = spec.default
            missing += [spec.name] if spec.required and spec.default is None else []
            continue
        value = converted(spec, given[spec.name])
        values[spec.name] = value
        if problem := problem_of(spec, value):
            wrong.append(f"input {spec.name!r} {problem}")
    wrong += [f"input {name!r} is missing" for name in missing]
    if wrong:
        raise UsageError("; ".join(wrong), hint=_hint(flow, missing))
    return values


def inputs_schema(flow: FlowSpec) -> dict[str, Json]:
    """The JSON Schema (2020-12) of what the flow is given: forms, clients and `--input-file` can be checked with it."""
    needed = [spec.name for spec in flow.inputs if spec.required and spec.default is None]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": flow.name,
        "description": flow.description,
        "type": "object",
        "properties": {spec.name: _input_schema(spec) for spec in flow.inputs},
        "required": needed,
        "additionalProperties": flow.accepts_any,
    }


def _input_schema(spec: InputSpec) -> dict[str, Json]:
    schema = json_schema(spec)
    schema |= {"format": "path"} if spec.type in ("file", "folder") else {}
    schema |= {"default": spec.default} if spec.default is not None else {}
    return schema | ({"description": spec.description} if spec.description else {})


def json_schema(spec: InputSpec) -> dict[str, Json]:
    """What is known of the input's value, as JSON Schema."""
    if spec.choices:
        return {"type": "string", "enum": list(spec.choices)}
    return {"type": SCHEMA_TYPES.get(spec.type, spec.type)}


def path_inputs(flow: FlowSpec) -> tuple[str, ...]:
    """The inputs that name a file or folder: what lets file tools read outside the workspace."""
    return tuple(spec.name for spec in flow.inputs if spec.type in ("file", "folder"))


def untrusted_inputs(flow: FlowSpec) -> frozenset[str]:
    """The inputs that are not the user's own word."""
    return frozenset(spec.name for spec in flow.inputs if spec.untrusted)


def private_inputs(flow: FlowSpec) -> frozenset[str]:
    """The inputs that must not leave the machine unasked."""
    return frozenset(spec.name for spec in flow.inputs if spec.private)


def is_among(reference: Sequence[str | int], names: frozenset[str]) -> bool:
    """Whether a reference takes one of these inputs, or all of them."""
    return reference[0] == "inputs" and (bool(names) if len(reference) == 1 else reference[1] in names)


def converted(spec: InputSpec, value: Json) -> Json:
    """A text as the input's type, where it can be read as that; anything else as it is."""
    if not isinstance(value, str):
        return value
    match spec.type:
        case "integer" | "number":
            return _number(value)
        case "boolean":
            return FLAGS.get(value.strip().lower(), value)
        case "list" | "map":
            return _decoded(value)
        case _:
            return value


def problem_of(spec: InputSpec, value: Json) -> str:
    """Why a value does not fit an input, to be read after its name, or an empty string."""
    if spec.choices and value not in spec.choices:
        hint = did_you_mean(str(value), spec.choices)
        return f"must be one of {', '.join(spec.choices)}, not {value!r}{'; ' + hint if hint else ''}"
    if not _fits(spec, value):
        return f"must be {EXPECTED[spec.type]}, not {value!r}"
    return ""


def _fits(spec: InputSpec, value: Json) -> bool:
    if isinstance(value, bool):
        return spec.type == "boolean"
    if not isinstance(value, ACCEPTED[spec.type]):
        return False
    return spec.type not in ("file", "folder") or (bool(str(value).strip()) and "\0" not in str(value))


def _number(text: str) -> Json:
    try:
        number = json.loads(text.strip().removeprefix("+"), parse_constant=str)
    except ValueError:
        return text
    return number if isinstance(number, (int, float)) and abs(number) != float("inf") else text


def _decoded(text: str) -> Json:
    try:
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text


def _unknown(flow: FlowSpec, name: str, known: Mapping[str, InputSpec]) -> str:
    hint = did_you_mean(name, known) or (f"it has {', '.join(known)}" if known else "it has none")
    return f"flow {flow.name!r} has no input {name!r} ({hint})"


def _hint(flow: FlowSpec, missing: list[str]) -> str:
    if not missing:
        return f"see `playnex flow show {flow.name}`"
    return "add " + " ".join(f'--input {name}="..."' for name in missing)
