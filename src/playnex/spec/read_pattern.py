"""The settings of a step that is the work of a pattern, as its `with` has them, read by the table of patterns."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from playnex.canonical import Json
from playnex.spec.flow import VerifySpec
from playnex.spec.located import Entry, ListNode, MapNode, Node, find, plain
from playnex.spec.pattern_table import PATTERNS, PatternEntry, Setting
from playnex.spec.read_settings import read_checks
from playnex.spec.reading import WORD, Reading
from playnex.spec.references import is_single


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPattern:
    """What a step says of its pattern: the settings as data, and the checks on what its agents hand over."""

    settings: Mapping[str, Json] = field(default_factory=dict)
    checks: Mapping[str, tuple[VerifySpec, ...]] = field(default_factory=dict)


def read_pattern(reading: Reading, step: MapNode) -> ReadPattern:
    """Read `pattern` and `with`, and note what is wrong with them."""
    node = find(step, "pattern")
    name = reading.choice(node, "`pattern`", tuple(PATTERNS))
    settings_node = find(step, "with")
    given = reading.map(settings_node, "`with`")
    entry = PATTERNS.get(name or "")
    if node is None or entry is None:
        return ReadPattern()
    faults = len(reading.faults)
    if given is not None:
        reading.keys(given, [setting.name for setting in entry.settings], what=f"the pattern {name!r}")
    if given is not None or settings_node is None:
        _find_missing(reading, node, given, entry)
    read = {setting.name: _value(reading, setting, found) for setting in entry.settings if (found := find(given, setting.name)) is not None}
    settings = {key: value for key, value in read.items() if value is not None}
    if len(reading.faults) == faults:  # else a word that is only misspelled would be missed here too
        for misfit in entry.misfits(settings):
            reading.fault(find(given, misfit.setting) or node, misfit.message, hint=misfit.hint)
    checks = {
        setting.name: _checks(reading, find(given, setting.name))
        for setting in entry.settings
        if setting.kind == "check" and find(given, setting.name) is not None
    }
    return ReadPattern(settings=settings, checks=checks)


def _checks(reading: Reading, node: Node | None) -> tuple[VerifySpec, ...]:
    for check in node.items if isinstance(node, ListNode) else (node,):
        if (found := find(check, "on-fail")) is not None and plain(found) == "fallback":
            hint = "write fail, retry or ask; the step itself may have a `fallback:`"
            reading.fault(found, "nothing can stand in for what one agent hands over to another", hint=hint)
    return read_checks(reading, node, has_fallback=True)


def _find_missing(reading: Reading, node: Node, given: MapNode | None, entry: PatternEntry) -> None:
    for setting in entry.settings:
        if setting.required and find(given, setting.name) is None:
            message = f"the pattern {plain(node)!r} needs the setting {setting.name!r}"
            reading.fault(node, message, hint=f"add `with: {{ {setting.name}: {FORMS[setting.kind]} }}`: {setting.says}")


FORMS = {
    "agent": "NAME",
    "agents": "[NAME, NAME]",
    "named": "{ WORD: NAME, WORD: NAME }",
    "team": "[NAME, NAME]",
    "list": "[ITEM, ITEM]",
    "count": "3",
}


def _value(reading: Reading, setting: Setting, node: Node) -> Json:  # noqa: PLR0911 - one line a kind
    """A setting's value; None where it is none, or is read elsewhere."""
    what = f"`{setting.name}`"
    match setting.kind:
        case "agent" | "member":
            return reading.filled(node, what)
        case "agents":
            return _agents(reading, setting, node)
        case "team" if not isinstance(node, MapNode):
            return _agents(reading, setting, node)
        case "team" | "named":
            return _named(reading, setting, node)
        case "count":
            return reading.whole(node, what, least=setting.least, most=setting.most)
        case "choice":
            return reading.choice(node, what, setting.choices)
        case "flag":
            return reading.flag(node, what)
        case "list":
            return _items(reading, setting, node)
        case "check":
            return None


def _agents(reading: Reading, setting: Setting, node: Node) -> Json:
    if isinstance(node, MapNode):
        reading.wrong(node, f"`{setting.name}`", "a list of agents", hint=f"write `{setting.name}: {FORMS['agents']}`")
        return None
    names = list(reading.texts(node, f"`{setting.name}`"))
    _count(reading, setting, node, len(node.items) if isinstance(node, ListNode) else len(names))
    return names or None


def _named(reading: Reading, setting: Setting, node: Node) -> Json:
    """Agents by names."""
    found = reading.map(node, f"`{setting.name}`", hint=f"write `{setting.name}: {FORMS['named']}`")
    if found is None:
        return None
    _count(reading, setting, node, len(found.entries))
    named = {entry.key: _member(reading, entry) for entry in found.entries}
    return {key: name for key, name in named.items() if name is not None} or None


def _member(reading: Reading, entry: Entry) -> str | None:
    if not WORD.fullmatch(entry.key):
        hint = "use letters, digits, - and _, beginning with a letter"
        reading.fault(entry, f"{entry.key!r} cannot be the name of a branch", hint=hint)
    return reading.filled(entry.value, f"`{entry.key}`")


def _count(reading: Reading, setting: Setting, node: Node, number: int) -> None:
    if number < setting.least:
        reading.fault(node, f"`{setting.name}` names {number or 'no'} agent{'' if number == 1 else 's'}", hint=_needed(setting))
    elif number > setting.most:
        reading.fault(node, f"`{setting.name}` names {number} agents", hint=f"{setting.most} at most")


def _needed(setting: Setting) -> str:
    return f"{setting.least} at least: {setting.says}"


def _items(reading: Reading, setting: Setting, node: Node) -> Json:
    if not isinstance(node, ListNode) and not is_single(str(plain(node))):
        reading.wrong(node, f"`{setting.name}`", "a list, or one ${{ }} that gives a list")
        return None
    return plain(node)
