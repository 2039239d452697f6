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
from playnex.secrets.known import KNOWN
from playnex.spec import units, variables
from playnex.spec.faults import Fault, Place, did_you_mean
from playnex.spec.tool_rules import EFFECTS, EGRESSES, ToolRule, approval_problem

Word = TypeVar("Word", bound=str)
ModelKind = Literal["openai", "embedded"]
KINDS: tuple[ModelKind, ...] = ("openai", "embedded")
TABLES = ("models", "tools", "policy", "capsules", "recall", "python", "telemetry")
POLICY = ("local", "untrusted", "private", "approval_timeout")
CAPSULES = ("mirror", "watch")
TOOL_KEYS = ("approval", "egress", "effect", "sinks", "untrusted", "private", "gives", "remote")
PYTHON = ("env",)
TELEMETRY = ("otlp", "content", "remote")
RECALL = ("embedder",)
EMBEDDED = "embedded"
Answer = Literal["ask", "refuse", "run"]
ANSWERS: tuple[Answer, ...] = ("ask", "refuse", "run")
VARIABLE = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class UsdPerMillion:
    """What a million tokens cost, in US dollars."""

    input: float
    output: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """A model as `playnex.toml` names it, under an alias. `context` is its window in tokens, `timeout` in seconds for one
    request. Its key is named, never written: `api_key_env` is the environment variable that holds it, `api_key` a reference to that or to
    the keyring. `remote` is the user's word that requests may leave the machine. `at_once` is how many requests its server may be working
    on at the same time, `per_minute` how many may begin in any minute."""

    alias: str
    kind: ModelKind = "openai"
    base_url: str = ""
    name: str = ""
    context: int | None = None
    timeout: float = 300.0
    api_key_env: str = ""
    api_key: str = ""
    remote: bool = False
    tool_calling: bool | None = None
    json_schema: bool | None = None
    at_once: int | None = None
    per_minute: int | None = None
    usd_per_million: UsdPerMillion | None = None

    @property
    def key_name(self) -> str:
        """What its key is called: a variable, or `keyring:NAME`; empty for none."""
        return self.api_key_env or variables.whole(self.api_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """Where spans go: the address of an OTLP/HTTP receiver, empty for nowhere. With `content` they carry prompts, answers, arguments and
    results; `remote` is the user's word that they may leave the machine."""

    otlp: str = ""
    content: bool = False
    remote: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CapsuleSettings:
    """Whether capsules have Markdown files, and whether the files are watched while runs go on (else they are looked at when they are
    read)."""

    mirror: bool = True
    watch: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A workspace's settings. In local mode every model is on this machine but those that are named as `remote`. `tools` is what it says of
    them, `untrusted` what becomes of a consequential call whose arguments come from something untrusted, `private` of one that leaves the
    machine after something private was read, `approval_timeout` how many seconds a person has who is asked. `python_env` are variables
    that Python tools are given, as they are written, `${VAR}` included. `embedder` makes the vectors for search by meaning: a model's
    alias, or `embedded`; empty for none."""

    models: Mapping[str, ModelSettings] = field(default_factory=dict)
    tools: tuple[ToolRule, ...] = ()
    python_env: Mapping[str, str] = field(default_factory=dict)
    telemetry: Telemetry = Telemetry()
    local: bool = True
    untrusted: Answer = "ask"
    private: Answer = "ask"
    approval_timeout: float | None = None
    capsules: CapsuleSettings = CapsuleSettings()
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
    "remote": FLAG,
    "content": FLAG,
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
    policy, recall = reading.table(document, "policy"), reading.table(document, "recall")
    reading.unknown(recall, RECALL, "recall")
    reading.unknown(policy, POLICY, "policy")
    local = reading.flag("policy", "local", policy.get("local", True))
    capsules = reading.table(document, "capsules")
    reading.unknown(capsules, CAPSULES, "capsules")
    models = {alias: reading.model(alias, local is not False) for alias in reading.table(document, "models")}
    config = Config(
        models={alias: model for alias, model in models.items() if model},
        tools=tuple(reading.tool(pattern, said) for pattern, said in reading.table(document, "tools").items()),
        python_env=reading.python_env(reading.table(document, "python")),
        telemetry=reading.telemetry(reading.table(document, "telemetry"), local is not False),
        local=local is not False,
        capsules=CapsuleSettings(**{key: reading.flag("capsules", key, capsules.get(key, True)) is not False for key in CAPSULES}),
        untrusted=reading.choice("policy", "untrusted", policy.get("untrusted"), words=ANSWERS) or "ask",
        private=reading.choice("policy", "private", policy.get("private"), words=ANSWERS) or "ask",
        approval_timeout=reading.duration("policy", "approval_timeout", policy.get("approval_timeout")),
        embedder=reading.choice("recall", "embedder", recall.get("embedder"), words=(EMBEDDED, *models)) or "",
    )
    if reading.faults:
        raise DefinitionError((*sorted(reading.faults, key=_order),))
    return config


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
            if isinstance(value, dict) and key != "gives":
                self.fault(f"{where}.{key}", "", f"[tools.{pattern}.{key}] names no tool", hint=f'write it as [tools."{pattern}.{key}"]')
        self.unknown({key: value for key, value in said.items() if key == "gives" or not isinstance(value, dict)}, TOOL_KEYS, where)
        return ToolRule(
            pattern=pattern,
            place=place,
            approval=self.approval(where, said.get("approval")),
            egress=self.choice(where, "egress", said.get("egress"), words=EGRESSES),
            effect=self.choice(where, "effect", said.get("effect"), words=EFFECTS),
            sinks=self.sinks(where, said.get("sinks")),
            remote=self.flag(where, "remote", said.get("remote")) is True,
            untrusted=self.flag(where, "untrusted", said.get("untrusted")),
            private=self.flag(where, "private", said.get("private")),
            gives=self.gives(where, said.get("gives")),
        )

    def gives(self, where: str, said: Json) -> dict[str, str] | None:
        if said is None:
            return None
        if not isinstance(said, dict) or not all(isinstance(name, str) and name for name in said.values()):
            message = f"`gives` must be a table of arguments and fields, not {_written(said)}"
            self.fault(where, "gives", message, hint='such as { event_id = "id" }')
            return None
        return dict(said)

    def flag(self, where: str, key: str, said: Json) -> bool | None:
        if said is None or isinstance(said, bool):
            return said
        self.fault(where, key, f"`{key}` must be true or false, not {_written(said)}")
        return None

    def python_env(self, table: Mapping[str, Json]) -> dict[str, str]:
        """`[python] env`: variables with texts, in which references may stand."""
        self.unknown(table, PYTHON, "python")
        env = table.get("env", {})
        if not isinstance(env, dict) or not all(isinstance(value, str) for value in env.values()):
            self.fault("python", "env", "`env` must be a table of texts", hint='such as env = { CRM_KEY = "${keyring:crm}" }')
            return {}
        for name, value in env.items():
            if problem := variables.problem_of(name, value):
                KNOWN.remember(name, value)  # the faulty line is shown
                self.fault("python.env", name, f"`env`: {problem.message}", hint=problem.hint)
        return env

    def telemetry(self, table: Mapping[str, Json], local: bool) -> Telemetry:
        """`[telemetry]`: where spans go."""
        before = len(self.faults)
        self.unknown(table, TELEMETRY, "telemetry")
        for key in table.keys() & set(TELEMETRY):
            self.value("telemetry", key, table[key])
        if len(self.faults) > before:
            return Telemetry()
        found = Telemetry(**table)
        if found.otlp and not urlsplit(found.otlp).scheme.startswith("http"):
            self.fault("telemetry", "otlp", f"{found.otlp!r} is no address", hint='such as otlp = "http://127.0.0.1:4318"')
        elif found.otlp and local and not found.remote and not is_loopback(found.otlp):
            hint = "use an address on 127.0.0.1, or say that spans may leave: `remote = true` under [telemetry]"
            self.fault("telemetry", "otlp", f"{found.otlp!r} is not on this machine, and the workspace is in local mode", hint=hint)
        return found

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
        elif url and local and not table.get("remote") and not is_loopback(url):
            hint = f"use an address on 127.0.0.1, or name it as one that may leave: `remote = true` under [{where}]"
            self.fault(where, "base_url", f"{url!r} is not on this machine, and the workspace is in local mode", hint=hint)
        self.key(where, table)

    def key(self, where: str, table: Mapping[str, Json]) -> None:
        """A key is named, never written, and travels encrypted."""
        variable, reference, url = table.get("api_key_env", ""), table.get("api_key", ""), table.get("base_url", "")
        alias = where.removeprefix("models.")
        hint = f'keep it: playnex secret set {alias}; then write api_key = "${{keyring:{alias}}}", or "${{VARIABLE}}"'
        for name, value, is_named in (
            ("api_key", reference, bool(variables.whole(reference))),
            ("api_key_env", variable, bool(VARIABLE.fullmatch(variable))),
        ):
            if value and not is_named:
                KNOWN.remember(name, value)  # the faulty line is shown
                self.fault(where, name, f"`{name}` must name the key, and never be the key itself", hint=hint)
        if variable and reference:
            self.fault(where, "api_key", "`api_key` and `api_key_env` both name the key", hint="leave one of them out")
        if (variable or reference) and url and not url.startswith("https:") and not is_loopback(url):
            self.fault(where, "base_url", f"the key would travel to {url!r} for everybody to read", hint="use an https address")

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
