"""`playnex.toml`: the models under their aliases, what is said of tools, and the policy; every fault with its place."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from playnex.canonical import Json
from playnex.errors import DefinitionError
from playnex.spec import units
from playnex.spec.faults import Fault, Place, did_you_mean
from playnex.spec.tool_rules import EFFECTS, EGRESSES, ToolRule, approval_problem

Word = TypeVar("Word", bound=str)
ModelKind = Literal["openai", "embedded"]
KINDS: tuple[ModelKind, ...] = ("openai", "embedded")
TABLES = ("models", "tools", "policy", "recall")
POLICY = ("local", "untrusted", "approval_timeout")
RECALL = ("embedder",)
EMBEDDED = "embedded"
"""The embedder that comes along, beside the aliases of models."""

TOOL_KEYS = ("approval", "egress", "effect", "sinks")
Untrusted = Literal["ask", "run"]
UNTRUSTED: tuple[Untrusted, ...] = ("ask", "run")


@dataclass(frozen=True, slots=True, kw_only=True)
class UsdPerMillion:
    """What a million tokens cost, in US dollars."""

    input: float
    output: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """A model as `playnex.toml` names it, under an alias. `context` is its window in tokens, `timeout` in seconds for one
    request, `api_key_env` the environment variable that holds a key (never the key itself). `at_once` is how many requests
    its server may be working on at the same time, `per_minute` how many may begin in any minute."""

    alias: str
    kind: ModelKind = "openai"
    base_url: str = ""
    name: str = ""
    context: int | None = None
    timeout: float = 300.0
    api_key_env: str = ""
    tool_calling: bool | None = None
    json_schema: bool | None = None
    at_once: int | None = None
    per_minute: int | None = None
    usd_per_million: UsdPerMillion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A workspace's settings. In local mode every model is on this machine. `tools` is what it says of them, `untrusted` what becomes of a
    consequential call whose arguments come from something untrusted, `approval_timeout` how many
    seconds a person has who is asked. `embedder` makes the vectors for search by meaning: a model's alias, or `embedded`; empty for none."""

    models: Mapping[str, ModelSettings] = field(default_factory=dict)
    tools: tuple[ToolRule, ...] = ()
    local: bool = True
    untrusted: Untrusted = "ask"
    approval_timeout: float | None = None
    embedder: str = ""


MODEL_KEYS = tuple(each.name for each in fields(ModelSettings) if each.name != "alias")
PRICE = "usd_per_million"
PRICE_KEYS = tuple(each.name for each in fields(UsdPerMillion))
WHOLE, NUMBER, FLAG = (int,), (int, float), (bool,)
TYPES: Mapping[str, tuple[type, ...]] = {
    "context": WHOLE,
    "timeout": NUMBER,
    "tool_calling": FLAG,
    "json_schema": FLAG,
    "at_once": WHOLE,
    "per_minute": WHOLE,
    PRICE: (dict,),
}
EXPECTED: Mapping[tuple[type, ...], str] = {WHOLE: "a whole number", NUMBER: "a number", FLAG: "true or false"}
EXPECTED_PRICE = "{ input = 2.5, output = 10 }"
ABOVE_ZERO = ("context", "timeout", "at_once", "per_minute")


def read_config(text: str, path: str) -> Config:
    """The settings in the text. Raises DefinitionError with every fault."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError((_syntax_fault(str(error), path),)) from None
    reading = _Reading(text=text, path=path)
    reading.unknown(document, TABLES, "")
    policy = reading.table(document, "policy")
    reading.unknown(policy, POLICY, "policy")
    local = policy.get("local", True)
    if not isinstance(local, bool):
        reading.fault("policy", "local", f"`local` must be true or false, not {_written(local)}")
    models = {alias: reading.model(alias, bool(local)) for alias in reading.table(document, "models")}
    config = Config(
        models={alias: model for alias, model in models.items() if model},
        tools=tuple(reading.tool(pattern, said) for pattern, said in reading.table(document, "tools").items()),
        local=bool(local),
        untrusted=reading.choice("policy", "untrusted", policy.get("untrusted"), words=UNTRUSTED) or "ask",
        approval_timeout=reading.duration("policy", "approval_timeout", policy.get("approval_timeout")),
        embedder=reading.embedder(reading.table(document, "recall"), (EMBEDDED, *models)),
    )
    if reading.faults:
        raise DefinitionError((*sorted(reading.faults, key=_order),))
    return config


SAYS = {
    "kind": "any OpenAI-compatible server, or the model that comes along",
    "base_url": "the server's address, such as http://127.0.0.1:11434/v1",
    "name": "the model, as the server calls it",
    "context": "its window in tokens",
    "timeout": "seconds for one request",
    "api_key_env": "the environment variable that holds the key, never the key itself",
    "tool_calling": "whether it can call tools itself; what `playnex model test` saw, where nothing is said",
    "json_schema": "whether it keeps to a JSON Schema; what `playnex model test` saw, where nothing is said",
    "at_once": "how many requests its server may be working on at the same time",
    "per_minute": "how many requests may begin in any minute",
    PRICE: "US dollars for a million tokens, for a model that is not on this machine",
}

TOOL_SCHEMAS: Mapping[str, Json] = {
    "approval": {"type": "string", "description": "when a person is asked first: never, ask, or a rule such as args.amount > 100"},
    "egress": {"enum": list(EGRESSES), "description": "whether a call leaves the machine"},
    "effect": {"enum": list(EFFECTS), "description": "what a second call would do"},
    "sinks": {"type": "array", "items": {"type": "string"}, "description": "the arguments that matter: recipient, url, path, id, amount"},
}
POLICY_SCHEMAS: Mapping[str, Json] = {
    "local": {"type": "boolean", "description": "every model is on this machine"},
    "untrusted": {"enum": list(UNTRUSTED), "description": "a consequential call with arguments from untrusted content asks, or runs"},
    "approval_timeout": {"type": ["number", "string"], "description": "how long a person has who is asked about a call: 30m, 24h"},
}


RECALL_SCHEMAS: Mapping[str, Json] = {
    "embedder": {"type": "string", "description": "what search by meaning goes by: the alias of a model that embeds texts, or embedded"}
}


def config_schema() -> dict[str, Json]:
    """The JSON Schema (2020-12) of playnex.toml, for editors."""
    model = {"type": "object", "properties": {key: _key_schema(key) for key in MODEL_KEYS}, "additionalProperties": False}
    tool = {"type": "object", "properties": {key: TOOL_SCHEMAS[key] for key in TOOL_KEYS}, "additionalProperties": False}
    tables: dict[str, Json] = {
        "models": {"type": "object", "additionalProperties": model, "description": "models by their aliases; agents use `main`"},
        "tools": {"type": "object", "additionalProperties": tool, "description": 'what is said of tools, by name or pattern: "crm.*"'},
        "policy": {"type": "object", "properties": {key: POLICY_SCHEMAS[key] for key in POLICY}, "additionalProperties": False},
        "recall": {"type": "object", "properties": {key: RECALL_SCHEMAS[key] for key in RECALL}, "additionalProperties": False},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The settings of a Playnex workspace",
        "type": "object",
        "properties": {table: tables[table] for table in TABLES},
        "additionalProperties": False,
    }


def _key_schema(key: str) -> dict[str, Json]:
    """What a key of a model takes."""
    kinds = TYPES.get(key, (str,))
    if key == PRICE:
        prices = {name: {"type": "number", "minimum": 0} for name in PRICE_KEYS}
        table: dict[str, Json] = {"type": "object", "properties": prices, "required": list(PRICE_KEYS), "additionalProperties": False}
        return table | {"description": SAYS[key]}
    schema: dict[str, Json] = {
        "type": "boolean" if bool in kinds else "number" if float in kinds else "integer" if int in kinds else "string"
    }
    schema |= {"exclusiveMinimum": 0} if key in ABOVE_ZERO else {}
    return schema | ({"enum": list(KINDS)} if key == "kind" else {}) | {"description": SAYS.get(key, "")}


def is_loopback(url: str) -> bool:
    """True for an http(s) address on this machine, without a user name that could disguise another host."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(slots=True, kw_only=True)
class _Reading:
    text: str
    path: str
    faults: list[Fault] = field(default_factory=list)

    def table(self, document: Mapping[str, Json], name: str) -> dict[str, Json]:
        value = document.get(name, {})
        if isinstance(value, dict):
            return value
        self.fault("", name, f"`{name}` must be a table", hint=f"write it as [{name}]")
        return {}

    def unknown(self, table: Mapping[str, Json], known: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in known:
                self.fault(where, key, f"unknown key {key!r}", hint=did_you_mean(key, known) or f"known: {', '.join(known)}")

    def model(self, alias: str, local: bool) -> ModelSettings | None:
        where = f"models.{alias}"
        table = tomllib.loads(self.text)["models"][alias]
        if not isinstance(table, dict):
            self.fault("models", alias, f"model {alias!r} must be a table", hint=f"write it as [models.{alias}]")
            return None
        before = len(self.faults)
        self.unknown(table, MODEL_KEYS, where)
        for key, value in table.items():
            if key == PRICE:
                self.price(where, value)
            elif key in MODEL_KEYS:
                self.value(where, key, value)
        if len(self.faults) == before:
            self.checked(where, table, local)
        if len(self.faults) > before:
            return None
        return ModelSettings(alias=alias, **table | ({PRICE: UsdPerMillion(**table[PRICE])} if PRICE in table else {}))

    def tool(self, pattern: str, said: Json) -> ToolRule:
        where = f"tools.{pattern}"
        place = _place(self.text, self.path, where, "")
        if not isinstance(said, dict):
            self.fault("tools", pattern, f"tool {pattern!r} must be a table", hint=f'write it as [tools."{pattern}"]')
            return ToolRule(pattern=pattern, place=place)
        for key, value in said.items():
            if isinstance(value, dict):
                self.fault(f"{where}.{key}", "", f"[tools.{pattern}.{key}] names no tool", hint=f'write it as [tools."{pattern}.{key}"]')
        self.unknown({key: value for key, value in said.items() if not isinstance(value, dict)}, TOOL_KEYS, where)
        return ToolRule(
            pattern=pattern,
            place=place,
            approval=self.approval(where, said.get("approval")),
            egress=self.choice(where, "egress", said.get("egress"), words=EGRESSES),
            effect=self.choice(where, "effect", said.get("effect"), words=EFFECTS),
            sinks=self.sinks(where, said.get("sinks")),
        )

    def approval(self, where: str, said: Json) -> str | None:
        if said is None:
            return None
        if not isinstance(said, str):
            self.fault(where, "approval", f"`approval` must be a text, not {_written(said)}", hint="never, ask, or a rule")
        elif problem := approval_problem(said):
            self.fault(where, "approval", problem.message, hint=problem.hint)
        else:
            return said
        return None

    def sinks(self, where: str, said: Json) -> tuple[str, ...] | None:
        if said is None:
            return None
        if not isinstance(said, list) or not all(isinstance(name, str) for name in said):
            self.fault(where, "sinks", f"`sinks` must be a list of parameters, not {_written(said)}", hint='such as ["to", "amount"]')
            return None
        return tuple(said)

    def choice(self, where: str, key: str, said: Json, *, words: tuple[Word, ...]) -> Word | None:
        found = next((word for word in words if word == said), None)
        if said is not None and found is None:
            hint = did_you_mean(str(said), words)
            self.fault(where, key, f"`{key}` must be one of {', '.join(words)}, not {_written(said)}", hint=hint)
        return found

    def duration(self, where: str, key: str, said: Json) -> float | None:
        if said is None:
            return None
        try:
            return units.duration("" if isinstance(said, bool) else said)
        except (ValueError, TypeError) as error:
            self.fault(where, key, f"`{key}`: {error}")
            return None

    def embedder(self, table: Mapping[str, Json], known: tuple[str, ...]) -> str:
        self.unknown(table, RECALL, "recall")
        said = table.get("embedder", "")
        if not isinstance(said, str) or (said and said not in known):
            hint = did_you_mean(str(said), known) or f"`{EMBEDDED}`, or a model that is named under [models.ALIAS]"
            self.fault("recall", "embedder", f"there is no embedder {_written(said)}", hint=hint)
            return ""
        return said

    def value(self, where: str, key: str, value: Json) -> None:
        expected = TYPES.get(key, (str,))
        fits = isinstance(value, expected) and (bool in expected or not isinstance(value, bool))
        if not fits:
            self.fault(where, key, f"`{key}` must be {EXPECTED.get(expected, 'a text')}, not {_written(value)}")
        elif key in ABOVE_ZERO and not 0 < value < float("inf"):
            self.fault(where, key, f"`{key}` must be above zero, not {_written(value)}")

    def price(self, where: str, value: Json) -> None:
        hint = f"write it as {PRICE} = {EXPECTED_PRICE}"
        if not isinstance(value, dict):
            self.fault(where, PRICE, f"`{PRICE}` must be a table, not {_written(value)}", hint=hint)
            return
        self.unknown(value, PRICE_KEYS, f"{where}.{PRICE}")
        for name in PRICE_KEYS:
            number: Json = value.get(name)
            if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number < float("inf"):
                said = "is missing" if number is None else f"must be dollars for a million tokens, not {_written(number)}"
                self.fault(where, PRICE, f"`{name}` of `{PRICE}` {said}", hint=hint)

    def checked(self, where: str, table: Mapping[str, Json], local: bool) -> None:
        kind, url = table.get("kind", "openai"), table.get("base_url", "")
        if kind not in KINDS:
            self.fault(where, "kind", f"`kind` must be one of {', '.join(KINDS)}, not {kind!r}", hint=did_you_mean(str(kind), KINDS))
        elif kind == "openai" and not url:
            self.fault(where, "", "a model of kind openai needs a `base_url`", hint='such as base_url = "http://127.0.0.1:11434/v1"')
        elif url and local and not is_loopback(url):
            hint = "use an address on 127.0.0.1, or set `local = false` under [policy]"
            self.fault(where, "base_url", f"{url!r} is not on this machine, and the workspace is in local mode", hint=hint)

    def fault(self, where: str, key: str, message: str, *, hint: str = "") -> None:
        self.faults.append(Fault(place=_place(self.text, self.path, where, key), message=message, hint=hint))


def _written(value: Json) -> str:
    """The value as TOML spells it, where that differs."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _place(text: str, path: str, where: str, key: str) -> Place:
    """Where a key of a table stands; tomllib keeps no places, so its lines are looked for."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if head := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
            table = head[1].replace('"', "").replace(" ", "")
            if table == where and not key:
                return Place(path=path, line=number, column=1, width=len(line))
            if not where and key and table.split(".")[0] == key:
                return Place(path=path, line=number, column=line.index(key) + 1, width=len(key))
            if where and table == f"{where}.{key}":
                return Place(path=path, line=number, column=line.index(key) + 1, width=len(key))
        elif table == where and (found := re.match(rf"\s*\"?({re.escape(key)})\"?\s*[=.]", line)):
            return Place(path=path, line=number, column=found.start(1) + 1, width=len(key))
    return Place(path=path, line=1, column=1)


def _order(fault: Fault) -> tuple[int, int]:
    return fault.place.line, fault.place.column


def _syntax_fault(message: str, path: str) -> Fault:
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    line, column = (int(found[1]), int(found[2])) if found else (1, 1)
    return Fault(
        place=Place(path=path, line=line, column=column),
        message=re.sub(r" \(at .*\)", "", message),
        hint='mend this line: the file is TOML, `key = "value"`',
    )
