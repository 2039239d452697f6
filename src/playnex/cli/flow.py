"""`playnex flow`: list, show, create and run flows."""

import json
import sys
from typing import Annotated, Literal

from cyclopts import App, Parameter

from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.flags import AsJson, FlowName
from playnex.cli.given import GivenInputs, text_of
from playnex.cli.new_flow import NewFlow
from playnex.cli.terminal import columns, emit, emit_list, write
from playnex.errors import UsageError

app = App(name="flow", help="Flows: what you run.", result_action="return_value")

Given = Annotated[GivenInputs, Parameter(name="*")]
NOTHING_GIVEN = GivenInputs()
DryRun = Annotated[
    bool, Parameter(name="--dry-run", negative=(), help="tell what would run, with which prompts and tools, and start nothing")
]
Key = Annotated[str, Parameter(metavar="WORDS", help="what you call this run: the same flow and words are the same run")]
Graph = Annotated[bool, Parameter(negative=(), help="draw the steps from top to bottom, those that run at the same time side by side")]
Mermaid = Annotated[bool, Parameter(negative=(), help="print the steps as a Mermaid flowchart, for a Markdown page")]
NewName = Annotated[str, Parameter(help="the flow's name: small letters, digits and hyphens")]
Flags = Annotated[NewFlow, Parameter(name="*")]
NOTHING_SAID = NewFlow()
Force = Annotated[bool, Parameter(negative=(), help="replace a flow of that name that is there already")]
Yes = Annotated[bool, Parameter(negative=(), help="write it without asking once more")]
Detach = Annotated[bool, Parameter(negative=(), help="leave the run to a process of its own, which goes on when this terminal closes")]


@app.command(name=["list", "ls"])
def list_(*, as_json: AsJson = False) -> int:
    """List the flows of the workspace.

    $ playnex flow list
    """
    from playnex.app.listing import flows  # late, here and below: a command imports only what it needs

    found = flows(door.workspace)
    if as_json:
        emit_list("playnex.flows/1", [{"name": flow.name, "description": flow.description, "path": flow.path} for flow in found])
    elif found:
        write(columns(("FLOW", "DESCRIPTION"), [(flow.name, flow.description) for flow in found], door.terminal))
    else:
        door.terminal.say("there are no flows here yet; make some with: playnex init --template research")
    return 0


@app.command
def show(name: FlowName, /, *, graph: Graph = False, mermaid: Mermaid = False, as_json: AsJson = False) -> int:
    """Show what a flow needs, its steps and what it returns; or its steps as a graph.

    $ playnex flow show research-to-article
    $ playnex flow show research-to-article --graph
    $ playnex flow show research-to-article --mermaid
    """
    import asyncio  # late: the list of flows does without

    if graph + mermaid + as_json > 1:
        raise UsageError("--graph, --mermaid and --json are three ways to show one flow; take one of them")
    return asyncio.run(_show(name, "graph" if graph else "mermaid" if mermaid else "json" if as_json else "page"))


@app.command
def create(name: NewName = "", /, *, flags: Flags = NOTHING_SAID, force: Force = False, yes: Yes = False, as_json: AsJson = False) -> int:
    """Make a flow: by an interview, from a template, or by flags alone.

    Without `--step`, `--template` or `--from-json` you are asked for what is missing: name, inputs, steps, agents, and where the result
    goes; each answer is checked at once. A step is `ID=agent:NAME prompt:TEXT` or `ID=tool:NAME with.ARGUMENT:VALUE`, with any other key
    of the file before the prompt; an input is `NAME:TYPE`, with `!` where it is required or `=DEFAULT`, and `# what it is`. Nothing is
    written before all of it has passed `playnex check`.

    $ playnex flow create
    $ playnex flow create poem --input 'topic:string!' --step 'write=agent:helper prompt:A poem on ${{ inputs.topic }}'
    $ playnex flow create news --template research
    $ echo '{"steps": {"nap": {"wait": "1s"}}}' | playnex flow create rest --from-json -
    """
    import asyncio  # late: as above

    from playnex.cli.creating import create_flow

    return asyncio.run(create_flow(name, flags, force=force, yes=yes, as_json=as_json))


@app.command
def run(
    name: FlowName,
    /,
    *,
    given: Given = NOTHING_GIVEN,
    key: Key = "",
    detach: Detach = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Run a flow, watch its steps, and name what it made.

    On a terminal, inputs that the flow needs and nobody gave are asked for. With `--key`, a second start with the same words is
    the same run. With `--detach` it goes on in the background, and `playnex run watch` joins it. With `--dry-run` nothing is started: you
    see the steps in the order in which they would begin, with prompts, tools, models and limits.

    $ playnex flow run research-to-article --input topic="local-first software"
    $ playnex flow run research-to-article --input topic=tides --input sources=./harbour
    $ playnex flow run research-to-article --input topic=tides --dry-run
    $ echo '{"topic": "tides"}' | playnex flow run research-to-article --input-file - --json
    """
    import asyncio  # late: as above

    values = given_inputs(given.inputs, given.input_file)
    if dry_run:
        return asyncio.run(_dry_run(name, values, as_json))
    from playnex.cli.running import run_detached, run_flow

    start = run_detached if detach else run_flow
    return asyncio.run(start(name, values, as_json, key=key))


@app.command
def schema(name: FlowName, /) -> int:
    """Print the JSON Schema of what a flow is given, for forms and for programs that start it.

    $ playnex flow schema research-to-article
    """
    import asyncio  # late: as above

    return asyncio.run(_schema(name))


async def _schema(name: str) -> int:
    from playnex.app.opening import opened
    from playnex.spec.inputs import inputs_schema

    async with opened(door.workspace) as opened_app:
        emit(inputs_schema(opened_app.definitions.flow(name).flow))
    return 0


async def _show(name: str, shape: Literal["graph", "mermaid", "json", "page"]) -> int:
    from playnex.app.definition_lines import flow_document
    from playnex.app.opening import opened
    from playnex.cli import flow_graph
    from playnex.cli.showing import flow_page

    async with opened(door.workspace) as opened_app:
        pinned = opened_app.definitions.flow(name)
    if shape == "json":
        emit(flow_document(pinned))
    elif shape == "page":
        write(flow_page(pinned, door.terminal))
    elif not pinned.flow.steps:
        raise UsageError(f"{name} is written in Python: its steps are known once it runs", hint="playnex run show last")
    else:
        write(flow_graph.graph(pinned.flow, door.terminal) if shape == "graph" else flow_graph.mermaid(pinned.flow))
    return 0


async def _dry_run(name: str, given: dict[str, Json], as_json: bool) -> int:
    from playnex.app.dry_run import dry_run
    from playnex.app.opening import opened
    from playnex.cli.showing_dry_run import dry_run_page

    async with opened(door.workspace) as opened_app:
        dry = dry_run(opened_app, name, given)
    if not dry.pinned.flow.steps:
        raise UsageError(f"{name} is written in Python: its steps are known once it runs", hint="rehearse it: see playnex.testing")
    if as_json:
        emit(dry.document())
    else:
        write(dry_run_page(dry, door.terminal))
    return 0


def given_inputs(pairs: tuple[str, ...], file: str | None) -> dict[str, Json]:
    """The inputs as the flags and the file give them; a flag wins. Raises UsageError."""
    given = _from_file(file) if file else {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--input {pair!r} has no value", hint="write it as name=value")
        given[name.strip()] = text_of(value[1:]) if value.startswith("@") else value
    return given


def _from_file(file: str) -> dict[str, Json]:
    try:
        values = json.loads(sys.stdin.read() if file == "-" else text_of(file))
    except json.JSONDecodeError as fault:
        raise UsageError(f"--input-file {file} is not JSON: {fault}") from None
    if not isinstance(values, dict):
        raise UsageError(f"--input-file {file} must hold a JSON object of inputs")
    return values
