"""Scripts for the model server that answer any agent sensibly, and the same request always with the same answer."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from playnex.canonical import Json
from playnex.testing.model_replies import Asked, Reply, answer, text_of, value

Script: TypeAlias = Callable[[Asked], Reply]

SENTENCE = re.compile(r"[A-Z][^.!?\n]{15,200}[.!?]")
DEPTH = 12


def research(asked: Asked) -> Reply:
    """Text taken from the prompt; where a schema is asked for, the smallest value that fits it, its strings taken from the prompt."""
    said = sentences(asked)
    if asked.schema is not None:
        return value(example_of(asked.schema, asked.schema, " ".join(said[:1])))
    return answer(" ".join(said[:3]))


def truncating(window: int, script: Script = research) -> Script:
    """Like Ollama: only the last `window` words of the prompt are read, and only those are counted; nothing says so."""

    def cut(asked: Asked) -> Reply:
        words = asked.prompt.split()
        if len(words) <= window:
            return script(asked)
        return answer(" ".join(words[-5:]), input_tokens=window)

    return cut


def sentences(asked: Asked) -> list[str]:
    """The sentences of the newest user or tool message, or the prompt's beginning where it has none."""
    told = [text_of(message) for message in asked.body.get("messages", ()) if message.get("role") in {"user", "tool"}]
    newest = told[-1] if told else asked.prompt
    return SENTENCE.findall(newest) or [newest[:200].strip() or "Nothing was asked."]


def example_of(schema: Mapping[str, Any], root: Mapping[str, Any], text: str, depth: int = 0) -> Json:
    """The smallest value that fits `schema`; `root` resolves its references."""
    if depth > DEPTH:
        return None
    match schema:
        case {"const": fixed}:
            found = fixed
        case {"enum": [*choices]}:
            found = next((choice for choice in choices if str(choice) in text), choices[0])
        case {"$ref": str(path)}:
            found = example_of(_resolved(root, path), root, text, depth + 1)
        case {"anyOf": [*choices]} | {"oneOf": [*choices]}:
            found = example_of(choices[-1], root, text, depth + 1)
        case {"type": "object"}:
            properties = schema.get("properties", {})
            found = {name: example_of(properties.get(name, {}), root, text, depth + 1) for name in schema.get("required", properties)}
        case {"type": "array"}:
            found = [example_of(schema.get("items", {}), root, text, depth + 1)] * max(1, schema.get("minItems", 1))
        case _:
            found = _scalar(schema, text)
    return found


def _scalar(schema: Mapping[str, Any], text: str) -> Json:
    kind = schema.get("type", "string")
    values: Mapping[str, Json] = {
        "integer": int(schema.get("minimum", 1)),
        "number": float(schema.get("minimum", 1.0)),
        "boolean": True,
        "null": None,
    }
    return values.get(kind if isinstance(kind, str) else kind[0], text[: schema.get("maxLength", 400)])


def _resolved(root: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    found: Any = root
    for name in path.removeprefix("#/").split("/"):
        found = found[name]
    resolved: Mapping[str, Any] = found
    return resolved


SCRIPTS: Mapping[str, Script] = {"research": research}
"""Scripts that a child process can be told to play."""
