"""Scripts for the model server that answer any agent sensibly, and the same request always with the same answer."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from playnex.canonical import Json, encode_sorted
from playnex.testing.model_replies import Asked, Reply, answer, calls, refusal, text_of, value

Script: TypeAlias = Callable[[Asked], Reply]

Keep = Literal["end", "start"]
"""What is left of a prompt that is too long."""

Counting = Literal["right", "half", "nothing", "all"]
"""What is said of the tokens that were read: their number, half of it, nothing, or the number of all that were sent."""

TOKEN = re.compile(r"[A-Za-z]{1,6}|[0-9]|[\u00aa-\u058f]{1,3}|\n|\S")
"""What the scripted server takes for a token: six letters, one digit, one sign."""

CODE_WORD = re.compile(r"(\w+) is the (?:first|second) code word")
LAST_WORD = re.compile(r"and last the word (\w+)")
BOX = re.compile(r"the (\w+) box")
SENTENCE = re.compile(r"[A-Z][^.!?\n]{15,200}[.!?]")
DEPTH = 12


def research(asked: Asked) -> Reply:
    """Text taken from the prompt; where a schema is asked for, the smallest value that fits it, its strings taken from the prompt."""
    said = sentences(asked)
    if asked.schema is not None:
        return value(example_of(asked.schema, asked.schema, " ".join(said[:1])))
    return answer(" ".join(said[:3]))


def truncating(window: int, script: Script = research, *, keep: Keep = "end", counting: Counting = "right") -> Script:
    """Like Ollama: no more than `window` tokens of the prompt are read, and nothing says so."""

    def cut(asked: Asked) -> Reply:
        spans = [found.span() for found in TOKEN.finditer(asked.prompt)]
        read = spans[-window:] if keep == "end" else spans[:window]
        counts: Mapping[Counting, int] = {"right": len(read), "half": len(read) // 2, "nothing": 0, "all": len(spans)}
        if len(read) < len(spans):
            left = asked.prompt[read[0][0] : read[-1][1]]
            asked = replace(asked, body={**asked.body, "messages": [{"role": "user", "content": left}]})
        return counted(script(asked), counts[counting])

    return cut


def refusing(window: int, script: Script = research) -> Script:
    """Like llama.cpp and vLLM: a prompt of more than `window` tokens is refused."""

    def weigh(asked: Asked) -> Reply:
        tokens = tokens_of(asked.prompt)
        if tokens > window:
            return refusal(400, f"the request exceeds the available context size ({window} tokens)")
        return counted(script(asked), tokens)

    return weigh


def tokens_of(text: str) -> int:
    """How many tokens the scripted server takes a text for."""
    return len(TOKEN.findall(text))


def counted(reply: Reply, tokens: int) -> Reply:
    """The same answer, with so many tokens of the prompt in its usage."""
    document = json.loads(reply.body)
    document["usage"]["prompt_tokens"] = tokens
    return replace(reply, body=encode_sorted(document))


def capable(asked: Asked) -> Reply:
    """What a good model would answer to `playnex model test`, from what it was given to read: the code words, the box's word by way of the
    tool, JSON where a schema is set."""
    results = [text_of(message) for message in asked.body.get("messages", ()) if message.get("role") == "tool"]
    if results:
        return answer(results[-1])
    if asked.body.get("tools"):
        return calls((asked.body["tools"][0]["function"]["name"], {"color": BOX.findall(asked.prompt)[0]}))
    if asked.schema is None and (words := [*CODE_WORD.findall(asked.prompt), *LAST_WORD.findall(asked.prompt)]):
        return answer(" ".join(words))
    return research(asked)


def forgetful(asked: Asked) -> Reply:
    """A model too small to repeat a word, call a tool or keep to a schema."""
    return answer("Once upon a time there was a fox.")


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


SCRIPTS: Mapping[str, Script] = {"research": research, "capable": capable}
"""Scripts that a child process can be told to play."""
