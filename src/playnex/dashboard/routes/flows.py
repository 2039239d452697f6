"""Flows and their schedules: the list, one flow with its file, its form and its record, edits and the switch."""

from typing import Annotated

from msgspec import Meta

from playnex.app.definition_lines import flow_document
from playnex.app.definition_texts import Change, DefinitionTexts, Text, TextFaults, fault_json
from playnex.app.flow_record import flow_record, record_json
from playnex.app.listing import flows
from playnex.app.run_graph import graph_of
from playnex.app.schedules import SCHEDULES_SCHEMA, Schedules
from playnex.app.serving_place import SERVING
from playnex.canonical import Json
from playnex.dashboard.declared import Given, Nothing, Route
from playnex.dashboard.desk import Desk
from playnex.errors import DefinitionError
from playnex.journal.stores.sqlite_records import SqliteRecords
from playnex.spec.faults import Fault
from playnex.spec.flow import FlowSpec, InputSpec
from playnex.workspace import shown

FileText = Annotated[str, Meta(max_length=1_000_000)]


class Named(Given, frozen=True, kw_only=True):
    """A flow or agent, by its name."""

    name: str


class Typed(Given, frozen=True, kw_only=True):
    """A text that is not saved."""

    name: str
    text: FileText


class Saved(Given, frozen=True, kw_only=True):
    """A text for the file: `expected` is the stamp of the text that it was made from; `anyway` saves it with its faults."""

    name: str
    text: FileText
    expected: str
    anyway: bool = False


class Switched(Given, frozen=True, kw_only=True):
    """A flow's schedules, on or off."""

    flow: str
    on: bool


async def list_flows(desk: Desk, _given: Nothing) -> Json:
    """All of them, with how each has done."""
    records = SqliteRecords(desk.app.database).flows()
    planned = _schedules(desk).planned()
    lines = [
        {"name": flow.name, "description": flow.description, "path": flow.path}
        | record_json(records.get(flow.name))
        | {"schedules": [one.document() for one in planned if one.flow == flow.name]}
        for flow in flows(str(desk.app.workspace.root))
    ]
    return {"schema": "playnex.flows/1", "flows": lines}


async def show(desk: Desk, given: Named) -> Json:
    """One flow; of one whose file has faults, the text and the faults."""
    text = DefinitionTexts(app=desk.app).read("flow", given.name)
    try:
        pinned = desk.app.definitions.flow(given.name)
    except DefinitionError as error:
        known = _unreadable(error)
    else:
        graph = graph_of(pinned.flow) if pinned.flow.steps else None
        known = {"document": flow_document(pinned), "graph": graph, "inputs": _inputs(pinned.flow), "faults": []}
    planned = [one.document() for one in _schedules(desk).planned() if one.flow == given.name]
    stats = await flow_record(desk.app, given.name)
    return {"name": given.name} | text_json(text) | known | {"stats": stats, "schedules": planned, "is_served": _is_served(desk)}


def _unreadable(error: DefinitionError) -> dict[str, Json]:
    faults = [fault_json(fault) for fault in error.faults if isinstance(fault, Fault)]
    return {"document": None, "graph": None, "inputs": [], "faults": faults}


def _inputs(flow: FlowSpec) -> list[Json]:
    return [_input(spec) for spec in flow.inputs]


def _input(spec: InputSpec) -> Json:
    return {
        "name": spec.name,
        "type": spec.type,
        "required": spec.required and spec.default is None,
        "default": spec.default,
        "choices": list(spec.choices),
        "description": spec.description,
        "untrusted": spec.untrusted,
        "private": spec.private,
    }


def text_json(text: Text) -> dict[str, Json]:
    """A file's text with its stamp."""
    return {"path": shown(text.path), "text": text.text, "stamp": text.stamp, "python": text.is_python}


async def check(desk: Desk, given: Typed) -> Json:
    """What is wrong with a text, were it the flow's file."""
    return _checked(DefinitionTexts(app=desk.app).check("flow", given.name, given.text))


def _checked(found: TextFaults) -> Json:
    return found.document() | {"inputs": _inputs(found.flow) if found.flow else []}


async def save(desk: Desk, given: Saved) -> Json:
    """Write the flow's file."""
    change = Change(text=given.text, expected=given.expected, anyway=given.anyway)
    return text_json(DefinitionTexts(app=desk.app).write("flow", given.name, change))


async def list_schedules(desk: Desk, _given: Nothing) -> Json:
    """Every schedule, and whether anybody fires them."""
    planned = [one.document() for one in _schedules(desk).planned()]
    return {"schema": SCHEDULES_SCHEMA, "schedules": planned, "is_served": _is_served(desk)}


async def switch(desk: Desk, given: Switched) -> Json:
    """Switch a flow's schedules."""
    schedules = _schedules(desk)
    await (schedules.enable(given.flow) if given.on else schedules.disable(given.flow))
    return {"schema": SCHEDULES_SCHEMA, "schedules": [one.document() for one in schedules.of(given.flow, enabled=given.on)]}


def _schedules(desk: Desk) -> Schedules:
    return Schedules(app=desk.app, clock=desk.app.clock)


def _is_served(desk: Desk) -> bool:
    return desk.app.leases.is_held(SERVING)


ROUTES = (
    Route(method="GET", path="/api/flows", takes=Nothing, does=list_flows, says="The flows, with how each has done."),
    Route(method="GET", path="/api/flows/{name}", takes=Named, does=show, says="One flow: its file, graph, inputs, record, schedules."),
    Route(method="POST", path="/api/flows/{name}/check", takes=Typed, does=check, says="Check a text as if it were the flow's file."),
    Route(method="PUT", path="/api/flows/{name}", takes=Saved, does=save, says="Write a flow's file."),
    Route(method="GET", path="/api/schedules", takes=Nothing, does=list_schedules, says="The schedules of all flows."),
    Route(method="POST", path="/api/schedules/{flow}", takes=Switched, does=switch, says="Switch a flow's schedules on or off."),
)
