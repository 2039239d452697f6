"""A Python function read as a tool: its parameters as JSON Schema, its docstring as descriptions, its arguments as values."""

import inspect
import re
import typing
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from playnex.canonical import Json, encode
from playnex.errors import PlaynexError

ARGUMENT = re.compile(r"\s+\*{0,2}(\w+)(?:\s*\([^)]*\))?:\s*(.*)")
SECTION = re.compile(r"(\w[\w ]*):\s*")
PLAIN_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def parameters(function: Callable[..., Any]) -> dict[str, Json]:
    """The JSON Schema of its arguments. Raises TypeError, NameError for hints that JSON cannot meet."""
    plain = _plain(function)
    hints = _hints(function)
    (*schemas,), components = msgspec.json.schema_components([hints.get(name, Any) for name in plain], ref_template="#/$defs/{name}")
    told = argument_texts(inspect.getdoc(function) or "")
    properties = {name: dict(schema) | _extras(plain[name], told.get(name, "")) for name, schema in zip(plain, schemas, strict=True)}
    required = [name for name, parameter in plain.items() if parameter.default is parameter.empty]
    schema: dict[str, Json] = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return schema | ({"$defs": components} if components else {})


def description(function: Callable[..., Any]) -> str:
    """The docstring up to its first section (`Args:`, `Returns:` …)."""
    lines = (inspect.getdoc(function) or "").splitlines()
    end = next((number for number, line in enumerate(lines) if SECTION.fullmatch(line)), len(lines))
    return "\n".join(lines[:end]).strip()


def argument_texts(doc: str) -> dict[str, str]:
    """The lines of a Google-style `Args:` section, by parameter."""
    texts: dict[str, str] = {}
    name, inside = "", False
    for line in doc.splitlines():
        if SECTION.fullmatch(line):
            inside = line.strip() in ("Args:", "Arguments:", "Parameters:")
        elif inside and (match := ARGUMENT.fullmatch(line)) and _depth(line) <= 4:
            name = match[1]
            texts[name] = match[2].strip()
        elif inside and name and line.strip():
            texts[name] = f"{texts[name]} {line.strip()}"
    return texts


def converted(function: Callable[..., Any], arguments: Mapping[str, Json]) -> dict[str, Any]:
    """JSON arguments as the values that its hints ask for. Raises msgspec.ValidationError."""
    hints = _hints(function)
    return {name: msgspec.convert(value, hints.get(name, Any)) for name, value in arguments.items()}


def asked(function: Callable[..., Any], request: Mapping[str, Json]) -> dict[str, Any]:
    """The arguments of a call (`arguments`), or of a check: the `output` for its first parameter, and `inputs` where it has that one."""
    if request["do"] == "call":
        return converted(function, request["arguments"])
    first = next(iter(inspect.signature(function).parameters), "output")
    given = {"inputs": request["inputs"]} if "inputs" in inspect.signature(function).parameters else {}
    return converted(function, given | {first: request["output"]})


def _plain(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    found = inspect.signature(function).parameters
    for name, parameter in found.items():
        if parameter.kind not in PLAIN_KINDS:
            raise TypeError(f"parameter {str(parameter)!r} cannot be given by name; write {name!r} as a plain parameter")
    return dict(found)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    return typing.get_type_hints(function, include_extras=True)


def _extras(parameter: inspect.Parameter, text: str) -> dict[str, Json]:
    extras: dict[str, Json] = {"description": text} if text else {}
    if parameter.default is parameter.empty:
        return extras
    try:
        encode(parameter.default)
    except PlaynexError:
        return extras
    return extras | {"default": parameter.default}


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
