"""What starts a flow, and what goes one at a time: `on` and `concurrency`, as GitHub Actions has them."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo, available_timezones

from playnex.canonical import Json
from playnex.spec.faults import did_you_mean
from playnex.spec.flow import ConcurrencySpec, InputSpec, ScheduleSpec
from playnex.spec.inputs import problem_of
from playnex.spec.located import ListNode, MapNode, Node, ScalarNode, find, plain
from playnex.spec.reading import NOT_YET, Reading
from playnex.spec.schedule import cron_problem

ON = ("manual", "schedule")
LATER_ON = ("webhook", "file")
CONCURRENCY_KEYS = ("group", "cancel-in-progress")
SCHEDULE_KEYS = ("cron", "zone", "inputs")
WRITTEN = 'schedule: [{ cron: "0 7 * * 1-5", zone: Europe/Vienna }]'


def read_on(reading: Reading, node: Node | None, inputs: tuple[InputSpec, ...]) -> tuple[ScheduleSpec, ...]:
    """The schedules of `on: {manual, schedule: […]}`; a flow can be started by hand whatever it says."""
    match node:
        case None:
            return ()
        case MapNode():
            reading.keys(node, ON, what="`on`", later=LATER_ON)
            manual = find(node, "manual")
            if manual is not None and plain(manual) not in (None, {}, True):
                reading.wrong(manual, "`manual`", "left empty")
            return _schedules(reading, find(node, "schedule"), inputs)
        case ScalarNode() | ListNode():
            for item in node.items if isinstance(node, ListNode) else (node,):
                _check_word(reading, item)
            return ()


def _check_word(reading: Reading, node: Node) -> None:
    word = plain(node)
    if word in LATER_ON:
        reading.fault(node, f"{word!r} {NOT_YET}")
    elif word == "schedule":
        reading.fault(node, "a schedule says when", hint=f"write `on: {{ {WRITTEN} }}`")
    elif word != "manual":
        reading.fault(node, f"`on` cannot be {word!r}", hint=did_you_mean(str(word), ON) or f"choose one of {', '.join(ON)}")


def _schedules(reading: Reading, node: Node | None, inputs: tuple[InputSpec, ...]) -> tuple[ScheduleSpec, ...]:
    if node is None:
        return ()
    items = node.items if isinstance(node, ListNode) else (node,)
    if isinstance(node, ScalarNode) or not items:
        reading.wrong(node, "`schedule`", "a list of schedules", hint=f"write `{WRITTEN}`")
        return ()
    read = [_schedule(reading, item, inputs) for item in items]
    return tuple(schedule for schedule in read if schedule)


def _schedule(reading: Reading, node: Node, inputs: tuple[InputSpec, ...]) -> ScheduleSpec | None:
    parts = reading.map(node, "a schedule")
    if parts is None:
        return None
    reading.keys(parts, SCHEDULE_KEYS, what="a schedule")
    if find(parts, "cron") is None:
        reading.fault(parts, "a schedule says nothing of when", hint='add `cron: "0 7 * * 1-5"`')
    cron, zone = reading.filled(find(parts, "cron"), "`cron`") or "", reading.filled(find(parts, "zone"), "`zone`") or "UTC"
    if cron and (problem := cron_problem(cron)):
        reading.fault(find(parts, "cron") or parts, f"the cron expression {cron!r} {problem}", hint="such as `0 7 * * 1-5`")
    if not is_zone(zone):
        hint = did_you_mean(zone, available_timezones()) or "such as Europe/Vienna"
        reading.fault(find(parts, "zone") or parts, f"there is no time zone {zone!r}", hint=hint)
    return ScheduleSpec(cron=cron, zone=zone, inputs=_inputs(reading, parts, inputs))


def read_concurrency(reading: Reading, node: Node | None) -> ConcurrencySpec | None:
    """`GROUP`, or `{group, cancel-in-progress}`."""
    if node is None:
        return None
    if isinstance(node, ScalarNode):
        return ConcurrencySpec(group=reading.filled(node, "`concurrency`") or "")
    parts = reading.map(node, "`concurrency`")
    if parts is None:
        return None
    reading.keys(parts, CONCURRENCY_KEYS, what="`concurrency`")
    if find(parts, "group") is None:
        reading.fault(parts, "`concurrency` names no group", hint="add `group: NAME`; runs of one group go one at a time")
    group = reading.filled(find(parts, "group"), "`group`") or ""
    return ConcurrencySpec(group=group, cancels=reading.flag(find(parts, "cancel-in-progress"), "`cancel-in-progress`") or False)


def is_zone(name: str) -> bool:
    """Whether the system knows that time zone."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return False
    return True


def _inputs(reading: Reading, parts: MapNode, specs: tuple[InputSpec, ...]) -> dict[str, Json]:
    """What each run of the schedule is given; every input that the flow needs must be among it."""
    node = reading.map(find(parts, "inputs"), "`inputs`")
    given: Mapping[str, Json] = plain(node) if node else {}
    known = {spec.name: spec for spec in specs}
    for entry in node.entries if node else ():
        if entry.key not in known:
            hint = did_you_mean(entry.key, known) or f"inputs: {', '.join(known) or 'none'}"
            reading.fault(entry, f"the flow has no input {entry.key!r}", hint=hint)
        elif problem := problem_of(known[entry.key], given[entry.key]):
            reading.fault(entry, f"input {entry.key!r} {problem}")
    for spec in specs:
        if spec.required and given.get(spec.name) is None:
            reading.fault(node or parts, f"the schedule does not give the input {spec.name!r}", hint=f"add `inputs: {{ {spec.name}: … }}`")
    return dict(given)
