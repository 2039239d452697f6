"""One tool called alone: a run of one step, so that it goes through the gate and into the journal like any other call."""

import json
from collections.abc import Mapping

from playnex.app.opening import App
from playnex.app.pinning import Pinned, pin
from playnex.app.runs import Runs
from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.spec.expression import is_template
from playnex.spec.flow import FlowSpec, StepSpec
from playnex.tools.arguments import misfits, signature
from playnex.tools.tool import Tool

FLOW = "tool-call"


async def start_call(app: App, tool: Tool, typed: Mapping[str, Json]) -> str:
    """Start the run; its id. Raises UsageError where the arguments do not fit."""
    arguments = {name: _converted(tool, name, value) for name, value in typed.items()}
    if found := misfits(tool.parameters, arguments):
        raise UsageError(f"{tool.name} cannot be called so: {'; '.join(found)}", hint=f"its parameters: {signature(tool.parameters)}")
    step = StepSpec(id="call", kind="tool", target=tool.name, arguments={name: literal(value) for name, value in arguments.items()})
    return await Runs(app=app).begin(pin(Pinned(flow=FlowSpec(name=FLOW, steps=(step,)), agents={})), {}, "")


def literal(value: Json) -> Json:
    """The value as it stands, whatever templates are in it."""
    match value:
        case str() if is_template(value):
            return "{% raw %}" + value.replace("{% endraw %}", "") + "{% endraw %}"
        case list():
            return [literal(item) for item in value]
        case dict():
            return {key: literal(item) for key, item in value.items()}
        case _:
            return value


def _converted(tool: Tool, name: str, value: Json) -> Json:
    """What was typed, as the parameter's kind: a text stays one, anything else is read as JSON where it is some."""
    kind = tool.parameters.get("properties", {}).get(name, {})
    if not isinstance(value, str) or (isinstance(kind, Mapping) and kind.get("type") == "string"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
