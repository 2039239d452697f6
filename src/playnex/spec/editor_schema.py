"""JSON Schema of the user's files, for editors that complete and check while one types.

The keys are the readers' own, so the schemas know what the readers know. Where a rule cannot be said in JSON Schema, the schema takes
more than the reader: what it refuses is always a fault, and `playnex check` has the last word.
"""

from collections.abc import Mapping, Sequence

from playnex.canonical import Json
from playnex.spec import units
from playnex.spec.agent import TURN_CEILING
from playnex.spec.flow import FORMAT, MOST_AT_ONCE
from playnex.spec.memory import HITS, MOST_HITS
from playnex.spec.pattern_table import PATTERNS, Setting
from playnex.spec.read_agent import AGENT_KEYS, HOTTEST, REFLECT
from playnex.spec.read_flow import BUDGET_KEYS, DEFAULTS_KEYS, FLOW_KEYS, INPUT_KEYS, INPUT_TYPES, MOST_TURNS, MOST_USD
from playnex.spec.read_memory import MEMORY_KEYS, RECALL_KEYS
from playnex.spec.read_on import CONCURRENCY_KEYS, ON, SCHEDULE_KEYS
from playnex.spec.read_settings import (
    APPROVE_KEYS,
    FUNCTION,
    MOST_BACKOFF,
    MOST_RETRIES,
    MOST_ROUNDS,
    ON_FAIL,
    REPEAT_KEYS,
    RETRY_KEYS,
    VERIFY_KEYS,
    WAIT_KEYS,
)
from playnex.spec.read_step import BESIDE_KEYS, CASE_KEYS, CASE_SETTINGS, ONLY_BESIDE, STEP_ALONE, WHAT_KEYS
from playnex.spec.reading import SLUG, WORD
from playnex.spec.schema import WORDS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Json]
Table = Mapping[str, tuple[Schema, str]]
"""What each key takes, and what an editor says of it."""

TEXT: Schema = {"type": ["string", "number", "boolean"]}
FILLED: Schema = TEXT | {"pattern": r"\S"}
TEXTS: Schema = {"anyOf": [FILLED, {"type": "array", "items": FILLED}]}
FLAG: Schema = {"type": "boolean"}
ANY: Schema = {}
DURATION: Schema = {
    "anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": rf"^\s*{units.DURATION.pattern}\s*$"}]
}
PYTHON: Schema = {"type": "string", "pattern": f"^{FUNCTION.pattern}$"}
COUNT: Schema = {"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, {"type": "string", "pattern": rf"^\s*{units.COUNT.pattern}\s*$"}]}
NAME: Schema = {"type": "string", "pattern": f"^{SLUG.pattern}$"}
SHORT: Schema = {"$ref": "#/$defs/short"}
STEP: Schema = {"$ref": "#/$defs/step"}


def whole(least: int, most: int) -> Schema:
    """A whole number between two bounds."""
    return {"type": "integer", "minimum": least, "maximum": most}


def number(least: float, most: float) -> Schema:
    """A number between two bounds."""
    return {"type": "number", "minimum": least, "maximum": most}


def choice(words: Sequence[str]) -> Schema:
    """One of these words."""
    return {"enum": list(words)}


def closed(keys: Sequence[str], table: Table, *, needed: Sequence[str] = ()) -> Schema:
    """A map of just these keys, each as the table has it."""
    properties = {key: schema | {"description": says} for key in keys for schema, says in [table.get(key, (ANY, ""))]}
    return {"type": "object", "properties": properties, "additionalProperties": False} | ({"required": list(needed)} if needed else {})


def map_of(schema: Schema, names: Schema | None = None) -> Schema:
    """A map of names that the user chooses."""
    return {"type": "object", "additionalProperties": schema} | ({"propertyNames": names} if names else {})


def or_list(schema: Schema) -> Schema:
    """One, or a list of such."""
    return {"anyOf": [schema, {"type": "array", "items": schema}]}


STEPS = map_of(STEP, {"pattern": f"^{WORD.pattern}$"}) | {"minProperties": 1}

BUDGET: Table = {
    "turns": (whole(1, MOST_TURNS), "model requests at most"),
    "tokens": (COUNT, "tokens at most: 500, 200k, 2M"),
    "usd": (number(0, MOST_USD), "US dollars at most"),
    "time": (DURATION, "how long at most: 30s, 10m, 2h"),
}
RETRY: Table = {
    "times": (whole(0, MOST_RETRIES), "how many more tries"),
    "delay": (DURATION, "the pause before the first of them"),
    "backoff": (number(1, MOST_BACKOFF), "what each pause is multiplied by"),
    "on": (TEXTS, "the reasons worth another try; all where nothing is said"),
}
RETRYING: Schema = {"anyOf": [whole(0, MOST_RETRIES), closed(RETRY_KEYS, RETRY)]}
VERIFY: Table = {
    "that": (FILLED, "an expression over `output` that must hold"),
    "agent": (FILLED, "a judge, which answers {pass, reason}"),
    "python": (PYTHON, "a function of yours that says whether it holds"),
    "on-fail": (choice(ON_FAIL), "what becomes of an output that does not hold"),
    "timeout": (DURATION, "how long a person has who is asked"),
}
APPROVE: Table = {
    "message": (FILLED, "what the person is asked"),
    "show": (ANY, "what the person is shown"),
    "editable": (FLAG, "the person may change what is shown"),
    "timeout": (DURATION, "after so long, silence means no"),
}
REPEAT: Table = {
    "max": (whole(1, MOST_ROUNDS), "so many rounds at most"),
    "until": (FILLED, "an expression that ends the loop"),
}
WAIT: Table = {
    "signal": (FILLED, "the signal that ends the wait"),
    "timeout": (DURATION, "how long at most"),
}
DEFAULTS: Table = {
    "timeout": (DURATION, "for one try of a step that says nothing else"),
    "retry": (RETRYING, "for a step that says nothing else"),
}
INPUT: Table = {
    "type": (
        {"anyOf": [choice(INPUT_TYPES), {"type": "array", "items": FILLED, "minItems": 1}]},
        "a type, or the only words that it may be",
    ),
    "required": (FLAG, "the flow does not start without it"),
    "default": (ANY, "its value where nobody gives one"),
    "description": (TEXT, "what it is, for people and forms"),
    "untrusted": (FLAG, "it is not your own word, as a mail that came in"),
    "private": (FLAG, "what is made from it does not leave the machine unasked"),
}
STEP_TABLE: Table = {
    "agent": (FILLED, "an agent of agents/NAME.md works on the prompt"),
    "tool": (FILLED, "a tool is called, without a model"),
    "flow": (FILLED, "another flow runs as one step"),
    "python": (PYTHON, "a function of yours: MODULE:FUNCTION"),
    "pattern": (choice(tuple(PATTERNS)), "agents work together on the prompt; `with` says who and how"),
    "switch": ({"type": "string", "pattern": r"\$\{\{|\{%|\{##"}, "a route: the value, as one ${{ }}"),
    "approve": (closed(APPROVE_KEYS, APPROVE, needed=("message",)), "a person says yes or no"),
    "wait": ({"anyOf": [DURATION, closed(WAIT_KEYS, WAIT, needed=("signal",))]}, "time passes, or a signal comes"),
    "repeat": (closed(REPEAT_KEYS, REPEAT, needed=("max",)), "a loop: its `steps` are done in rounds"),
    "save": (FILLED, "the capsule that keeps the output; alone it is a step with `content`"),
    "prompt": (FILLED, "what the agent is asked; ${{ }} and {% %} are filled in"),
    "with": ({"type": "object"}, "arguments of the tool, inputs of the flow, or settings of the pattern"),
    "content": (TEXT, "what is saved instead of the output"),
    "capsules": (TEXTS, "capsules that the agent is given"),
    "output": (SHORT, "the schema of the output: string, string[], [a, b], maps, key?"),
    "verify": (or_list(closed(VERIFY_KEYS, VERIFY)), "checks on the output before anybody sees it"),
    "needs": (TEXTS, "steps to wait for instead of the one above"),
    "if": (FILLED, "an expression; where it does not hold the step is skipped"),
    "else": (ANY, "the output of a step that is skipped"),
    "timeout": (DURATION, "for each try"),
    "retry": (RETRYING, "more tries"),
    "fallback": (ANY, "what stands in: a value, { agent: NAME } or { step: ID }"),
    "continue-on-error": (FLAG, "the run goes on where this step fails"),
    "on-refuse": (FILLED, "where a no leads: `continue`, or a step"),
    "for-each": ({"type": ["string", "array"], "pattern": r"^\s*\$\{\{"}, "a list, or one ${{ }} that gives one: the step for every item"),
    "max-parallel": (whole(1, MOST_AT_ONCE), "so many items at the same time at most"),
    "steps": (STEPS, "the steps of a loop"),
    "cases": (map_of({"$ref": "#/$defs/case"}) | {"minProperties": 1}, "what each value of the switch leads to"),
    "default": ({"$ref": "#/$defs/case"}, "what any other value leads to"),
    "name": (TEXT, "a name for people"),
    "description": (TEXT, "what the step is for"),
}
SCHEDULE: Table = {
    "cron": (FILLED, "when: minute, hour, day, month, day of the week"),
    "zone": (FILLED, "the time zone, such as Europe/Vienna; UTC where nothing is said"),
    "inputs": ({"type": "object"}, "what the flow is given then"),
}
CONCURRENCY: Table = {
    "group": (FILLED, "runs of one group go one at a time; it may refer to `inputs`"),
    "cancel-in-progress": (FLAG, "a newer run cancels the older ones of its group"),
}
STARTS: Table = {
    "manual": ({"enum": [None, {}, True]}, "by hand, as every flow can be"),
    "schedule": (or_list(closed(SCHEDULE_KEYS, SCHEDULE, needed=("cron",))), "at these times, once that is enabled"),
}
FLOW: Table = {
    "playnex": ({"const": FORMAT}, "the version of this format"),
    "name": (NAME, "the file's name without .yaml"),
    "description": (TEXT, "one line for lists"),
    "goal": (FILLED, "what it is all for, told to every agent of the flow"),
    "constraints": (TEXTS, "what every agent must keep to"),
    "context": (FILLED, "what every agent should know"),
    "success": (TEXTS, "how one sees that it has worked out"),
    "inputs": (
        map_of({"anyOf": [INPUT["type"][0], closed(INPUT_KEYS, INPUT)]}, {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}),
        "what the flow needs to start",
    ),
    "defaults": (closed(DEFAULTS_KEYS, DEFAULTS), "what every step has unless it says otherwise"),
    "budget": (closed(BUDGET_KEYS, BUDGET), "limits of the whole run"),
    "on": ({"anyOf": [or_list({"const": "manual"}), closed(ON, STARTS)]}, "what starts it: you, or a schedule"),
    "concurrency": ({"anyOf": [FILLED, closed(CONCURRENCY_KEYS, CONCURRENCY, needed=("group",))]}, "runs that go one at a time"),
    "steps": (
        STEPS,
        "what is done, from top to bottom: a step without `needs` waits for the one above",
    ),
    "output": (ANY, "what the run returns; the last step's output where nothing is said"),
}
RECALL: Table = {
    "limit": (whole(1, MOST_HITS), f"hits at most; {HITS} where nothing is said"),
    "in": (TEXTS, "the capsules that it searches: folders, patterns or #tags; those it may read where nothing is said"),
    "at-start": (FLAG, "it is given what is found for its task before its first turn"),
}
MEMORY: Table = {
    "read": (TEXTS, "capsules it may read, by patterns of their names or #tag"),
    "write": (TEXTS, "capsules it may write"),
    "history": (FLAG, "what it was asked and answered before in the run"),
    "pinned": (FLAG, "long-term memory: the pinned capsules"),
    "recall": ({"anyOf": [FLAG, closed(RECALL_KEYS, RECALL)]}, "search by words and meaning"),
}
AGENT: Table = {
    "name": (NAME, "the file's name without .md"),
    "description": (TEXT, "one line for lists"),
    "model": (FILLED, "an alias of playnex.toml; `main` where nothing is said"),
    "tools": (TEXTS, "tools that it may call, by name or pattern"),
    "memory": (
        {"anyOf": [{"enum": ["none", "history", None]}, closed(MEMORY_KEYS, MEMORY)]},
        "what it remembers",
    ),
    "limits": (closed(BUDGET_KEYS, {**BUDGET, "turns": (whole(1, TURN_CEILING), "model requests at most")}), "its own limits"),
    "plan": (FLAG, "it writes a plan first"),
    "reflect": (choice(REFLECT), "when it looks back"),
    "output": (SHORT, "the schema of its answer"),
    "temperature": (number(0, HOTTEST), "handed to the model"),
    "max_output_tokens": (COUNT, "handed to the model"),
    "approval": ({"anyOf": [{"const": "ask"}, map_of(FILLED)]}, "which calls ask a person, beside those that ask anyway"),
}


def flow_schema() -> Schema:
    """The JSON Schema (2020-12) of a flow file."""
    return _root("A Playnex flow", closed(FLOW_KEYS, FLOW, needed=("playnex", "name", "steps"))) | {
        "$defs": {"step": _step(), "case": _case(), "short": _short()}
    }


def agent_schema() -> Schema:
    """The JSON Schema of the front matter of an agent."""
    return _root("A Playnex agent", closed(AGENT_KEYS, AGENT)) | {"$defs": {"short": _short()}}


def _root(title: str, schema: Schema) -> Schema:
    return {"$schema": DIALECT, "title": title, **schema}


def _step() -> Schema:
    """A step does one thing, a switch what its cases say; beside it stands only what goes with it."""
    doing = [key for key in WHAT_KEYS if key != "save"]
    others = [key for key in doing if key != "switch"]
    alone: Schema = {"required": ["save"], "not": {"anyOf": [{"required": [key]} for key in doing]}}
    return closed((*WHAT_KEYS, *BESIDE_KEYS), STEP_TABLE) | {
        "oneOf": [{"required": ["switch"]}, *({"required": [key], "not": {"required": ["switch"]}} for key in others), alone],
        "dependentRequired": {"else": ["if"], "max-parallel": ["for-each"], "content": ["save"], "switch": ["cases"], "repeat": ["steps"]},
        "allOf": [_settings_of(name) for name in PATTERNS],
        "dependentSchemas": {key: {"anyOf": [{"required": [kind]} for kind in kinds]} for key, kinds in ONLY_BESIDE.items()},
    }


def _settings_of(name: str) -> Schema:
    """What `with` is beside that pattern; a switch may leave the rest to its cases."""
    entry = PATTERNS[name]
    table = {setting.name: (_setting(setting), setting.says) for setting in entry.settings}
    needed = [setting.name for setting in entry.settings if setting.required]
    named: Schema = {"required": ["pattern"], "properties": {"pattern": {"const": name}}, "not": {"required": ["switch"]}}
    return {"if": named, "then": {"required": ["with"], "properties": {"with": closed(tuple(table), table, needed=needed)}}}


def _setting(setting: Setting) -> Schema:  # noqa: PLR0911 - one line a kind
    bounds = {"minItems": setting.least, "maxItems": setting.most}
    names: Schema = {"type": "array", "items": FILLED} | bounds
    listed: Schema = names if setting.least > 1 else {"anyOf": [FILLED, names]}
    by_name = map_of(FILLED, {"pattern": f"^{WORD.pattern}$"}) | {"minProperties": setting.least, "maxProperties": setting.most}
    match setting.kind:
        case "agent" | "member":
            return FILLED
        case "agents":
            return listed
        case "named":
            return by_name
        case "team":
            return {"anyOf": [by_name, listed]}
        case "count":
            return whole(setting.least, setting.most)
        case "choice":
            return choice(setting.choices)
        case "flag":
            return FLAG
        case "list":
            return {"type": ["array", "string"]}
        case "check":
            return or_list(closed(VERIFY_KEYS, VERIFY))


def _case() -> Schema:
    named = closed(STEP_ALONE, {"step": (FILLED, "a step that runs only here")}, needed=STEP_ALONE)
    return {"anyOf": [closed((*CASE_KEYS, *CASE_SETTINGS), STEP_TABLE), named]}


def _short() -> Schema:
    """The short form of a schema, or a map that is itself JSON Schema."""
    own: Schema = {
        "type": "object",
        "anyOf": [{"required": ["$schema"]}, {"required": ["type", "properties"]}, {"required": ["type", "items"]}],
    }
    word: Schema = {"type": "string", "pattern": rf"^({'|'.join(WORDS)})(\[\])*$"}
    items: Schema = {"anyOf": [{"type": "string"}, {"type": ["object", "array"]}]}
    return {"anyOf": [word, {"type": "array", "minItems": 1, "items": items}, own, map_of(SHORT) | {"minProperties": 1}]}
