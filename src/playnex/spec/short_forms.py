"""Inputs and steps in a line each, as the command line takes them, turned into the flow file's own words.

    topic:string!                          length:integer=400 # Words                  tone:[plain,formal]=plain
    draft=agent:writer save:drafts/x prompt:Write about ${{ inputs.topic }}

A step is words of `key:value`. `prompt`, `content` and `approve` take all that follows; a value with spaces stands in quotes, and
`${{ … }}` holds together by itself. `with.NAME:VALUE` is an argument of a tool.
"""

import re
from collections.abc import Mapping

from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.spec.faults import did_you_mean
from playnex.spec.flow import InputSpec
from playnex.spec.inputs import ACCEPTED, converted
from playnex.spec.read_flow import INPUT_TYPES
from playnex.spec.read_step import BESIDE_KEYS, WHAT_KEYS
from playnex.spec.yaml_source import resolved

INPUT_FORM = "write it as NAME:TYPE, with ! where it is required or =DEFAULT, and # what it is: length:integer=400 # Words"
STEP_FORM = "write it as ID=agent:NAME prompt:TEXT, or ID=tool:NAME with.ARGUMENT:VALUE"

INPUT = re.compile(
    r"(?P<name>[^:!=#\s]+)(?::(?P<type>\[[^\]]*\]|[\w-]+))?(?P<required>!)?(?:=(?P<default>.*?))?(?:\s+#\s*(?P<says>.*))?\s*", re.DOTALL
)
ID = re.compile(r"\s*(?P<id>[^=\s]+?)\s*=\s*(?P<rest>\S.*)", re.DOTALL)
KEY = re.compile(r"\s*(?P<key>[a-z][\w-]*(?:\.[\w-]+)?):")
WORD = re.compile(r"(?:\$\{\{.*?\}\}|\"[^\"]*\"|'[^']*'|\S)*", re.DOTALL)
TAKES_ALL = ("prompt", "content", "approve")
LISTED = ("needs", "capsules")
STEP_KEYS = (*WHAT_KEYS, *BESIDE_KEYS)


def input_of(text: str) -> tuple[str, dict[str, Json]]:
    """An input's name and what the file says of it. Raises UsageError."""
    found = INPUT.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"--input {text!r} cannot be read", hint=INPUT_FORM)
    return found["name"], input_entry(
        found["type"] or "string", required=bool(found["required"]), default=found["default"], description=found["says"] or ""
    )


def input_entry(kind: str, *, required: bool = False, default: str | None = None, description: str = "") -> dict[str, Json]:
    """An input in the file's words. `kind` is a type or `[a, b]`, the only words that it may be. Raises UsageError."""
    choices = [word.strip() for word in kind.strip("[] ").split(",")] if kind.startswith("[") or "," in kind else []
    if not choices and kind not in INPUT_TYPES:
        hint = did_you_mean(kind, INPUT_TYPES) or f"types: {', '.join(INPUT_TYPES)}, or words like plain,formal"
        raise UsageError(f"there is no type {kind!r}", hint=hint)
    entry: dict[str, Json] = {"type": [word for word in choices if word] if choices else kind}
    if required:
        entry["required"] = True
    if default is not None:
        spec = InputSpec(name="", type=kind if kind in ACCEPTED else "string")  # type: ignore[arg-type]
        entry["default"] = converted(spec, default)
    return entry | ({"description": description} if description else {})


def step_of(text: str) -> tuple[str, dict[str, Json]]:
    """A step's id and what the file says of it. Raises UsageError."""
    found = ID.fullmatch(text)
    if found is None:
        raise UsageError(f"--step {text!r} cannot be read", hint=STEP_FORM)
    entry: dict[str, Json] = {}
    rest = found["rest"]
    while rest.strip():
        key, value, rest = _first(rest, text)
        if key.startswith("with."):
            entry.setdefault("with", {})[key.removeprefix("with.")] = resolved(value)
        elif key in entry:
            raise UsageError(f"--step {text!r} says {key!r} twice", hint="keep one; quote a value that has a colon in it")
        else:
            entry[key] = _value(key, value)
    return found["id"], entry


def prose(text: str) -> str:
    """A text without space around it; one of several lines ends with its last line's end, as a block in a file does."""
    text = text.strip()
    return f"{text}\n" if "\n" in text else text


def _first(rest: str, text: str) -> tuple[str, str, str]:
    """The first key with its value, and what follows."""
    key = KEY.match(rest)
    if key is None:
        raise UsageError(f"--step {text!r}: {rest.split(maxsplit=1)[0]!r} is no key:value", hint=f"{STEP_FORM}; quote a value with spaces")
    name = key["key"]
    if name.partition(".")[0] not in STEP_KEYS or ("." in name and not name.startswith("with.")):
        hint = did_you_mean(name, STEP_KEYS) or f"keys: {', '.join(STEP_KEYS)}"
        raise UsageError(f"--step {text!r}: a step has no key {name!r}", hint=hint)
    if name in TAKES_ALL:
        return name, prose(rest[key.end() :]), ""
    word = WORD.match(rest, key.end())
    assert word is not None  # it matches nothing, too
    return name, _unquoted(word[0]), rest[word.end() :]


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _value(key: str, value: str) -> Json:
    if key == "approve":
        return {"message": value}
    if key in LISTED:
        parts = [part.strip() for part in value.strip("[]").split(",") if part.strip()]
        return parts[0] if key == "needs" and len(parts) == 1 else parts
    if key == "output" and value.startswith("{"):
        pairs: Mapping[str, str] = dict(pair.split(":", 1) for pair in value.strip("{}").split(",") if ":" in pair)
        return {name.strip(): kind.strip() for name, kind in pairs.items()}
    return resolved(value)
