"""`playnex flow create` and `playnex agent create` carried out: by flags, from a template, or by an interview."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

from playnex.app.creating import NOTHING_WRITTEN, Creating, Draft, NewAgent, first_run_of, flow_from_json, write_files
from playnex.app.listing import agents as agents_of
from playnex.app.opening import App, opened
from playnex.app.stocking import stock_into
from playnex.app.templates import take_back
from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.asking import ask, heeding_ctrl_c
from playnex.cli.flow_interview import FlowInterview, Offers, reference
from playnex.cli.given import text_of
from playnex.cli.new_flow import NewFlow
from playnex.cli.talk import OutOfAnswers, Talk, listed
from playnex.cli.terminal import counted, emit
from playnex.errors import DefinitionError, UsageError
from playnex.spec.short_forms import input_of, step_of

BY_FLAGS = "playnex flow create NAME --step 'draft=agent:writer prompt:…', or --template research"
WELCOME = """A new flow: its name, what it is given, its steps, and where the result goes.
Enter takes what stands in [ ], < goes back one question, and Ctrl-C leaves: nothing is written before the end.
"""


async def create_flow(name: str, wanted: NewFlow, *, force: bool, yes: bool, as_json: bool) -> int:
    """Make the flow, or nothing at all; the exit code."""
    if wanted.template:
        return await _from_template(name, wanted, force=force, as_json=as_json)
    async with opened(door.workspace) as app:
        creating = Creating(workspace=app.workspace, definitions=app.definitions, replacing=force)
        if name:
            creating.check_flow_name(name)
        begun = flow_of(name, wanted)
        draft = _draft(creating, begun, wanted) if _is_whole(wanted) else _interviewed(app, creating, begun, wanted, yes=yes)
        _finish(app, draft, creating.write(draft), as_json=as_json)
    return 0


async def _from_template(name: str, wanted: NewFlow, *, force: bool, as_json: bool) -> int:
    """Make the flow of a template. What stands beside flow and agents comes first, for the flow may need tools that only a workspace
    opened anew knows; where the flow then has a fault it is taken back."""
    if wanted.steps or wanted.inputs or wanted.from_json:
        raise UsageError("a template brings its own inputs and steps", hint="leave out --template, or --input, --step and --from-json")
    async with opened(door.workspace) as app:
        creating = Creating(workspace=app.workspace, definitions=app.definitions, replacing=force)
        draft = creating.from_template(name, wanted.template)
        creating.check_flow_name(draft.name)
    root = app.workspace.root
    beside = write_files(root, draft.others)
    try:
        async with opened(door.workspace) as app:
            creating = Creating(workspace=app.workspace, definitions=app.definitions, replacing=force)
            made = creating.write(replace(draft, others={}))
            await stock_into(app.capsules, wanted.template)
            _finish(app, draft, (*made, *beside), as_json=as_json)
    except BaseException:
        take_back([root / path for path in beside])
        raise
    return 0


def _finish(app: App, draft: Draft, made: tuple[str, ...], *, as_json: bool) -> None:
    """Check what was written, once more and as it lies there, and tell of it."""
    checked = app.definitions.check(tuple(str(app.workspace.root / path) for path in made if path.startswith(("flows/", "agents/"))))
    if checked.faults:
        raise DefinitionError(checked.faults)
    _tell(Made(what={"flow": draft.name}, files=made, checked=len(checked.paths), following=first_run_of(draft)), as_json=as_json)


async def create_agent(name: str, new: NewAgent, *, force: bool, as_json: bool) -> int:
    """Make the agent; the exit code."""
    async with opened(door.workspace) as app:
        creating = Creating(workspace=app.workspace, definitions=app.definitions, replacing=force)
        creating.check_agent_name(name)
        purpose = new.purpose or (ask("What is it told to be? (or use --purpose)") if door.terminal.interactive else "")
        if not purpose:
            raise UsageError(
                f"the agent {name!r} has no purpose; {NOTHING_WRITTEN}", hint="add --purpose 'You write short, friendly texts.'"
            )
        text = NewAgent(purpose=purpose, model=new.model, tools=new.tools).text(name)
        faults = app.definitions.faults_of_agent(name, text)
        if faults:
            raise DefinitionError(faults, hint=NOTHING_WRITTEN, drafts={faults[0].place.path: text})
        made = write_files(app.workspace.root, {f"agents/{name}.md": text.encode()})
        _tell(Made(what={"agent": name}, files=made, checked=1, following=f'playnex agent run {name} "…"'), as_json=as_json)
    return 0


def flow_of(name: str, wanted: NewFlow) -> dict[str, Json]:
    """The flow in the file's own words, as far as the flags say it. Raises UsageError."""
    flow: dict[str, Json] = flow_from_json(_read(wanted.from_json)) if wanted.from_json else {}
    flow |= {key: value for key, value in (("name", name), ("description", wanted.description)) if value}
    flow |= {"inputs": _each_once("--input", [input_of(text) for text in wanted.inputs])} if wanted.inputs else {}
    flow |= {"steps": _each_once("--step", [step_of(text) for text in wanted.steps])} if wanted.steps else {}
    flow |= {"output": reference(wanted.output)} if wanted.output else {}
    if wanted.save and isinstance(steps := flow.get("steps"), dict) and steps:
        kept = wanted.output if wanted.output in steps else next(reversed(steps))
        flow["steps"] = steps | {kept: {**steps[kept], "save": wanted.save}}
    return flow


def agents_in(wanted: NewFlow) -> dict[str, NewAgent]:
    """The agents that the flags describe. Raises UsageError."""
    pairs = [text.partition("=") for text in wanted.agents]
    for name, _, purpose in pairs:
        if not name.strip() or not purpose.strip():
            raise UsageError(f"--agent {name!r} has no purpose", hint="write it as --agent 'writer=You write short texts.'")
    return {name.strip(): NewAgent(purpose=purpose.strip()) for name, _, purpose in pairs}


def _is_whole(wanted: NewFlow) -> bool:
    """Whether the flags say all that a flow needs."""
    return bool(wanted.steps or wanted.from_json)


def _draft(creating: Creating, flow: Mapping[str, Json], wanted: NewFlow) -> Draft:
    """The draft that the flags describe without a question. Raises UsageError."""
    if "name" not in flow:
        raise UsageError(f"the flow has no name; {NOTHING_WRITTEN}", hint=BY_FLAGS)
    return creating.draft(flow, agents_in(wanted))


def _interviewed(app: App, creating: Creating, begun: Mapping[str, Json], wanted: NewFlow, *, yes: bool) -> Draft:
    """The draft that a person tells. Raises UsageError where nobody can be asked, or nobody wants it written."""
    if not door.terminal.interactive:
        raise UsageError("a flow needs a name and at least one step, and there is nobody to ask here", hint=BY_FLAGS)
    door.terminal.tell(WELCOME)
    models = tuple(dict.fromkeys(("main", *app.definitions.models)))
    offers = Offers(agents=agents_of(door.workspace), tools=app.definitions.tools, models=models)
    talk = Talk(read=sys.stdin.readline, show=_show, mark=door.terminal.symbol)
    try:
        with heeding_ctrl_c():
            sketch = FlowInterview(creating=creating, offers=offers, begun=begun).hold(talk)
            draft = creating.draft(sketch.flow, agents_in(wanted) | sketch.agents)
            _show(f"\n{_framed(draft)}\n\n")
            if not yes and not talk.agrees(f"Write {listed(tuple(draft.files()))}? (flag: --yes)", default=True):
                raise UsageError(f"{NOTHING_WRITTEN}: you said no", hint="begin again with: playnex flow create")
    except OutOfAnswers:
        raise UsageError(f"the answers ended before the flow did; {NOTHING_WRITTEN}", hint=BY_FLAGS) from None
    except KeyboardInterrupt:
        door.terminal.tell(f"\n{NOTHING_WRITTEN}")
        raise
    return draft


def _show(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _framed(draft: Draft) -> str:
    """The flow's text as it will be, set off from the questions."""
    return "\n".join(door.terminal.styled(f"  {line}".rstrip(), "cyan") for line in draft.text.splitlines())


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was written and checked, and the command to go on with."""

    what: Mapping[str, Json]
    files: tuple[str, ...]
    checked: int
    following: str


def _tell(made: Made, *, as_json: bool) -> None:
    if as_json:
        emit({"schema": "playnex.created/1", **made.what, "files": list(made.files), "next": made.following})
        return
    sign = door.terminal.symbol("succeeded")
    for path in made.files:
        door.terminal.say(f"{sign} {path}")
    door.terminal.say(f"{sign} {counted(made.checked, 'file')} checked, no fault")
    door.terminal.say(f"next: {made.following}")


def _each_once(flag: str, pairs: list[tuple[str, dict[str, Json]]]) -> dict[str, Json]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        twice = next(name for name, _ in pairs if [each for each, _ in pairs].count(name) > 1)
        raise UsageError(f"{flag} names {twice!r} twice", hint="give each its own name")
    return entries


def _read(file: str) -> str:
    return sys.stdin.read() if file == "-" else text_of(file)
